import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type RerankSettings, readEnv, rerankSettings } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { openReranker } from '../../models/reranking/reranker.ts';
import { type FakeReranker, startFakeReranker } from '../support/fake-reranker.ts';
import { describeReal } from '../support/server.ts';
import {
  type Account,
  axis,
  codeOf,
  indexDocument,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

const KEY = 'rerank-key-4711';
/** More than are reranked, so that some stay where the search put them. */
const DOCUMENTS = 57;

/** Nearer to the first axis the smaller the place is, and nowhere equally near. */
const near = (place: number): number[] => {
  const angle = (place / DOCUMENTS) * 1.2;
  return axis(1).map((_, i) => (i === 1 ? Math.cos(angle) : i === 2 ? Math.sin(angle) : 0));
};

describeReal('reranking', () => {
  let fake: FakeReranker;
  let api: TestApi;
  let plain: TestApi;
  let impatient: TestApi;
  let ada: Account;
  let bob: Account;

  const settings = (changes: Partial<RerankSettings> = {}): RerankSettings => ({
    url: fake.url,
    model: 'rerank-1',
    apiKey: KEY,
    timeout: 60_000,
    shape: 'auto',
    ...changes,
  });

  beforeAll(async () => {
    fake = await startFakeReranker();
    const embedQuery = async () => new Float32Array(axis(1));
    // one failure says nothing about the next test: the guard's own rules have tests of their own
    const reranker = openReranker(settings(), { failures: 1000 });
    api = await startTestApi({ embedQuery, reranker, recording: { interval: 5 } });
    plain = await startTestApi({ embedQuery, database: api.database });
    impatient = await startTestApi({
      embedQuery,
      database: api.database,
      reranker: openReranker(settings({ timeout: 50, model: undefined }), {
        failures: 2,
        rests: [3_600_000],
      }),
    });
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
    for (let place = 0; place < DOCUMENTS; place += 1) {
      const stars = '*'.repeat(place % 10);
      await indexDocument(api, ada, { title: `A${place}`, content: `Ada ${stars}`, vector: near(place) });
    }
    for (let place = 0; place < 3; place += 1) {
      await indexDocument(api, bob, {
        title: `B${place}`,
        content: `Bob ${'*'.repeat(place)}`,
        vector: near(0),
      });
    }
  });
  afterAll(async () => {
    await impatient?.api.close();
    await plain?.api.close();
    await api?.close();
    await fake?.close();
  });
  beforeEach(() => {
    fake.requests = [];
    fake.fault = undefined;
    fake.score = (text) => text.split('*').length - 1;
  });

  const FIELDS = `requested returned path reranking { state model candidates milliseconds reason }
    results { title score rerankScore document { title } }`;
  const search = (args: string, { by = ada, at = api, variables = {}, field = 'search' } = {}) =>
    at.ask(
      `query ${Object.keys(variables).length ? '($rerank: Boolean)' : ''} { ${field}(query: "stars", mode: VECTOR, ${args}) { ${FIELDS} } }`,
      variables,
      { token: by.token },
    );
  // biome-ignore lint/suspicious/noExplicitAny: whatever shape was asked for
  const titles = (response: any): string[] => response.results.map((result: any) => result.title);
  /** The order that the stars make of the first 50. */
  const byStars = Array.from({ length: 50 }, (_, place) => place)
    .sort((a, b) => (b % 10) - (a % 10))
    .map((place) => `A${place}`);
  const rest = Array.from({ length: DOCUMENTS - 50 }, (_, place) => `A${50 + place}`);

  it('puts the first 50 in order, and says so', async () => {
    const { data, errors } = await search('rerank: true');
    expect(errors).toEqual([]);
    expect(titles(data.search)).toEqual(byStars.slice(0, 10));
    expect(data.search).toMatchObject({
      requested: 10,
      returned: 10,
      path: 'EXACT',
      reranking: { state: 'USED', model: 'rerank-1', candidates: 50, reason: null },
    });
    expect(data.search.reranking.milliseconds).toBeGreaterThanOrEqual(0);
    expect(data.search.results[0]).toMatchObject({ title: 'A9', rerankScore: 9, document: { title: 'A9' } });
    expect(data.search.results[0].score).toBeCloseTo(near(9)[1]!, 3);
  });

  it('asks in the shape of Cohere when a model is named, and sends what it says it sends', async () => {
    await search('rerank: true');
    expect(fake.requests).toHaveLength(1);
    const { body, authorization, path, texts } = fake.requests[0]!;
    expect(path).toBe('/v2/rerank');
    expect(authorization).toBe(`Bearer ${KEY}`);
    expect(Object.keys(body).sort()).toEqual(['documents', 'model', 'query', 'top_n']);
    expect(body).toMatchObject({ model: 'rerank-1', query: 'stars', top_n: 50 });
    expect(texts).toHaveLength(50);
    expect(texts[1]).toBe('A1\n\nAda *');
  });

  it.each([
    [{ model: undefined }, ['query', 'texts', 'truncate']],
    [{ shape: 'tei' }, ['query', 'texts', 'truncate']],
    [{ model: undefined, shape: 'cohere' }, ['documents', 'query', 'top_n']],
    [{ model: undefined, apiKey: '' }, ['query', 'texts', 'truncate']],
  ] as const)('asks by %o for %j', async (changes, fields) => {
    const reranker = openReranker(settings(changes));
    expect(await reranker.score('q', ['a *', 'b', 'c **'])).toEqual({ scores: [1, 0, 2] });
    const { body, authorization } = fake.requests[0]!;
    expect(Object.keys(body).sort()).toEqual(fields);
    expect(authorization).toBe('apiKey' in changes ? undefined : `Bearer ${KEY}`);
  });

  it('counts the wait for a turn as a part of its time limit', async () => {
    fake.fault = 'hang';
    const reranker = openReranker(settings({ timeout: 300 }), { concurrency: 1 });
    const both = await Promise.all([reranker.score('q', ['a', 'b']), reranker.score('q', ['a', 'b'])]);
    const failure = '"rerank" did not answer within 0.3 seconds';
    // the second may be sent in the moment in which both end, or not
    expect(both).toEqual([{ failure }, { failure }]);
  });

  it('leaves alone who refuses everything, until somebody may have corrected it', async () => {
    fake.fault = { status: 401 };
    const reranker = openReranker(settings());
    expect(await reranker.score('refused', ['a', 'b'])).toEqual({
      failure: '"rerank" answered 401 (check its API key)',
    });
    expect(await reranker.score('refused', ['a', 'b'])).toEqual({
      failure: '"rerank" is left alone: "rerank" answered 401 (check its API key)',
    });
    expect(fake.requests.filter(({ query }) => query === 'refused')).toHaveLength(1);
  });

  it('sends nothing, and tells nothing, unless it is asked to', async () => {
    for (const args of ['maxResults: 3', 'maxResults: 3, rerank: false', 'maxResults: 3, rerank: null']) {
      const { data, errors } = await search(args);
      expect(errors).toEqual([]);
      expect(titles(data.search)).toEqual(['A0', 'A1', 'A2']);
      expect(data.search.reranking).toBeNull();
      expect(data.search.results[0].rerankScore).toBeNull();
    }
    expect(fake.requests).toEqual([]);
  });

  it('takes the wish as a variable', async () => {
    const at = async (rerank: boolean | null) =>
      (await search('maxResults: 3, rerank: $rerank', { variables: { rerank } })).data.search;
    expect(titles(await at(true))).toEqual(byStars.slice(0, 3));
    expect(titles(await at(false))).toEqual(['A0', 'A1', 'A2']);
    expect((await at(null)).reranking).toBeNull();
    expect(fake.requests).toHaveLength(1);
  });

  it('keeps two searches of one request apart', async () => {
    const { data, errors } = await api.ask(
      `{ a: search(query: "stars", mode: VECTOR, maxResults: 2, rerank: true) { ${FIELDS} }
         b: search(query: "stars", mode: VECTOR, maxResults: 2) { ${FIELDS} }
         c: search(query: "stars", mode: VECTOR, maxResults: 2, rerank: true) { ${FIELDS} } }`,
      {},
      { token: ada.token },
    );
    expect(errors).toEqual([]);
    expect(titles(data.a)).toEqual(byStars.slice(0, 2));
    expect(titles(data.b)).toEqual(['A0', 'A1']);
    expect(titles(data.c)).toEqual(byStars.slice(0, 2));
  });

  it('pages through the reranked ones, and goes on with the rest as the search has it', async () => {
    const pages: string[] = [];
    for (const skip of [0, 20, 40]) {
      pages.push(...titles((await search(`rerank: true, skip: ${skip}, maxResults: 20`)).data.search));
    }
    expect(pages).toEqual([...byStars, ...rest]);
    const last = (await search('rerank: true, skip: 40, maxResults: 20')).data.search;
    expect(last).toMatchObject({ requested: 20, returned: 17 });
    expect(last.results.at(-1).rerankScore).toBeNull();
    const all = (await search('rerank: true, maxResults: 100')).data.search;
    expect(titles(all)).toEqual([...byStars, ...rest]);
  });

  it('asks nobody about a page behind the first 50', async () => {
    const { data } = await search('rerank: true, skip: 50, maxResults: 100');
    expect(titles(data.search)).toEqual(rest);
    expect(data.search.reranking).toMatchObject({ state: 'NOT_NEEDED', candidates: 0 });
    expect(data.search.reranking.reason).toBe('The page begins after the first 50 results.');
    expect(fake.requests).toEqual([]);
  });

  it.each([
    'skip: 49, maxResults: 52',
    'maxResults: 101',
    'maxResults: 0',
    'skip: -1',
    'skip: 150, maxResults: 100',
  ])('refuses rerank with %s', async (args) => {
    expect(codeOf(await search(`rerank: true, ${args}`))).toBe('CQ200');
    expect(fake.requests).toEqual([]);
  });

  it('asks nobody where there is nothing to reorder', async () => {
    const { data } = await search('rerank: true, kinds: [MESSAGE]');
    expect(data.search).toMatchObject({ returned: 0, reranking: { state: 'NOT_NEEDED' } });
    expect(data.search.reranking.reason).toBe('There was nothing to reorder.');
    const wordless = await api.ask(
      `query ($v: Vector) { search(query: " ", queryEmbedding: $v, mode: VECTOR, rerank: true) { ${FIELDS} } }`,
      { v: axis(1) },
      { token: ada.token },
    );
    expect(wordless.data.search.reranking.reason).toBe('There is no question in words.');
    expect(fake.requests).toEqual([]);
  });

  it('reranks documents, and memories, alone as well', async () => {
    const documents = await search('rerank: true, maxResults: 3', { field: 'searchDocuments' });
    expect(titles(documents.data.searchDocuments)).toEqual(byStars.slice(0, 3));
    const memories = await search('rerank: true', { field: 'searchMemories' });
    expect(memories.errors).toEqual([]);
    expect(memories.data.searchMemories).toMatchObject({ returned: 0, reranking: { state: 'NOT_NEEDED' } });
    const similar = await api.ask(
      `query ($v: Vector!) { searchSimilarChunks(embedding: $v, maxResults: 1) { ${FIELDS} } }`,
      { v: axis(1) },
      { token: ada.token },
    );
    expect(similar.data.searchSimilarChunks).toMatchObject({ returned: 1, reranking: null });
  });

  it.each(['HYBRID', 'TEXT'])('reranks what mode %s found', async (mode) => {
    const { data, errors } = await api.ask(
      `{ search(query: "Ada", mode: ${mode}, maxResults: 100, rerank: true) { ${FIELDS} } }`,
      {},
      { token: ada.token },
    );
    expect(errors).toEqual([]);
    expect(data.search).toMatchObject({ returned: DOCUMENTS, reranking: { state: 'USED', candidates: 50 } });
    const scores = data.search.results.map((result: { rerankScore: number | null }) => result.rerankScore);
    expect(scores.slice(0, 50)).toEqual([...scores.slice(0, 50)].sort((a, b) => b - a));
    expect(scores.slice(50)).toEqual(Array(DOCUMENTS - 50).fill(null));
  });

  it('never sends what another tenant wrote', async () => {
    const { data } = await search('rerank: true', { by: bob });
    expect(titles(data.search)).toEqual(['B2', 'B1', 'B0']);
    expect(fake.requests[0]!.texts.sort()).toEqual(['B0\n\nBob ', 'B1\n\nBob *', 'B2\n\nBob **']);
    const visitor = await api.ask(`{ search(query: "stars", rerank: true) { returned } }`);
    expect(codeOf(visitor)).toBe('CQ101');
    expect(fake.requests).toHaveLength(1);
  });

  it('says when there is no reranker', async () => {
    const { data, errors } = await search('rerank: true, maxResults: 3', { at: plain });
    expect(errors).toEqual([]);
    expect(titles(data.search)).toEqual(['A0', 'A1', 'A2']);
    expect(data.search).toMatchObject({ requested: 3, returned: 3 });
    expect(data.search.reranking).toEqual({
      state: 'NOT_CONFIGURED',
      model: null,
      candidates: 0,
      milliseconds: 0,
      reason: 'This server has no reranker.',
    });
  });

  const list = (items: object[]) => ({ raw: JSON.stringify({ results: items }) });
  const fifty = Array.from({ length: 50 }, (_, index) => ({ index, relevance_score: index }));

  it.each([
    ['a failure', { status: 500 }, '"rerank" answered 500'],
    ['a refusal of the texts', { status: 422 }, '"rerank" answered 422'],
    [
      'another address',
      { status: 302, headers: { location: 'http://127.0.0.1:9/' } },
      '"rerank" cannot be reached',
    ],
    ['no answer', 'close', '"rerank" cannot be reached'],
    ['an answer without end', 'endless', '"rerank" sent more than 4194304 bytes'],
    ['no JSON', { raw: '<html>a proxy</html>' }, '"rerank" sent what is not JSON'],
    ['NaN', { raw: '{"results":[{"index":0,"relevance_score":NaN}]}' }, '"rerank" sent what is not JSON'],
    ['null', { raw: 'null' }, '"rerank" sent no list of scores'],
    ['another list', { raw: '{"results":[{"text":"a"}]}' }, '"rerank" sent no list of scores'],
    ['scores as text', list([{ index: 0, relevance_score: '1' }]), '"rerank" sent no list of scores'],
    [
      'scores of other passages',
      list([{ index: -1, relevance_score: 1 }]),
      '"rerank" sent no list of scores',
    ],
    ['too few scores', list(fifty.slice(1)), '"rerank" did not score each passage once'],
    ['a passage twice', list([...fifty.slice(1), fifty[1]!]), '"rerank" did not score each passage once'],
    [
      'a passage too many',
      list([...fifty.slice(1), { index: 50, relevance_score: 1 }]),
      '"rerank" did not score each passage once',
    ],
  ] as const)('keeps the order of the search on %s', async (_, fault, reason) => {
    fake.fault = fault;
    const { data, errors } = await search('rerank: true, maxResults: 3');
    expect(errors).toEqual([]);
    expect(titles(data.search)).toEqual(['A0', 'A1', 'A2']);
    expect(data.search).toMatchObject({ requested: 3, returned: 3 });
    expect(data.search.reranking).toMatchObject({ state: 'FAILED', candidates: 50, reason });
    expect(data.search.results[0].rerankScore).toBeNull();
  });

  it('sends the texts to the address that was configured, and to no other', async () => {
    const elsewhere = await startFakeReranker();
    try {
      // the redirects that keep the body
      for (const status of [307, 308]) {
        fake.fault = { status, headers: { location: elsewhere.url } };
        const { data } = await search('rerank: true, maxResults: 3');
        expect(data.search.reranking).toMatchObject({
          state: 'FAILED',
          reason: '"rerank" cannot be reached',
        });
      }
      expect(elsewhere.requests).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it('waits no longer than its time limit, and leaves alone who never answers in time', async () => {
    fake.fault = 'hang';
    const reasons: string[] = [];
    do {
      const { data } = await search('rerank: true, maxResults: 3', { at: impatient });
      expect(titles(data.search)).toEqual(['A0', 'A1', 'A2']);
      reasons.push(data.search.reranking.reason);
    } while (!reasons.at(-1)!.includes('left alone') && reasons.length < 5);
    expect(reasons[0]).toBe('"rerank" did not answer within 0.05 seconds');
    expect(reasons.at(-1)).toBe('"rerank" is left alone: it did not answer several times in a row');
    await expect.poll(fake.hanging).toBe(0);
  });

  it('tells neither client nor log what was sent, or the key', async () => {
    const lines: string[] = [];
    const { level } = log;
    const warn = log.warn;
    log.warn = ((...args: unknown[]) => lines.push(JSON.stringify(args))) as never;
    try {
      fake.fault = { status: 500 };
      const failed = await search('rerank: true, maxResults: 1');
      expect(failed.text).not.toContain(KEY);
    } finally {
      log.warn = warn;
      log.level = level;
    }
    expect(lines.join()).toContain('answered 500');
    for (const secret of [KEY, 'stars', 'Ada', fake.url]) expect(lines.join()).not.toContain(secret);
  });

  it('counts what was shown, not what was sent', async () => {
    const counted = async () => {
      const { rows } = await api.database
        .pool('admin')
        .query<{ title: string; access_count: number }>(
          `select d.title, c.access_count from app_public.chunks c join app_public.documents d on d.id = c.document_id where d.title like 'B%' order by d.title`,
        );
      return rows.map(({ access_count }) => Number(access_count));
    };
    const before = await counted();
    await search('rerank: true, maxResults: 1', { by: bob });
    await expect.poll(async () => (await counted())[2]).toBe(before[2]! + 1);
    expect((await counted()).slice(0, 2)).toEqual(before.slice(0, 2));
  });

  it('is set by the environment', () => {
    expect(rerankSettings(readEnv({}))).toBeUndefined();
    expect(
      rerankSettings(readEnv({ RERANK_URL: '', RERANK_TIMEOUT_MS: '', RERANK_SHAPE: '' })),
    ).toBeUndefined();
    expect(rerankSettings(readEnv({ RERANK_URL: 'http://localhost:8080/rerank' }))).toEqual({
      url: 'http://localhost:8080/rerank',
      model: undefined,
      apiKey: '',
      timeout: 2000,
      shape: 'auto',
    });
    for (const wrong of [
      { RERANK_URL: 'ftp://x' },
      { RERANK_URL: 'http://a:secret@x/rerank' },
      { RERANK_TIMEOUT_MS: '0' },
      { RERANK_SHAPE: 'bert' },
    ]) {
      expect(() => readEnv(wrong)).toThrow(/RERANK_/);
      expect(() => readEnv(wrong)).not.toThrow(/secret/);
    }
  });
});
