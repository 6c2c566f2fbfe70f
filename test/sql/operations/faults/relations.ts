import type { Fault } from './fault.ts';

/** 20,000 rows, of which every twentieth is left. Autovacuum would tidy up in the middle. */
const HOLED = [
  'create table app_hidden.planted (id bigint constraint planted_pkey primary key)',
  'insert into app_hidden.planted select generate_series(1, 20000)',
  'delete from app_hidden.planted where id % 20 <> 0',
  'select pg_stat_force_next_flush()',
];
const DROPPED = ['drop table app_hidden.planted'];

/** What goes wrong with tables, indexes and constraints. */
export const RELATIONS: Fault[] = [
  {
    check: 'index_duplicate',
    is: 'an index of the same columns',
    make: ['create index planted on app_public.documents (owner_id, id desc)'],
    subject: 'app_public.planted',
    severity: 'warning',
    detail: /documents_owner_id_idx has the same columns\./,
  },
  {
    check: 'index_duplicate',
    is: 'an index of the first columns of another',
    make: ['create index planted on app_public.documents (workspace_id)'],
    subject: 'app_public.planted',
    severity: 'warning',
    detail: /the same columns and more/,
  },
  {
    check: 'index_invalid',
    is: 'the leftover of a reindex',
    make: [
      'create index tags_pkey_ccnew on app_public.tags (name)',
      `update pg_index set indisvalid = false where indexrelid = 'app_public.tags_pkey_ccnew'::regclass`,
    ],
    subject: 'app_public.tags_pkey_ccnew',
    severity: 'warning',
    detail: /leftover/,
  },
  {
    check: 'index_invalid',
    is: 'a unique index that was not built to its end',
    make: [
      `update pg_index set indisvalid = false where indexrelid = 'app_public.workspace_members_pkey'::regclass`,
    ],
    subject: 'app_public.workspace_members_pkey',
    severity: 'error',
  },
  {
    check: 'index_unused',
    is: 'an index that nothing reads',
    limits: { unread_for: `interval '-1 hour'`, least_bytes: '1' },
    make: ['create index planted on app_public.documents (title)'],
    subject: 'app_public.planted',
    severity: 'info',
  },
  {
    check: 'dead_rows',
    is: 'dead rows that autovacuum leaves',
    make: HOLED,
    subject: 'app_hidden.planted',
    severity: 'warning',
    detail: /^19000 dead rows beside 1000 live ones/,
  },
  {
    check: 'index_bloat',
    is: 'an index that is mostly empty',
    limits: { least_bytes: '1' },
    make: [],
    subject: 'app_hidden.planted_pkey',
    severity: 'warning',
  },
  {
    check: 'table_bloat',
    is: 'a table that is mostly empty',
    limits: { least_bytes: '1' },
    make: [],
    subject: 'app_hidden.planted',
    severity: 'warning',
    after: DROPPED,
  },
  {
    check: 'dead_rows',
    is: 'a table without autovacuum',
    make: ['alter table app_public.tags set (autovacuum_enabled = false)'],
    subject: 'app_public.tags',
    severity: 'warning',
    detail: /switched off/,
  },
  {
    check: 'statistics_stale',
    is: 'a table that was never analysed',
    make: [
      'create table app_hidden.planted as select generate_series(1, 20000) as id',
      'select pg_stat_force_next_flush()',
    ],
    subject: 'app_hidden.planted',
    severity: 'warning',
    detail: /never analysed/,
  },
  {
    check: 'statistics_stale',
    is: 'a table that has changed since',
    make: ['update app_hidden.planted set id = id', 'select pg_stat_force_next_flush()'],
    subject: 'app_hidden.planted',
    severity: 'warning',
    detail: /20000 of about 20000 rows have changed/,
    after: DROPPED,
  },
  {
    check: 'statistics_stale',
    is: 'a partitioned table of which only the partitions were analysed',
    make: [
      'create table app_hidden.planted (id int) partition by range (id)',
      'create table app_partitions.planted_1 partition of app_hidden.planted default',
      'insert into app_hidden.planted select generate_series(1, 20000)',
      'analyze app_partitions.planted_1',
      'select pg_stat_force_next_flush()',
    ],
    subject: 'app_hidden.planted',
    severity: 'warning',
    detail: /in its partitions, and was never analysed/,
    after: DROPPED,
  },
  {
    check: 'table_without_primary_key',
    is: 'a table without a key',
    make: ['create table app_hidden.planted (id int)'],
    subject: 'app_hidden.planted',
    severity: 'error',
    mend: ['alter table app_hidden.planted add primary key (id)'],
    after: DROPPED,
  },
  {
    check: 'constraint_unvalidated',
    is: 'a constraint that was never compared with what is there',
    make: ['alter table app_public.tags add constraint planted check (char_length(name) < 999) not valid'],
    subject: 'app_public.tags: planted',
    severity: 'warning',
    after: ['alter table app_public.tags drop constraint planted'],
  },
  {
    check: 'constraint_unvalidated',
    is: 'a foreign key that is not enforced',
    make: [
      'create table app_hidden.planted (id uuid constraint planted_fkey references app_public.users not enforced)',
    ],
    subject: 'app_hidden.planted: planted_fkey',
    severity: 'error',
    after: DROPPED,
  },
  {
    check: 'trigger_disabled',
    is: 'triggers that a load switched off',
    make: ['alter table app_public.tags disable trigger all'],
    subject: 'app_public.tags',
    severity: 'error',
  },
  {
    check: 'unlogged_table',
    is: 'a table outside of the log',
    make: ['create unlogged table app_hidden.planted (id int)'],
    subject: 'app_hidden.planted',
    severity: 'error',
    after: DROPPED,
  },
  {
    check: 'replica_identity',
    is: 'a published table without a key',
    make: [
      'create table app_hidden.planted (id int)',
      'create publication planted for table app_hidden.planted',
    ],
    subject: 'app_hidden.planted',
    severity: 'error',
    after: ['drop publication planted', ...DROPPED],
  },
  {
    check: 'replica_identity',
    is: 'partitions that are published one by one',
    make: ['create publication planted for table app_public.raw_events'],
    subject: 'publication planted',
    severity: 'warning',
    after: ['drop publication planted'],
  },
  {
    check: 'sequences_near_end',
    is: 'a sequence that comes to its end',
    make: [`select setval('app_public.embedding_versions_number_seq', 2000000000)`],
    subject: 'app_public.embedding_versions_number_seq',
    severity: 'error',
    detail: /of 2147483647, of the column app_public.embedding_versions.number/,
    mend: [`select setval('app_public.embedding_versions_number_seq', 1)`],
  },
  {
    check: 'partition_runway',
    is: 'months ahead without partitions',
    // whatever day it is
    limits: { warning_before: `interval '70 days'`, error_before: `interval '0'` },
    make: [
      `do $$ declare leaf regclass; begin
        for leaf in select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'app_public.usage_logs'::regclass and uuid_extract_timestamp(substring(pg_get_expr(c.relpartbound, c.oid) from $x$FROM \\('([^']+)$x$)::uuid) > now()
        loop execute format('drop table %s', leaf); end loop; end $$`,
    ],
    subject: 'app_public.usage_logs',
    severity: 'warning',
    detail: /^Its partitions end at \d{4}-\d\d-01\.$/,
  },
  {
    check: 'partitions_old',
    is: 'a month of long ago without rows',
    make: [
      `do $$ begin
        set local role colloquy_owner;
        execute format('create table app_partitions.planted_2019_01 partition of app_public.usage_logs for values from (%L) to (%L)',
        app_hidden.uuidv7_floor('2019-01-01Z'), app_hidden.uuidv7_floor('2019-02-01Z')); end $$`,
    ],
    subject: 'app_public.usage_logs',
    severity: 'warning',
    detail: /^1 of its partitions should have been dropped, the oldest planted_2019_01: It has no rows\.$/,
    mend: [`select app_hidden.drop_partition('planted_2019_01')`],
  },
];
