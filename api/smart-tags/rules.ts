import type { PgSmartTagRule, PgSmartTagTags } from 'postgraphile/utils';

/** What GraphQL may do with a column or a key, as behaviors of PostGraphile. */
export const BEHAVIORS = {
  /** GraphQL does not know it. */
  hidden: '-*',
  /** It can be read, and sorts and filters nothing. */
  computed: '-insert -update -filterBy -orderBy',
  /** It has no index of its own, and a caller may look through what is theirs. */
  filterable: '+filterBy',
  /** The same, where an index of another kind would make it look sortable. */
  filterableOnly: '+filterBy -orderBy',
  /** No filter and no order may scan for it. */
  unindexed: '-filterBy -orderBy',
  /** It filters and sorts, although no index serves it. */
  scanned: '+filterBy +orderBy',
  /** A unique key that is no way to look a row up, or to change it. */
  noLookup: '-single -update -delete -select',
} as const;

const rulesFor =
  <Kind extends PgSmartTagRule['kind']>(kind: Kind) =>
  (name: string, tags: PgSmartTagTags) => ({ kind, match: `app_public.${name}`, tags });

/** The tags of a table or composite type of app_public. */
export const type = rulesFor('class');
/** The tags of a column, `table.column`. */
export const attribute = rulesFor('attribute');
/** The tags of a constraint, `table.constraint`. */
export const constraint = rulesFor('constraint');
/** The tags of a function. */
export const procedure = rulesFor('procedure');
