import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker } from '../../jobs/worker.ts';
import { describeReal } from '../support/server.ts';
import { registerUser, type TestUser, until } from '../support/users.ts';
import { axis, startTestApi, type TestApi } from './support.ts';

const TOKEN = 'a token for the metrics';

describeReal('the metrics', () => {
  let api: TestApi;
  let ann: TestUser;

  beforeAll(async () => {
    api = await startTestApi({
      metrics: { token: TOKEN, port: 0 },
      limits: { store: 'memory', changes: new Map([['searches.account', { points: 2, seconds: 1000 }]]) },
      embedQuery: async () => new Float32Array(axis(1)),
    });
    ann = await registerUser(api.database, 'ann-of-metrics@example.org');
  });
  afterAll(() => api?.close());

  const read = (url: string, headers = {}) => fetch(`${url}/metrics`, { headers });
  async function metrics(): Promise<Map<string, number>> {
    const text = await (await read(api.api.metricsUrl!)).text();
    return new Map(
      text
        .split('\n')
        .filter((line) => line && !line.startsWith('#'))
        .map((line) => {
          const [, name, value] = /^(.*) (\S+)$/.exec(line)!;
          return [name!, Number(value)];
        }),
    );
  }

  it('are read on a port of their own, or by the bearer of the token, and by nobody else', async () => {
    const own = await read(api.api.metricsUrl!);
    expect([own.status, own.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/plain; version=0.0.4'),
    ]);
    expect((await fetch(`${api.api.metricsUrl}/graphql`)).status).toBe(404);
    expect((await read(api.api.url, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    for (const headers of [
      {},
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Bearer ${ann.token}` },
    ]) {
      expect((await read(api.api.url, headers)).status).toBe(404);
    }
  });

  it('are not there unless they are asked for', async () => {
    const plain = await startTestApi({ database: { ...api.database, close: async () => {} } });
    try {
      expect(plain.api.metricsUrl).toBeUndefined();
      for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer undefined' }])
        expect((await read(plain.api.url, headers)).status).toBe(404);
    } finally {
      await plain.api.close();
    }
  });

  it('count requests, limits, waits and embeddings', async () => {
    const before = await metrics();
    const grown = async (name: string) => ((await metrics()).get(name) ?? 0) - (before.get(name) ?? 0);
    for (const [index, status] of [200, 200, 429].entries()) {
      const reply = await api.ask(
        `query named_by_client { search(query: "secret ${index % 2}") { returned } }`,
        {},
        ann,
      );
      expect(reply.status).toBe(status);
    }
    await api.ask('{ a: currentUser { id } b: currentUser { id } }', {}, ann);
    const request = (operation: string, status: number) =>
      `colloquy_requests_total{kind="query",operation="${operation}",status="${status}"}`;
    await until(async () => (await grown(request('several', 200))) === 1);
    expect(await grown(request('search', 200))).toBe(2);
    expect(await grown(request('search', 429))).toBe(1);
    expect(await grown('colloquy_limited_total{limit="searches.account"}')).toBe(1);
    expect(await grown('colloquy_errors_total{code="CQ435"}')).toBe(1);
    const short = 'colloquy_searches_total{path="exact",outcome="short"}';
    await until(async () => (await grown(short)) === 2);
    expect(await grown('colloquy_query_embeddings_total{outcome="embedded"}')).toBe(2);
    expect(await grown('colloquy_query_embedding_wait_seconds_count')).toBe(2);
    expect(await grown('colloquy_pool_wait_seconds_count{pool="requests"}')).toBeGreaterThan(3);
    expect(await grown('colloquy_request_seconds_count{kind="query"}')).toBe(4);
    const now = await metrics();
    expect(now.get('colloquy_pool_size{pool="visitors"}')).toBeGreaterThan(0);
    expect(now.get('colloquy_pool_waiting{pool="credentials"}')).toBe(0);
    expect(now.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('count the jobs of the queues', async () => {
    const worker = await startWorker({ pool: api.database.pool('worker') });
    await worker.stop();
    const names = [...(await metrics()).keys()];
    for (const state of ['waiting', 'deferred', 'active']) {
      expect(names).toContain(`colloquy_queue_jobs{queue="index-source",state="${state}"}`);
    }
  });

  it('tell what the doctor found last', async () => {
    expect((await metrics()).get('colloquy_doctor_run_timestamp_seconds')).toBe(0);
    await api.database
      .pool('worker')
      .query(
        `select app_hidden.record_run('doctor', now(), 'succeeded', '{"errors": 2, "warnings": 3, "toKnow": 0}')`,
      );
    const now = await metrics();
    expect(now.get('colloquy_doctor_findings{severity="error"}')).toBe(2);
    expect(now.get('colloquy_doctor_findings{severity="warning"}')).toBe(3);
    expect(now.get('colloquy_doctor_run_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 600);
  });

  it('have nothing of a tenant in them, nor anything that a client wrote', async () => {
    await api.ask('query named_by_client { alias_of_client: currentUser { id } }', {}, ann);
    await fetch(`${api.api.url}/path-of-client`);
    const text = await (await read(api.api.metricsUrl!)).text();
    for (const word of [
      ann.id,
      ann.workspaceId,
      ann.token,
      'secret',
      '_by_client',
      '_of_client',
      'path-of',
      '127.0.0.1',
    ]) {
      expect(text).not.toContain(word);
    }
  });
});
