import type { PgResource, PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';

/** The functions of app_public that are wrapped, and the tables that a result leads to. */
const NAMES = [
  'search',
  'search_documents',
  'search_memories',
  'search_similar_chunks',
  'search_similar_messages',
  'recall',
  'chunks',
  'documents',
  'conversations',
  'messages',
  'memory_items',
  'raw_events',
] as const;

export type SearchResources = Record<(typeof NAMES)[number], PgResource>;

/** What the plans are made of; undefined when one of them is missing, or not granted. */
export function searchResources(build: GraphileBuild.Build): SearchResources | undefined {
  const resources = build.pgResources as Partial<Record<string, PgResource>>;
  const found = NAMES.map((name) => [name, resources[name]] as const);
  if (found.some(([, resource]) => !resource)) return undefined;
  return Object.fromEntries(found) as SearchResources;
}

/**
 * Calls a function that returns a row.
 * @param parameters  by the names that the function gives them
 */
export function call(resource: PgResource, parameters: Record<string, Step>): PgSelectSingleStep {
  const steps = Object.entries(parameters).map(([name, step]) => {
    const parameter = resource.parameters?.find((candidate) => candidate.name === name);
    if (!parameter) throw new Error(`app_public.${resource.name} has no parameter ${name}`);
    return { step, name, pgCodec: parameter.codec };
  });
  return resource.execute(steps) as PgSelectSingleStep;
}
