import { extendSchema } from 'postgraphile/utils';
import { type SearchServices, searchPlans } from './plans.ts';
import { searchResources } from './resources.ts';
import { searchTypeDefs } from './type-defs.ts';

/**
 * The query fields `search`, `searchDocuments`, `searchMemories` and `recall` around the functions of app_public: they take
 * text alone, and the server embeds it. From a result one can walk to what it was found in.
 */
export function searchPlugin(services: SearchServices): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const resources = searchResources(build);
    if (!resources) return { typeDefs: [], objects: {} };
    return { typeDefs: searchTypeDefs, objects: searchPlans(services, resources, build.sql) };
  }, 'SearchPlugin');
}
