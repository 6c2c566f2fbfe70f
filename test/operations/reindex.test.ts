import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { analyze } from '../../jobs/analyze.ts';
import { indexHealth } from '../../jobs/index-health.ts';
import type { JobContext } from '../../jobs/job.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { demandSpace, freeSpace, neededSpace } from '../../operations/indexes/disk.ts';
import { readIndexes } from '../../operations/indexes/facts.ts';
import { activateTestVersion, addChunks, createIndex } from '../support/knowledge.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser, until } from '../support/users.ts';

describeReal('indexes', () => {
  let database: Database;
  let number: number;
  /** The partition with the vectors, and its index. */
  let leaf: string;
  const children = new Set<ChildProcess>();
  const transactions = new Set<pg.Client>();

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const set = (settings: Record<string, string | number>) =>
    sql(
      'update app_private.settings s set value = x.value from jsonb_each_text($1::jsonb) as x (name, value) where s.name = x.name',
      JSON.stringify(settings),
    );
  const environment = () => ({ ...process.env, DATABASE_URL: database.url('admin'), LOG_LEVEL: 'silent' });
  /** Runs a command of `npm run ops`. */
  async function ops(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    try {
      const ended = await promisify(execFile)(process.execPath, ['scripts/ops.ts', ...words], {
        cwd: projectFolder,
        env: environment(),
      });
      return { code: 0, ...ended };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  }
  const context = (): JobContext =>
    ({ pool: database.pool('worker'), log, signal: new AbortController().signal }) as unknown as JobContext;
  const health = async (index: string) =>
    (await readIndexes(database.pool('worker'))).find((one) => one.index.endsWith(index));
  const leftovers = async () =>
    (await readIndexes(database.pool('worker')))
      .filter(({ isLeftover }) => isLeftover)
      .map(({ index }) => index);
  const fileOf = async (index: string) =>
    (await sql('select pg_relation_filenode($1::regclass) as file', index))[0].file;
  const building = async () =>
    (await sql('select phase from pg_stat_progress_create_index where datname = current_database()')).length >
    0;
  async function dead(share: number): Promise<void> {
    await sql(
      `delete from app_public.chunks c where right(c.content, 4)::int < $1`,
      Math.round(share * 10_000),
    );
    await until(async () => {
      await sql('select pg_stat_clear_snapshot()');
      return (
        (await sql(`select n_dead_tup::int as n from pg_stat_all_tables where relname = $1`, leaf))[0].n > 0
      );
    });
  }

  /** A transaction that is left open, and what ends it. */
  async function openTransaction(
    application: string,
    isolation = 'read committed',
  ): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: database.url('admin'), application_name: application });
    client.on('error', () => {});
    await client.connect();
    transactions.add(client);
    await client.query(
      `begin isolation level ${isolation}; select 'a secret of a tenant', count(*) from app_public.embeddings`,
    );
    return async () => {
      transactions.delete(client);
      await client.end();
    };
  }

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    const owner = database.pool('owner');
    const version = await activateTestVersion(owner, 16);
    const ann = await registerUser(database, 'ann@example.org');
    await createIndex(owner, version);
    await addChunks(owner, {
      version,
      workspaceId: ann.workspaceId,
      ownerId: ann.id,
      dimensions: 16,
      count: 3000,
      seed: 0.3,
    });
    await sql(
      `update app_public.chunks set content = lpad((row_number)::text, 4, '0') from (select id as i, row_number() over () from app_public.chunks) n where id = n.i`,
    );
    number = (await sql('select number from app_public.embedding_versions where id = $1', version))[0].number;
    const { rows } = await owner.query(
      'select tableoid::regclass::text as leaf from app_public.embeddings limit 1',
    );
    leaf = rows[0].leaf.split('.')[1];
    await sql(`analyze app_partitions.${leaf}`);
    await set({
      search_exact_limit: 100,
      search_recall_seconds: 1,
      search_recall_queries: 10,
      reindex_dead_rows: 10,
    });
  }, LONG);
  // what a test that failed left would keep the ones after it waiting
  afterEach(async () => {
    for (const client of transactions) await client.end();
    transactions.clear();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database?.close();
  });

  it('is refused where the disk of the server has less room than it takes for its time', async () => {
    const free = await freeSpace(database);
    const { rows } = await database
      .pool('monitor')
      .query(`select current_setting('data_directory') as folder`);
    const { bavail, bsize } = statfsSync(rows[0].folder);
    expect(Math.abs(free! - bavail * bsize)).toBeLessThan(2 ** 30);
    // a second copy of the largest, and the log of both
    expect(neededSpace([60, 50])).toBe(170);
    expect(() => demandSpace(170, 170)).not.toThrow();
    expect(() => demandSpace(undefined, 170)).not.toThrow();
    expect(() => demandSpace(free, neededSpace([free!]))).toThrow(
      expect.objectContaining({ code: 'CQ655', hint: expect.stringContaining('--no-space-check') }),
    );
  });

  it('of vectors are rebuilt and vacuumed by the weekly job when rows died, and left alone when not', async () => {
    expect(await indexHealth.handle(context(), {})).toEqual({
      leftoversDropped: 0,
      rebuilt: [],
      failed: 0,
      left: 0,
      recall: [],
    });
    await dead(0.05);
    const before = await fileOf(`app_partitions.${leaf}_hnsw`).catch(() => undefined);
    // a time box that is over begins nothing, and says what is left
    await set({ maintenance_minutes: 0 });
    expect(await indexHealth.handle(context(), {})).toMatchObject({ rebuilt: [], left: 1 });
    await set({ maintenance_minutes: 60 });
    const done = (await indexHealth.handle(context(), {})) as { rebuilt: string[]; recall: object[] };
    expect(done.rebuilt).toEqual([expect.stringContaining(`app_partitions.${leaf}`)]);
    expect(done.recall).toEqual([
      expect.objectContaining({ version: 'test', objective: 0.98, recall: expect.any(Number) }),
    ]);
    const [name] = done.rebuilt;
    expect(await fileOf(name!)).not.toBe(before);
    await until(async () => {
      await sql('select pg_stat_clear_snapshot()');
      return (await health(name!))?.deadRows === 0;
    });
    expect(
      await sql(
        `select details ->> 'reason' as reason, (details ->> 'isVacuumed')::boolean as vacuumed from app_hidden.maintenance_runs where task = 'reindex'`,
      ),
    ).toEqual([{ reason: 'dead rows', vacuumed: true }]);
    expect(await indexHealth.handle(context(), {})).toMatchObject({ rebuilt: [], left: 0 });
  });

  it('of partitions of vectors are vacuumed late by autovacuum, of those that are made from now on as well', async () => {
    const rows = await sql(
      `select count(*)::int as n, count(*) filter (where 'autovacuum_vacuum_scale_factor=0.4' = any (c.reloptions))::int as late
       from pg_partition_tree('app_public.embeddings') t join pg_class c on c.oid = t.relid where t.isleaf`,
    );
    expect(rows[0].late).toBe(rows[0].n);
    expect(rows[0].n).toBeGreaterThan(16);
  });

  it('are rebuilt for recall once in a while, not again and again', async () => {
    await sql(`update app_hidden.recall_measurements set recall = 0.5 where index_queries > 0`);
    const due = () => sql('select index_name, reason from app_hidden.indexes_to_rebuild()');
    expect(await due()).toEqual([]);
    await set({ reindex_recall_days: 0 });
    expect(await due()).toEqual([{ index_name: expect.stringContaining(leaf), reason: 'recall' }]);
    await set({ reindex_recall_days: 28 });
  });

  it('have the parents of partitions analysed by the weekly job, once', async () => {
    const counted = async () =>
      (
        await database
          .pool('admin')
          .query(
            `select c.relname from pg_class c where c.relkind = 'p' and exists (select from pg_statistic s where s.starelid = c.oid)`,
          )
      ).rows.map(({ relname }) => relname);
    expect(await counted()).not.toContain('chunks');
    const done = (await analyze.handle(context(), {})) as { parents: number };
    expect(done.parents).toBeGreaterThan(6);
    expect(await counted()).toEqual(expect.arrayContaining(['chunks', 'embeddings', `embeddings_${number}`]));
    await until(async () => {
      await sql('select pg_stat_clear_snapshot()');
      return (await sql('select from app_hidden.tables_to_analyze() where is_parent')).length === 0;
    });
    expect(await analyze.handle(context(), {})).toMatchObject({ parents: 0, left: 0 });
  });

  it('are maintained by the worker without the right to read a row of a partition, and by no role of requests', async () => {
    const client = await database.pool('worker').connect();
    const attempt = (text: string) =>
      client.query(text).then(
        () => 'done',
        (error) => error.code,
      );
    expect(await attempt(`vacuum app_partitions.${leaf}`)).toBe('42501');
    await client.query('set role colloquy_maintenance');
    expect(await attempt(`select from app_partitions.${leaf}`)).toBe('42501');
    expect(await attempt('select from app_public.messages')).toBe('42501');
    expect(await attempt(`delete from app_partitions.${leaf}`)).toBe('42501');
    expect(await attempt(`vacuum app_partitions.${leaf}`)).toBe('done');
    client.release(true);
    // where it was not given, the job says so and does nothing
    const requests = new pg.Pool({
      connectionString: database.url('admin'),
      onConnect: (client) => client.query('set session authorization colloquy_authenticator'),
    });
    const job = {
      ...context(),
      pool: {
        query: database.pool('worker').query.bind(database.pool('worker')),
        connect: () => requests.connect(),
      },
    };
    expect(await indexHealth.handle(job as unknown as JobContext, {})).toEqual({
      skipped: 'colloquy_maintenance lacks pg_maintain',
    });
    await requests.end();
  });

  it('are rebuilt by the command, one at a time, with recall before and after, and the rest in the next run', async () => {
    const planned = await ops('reindex', '--vector', '--again', '--dry-run', '--json');
    expect(planned.code, planned.stderr).toBe(0);
    expect(JSON.parse(planned.stdout).wouldRebuild.map((one: { index: string }) => one.index)).toEqual([
      expect.stringContaining(leaf),
    ]);
    // rebuilt within the day: done
    expect(JSON.parse((await ops('reindex', '--vector', '--json')).stdout)).toMatchObject({
      rebuilt: [],
      failed: [],
    });
    const all = await ops('reindex', '--all', '--again', '--memory', '10', '--dry-run');
    expect([all.code, all.stdout]).toEqual([
      0,
      expect.stringMatching(/users_pkey [\s\S]*The largest wants \d+ MB and gets 10: /),
    ]);
    const { code, stdout } = await ops(
      'reindex',
      '--vector',
      '--again',
      '--index',
      'messages_pkey1',
      '--json',
    );
    expect([code, stdout]).toEqual([2, '']);
    const done = await ops('reindex', '--vector', '--again', '--index', 'users_pkey', '--json');
    expect(done.code, done.stderr).toBe(0);
    const report = JSON.parse(done.stdout);
    expect(report.rebuilt.map((one: { index: string }) => one.index)).toEqual([
      'app_public.users_pkey',
      expect.stringContaining(leaf),
    ]);
    expect(report.recallBefore).toEqual([expect.objectContaining({ version: 'test' })]);
    expect(report.recallAfter).toEqual([expect.objectContaining({ version: 'test' })]);
  });

  it('are rebuilt by one run at a time', async () => {
    const end = await openTransaction('somebody');
    const child = spawn(
      process.execPath,
      ['scripts/ops.ts', 'reindex', '--vector', '--again', '--no-recall'],
      { cwd: projectFolder, env: environment() },
    );
    children.add(child);
    await until(building);
    const second = await ops('reindex', '--vector', '--again');
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/Another reindex runs .*process \d+ of the server.*CQ650/);
    expect(await indexHealth.handle(context(), {})).toEqual({ skipped: 'another runs' });
    // what it builds is no leftover
    expect((await sql('select * from app_hidden.drop_index_leftovers()')).length).toBe(0);
    await end();
    await new Promise((resolve) => child.once('close', resolve));
    expect(await leftovers()).toEqual([]);
  });

  it(
    'that a killed run left half-built are dropped by the next one, which goes on',
    async () => {
      for (let round = 0; round < sized(2, 10); round += 1) {
        const end = await openTransaction('somebody');
        const child = spawn(
          process.execPath,
          ['scripts/ops.ts', 'reindex', '--vector', '--again', '--no-recall'],
          { cwd: projectFolder, env: environment() },
        );
        children.add(child);
        await until(building);
        child.kill('SIGKILL');
        await end();
        // the server notices by itself that its client is gone
        await until(async () => !(await building()));
        const next = await ops('reindex', '--vector', '--again', '--no-recall', '--json');
        // the process of the server may take a moment to give up the lock
        if (next.code === 2) {
          expect(next.stderr).toContain('CQ650');
          continue;
        }
        expect(next.code, next.stderr).toBe(0);
        expect(JSON.parse(next.stdout).rebuilt).toHaveLength(1);
        expect(await leftovers()).toEqual([]);
      }
    },
    LONG,
  );

  it('wait for a long transaction, which is named without what it asks, and what is left then is dropped by the next run', async () => {
    const end = await openTransaction('reporting tool', 'repeatable read');
    const waiting = await ops('reindex', '--vector', '--again', '--no-recall', '--patience', '3', '--json');
    expect(waiting.code).toBe(1);
    expect(waiting.stderr).toMatch(
      /Process \d+ of the server keeps it waiting \(postgres, application "reporting tool", idle in transaction, transaction open for \d+ s/,
    );
    expect(waiting.stderr + waiting.stdout).not.toContain('secret');
    expect(JSON.parse(waiting.stdout).failed).toEqual([
      { index: expect.stringContaining(leaf), error: expect.stringContaining('CQ653') },
    ]);
    const [last] = await sql(
      `select outcome, error from app_hidden.maintenance_runs where task = 'reindex' order by id desc limit 1`,
    );
    expect(last).toEqual({ outcome: 'failed', error: expect.stringContaining('CQ653') });
    await end();
    expect(await leftovers()).toHaveLength(1);
    expect(JSON.parse((await ops('reindex', '--invalid', '--json')).stdout)).toMatchObject({
      rebuilt: [],
      leftovers: [expect.stringContaining('_ccnew')],
    });
    expect(await leftovers()).toEqual([]);
  });

  it('are left by a run that is told to end, and what it began is dropped', async () => {
    const end = await openTransaction('somebody');
    const child = spawn(
      process.execPath,
      ['scripts/ops.ts', 'reindex', '--vector', '--again', '--no-recall', '--json'],
      { cwd: projectFolder, env: environment() },
    );
    children.add(child);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    await until(building);
    child.kill('SIGTERM');
    const code = await new Promise((resolve) => child.once('close', resolve));
    await end();
    expect(code).toBe(130);
    expect(JSON.parse(output)).toMatchObject({ rebuilt: [], left: [expect.stringContaining(leaf)] });
    // the transaction kept the drop waiting, too
    await sql('select * from app_hidden.drop_index_leftovers()');
    expect(await leftovers()).toEqual([]);
  });

  it('are built by as many workers as are asked for', async () => {
    await sql('create table app_public.built (n integer constraint built_pkey primary key)');
    await sql('insert into app_public.built values (1)');
    await sql(`create function app_private.workers_are_few(n integer) returns integer language plpgsql immutable as $$
      begin
        if current_setting('max_parallel_maintenance_workers') = '3' then raise exception 'by three workers'; end if;
        return n;
      end $$`);
    await sql('create index built_idx on app_public.built (app_private.workers_are_few(n))');
    const by = async (workers: string) => {
      const { code, stdout } = await ops('reindex', '--index', 'built_idx', '--workers', workers, '--json');
      return [code, JSON.parse(stdout).failed];
    };
    expect(await by('3')).toEqual([
      1,
      [{ index: 'app_public.built_idx', error: expect.stringContaining('by three workers') }],
    ]);
    expect(await by('0')).toEqual([0, []]);
    await sql('drop table app_public.built');
    await sql('drop function app_private.workers_are_few');
  });

  it('are reported with what holds nothing, by estimate and by measurement', async () => {
    await sql('create table app_public.filled (id integer constraint filled_pkey primary key, note text)');
    await sql('insert into app_public.filled select i from generate_series(1, 60000) i');
    const bloat = async (...more: string[]) => JSON.parse((await ops('bloat', '--json', ...more)).stdout);
    const of = (report: { indexes: { index: string; share: number; basis: string }[] }) =>
      report.indexes.find(({ index }) => index === 'app_public.filled_pkey');
    await sql('analyze app_public.filled');
    expect(of(await bloat())?.share).toBeLessThan(0.1);
    await sql('delete from app_public.filled where id % 10 > 0');
    await sql('vacuum analyze app_public.filled');
    expect(of(await bloat())).toMatchObject({ share: expect.closeTo(0.9, 1), basis: 'types' });
    expect((await ops('bloat', '--exact')).stderr).toContain('CQ656');
    await database.pool('admin').query('create extension pgstattuple with schema extensions');
    expect(of(await bloat('--exact'))).toMatchObject({ share: expect.closeTo(0.9, 1), basis: 'pgstattuple' });
    expect((await ops('bloat', '--limit', '1')).stdout).toMatch(
      /index .*\napp_public.filled_pkey\s+1\.\d MB\s+1\.\d MB\s+\d+ %\s+types/,
    );
    expect((await ops('bloat', '--limit', 'few')).code).toBe(2);
    expect(JSON.parse((await ops('reindex', '--bloated', '--json')).stdout).rebuilt).toEqual([
      expect.objectContaining({ index: 'app_public.filled_pkey', reason: 'bloat' }),
    ]);
    expect(of(await bloat())?.share).toBeLessThan(0.1);
    await sql('drop table app_public.filled');
  });
});
