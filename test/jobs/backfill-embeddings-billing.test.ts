import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { backfillEmbeddings } from '../../jobs/backfill-embeddings.ts';
import type { JobContext } from '../../jobs/job.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { readEnv } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { openQueue } from '../../lib/queue.ts';
import { localStorage } from '../../lib/storage.ts';
import { openProvider } from '../../models/open-provider.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { openSummariser } from '../../models/summary/open-summariser.ts';
import { openExtractor } from '../../reading/extract.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import {
  activeVersion,
  addChunks,
  asAdministrator,
  fillVersion,
  markEvaluated,
  registerAdministrator,
} from '../support/versions.ts';

log.level = 'silent';

describeReal('a back-fill by a service that is paid', () => {
  let database: Database;
  let fake: FakeOpenAi;
  let ann: TestUser;
  let admin: TestUser;
  let version: string;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    fake = await startFakeOpenAi({ dimensions: 8 });
  });
  beforeEach(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    admin = await registerAdministrator(database, 'admin@example.org');
    await addChunks(database, ann, 70, 'Book');
    await fillVersion(database, await activeVersion(database));
    const made = await asAdministrator(database, admin, (client) =>
      client.query(
        `select id from app_public.create_embedding_version('next', 'openai-compatible', 'fake', 8)`,
      ),
    );
    version = made.rows[0].id;
    await markEvaluated(database, version);
    await set({
      embedding_retry_seconds: '0.001',
      embedding_budget_seconds: '0.05',
      embedding_claim_seconds: '1',
      embedding_backfill_seconds: '1',
    });
    fake.faults = [];
    fake.judge = () => undefined;
    fake.billed = [];
    fake.requests = [];
  });
  afterEach(async () => {
    for (const child of children) await kill(child);
    await database?.close();
  });
  afterAll(() => fake?.close());

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const set = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings))
      await owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
  };
  const progress = async () =>
    (
      await asAdministrator(database, admin, (client) =>
        client.query('select * from app_public.embedding_version_progress($1)', [version]),
      )
    ).rows[0];
  const logged = async () =>
    (
      await owner().query(
        `select user_id, provider, model, total_tokens, cost_usd::float as cost, metadata from app_public.usage_logs
         where workspace_id = $1 and action = 'embedding' order by id`,
        [ann.workspaceId],
      )
    ).rows;
  const characters = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);

  const env = () =>
    readEnv({ EMBEDDING_BASE_URL: fake.url, EMBEDDING_BATCH_SIZE: '8', EMBEDDING_PRICE: '1000' });
  const backfill = (workspaceId = ann.workspaceId) => {
    const guards = openGuards(undefined, { delays: { least: 1, greatest: 5 }, timeout: 10_000 });
    const pool = database.pool('worker');
    const context: JobContext = {
      pool,
      boss: openQueue(pool, { supervise: false, schedule: false }),
      log,
      storage: localStorage('/nowhere'),
      extractor: openExtractor(),
      summariser: () => openSummariser(),
      signal: new AbortController().signal,
      provider: (one) => openProvider(one, { env: env(), guards }),
    };
    return backfillEmbeddings.handle(context, { versionId: version, workspaceId });
  };

  async function spawnWorker(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url)), 'quick'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {
          ...process.env,
          LOG_LEVEL: 'silent',
          EMBEDDING_BASE_URL: fake.url,
          EMBEDDING_BATCH_SIZE: '8',
          EMBEDDING_PRICE: '1000',
        },
      },
    );
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdin!.write(`${database.url('admin')}\n`);
    await new Promise<void>((resolve, reject) => {
      child.stdout!.on('data', (data) => String(data).includes('ready\n') && resolve());
      child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
    });
    return child;
  }
  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  const sweepUntil = (condition: () => Promise<boolean>) =>
    until(async () => {
      await sweep(database);
      return condition();
    });

  it('is logged in the workspace and counts for nobody there, however little its members may spend', async () => {
    await asUser(database, ann, (client) => client.query(`select app_public.set_usage_budget('month', 5)`));
    await owner().query('update app_public.users set monthly_token_quota = 1 where id = $1', [ann.id]);
    expect(await backfill()).toMatchObject({ embedded: 70 });
    const rows = await logged();
    expect(rows.length).toBeGreaterThan(1);
    expect(rows[0]).toMatchObject({
      user_id: null,
      provider: 'openai-compatible',
      model: 'fake',
      metadata: { embeddingVersionId: version, embeddingVersion: 'next', paidBy: 'installation', chunks: 64 },
    });
    const tokens = rows.reduce((sum, row) => sum + row.total_tokens, 0);
    expect(tokens).toBe(characters(fake.billed));
    expect(fake.billed).toHaveLength(70);
    expect(rows.reduce((sum, row) => sum + row.cost, 0)).toBeCloseTo(tokens / 1000, 6);
    expect(
      await one('select total_tokens_used::int as n from app_public.users where id = $1', ann.id),
    ).toEqual({
      n: 0,
    });
    expect((await one('select count(*)::int as n from app_hidden.budget_spending')).n).toBe(0);
    expect((await one('select count(*)::int as n from app_private.user_usage_months')).n).toBe(0);
    const state = await progress();
    expect(state).toMatchObject({ missing_chunks: '0', paused: null, tokens_used: String(tokens) });
    expect(Number(state.cost_usd)).toBeCloseTo(tokens / 1000, 6);
    // the bill of the installation is not the member's to read
    const seen = await asUser(database, ann, (client) => client.query('select from app_public.usage_logs'));
    expect(seen.rows).toEqual([]);
    // again there is nothing to do, and nothing to pay
    expect(await backfill()).toMatchObject({ embedded: 0 });
    expect(fake.billed).toHaveLength(70);
  });

  it('waits when the budget of the installation is spent, says so, and goes on when there is room', async () => {
    for (const bound of [{ backfill_tokens_per_month: '10' }, { backfill_cost_per_month: '0.01' }]) {
      await set({ backfill_tokens_per_month: 'unlimited', backfill_cost_per_month: 'unlimited', ...bound });
      // a pause that is still on would hide the answer
      await owner().query('delete from app_hidden.embedding_refusals');
      expect(await backfill()).toMatchObject({ embedded: 0, paused: 'CQ371' });
    }
    expect(fake.requests).toEqual([]);
    expect(await logged()).toEqual([]);
    await set({ embedding_budget_seconds: '600' });
    await owner().query('delete from app_hidden.embedding_refusals');
    await backfill();
    const state = await progress();
    expect(state).toMatchObject({
      missing_chunks: '70',
      retrying_chunks: '0',
      dead_chunks: '0',
      paused: expect.stringMatching(/^CQ371 /),
    });
    expect(state.resumes_at.getTime()).toBeGreaterThan(Date.now() + 500_000);
    const worker = database.pool('worker');
    expect((await worker.query('select version_name, paused from app_public.indexing_lag()')).rows).toEqual([
      { version_name: 'next', paused: expect.stringContaining('CQ371') },
    ]);
    // nothing is put into the queue in vain meanwhile
    expect((await worker.query('select * from app_hidden.find_unembedded(10)')).rows).toEqual([]);
    await expect(
      asAdministrator(database, admin, (client) =>
        client.query('select app_public.activate_embedding_version($1, accept => true)', [version]),
      ),
    ).rejects.toMatchObject({ code: 'CQ303' });

    await set({ backfill_cost_per_month: '100' });
    await owner().query('update app_hidden.embedding_refusals set retry_at = now()');
    expect((await worker.query('select workspace_id from app_hidden.find_unembedded(10)')).rows).toEqual([
      { workspace_id: ann.workspaceId },
    ]);
    expect(await backfill()).toMatchObject({ embedded: 70 });
    expect((await progress()).paused).toBeNull();
    expect((await one('select count(*)::int as n from app_hidden.embedding_refusals')).n).toBe(0);
  });

  it('asks nobody while paid embedding is switched off', async () => {
    await set({ paid_embedding: 'off' });
    expect(await backfill()).toMatchObject({ embedded: 0, paused: 'CQ370' });
    expect(fake.requests).toEqual([]);
    await set({ paid_embedding: 'on', embedding_budget_seconds: '0' });
    await until(async () => ((await backfill()) as { embedded: number }).embedded === 70);
  });

  it('never exceeds its budget by claims at the same time, in whatever workspaces', async () => {
    const users = [ann];
    for (let n = 0; n < 7; n += 1) users.push(await registerUser(database, `user${n}@example.org`));
    for (const user of users.slice(1)) await addChunks(database, user, 1, 'Note');
    await set({ backfill_tokens_per_month: '100' });
    const claims = await Promise.all(
      users.map(async (user) => {
        const { rows } = await owner().query(
          `select k.claim_id, k.refusal from app_hidden.claim_embeddings($1, $2,
             array(select c.id from app_public.chunks c where c.workspace_id = $2 limit 1), '{30}', 1) k`,
          [version, user.workspaceId],
        );
        return rows[0];
      }),
    );
    expect(claims.filter((claim) => claim.claim_id !== null)).toHaveLength(3);
    expect(claims.filter((claim) => claim.refusal === 'CQ371')).toHaveLength(5);
    // what is let go is free again, what was used is not
    const [kept, ...let_go] = claims.filter((claim) => claim.claim_id !== null);
    for (const { claim_id } of let_go)
      await database
        .pool('worker')
        .query(`select app_hidden.settle_embedding_claim($1, '{}', '{}', 0, 0)`, [claim_id]);
    await database
      .pool('worker')
      .query(`select app_hidden.settle_embedding_claim($1, '{}', '{}', 31, 0.1)`, [kept.claim_id]);
    expect((await progress()).tokens_used).toBe('31');
    await owner().query('select app_private.require_backfill_budget(69, 0)');
    await expect(owner().query('select app_private.require_backfill_budget(70, 0)')).rejects.toMatchObject({
      code: 'CQ371',
    });
  });

  it('is logged once for each chunk when its worker is killed between the answer and the storing', async () => {
    const client = await database.pool('admin').connect();
    const waiting = () => lockWaiters(database, 'relation');
    try {
      await client.query('begin');
      await client.query('lock table app_public.usage_logs in exclusive mode');
      const worker = await spawnWorker();
      await sweepUntil(async () => (await waiting()).length > 0);
      expect(fake.billed.length).toBeGreaterThan(0);
      await kill(worker);
      await database
        .pool('admin')
        .query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [await waiting()]);
      await client.query('rollback');
    } finally {
      client.release();
    }
    const vectors = async () =>
      (await one('select count(*)::int as n from app_public.embeddings where version_id = $1', version)).n;
    expect(await vectors()).toBe(0);
    expect(await logged()).toEqual([]);
    expect(
      await one('select count(*)::int as n, min(user_id::text) as payer from app_hidden.embedding_claims'),
    ).toEqual({ n: 1, payer: null });
    const unstored = [...fake.billed];
    fake.billed = [];
    await spawnWorker();
    await sweepUntil(async () => (await vectors()) === 70);
    // the service was asked again for what nobody stored, and for each text once; the log has the answers that were stored
    expect(fake.billed).toEqual(expect.arrayContaining(unstored));
    expect(new Set(fake.billed).size).toBe(fake.billed.length);
    const rows = await logged();
    expect(rows.reduce((sum, row) => sum + row.total_tokens, 0)).toBe(characters(fake.billed));
    expect(rows.reduce((sum, row) => sum + row.metadata.chunks, 0)).toBe(70);
    expect((await progress()).tokens_used).toBe(String(characters(fake.billed)));
    const { n } = await one(
      'select count(*)::int as n from app_hidden.embedding_claims where abandoned_at is null',
    );
    expect(n).toBe(0);
  });

  it('is asked for nothing that cannot be stored while the index is built, and loses no bill to it', async () => {
    const { number } = await one('select number from app_public.embedding_versions where id = $1', version);
    const { rows: claims } = await owner().query(
      `select k.claim_id, k.claimed from app_hidden.claim_embeddings($1, $2,
         array(select c.id from app_public.chunks c where c.workspace_id = $2 order by c.id limit 1), '{30}', 1) k`,
      [version, ann.workspaceId],
    );
    const builder = await owner().connect();
    try {
      await builder.query(`begin; lock table app_partitions.embeddings_${number} in share mode`);
      expect(await backfill()).toMatchObject({ embedded: 0 });
      expect(fake.requests).toEqual([]);
      // however the look at the locks is planned
      for (const off of ['enable_nestloop', 'enable_hashjoin', 'enable_mergejoin', 'enable_indexscan']) {
        await builder.query(`set local ${off} = off`);
        const { rows: looks } = await builder.query(
          `select app_private.embedding_partition_is_locked($1, $2) as next,
             app_private.embedding_partition_is_locked((select id from app_public.embedding_versions where status = 'active'), $2) as active`,
          [version, ann.workspaceId],
        );
        expect(looks, off).toEqual([{ next: true, active: false }]);
      }
      // what was under way when the building began
      const { rows } = await database
        .pool('worker')
        .query(
          `select app_hidden.settle_embedding_claim($1, $2, '{"[1,0,0,0,0,0,0,0]"}', 29, 0.5) as stored`,
          [claims[0].claim_id, claims[0].claimed],
        );
      expect(rows).toEqual([{ stored: 0 }]);
      expect(await logged()).toMatchObject([{ total_tokens: 29, user_id: null }]);
    } finally {
      await builder.query('rollback');
      builder.release();
    }
    expect(await backfill()).toMatchObject({ embedded: 70 });
  });

  it('gives a poisoned text up after its attempts, says so, and tries it again when it is told to', async () => {
    await set({ embedding_attempts: '2' });
    fake.judge = ({ texts }) =>
      texts.some((text) => text.includes('number 7.')) ? { status: 400 } : undefined;
    expect(await backfill()).toMatchObject({ embedded: 69 });
    expect(await progress()).toMatchObject({ missing_chunks: '1', retrying_chunks: '1', dead_chunks: '0' });
    await until(async () => {
      await backfill();
      return (await progress()).dead_chunks === '1';
    });
    const asked = () =>
      fake.requests.filter(({ texts }) => texts.length === 1 && texts[0]!.includes('number 7.'));
    expect(asked()).toHaveLength(2);
    // given up: no job looks at it any more
    expect(
      (await database.pool('worker').query('select * from app_hidden.find_unembedded(10)')).rows,
    ).toEqual([]);
    expect(await backfill()).toMatchObject({ embedded: 0 });
    expect(asked()).toHaveLength(2);
    fake.judge = () => undefined;
    const { rows } = await asUser(database, ann, (client) =>
      client.query('select chunks::int from app_public.redrive_embeddings()'),
    );
    expect(rows).toEqual([{ chunks: 1 }]);
    expect(await backfill()).toMatchObject({ embedded: 1 });
    expect(characters(fake.billed)).toBe((await logged()).reduce((sum, row) => sum + row.total_tokens, 0));
  });
});
