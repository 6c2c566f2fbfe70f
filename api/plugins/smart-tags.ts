import { pgSmartTags } from 'postgraphile/utils';
import { defaultRules } from '../smart-tags/defaults.ts';
import { functionRules } from '../smart-tags/functions.ts';
import { nullabilityRules } from '../smart-tags/nullability.ts';
import { relationRules } from '../smart-tags/relations.ts';
import { visibilityRules } from '../smart-tags/visibility.ts';

/** What GraphQL shows of the schema beyond what its grants say; of several rules for an object the last one holds. */
export const SmartTagsPlugin = pgSmartTags(
  [...defaultRules, ...visibilityRules, ...relationRules, ...functionRules, ...nullabilityRules],
  null,
  { name: 'ColloquySmartTagsPlugin' },
);
