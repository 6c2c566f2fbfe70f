import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AnsweredSearch, openSearchRecorder } from '../../api/search-recorder.ts';
import type { Database } from '../../lib/database.ts';
import { serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { type Account, axis, indexDocument, register, startTestApi, type TestApi } from './support.ts';

const NOWHERE = '01890000-0000-7000-8000-000000000000';

describeReal('searches that the API answered', () => {
  let api: TestApi;
  let database: Database;
  let ada: Account;
  let bob: Account;
  let kitten: string;
  let engine: string;
  let bobs: string;

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const set = (name: string, value: string) =>
    sql('update app_private.settings set value = $2 where name = $1', name, value);
  const ask = (query: string, token = ada.token, variables = {}) => api.ask(query, variables, { token });
  const reads = async (...ids: string[]) =>
    (
      await sql(
        'select access_count, last_accessed_at is not null as read from app_public.chunks where id = any ($1) order by array_position($1, id)',
        ids,
      )
    ).map((row) => [row.access_count, row.read]);
  const counted = async () =>
    Number((await sql('select coalesce(sum(searches), 0) as n from app_hidden.search_statistics'))[0].n);
  const samples = () =>
    sql(
      'select workspace_id, user_id, kinds::text[], filters, extensions.vector_dims(embedding) as dimensions, query from app_hidden.search_samples order by id',
    );
  const start = (interval: number) => startTestApi({ database, recording: { interval } });

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    api = await start(10);
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
    const index = (account: Account, title: string, at: number) =>
      indexDocument(api, account, { title, content: `${title} of somebody`, vector: axis(at) });
    kitten = (await index(ada, 'Kitten', 1)).chunkId;
    engine = (await index(ada, 'Engine', 2)).chunkId;
    bobs = (await index(bob, 'Kitten', 1)).chunkId;
  });
  afterAll(() => api?.close());
  beforeEach(async () => {
    await sql('delete from app_hidden.search_statistics');
    await sql('delete from app_hidden.search_samples');
    await sql('update app_public.chunks set access_count = 0, last_accessed_at = null');
  });

  it('are counted with the chunks that they returned, behind the requests', async () => {
    const vector = axis(1);
    const replies = await Promise.all([
      ask('{ search(query: "kitten", mode: TEXT) { returned } }'),
      ask('{ search(query: "engine", mode: TEXT, maxResults: 1) { results { title } } }'),
      ask(
        'query ($v: Vector!) { searchSimilarChunks(embedding: $v, maxResults: 2) { returned } }',
        ada.token,
        { v: vector },
      ),
      ask('{ a: searchDocuments(query: "kitten", mode: TEXT) { returned } b: __typename }', bob.token),
    ]);
    for (const reply of replies) expect(reply.errors).toEqual([]);
    await until(async () => (await counted()) === 4);
    const rows = await sql(
      `select v.name, s.size_class, s.path, s.searches::int, s.short_returns::int, s.lost_returns::int, s.scan_limit_hits::int, s.day = (now() at time zone 'UTC')::date as today
       from app_hidden.search_statistics s left join app_public.embedding_versions v on v.id = s.version_id order by path`,
    );
    const none = { size_class: 'tiny', lost_returns: 0, scan_limit_hits: 0, today: true };
    expect(rows).toEqual([
      { ...none, name: 'local-1', path: 'exact', searches: 1, short_returns: 0 },
      // ten were asked for, and there is one
      { ...none, name: null, path: 'none', searches: 3, short_returns: 2 },
    ]);
    expect(await reads(kitten, engine, bobs)).toEqual([
      [2, true],
      [2, true],
      [1, true],
    ]);
  });

  it('change nothing of a chunk but its use', async () => {
    const state = async () =>
      (
        await sql(
          `select to_jsonb(c) - 'access_count' - 'last_accessed_at' as chunk, (select count(*)::int from pgboss.job) as jobs,
             (select count(*)::int from app_public.embeddings) as vectors from app_public.chunks c where id = $1`,
          kitten,
        )
      )[0];
    const before = await state();
    await ask('{ search(query: "kitten", mode: TEXT) { returned } }');
    await until(async () => (await reads(kitten))[0]![0] === 1);
    expect(await state()).toEqual(before);
  });

  it('leave samples of vectors, their own or the client’s, and no words unless the setting allows them', async () => {
    // five at most in one operation
    const some = `query ($v: Vector!) {
      a: search(query: "secret words") { path }
      b: search(query: "secret words", kinds: [DOCUMENT, MEMORY], queryEmbedding: $v) { path }
      c: search(query: "secret words", filters: { tags: ["x"] }) { path }
      d: search(query: "secret words", mode: TEXT) { path }
    }`;
    const others = `query ($v: Vector!) {
      e: searchDocuments(query: "secret words") { path }
      f: searchSimilarMessages(embedding: $v, conversationId: "${NOWHERE}") { path }
      g: searchMemories(query: "secret words", filters: { textSearchLanguages: [GERMAN], tagIds: [] }) { path }
    }`;
    for (const query of [some, others])
      expect((await ask(query, ada.token, { v: axis(3) })).errors).toEqual([]);
    await until(async () => (await counted()) === 7);
    // neither one with the names of tags nor one without a vector
    const mine = {
      workspace_id: ada.workspaceId,
      user_id: ada.userId,
      dimensions: 512,
      filters: null,
      query: null,
    };
    const byKinds = (rows: { kinds: string[] | null }[]) =>
      rows.sort((a, b) => String(a.kinds).localeCompare(String(b.kinds)));
    expect(byKinds((await samples()) as never)).toEqual(
      byKinds([
        { ...mine, kinds: null },
        { ...mine, kinds: ['document', 'memory'] },
        { ...mine, kinds: ['document'] },
        { ...mine, kinds: ['message'], filters: { conversation_id: NOWHERE } },
        { ...mine, kinds: ['memory'], filters: { text_search_languages: ['german'], tag_ids: [] } },
      ] as never),
    );

    await set('search_sample_keeps_text', 'on');
    const search = '{ search(query: "secret words") { path } }';
    // the server hears of it with the answer to its next batch
    const another = async (): Promise<void> => {
      const before = await counted();
      await ask(search);
      await until(async () => (await counted()) > before);
    };
    const words = async () => (await samples()).map((row) => row.query).filter(Boolean);
    await until(async () => {
      await another();
      return (await words()).length > 0;
    });
    expect(await words()).toEqual(['secret words']);

    // enough for today, and of the others none
    await set('search_sample_keeps_text', 'off');
    await set('search_sample_minimum', '0');
    await set('search_sample_share', '0');
    await until(async () => {
      const before = (await samples()).length;
      await another();
      return (await samples()).length === before;
    });
    const enough = (await samples()).length;
    await another();
    expect((await samples()).length).toBe(enough);
    await set('search_sample_minimum', '100');
    await set('search_sample_share', '0.01');
  });

  it('are not counted when they failed', async () => {
    const refused = await ask('{ search(query: "x", maxResults: 1000) { path } }');
    expect(refused.errors).not.toEqual([]);
    await ask('{ search(query: "kitten", mode: TEXT) { path } }');
    await until(async () => (await counted()) === 1);
  });

  it('are handed over when the server ends', async () => {
    const other = await startTestApi({
      database: { ...database, close: async () => {} },
      recording: { interval: 3_600_000 },
    });
    await other.ask('{ search(query: "kitten", mode: TEXT) { path } }', {}, { token: ada.token });
    expect(await counted()).toBe(0);
    await other.close();
    expect(await counted()).toBe(1);
    expect(await reads(kitten)).toEqual([[1, true]]);
  });

  it('are answered although they cannot be counted, and counted when they can be', async () => {
    await sql('alter function app_hidden.record_searches(jsonb) rename to away');
    try {
      const reply = await ask('{ search(query: "kitten", mode: TEXT) { returned } }');
      expect(reply.data.search.returned).toBe(1);
      expect(await counted()).toBe(0);
    } finally {
      await sql('alter function app_hidden.away(jsonb) rename to record_searches');
    }
    await ask('{ search(query: "kitten", mode: TEXT) { returned } }');
    // the first one too, or only the second when three attempts were over before
    await until(async () => (await counted()) >= 1);
  });

  const search = (): AnsweredSearch => ({
    workspace_id: ada.workspaceId,
    user_id: ada.userId,
    version_id: null,
    path: 'none',
    requested: 1,
    returned: 1,
    scan_limit_hit: false,
    chunk_ids: [],
    is_plain: true,
  });

  it('leave samples whose filters hold words only when words are kept', async () => {
    const handed: { filters?: object; query?: string }[] = [];
    let keepsText = false;
    const recorder = openSearchRecorder(
      {
        async query(_: string, [json]: [string]) {
          handed.push(...JSON.parse(json).filter((one: object) => 'embedding' in one));
          return { rows: [{ sample_share: 1, keeps_text: keepsText }] };
        },
      } as never,
      { interval: 1 },
    );
    const plain = { tag_ids: [NOWHERE], metadata: null };
    const wordy = [
      { tags: ['secret'] },
      { content_types: ['secret'] },
      { code_languages: ['secret'] },
      { metadata: { topic: 'secret' } },
    ];
    const recordAll = () => {
      for (const filters of [...wordy, plain])
        recorder.record(search(), { embedding: [1], kinds: null, filters, query: 'secret' });
    };
    recordAll();
    await until(async () => handed.length > 0);
    expect(handed).toMatchObject([{ filters: plain }]);
    expect(handed[0]).not.toHaveProperty('query');
    // what the last answer said holds for the searches after it
    keepsText = true;
    recorder.record(search(), { embedding: [1], kinds: null, filters: plain, query: null });
    await until(async () => handed.length > 1);
    recordAll();
    await recorder.close();
    expect(handed.slice(2).map((one) => [one.filters, one.query])).toEqual(
      [...wordy, plain].map((filters) => [filters, 'secret']),
    );
  });

  it('are bounded while they wait, and dropped when a batch fails again and again', async () => {
    let attempts = 0;
    const batches: number[] = [];
    const recorder = openSearchRecorder(
      {
        async query(_: string, [json]: [string]) {
          attempts += 1;
          if (attempts <= 3) throw new Error('not now');
          batches.push(JSON.parse(json).length);
          return { rows: [{ sample_share: 0, keeps_text: false }] };
        },
      } as never,
      { interval: 1 },
    );
    for (let n = 0; n < 6_000; n += 1) recorder.record(search());
    await until(async () => batches.length === 9);
    await recorder.close();
    // 5,000 at most were kept, 500 of them were refused three times
    expect(batches).toEqual(Array(9).fill(500));
    recorder.record(search());
    await recorder.close();
    expect(batches).toHaveLength(9);
  });
});
