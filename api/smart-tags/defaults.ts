import type { PgSmartTagRule } from 'postgraphile/utils';
import { BEHAVIORS } from './rules.ts';

type Table = { relkind: string; getNamespace(): { nspname: string } | undefined };

const isOurs = (table: Table | undefined): boolean => table?.getNamespace()?.nspname === 'app_public';
const isTable = (table: Table): boolean => table.relkind === 'r' || table.relkind === 'p';

/** When a row came into being: the keys, which are UUIDs of version 7, sort by it already. */
const TIMES = ['created_at', 'ingested_at'];
/** The lookups by something else than the primary key that GraphQL has. */
const LOOKUPS = ['workspaces_slug_key', 'embedding_versions_name_key'];

/** What holds of every table, column and key unless visibility.ts says otherwise. */
export const defaultRules: PgSmartTagRule[] = [
  {
    // writing is by function, wherever a row has rules that CRUD cannot keep
    kind: 'class',
    match: (table) => isOurs(table) && isTable(table),
    tags: { behavior: '-insert -update -delete' },
  },
  {
    kind: 'attribute',
    match: (column) =>
      TIMES.includes(column.attname) && isOurs(column.getClass()) && isTable(column.getClass()!),
    tags: { behavior: BEHAVIORS.computed },
  },
  {
    // PostGraphile looks for the indexes of plain tables alone: a partitioned table and a composite type count as indexed
    kind: 'attribute',
    match: (column) => {
      const table = column.getClass();
      if (!table || !isOurs(table) || !['p', 'c'].includes(table.relkind)) return false;
      return !table
        .getIndexes()
        .some((index) => index.getKeys().some((key) => key?.attname === column.attname));
    },
    tags: { behavior: BEHAVIORS.unindexed },
  },
  {
    kind: 'constraint',
    match: (key) => key.contype === 'u' && isOurs(key.getClass()) && !LOOKUPS.includes(key.conname),
    tags: { behavior: BEHAVIORS.noLookup },
  },
];
