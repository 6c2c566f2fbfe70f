import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { tablePause } from '../../models/remote/pause.ts';
import { tableRate } from '../../models/remote/rate.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { LONG } from '../support/limits.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

/** So many sections, each long enough to be a chunk of its own. */
function sections(count: number, text: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `# Section ${n}\n\n${`${text(n)} `.repeat(16)}`).join(
    '\n\n',
  );
}

describeReal('the queue of embedding', () => {
  let database: Database;
  let fake: FakeOpenAi;
  let other: FakeOpenAi;
  let ann: TestUser;
  let bob: TestUser;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    fake = await startFakeOpenAi({ dimensions: 512 });
    other = await startFakeOpenAi({ dimensions: 512 });
  });
  beforeEach(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    await useProvider('openai-compatible');
    await set({
      embedding_retry_seconds: '0.05',
      embedding_budget_seconds: '0.05',
      embedding_claim_seconds: '10',
    });
    for (const server of [fake, other]) {
      server.faults = [];
      server.judge = () => undefined;
      server.billed = [];
      server.requests = [];
    }
  });
  afterEach(async () => {
    for (const child of children) await kill(child);
    await database?.close();
  });
  afterAll(async () => {
    await fake?.close();
    await other?.close();
  });

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const set = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings))
      await owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
  };
  const useProvider = (provider: string) =>
    owner().query(
      `update app_public.embedding_versions set provider = $1, model = 'fake' where status = 'active'`,
      [provider],
    );
  const write = async (user: TestUser, title: string, content: string): Promise<string> =>
    asUser(database, user, async (client) => {
      const { rows } = await client.query(`select id from app_public.create_document($1, $2, 'markdown')`, [
        title,
        content,
      ]);
      return rows[0].id;
    });
  const progress = async (user: TestUser) =>
    (await asUser(database, user, (client) => client.query('select * from app_public.indexing_progress()')))
      .rows[0];
  const isComplete = async (user: TestUser) => (await progress(user)).is_complete as boolean;

  async function spawnWorker(settings: Record<string, string> = {}): Promise<ChildProcess> {
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
          EMBEDDING_ENDPOINTS: JSON.stringify({ other: { baseUrl: other.url } }),
          ...settings,
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

  /** What the sweep would put into the queue. */
  const found = async () =>
    (
      await database.pool('worker').query(
        `select source_id as id from app_hidden.find_unindexed(100)
         union all select id from app_hidden.find_unembedded_workspaces() as id`,
      )
    ).rows;
  const sweepUntil = (condition: () => Promise<boolean>) =>
    until(async () => {
      await sweep(database);
      return condition();
    });

  /** Every chunk has one vector, and what was logged is what was answered, each answer once. */
  async function expectWhole(servers = [fake]): Promise<void> {
    const facts = await one(
      `select (select count(*)::int from app_public.chunks) as chunks,
         (select count(*)::int from app_public.embeddings) as embeddings,
         (select count(distinct chunk_id)::int from app_public.embeddings) as embedded,
         (select count(*)::int from app_hidden.embedding_claims where abandoned_at is null) as claims,
         (select count(*)::int from app_hidden.usage_holds) as holds,
         (select coalesce(sum(total_tokens), 0)::int from app_public.usage_logs where action = 'embedding') as logged`,
    );
    const billed = servers.flatMap((server) => server.billed);
    expect(new Set(billed).size).toBe(billed.length);
    expect(facts).toEqual({
      chunks: facts.chunks,
      embeddings: facts.chunks,
      embedded: facts.chunks,
      claims: 0,
      holds: 0,
      // the fake counts a token per character
      logged: billed.reduce((sum, text) => sum + text.length, 0),
    });
    expect(billed).toHaveLength(facts.chunks);
  }

  it('drains through every fault, and asks for nothing twice that was answered', {
    timeout: LONG,
  }, async () => {
    fake.faults = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500 },
      'close',
      'hang',
      'fewer',
      'nan',
      'null',
      'no json',
      { dimensions: 7 },
      'close in the middle',
      { status: 503, headers: { 'retry-after': '1' } },
    ];
    // another length is taken for a setting that is wrong, and the provider left alone for a minute: somebody corrects it
    await write(
      ann,
      'Book',
      sections(24, (n) => `Ann has line ${n}.`),
    );
    await write(
      bob,
      'Book',
      sections(6, (n) => `Bob has line ${n}.`),
    );
    await Promise.all([spawnWorker(), spawnWorker()]);
    await sweepUntil(async () => {
      await owner().query(
        `select app_hidden.resume_provider(provider) from app_hidden.provider_pauses where kind = 'misconfigured'`,
      );
      return fake.faults.length === 0 && (await isComplete(ann)) && (await isComplete(bob));
    });
    await expectWhole();
    expect((await one('select count(*)::int as n from app_hidden.embedding_failures')).n).toBe(0);
  });

  it('gives up a poisoned passage alone, with its reason, until it is asked for again', async () => {
    fake.judge = ({ texts }) => (texts.some((text) => text.includes('POISON')) ? { status: 400 } : undefined);
    await set({ embedding_attempts: '3' });
    await write(
      ann,
      'Book',
      sections(20, (n) => (n === 7 ? 'POISON is here.' : `Line ${n} is harmless.`)),
    );
    await spawnWorker();
    await sweepUntil(async () => Number((await progress(ann)).dead_chunks) === 1);
    // that nothing is left to do is what the account says, and the sweep
    expect(await progress(ann)).toMatchObject({ is_complete: true, retrying_chunks: '0' });
    const asked = () =>
      fake.requests.filter(({ texts }) => texts.length === 1 && texts[0]!.includes('POISON'));
    expect(asked()).toHaveLength(3);
    expect(await found()).toEqual([]);
    const failures = await asUser(database, ann, (client) =>
      client.query('select * from app_public.failed_embeddings(only_dead => true)'),
    );
    expect(failures.rows).toHaveLength(1);
    expect(failures.rows[0]).toMatchObject({
      source_type: 'document',
      attempts: 3,
      code: 'bad_input',
      error: expect.stringContaining('400'),
      next_attempt_at: null,
      is_dead: true,
    });
    expect(JSON.stringify(failures.rows)).not.toContain('POISON');
    expect(
      (
        await database
          .pool('worker')
          .query('select dead_chunks::int, pending_chunks::int from app_public.indexing_lag()')
      ).rows,
    ).toEqual([{ dead_chunks: 1, pending_chunks: 0 }]);

    fake.judge = () => undefined;
    const redriven = await asUser(database, ann, (client) =>
      client.query('select chunks::int, sources::int from app_public.redrive_embeddings()'),
    );
    expect(redriven.rows).toEqual([{ chunks: 1, sources: 1 }]);
    await until(async () => (await progress(ann)).embedded_chunks === (await progress(ann)).chunks);
    await expectWhole();
    expect(await progress(ann)).toMatchObject({ is_complete: true, dead_chunks: '0' });
  });

  it('logs once what was answered when the worker is killed before it stores the answer', {
    timeout: LONG,
  }, async () => {
    await write(
      ann,
      'Book',
      sections(6, (n) => `Killed at line ${n}.`),
    );
    // settling waits for a lock that the test holds: between the answer and the storing
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin');
      await client.query('lock table app_public.usage_logs in exclusive mode');
      const worker = await spawnWorker();
      await until(async () => (await lockWaiters(database, 'relation')).length > 0);
      expect(fake.billed.length).toBeGreaterThan(0);
      await kill(worker);
      // the server ends what the dead worker had begun: the lock is what it waits for
      await database
        .pool('admin')
        .query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [
          await lockWaiters(database, 'relation'),
        ]);
      await client.query('rollback');
    } finally {
      client.release();
    }
    expect((await one('select count(*)::int as n from app_public.embeddings')).n).toBe(0);
    expect((await one('select count(*)::int as n from app_hidden.embedding_claims')).n).toBe(1);
    const unstored = [...fake.billed];
    fake.billed = [];
    await spawnWorker();
    await sweepUntil(() => isComplete(ann));
    // the service was asked again for what nobody stored; the log has the answer that was
    expect(fake.billed).toEqual(expect.arrayContaining(unstored));
    await owner().query('delete from app_hidden.embedding_claims where abandoned_at is not null');
    await expectWhole();
    // and settling once more what was settled changes nothing
    const { id } = await one(`select id from app_public.usage_logs where action = 'embedding' limit 1`);
    const { rows } = await database
      .pool('worker')
      .query(`select app_hidden.settle_embedding_claim($1, '{}', '{}', 5, 5) as stored`, [id]);
    expect(rows).toEqual([{ stored: 0 }]);
    await expectWhole();
  });

  it('leaves a provider alone for all workers, over a restart, and no other one', async () => {
    fake.judge = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await write(
      ann,
      'Book',
      sections(3, (n) => `Paused line ${n}.`),
    );
    const first = await spawnWorker();
    await until(async () => (await progress(ann)).paused === 'provider');
    expect((await progress(ann)).resumes_at.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
    await kill(first);
    const asked = fake.requests.length;
    const shared = tablePause(database.pool('worker'));
    expect(await shared.pausedUntil('openai-compatible')).toMatchObject({ kind: 'asked' });
    expect(await shared.pausedUntil('other')).toBeUndefined();
    // a shorter pause does not shorten it
    await shared.pause('openai-compatible', new Date(Date.now() + 1000), 'soon');
    expect((await shared.pausedUntil('openai-compatible'))!.until.getTime()).toBeGreaterThan(
      Date.now() + 3_000_000,
    );
    await Promise.all([spawnWorker(), spawnWorker()]);
    // what comes in is cut, and waits; nothing is put into the queue for it in vain
    const later = await write(ann, 'Later', 'Written during the pause.');
    await until(async () => {
      const { done } = await one(
        'select chunked_hash = content_hash as done from app_public.documents where id = $1',
        later,
      );
      return done;
    });
    await until(async () => {
      const { n } = await one(
        `select count(*)::int as n from pgboss.job where name in ('index-source', 'embed-chunks') and state < 'active'`,
      );
      return n === 0;
    });
    expect(await found()).toEqual([]);
    expect(fake.requests).toHaveLength(asked);

    // the other provider is asked meanwhile
    await useProvider('other');
    await sweepUntil(() => isComplete(ann));
    expect(fake.requests).toHaveLength(asked);
    await expectWhole([other]);
    const { rows } = await database
      .pool('worker')
      .query('select provider, state, reason from app_public.provider_states()');
    expect(rows).toEqual([
      { provider: 'openai-compatible', state: 'paused', reason: expect.stringContaining('429') },
      { provider: 'other', state: 'open for requests', reason: null },
    ]);
  });

  it('opens the circuit of a provider that does not answer for all, and closes it when it does', async () => {
    fake.judge = () => 'close';
    await write(
      ann,
      'Book',
      sections(3, (n) => `Silent line ${n}.`),
    );
    await spawnWorker();
    await sweepUntil(async () => {
      const { rows } = await owner().query(`select from app_hidden.provider_pauses where kind = 'outage'`);
      return rows.length > 0;
    });
    fake.judge = () => undefined;
    await sweepUntil(() => isComplete(ann));
    await expectWhole();
  });

  it('keeps a rate limit over all workers', async () => {
    await write(
      ann,
      'Book',
      sections(3, (n) => `Slow line ${n}.`),
    );
    const rate = tableRate(database.pool('worker'));
    const limits = { requestsPerMinute: 60, tokensPerMinute: 6000 };
    const began = performance.now();
    const taken = await Promise.all(Array.from({ length: 30 }, () => rate.take('busy', limits, 1)));
    // a sixth of a minute's, however many ask at once; the others learn how long to wait
    const begun = taken.filter((wait) => wait === 0).length;
    expect(begun).toBeGreaterThanOrEqual(10);
    // and one a second
    const most = () => 11 + (performance.now() - began) / 1000;
    expect(begun).toBeLessThanOrEqual(most());
    for (const wait of taken.filter((wait) => wait > 0)) expect(wait).toBeLessThan(1.3);
    // what is taken comes back: never more than the limit within a minute
    await owner().query(
      `update app_hidden.provider_rates set refilled_at = refilled_at - interval '60 seconds'`,
    );
    const later = await Promise.all(Array.from({ length: 100 }, () => rate.take('busy', limits, 1)));
    expect(later.filter((wait) => wait === 0).length).toBeLessThanOrEqual(most());
    // tokens have a bucket of their own; a request of more than it holds waits until it is full
    expect(await rate.take('wordy', limits, 5000)).toBe(0);
    expect(await rate.take('wordy', limits, 1)).toBeGreaterThan(30);
    expect(await rate.take('other', limits, 1)).toBe(0);
    // after however long a rest it holds a sixth of a minute's, as the other one
    await owner().query(
      `update app_hidden.provider_rates set refilled_at = refilled_at - interval '1 hour' where provider = 'wordy'`,
    );
    expect(await rate.take('wordy', limits, 1000)).toBe(0);
    expect(await rate.take('wordy', limits, 1000)).toBeGreaterThan(5);
    await expect(rate.take('busy', { requestsPerMinute: 0 }, 1)).rejects.toMatchObject({ code: 'CQ200' });

    await Promise.all([
      spawnWorker({ EMBEDDING_REQUESTS_PER_MINUTE: '6000', EMBEDDING_TOKENS_PER_MINUTE: '600000' }),
      spawnWorker({ EMBEDDING_REQUESTS_PER_MINUTE: '6000', EMBEDDING_TOKENS_PER_MINUTE: '600000' }),
    ]);
    await sweepUntil(() => isComplete(ann));
    await expectWhole();
    const { requests, tokens } = await one(
      `select requests, tokens from app_hidden.provider_rates where provider = 'openai-compatible'`,
    );
    expect(requests).toBeLessThan(1000);
    expect(tokens).toBeLessThan(100_000);
  });

  it('serves tenants in turn, however much one of them brings', async () => {
    for (let n = 0; n < 40; n += 1)
      await write(
        ann,
        `Book ${n}`,
        sections(50, (k) => `Ann floods with line ${k} of book ${n}.`),
      );
    await write(bob, 'Note', 'Bob has one thing to say.');
    await spawnWorker();
    await until(() => isComplete(bob));
    await until(async () => fake.billed.some((text) => text.includes('Bob')));
    // by order: two jobs of the other one at most went before, of four batches of 64 each
    expect(fake.billed.findIndex((text) => text.includes('Bob'))).toBeLessThanOrEqual(2 * 4 * 64);
    const { pending_documents, chunks, embedded_chunks } = await progress(ann);
    expect(Number(pending_documents) * 50 + Number(chunks) - Number(embedded_chunks)).toBeGreaterThan(1000);
  });

  it('puts what is tried again behind what is new', async () => {
    const id = await write(ann, 'Old', 'Old words.');
    await owner().query('delete from pgboss.job');
    await sweep(database);
    await write(ann, 'New', 'New words.');
    const { rows } = await owner().query(
      `select singleton_key, priority from pgboss.job where name = 'index-source' order by priority desc, created_on`,
    );
    expect(rows.map((row) => row.priority)).toEqual([1, -1]);
    expect(rows[1].singleton_key).toBe(`document:${id}`);
    await spawnWorker();
    await until(() => isComplete(ann));
    const cut = await owner().query('select content from app_public.chunks order by id');
    expect(cut.rows.map((row) => row.content)).toEqual(['New words.', 'Old words.']);
  });

  describe('spends no more than it may', () => {
    const budget = (tokens: number) =>
      asUser(database, ann, (client) =>
        client.query(`select app_public.set_usage_budget('month', $1)`, [tokens]),
      );

    it('waits when the budget is spent, says so, and goes on by itself when there is room', async () => {
      await budget(5);
      await write(
        ann,
        'Book',
        sections(3, (n) => `Costly line ${n}.`),
      );
      await write(
        bob,
        'Book',
        sections(3, (n) => `Line ${n} of another workspace.`),
      );
      await spawnWorker();
      await sweepUntil(async () => (await progress(ann)).paused === 'budget');
      expect(await progress(ann)).toMatchObject({ is_complete: false, embedded_chunks: '0' });
      // nobody else is held back, and nothing was asked for
      await until(() => isComplete(bob));
      expect(fake.billed.every((text) => text.includes('another workspace'))).toBe(true);
      const { rows } = await database
        .pool('worker')
        .query('select workspace_id, paused from app_public.indexing_lag()');
      expect(rows).toEqual([{ workspace_id: ann.workspaceId, paused: expect.stringContaining('CQ220') }]);

      await budget(1_000_000);
      await sweepUntil(() => isComplete(ann));
      expect((await progress(ann)).paused).toBeNull();
      await expectWhole();
      // it counts for the budget what the service counted
      const { tokens } = await one('select sum(tokens)::int as tokens from app_hidden.budget_spending');
      const answered = fake.billed.filter((text) => text.includes('Costly')).join('').length;
      expect(tokens).toBe(answered);
      const { cost } = await one(
        `select sum(cost_usd)::float as cost from app_public.usage_logs where workspace_id = $1 and provider = 'openai-compatible' and model = 'fake'`,
        ann.workspaceId,
      );
      expect(cost).toBeCloseTo(answered / 1000, 6);
    });

    it('heeds the quota of the user and the switch for all', async () => {
      await owner().query('update app_public.users set monthly_token_quota = 1 where id = $1', [ann.id]);
      await write(
        ann,
        'Book',
        sections(2, (n) => `Quoted line ${n}.`),
      );
      await spawnWorker();
      await sweepUntil(async () => (await progress(ann)).paused === 'quota');
      await set({ paid_embedding: 'off' });
      await owner().query('update app_public.users set monthly_token_quota = null where id = $1', [ann.id]);
      await sweepUntil(async () => (await progress(ann)).paused === 'switch');
      expect(fake.requests).toEqual([]);
      await set({ paid_embedding: 'on' });
      await sweepUntil(() => isComplete(ann));
      await expectWhole();
    });

    it('claims a passage once, however many workers ask for it', async () => {
      const document = await write(
        ann,
        'Book',
        sections(1, () => 'Wanted by many.'),
      );
      const { content_hash } = await one(
        'select content_hash from app_public.documents where id = $1',
        document,
      );
      const pool = database.pool('worker');
      await pool.query(
        `select app_hidden.replace_document_chunks($1, $2, $3,
           '[{"chunk_index": 0, "content": "a", "start_offset": 0, "end_offset": 1, "token_count": 1}, {"chunk_index": 1, "content": "b", "start_offset": 1, "end_offset": 2, "token_count": 1}]')`,
        [ann.workspaceId, document, content_hash],
      );
      const { chunks, version } = await one(
        `select (select array_agg(id) from app_public.chunks) as chunks, (select id from app_public.embedding_versions where status = 'active') as version`,
      );
      const claim = async (client: pg.Pool | pg.PoolClient = pool) =>
        (
          await client.query(`select * from app_hidden.claim_embeddings($1, $2, $3::uuid[], '{10, 20}', 1)`, [
            version,
            ann.workspaceId,
            chunks,
          ])
        ).rows;
      // one of them has not yet committed when the others ask
      const first = await pool.connect();
      let claims: { claim_id: string; claimed: string[] }[];
      try {
        await first.query('begin');
        claims = await claim(first);
        const others = Promise.all(Array.from({ length: 3 }, () => claim()));
        let haveAnswers = false;
        others.finally(() => (haveAnswers = true)).catch(() => {});
        await until(async () => haveAnswers || (await lockWaiters(database)).length > 0);
        await first.query('commit');
        claims.push(...(await others).flat());
      } finally {
        first.release(true);
      }
      expect(claims).toHaveLength(1);
      expect(claims[0]!.claimed.sort()).toEqual(chunks.sort());
      expect(await one('select tokens::int, settled_at from app_public.usage_reservations')).toEqual({
        tokens: 30,
        settled_at: null,
      });
      // of another workspace there is nothing to claim
      const { rows } = await pool.query(
        `select * from app_hidden.claim_embeddings($1, $2, $3::uuid[], '{10, 20}', 1)`,
        [version, bob.workspaceId, chunks],
      );
      expect(rows).toEqual([]);
      const vectors = chunks.map(() =>
        JSON.stringify(Array.from({ length: 512 }, (_, n) => (n === 0 ? 1 : 0))),
      );
      const settle = () =>
        pool.query('select app_hidden.settle_embedding_claim($1, $2, $3, 31, 0.5) as stored', [
          claims[0]!.claim_id,
          chunks,
          vectors,
        ]);
      const settled = await Promise.all(Array.from({ length: 4 }, settle));
      expect(settled.map(({ rows }) => rows[0].stored).sort()).toEqual([0, 0, 0, 2]);
      const { n, tokens } = await one(
        'select count(*)::int as n, sum(total_tokens)::int as tokens from app_public.usage_logs',
      );
      expect({ n, tokens }).toEqual({ n: 1, tokens: 31 });
      expect(await claim()).toEqual([]);
    });

    it('believes a slow worker for a day after its claim was given up, and no longer', async () => {
      const claims: { claim_id: string; claimed: string[] }[] = [];
      for (const name of ['One', 'Two']) {
        const document = await write(
          ann,
          name,
          sections(1, () => `${name} is slow.`),
        );
        await owner().query(
          `select app_hidden.replace_document_chunks(d.workspace_id, d.id, d.content_hash,
             '[{"chunk_index": 0, "content": "a", "start_offset": 0, "end_offset": 1, "token_count": 1}]')
           from app_public.documents d where d.id = $1`,
          [document],
        );
        const { rows } = await owner().query(
          `select k.* from app_public.embedding_versions v
           cross join app_hidden.claim_embeddings(v.id, $1, array(select c.id from app_public.chunks c where c.document_id = $2), '{10}', 1) as k
           where v.status = 'active'`,
          [ann.workspaceId, document],
        );
        claims.push(rows[0]);
      }
      const abandon = async () => (await one('select app_hidden.abandon_embedding_claims() as n')).n;
      const renew = async (at: number) =>
        (await one('select app_hidden.renew_embedding_claim($1) as is_ours', claims[at]!.claim_id)).is_ours;
      const vector = JSON.stringify(Array.from({ length: 512 }, (_, n) => (n === 0 ? 1 : 0)));
      const settle = async (at: number) =>
        (
          await one(
            'select app_hidden.settle_embedding_claim($1, $2, array[$3], 11, 0.5) as stored',
            claims[at]!.claim_id,
            claims[at]!.claimed,
            vector,
          )
        ).stored;
      expect(await renew(0)).toBe(true);
      expect(await abandon()).toBe(0);
      await owner().query('update app_hidden.embedding_claims set expires_at = clock_timestamp()');
      expect(await abandon()).toBe(2);
      expect(await renew(0)).toBe(false);
      const ago = (at: number, hours: number) =>
        owner().query(
          'update app_hidden.embedding_claims set abandoned_at = clock_timestamp() - make_interval(hours => $2) where id = $1',
          [claims[at]!.claim_id, hours],
        );
      await ago(0, 23);
      await ago(1, 25);
      expect(await abandon()).toBe(0);
      expect([await settle(0), await settle(1)]).toEqual([1, 0]);
      expect(
        await one('select count(*)::int as n, sum(total_tokens)::int as tokens from app_public.usage_logs'),
      ).toEqual({ n: 1, tokens: 11 });
    });
  });
});
