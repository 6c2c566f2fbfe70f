import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { serverEnvironment } from '../../../../tools/postgres/cluster.ts';
import { openTemporaryFolder } from '../../../tools/postgres/support.ts';
import type { Fault, Hands } from './fault.ts';

const RESET = ['select pg_stat_reset()'];

/** Reads a table that memory does not have, and little else. */
async function readFromDisk({ sql, flush }: Hands): Promise<void> {
  await sql(
    `create table app_hidden.planted as select repeat('x', 1000) as text from generate_series(1, 6000)`,
    'create extension pg_buffercache with schema extensions',
    'checkpoint',
    'select pg_stat_force_next_flush()',
  );
  await flush();
  await sql(
    ...RESET,
    `select extensions.pg_buffercache_evict_relation('app_hidden.planted')`,
    'select count(*) from app_hidden.planted',
    'select pg_stat_force_next_flush()',
  );
}

/** Two transactions that wait for each other, until the server ends one. */
async function deadlock({ session }: Hands): Promise<void> {
  const [one, other] = [await session(), await session()];
  for (const [client, key] of [
    [one, 1],
    [other, 2],
  ] as const) {
    await client.query(`set deadlock_timeout = '5ms'; begin; select pg_advisory_xact_lock(${key})`);
  }
  await Promise.allSettled([
    one.query('select pg_advisory_xact_lock(2)'),
    other.query('select pg_advisory_xact_lock(1)'),
  ]);
  for (const client of [one, other]) await client.query('rollback; select pg_stat_force_next_flush()');
}

/** A standby that takes the log and never says how far it has applied it. */
async function receive({ url, binaries, later }: Hands): Promise<void> {
  const { hostname, port, password } = new URL(url);
  const folder = openTemporaryFolder();
  const child = spawn(
    join(binaries.bin, 'pg_receivewal'),
    ['-h', hostname, '-p', port, '-U', 'postgres', '-D', folder, '--no-loop', '--no-sync'],
    { stdio: 'ignore', env: { ...serverEnvironment(folder), PGPASSWORD: password, PGAPPNAME: 'planted' } },
  );
  later(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
}

/** A session with the login of jobs. */
async function asWorker({ sql, session, url }: Hands): Promise<void> {
  await sql(`alter role colloquy_worker password 'planted'`);
  const login = new URL(url);
  login.username = 'colloquy_worker';
  login.password = 'planted';
  await session(login.href);
}

/** What sessions and statements do wrong. */
export const SESSIONS: Fault[] = [
  {
    check: 'transactions_long',
    is: 'a transaction that idles',
    limits: { idle_after: `interval '0'` },
    make: async ({ session }) => (await session()).query('begin; select 1'),
    subject: /^process \d+$/,
    severity: 'warning',
    detail: /and is idle in transaction\.$/,
  },
  {
    check: 'sessions_blocked',
    is: 'a session that others wait for, also at second hand',
    limits: { warning_after: `interval '0'`, error_after: `interval '0'` },
    make: async ({ session }) => {
      const [head, second, third] = [await session(), await session(), await session()];
      await head.query('begin; lock table app_public.tags in share mode');
      const waiters = async (): Promise<number> =>
        (await head.query('select count(*)::int as count from pg_locks where not granted')).rows[0].count;
      second.query('begin; lock table app_public.tags').catch(() => {});
      await expect.poll(waiters).toBe(1);
      third.query('select from app_public.tags').catch(() => {});
      await expect.poll(waiters).toBe(2);
    },
    subject: /^process \d+$/,
    severity: 'error',
    detail: /^2 sessions wait for it.*It is postgres, idle in transaction, in a transaction since/,
  },
  {
    check: 'prepared_transactions',
    is: 'a prepared transaction that was forgotten',
    limits: { warning_after: `interval '0'` },
    make: [`begin; create table app_hidden.planted (); prepare transaction 'planted'`],
    subject: /^planted in database /,
    severity: 'warning',
  },
  {
    check: 'connections_near_limit',
    is: 'a login whose connections are used up',
    make: async (hands) => {
      await hands.sql('alter role colloquy_worker connection limit 1');
      await asWorker(hands);
    },
    subject: 'connection limit of colloquy_worker',
    severity: 'error',
    detail: /^1 of 1 connections/,
    after: ['alter role colloquy_worker connection limit -1'],
  },
  {
    check: 'connections_unencrypted',
    is: 'a session over the network without TLS',
    limits: { this_machine: `'{}'::inet[]` },
    make: asWorker,
    subject: 'login colloquy_worker from 127.0.0.1',
    severity: 'warning',
    mend: [],
  },
  {
    check: 'replication_lag',
    is: 'a standby that is behind',
    limits: { most_bytes: '-1' },
    make: receive,
    subject: /^planted at /,
    severity: 'warning',
    mend: [],
  },
  {
    check: 'replication_slots',
    is: 'a slot that nobody uses',
    limits: { idle_after: `interval '0'` },
    make: [`select pg_create_physical_replication_slot('planted', true)`],
    subject: 'slot planted',
    severity: 'warning',
  },
  {
    check: 'statements_not_counted',
    is: 'statements that are not counted',
    make: [],
    subject: 'extension pg_stat_statements',
    severity: 'info',
    after: ['select extensions.pg_stat_statements_reset()'],
  },
  {
    check: 'statements_slow',
    is: 'a statement that takes long',
    limits: { most_ms: '5', least_calls: '1' },
    make: ['select pg_sleep(0.01)'],
    subject: /^statement -?\d+ of postgres$/,
    severity: 'warning',
    detail: /^1 calls took \d+ ms each: select pg_sleep\(\$1\)$/,
    mend: ['select extensions.pg_stat_statements_reset()'],
    after: ['drop extension pg_stat_statements'],
  },
  {
    check: 'sequential_scans',
    is: 'a table that is read from end to end again and again',
    limits: { least_rows: '1000', least_scans: '3', least_rows_per_scan: '500' },
    make: [
      'create table app_hidden.planted as select generate_series(1, 1000) as id',
      ...Array<string>(3).fill('select count(*) from app_hidden.planted'),
      'select pg_stat_force_next_flush()',
    ],
    subject: 'app_hidden.planted',
    severity: 'warning',
    detail: /about 1000 rows and was read from end to end 3 times, 1000 rows each/,
    mend: [`select pg_stat_reset_single_table_counters('app_hidden.planted'::regclass)`],
    after: ['drop table app_hidden.planted'],
  },
  {
    check: 'cache_hit_ratio',
    is: 'reads that memory did not answer',
    limits: { least_ratio: '0.99', least_blocks: '400' },
    make: readFromDisk,
    subject: /^database /,
    severity: 'warning',
    mend: RESET,
    after: ['drop table app_hidden.planted', 'drop extension pg_buffercache'],
  },
  {
    check: 'temporary_files',
    is: 'a sort that did not fit into memory',
    limits: { least_age: `interval '0'`, most_bytes_per_day: '1' },
    make: [
      `set work_mem = '64kB'; select count(*) from (select n from generate_series(1, 50000) as n order by -n offset 0) as x; reset work_mem`,
      'select pg_stat_force_next_flush()',
    ],
    subject: /^database /,
    severity: 'warning',
    mend: RESET,
  },
  {
    check: 'deadlocks',
    is: 'transactions that waited for each other',
    limits: { least: '1', most_per_day: '0' },
    make: deadlock,
    subject: /^database /,
    severity: 'warning',
  },
  {
    check: 'wraparound',
    is: 'transaction ids that were not frozen for long',
    limits: { warning_share: '0.000001' },
    make: [`do $$ begin for i in 1..4000 loop perform pg_current_xact_id(); commit; end loop; end $$`],
    subject: /^database (?!postgres|template).*, transaction ids$/,
    severity: 'warning',
    mend: ['vacuum (freeze)'],
  },
];
