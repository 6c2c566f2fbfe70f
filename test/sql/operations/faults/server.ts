import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, type Hands, reload } from './fault.ts';

/** Writes into a page of a table behind the server's back, and reads it. */
async function damage({ sql, session }: Hands): Promise<void> {
  await sql(
    'create table app_hidden.planted as select generate_series(1, 1000) as id',
    'create extension pg_buffercache with schema extensions',
    'checkpoint',
    `select extensions.pg_buffercache_evict_relation('app_hidden.planted')`,
  );
  const client = await session();
  const { rows } = await client.query(
    `select current_setting('data_directory') as folder, pg_relation_filepath('app_hidden.planted') as path`,
  );
  const file = openSync(join(rows[0].folder, rows[0].path), 'r+');
  writeSync(file, 'damaged', 4000);
  closeSync(file);
  await client.query('select count(*) from app_hidden.planted').then(
    () => Promise.reject(new Error('The damage was not noticed.')),
    () => {},
  );
}

/** What goes wrong with the settings of a server, its log and its disk. */
export const SERVER: Fault[] = [
  {
    check: 'archiver_failing',
    is: 'an archive that refuses segments',
    make: [
      `alter system set archive_command = 'false'`,
      reload,
      'create table app_hidden.planted ()',
      'select pg_switch_wal()',
    ],
    subject: 'WAL archive',
    severity: 'error',
    detail: /^Segment [0-9A-F]{24} was refused at .*The last one that was archived: \d{4}-/,
    // it goes on by itself as soon as there is one more
    mend: [
      `alter system set archive_command = 'true'`,
      reload,
      'drop table app_hidden.planted',
      'select pg_switch_wal()',
    ],
  },
  {
    check: 'recovery_settings',
    is: 'an archive that has no place',
    make: [`alter system set archive_command = ''`, reload],
    subject: 'archive_library',
    severity: 'error',
    mend: [`alter system set archive_command = 'true'`, reload],
  },
  {
    check: 'recovery_settings',
    is: 'a log that is not summarised',
    make: [],
    subject: 'summarize_wal',
    severity: 'info',
    after: ['alter system reset summarize_wal', reload],
  },
  {
    check: 'settings_unsafe',
    is: 'a server that forgets what it acknowledged',
    make: ['alter system set synchronous_commit = off', reload],
    subject: 'synchronous_commit',
    severity: 'warning',
  },
  {
    check: 'settings_unsafe',
    is: 'a server without autovacuum',
    make: ['alter system set autovacuum = off', reload],
    subject: 'autovacuum',
    severity: 'error',
  },
  {
    check: 'settings_for_size',
    is: 'a large database that is planned as if on a turning disk',
    limits: { least_bytes: '0' },
    make: [],
    subject: 'random_page_cost',
    severity: 'info',
    after: ['alter system reset random_page_cost', reload],
  },
  {
    check: 'settings_for_size',
    is: 'vectors whose index is not built in memory any more',
    make: [`update pg_class set reltuples = 1000000 where oid = 'app_partitions.embeddings_1_00'::regclass`],
    subject: 'embedding_index_memory_mb',
    severity: 'warning',
    after: [`update pg_class set reltuples = 0 where oid = 'app_partitions.embeddings_1_00'::regclass`],
  },
  {
    check: 'settings_pending',
    is: 'a setting that waits for a restart',
    make: ['alter system set max_locks_per_transaction = 99', reload],
    subject: 'max_locks_per_transaction',
    severity: 'warning',
    after: [
      'alter system reset max_locks_per_transaction',
      reload,
      `select pg_stat_reset_shared('checkpointer')`,
    ],
  },
  {
    check: 'checkpoints_frequent',
    is: 'checkpoints that did not wait for their time',
    limits: { most_share: '0', least_distance: `interval '1000 years'`, least: '1' },
    make: ['checkpoint'],
    subject: 'max_wal_size',
    severity: 'warning',
    after: ['alter system reset max_wal_size', reload],
  },
  {
    check: 'password_hashing',
    is: 'passwords that would be MD5',
    make: [`alter system set password_encryption = 'md5'`, reload],
    subject: 'password_encryption',
    severity: 'error',
  },
  {
    check: 'checksums',
    is: 'a page that the disk damaged',
    make: damage,
    subject: /^database /,
    severity: 'error',
    detail: /^1 pages did not match/,
    mend: ['drop table app_hidden.planted', 'drop extension pg_buffercache', 'select pg_stat_reset()'],
  },
  {
    check: 'collation_changed',
    is: 'an order of letters that changed with the system',
    make: [`update pg_database set datcollversion = '0' where datname = current_database()`],
    subject: /^database /,
    severity: 'error',
    mend: [
      `do $$ begin execute format('alter database %I refresh collation version', current_database()); end $$`,
    ],
  },
  {
    check: 'extension_versions',
    is: 'an extension that is older than its files',
    make: [`create extension hstore with schema extensions version '1.4'`],
    subject: 'extension hstore',
    severity: 'info',
    after: ['drop extension hstore'],
  },
  {
    check: 'extension_versions',
    is: 'a pgvector with a known fault',
    make: [
      "create table app_hidden.planted as select extversion from pg_extension where extname = 'vector'",
      `update pg_extension set extversion = '0.8.1' where extname = 'vector'`,
    ],
    subject: 'extension vector 0.8.1',
    severity: 'error',
    detail: /CVE-2026-3172/,
    mend: [
      `update pg_extension set extversion = (select extversion from app_hidden.planted) where extname = 'vector'`,
    ],
    after: ['drop table app_hidden.planted'],
  },
];
