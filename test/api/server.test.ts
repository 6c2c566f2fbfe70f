import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { parse, validate } from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { firstQuery } from '../../api/graphiql.ts';
import { exportSchema } from '../../api/schema-file.ts';
import { startApi } from '../../api/server.ts';
import { lockWaiters } from '../support/locks.ts';
import { readSchema, readSchemaText } from '../support/schema.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { readReply, register, startTestApi, type TestApi } from './support.ts';

describeReal('the server', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi({ development: true });
  });
  afterAll(() => api?.close());

  const get = async (path: string, headers = {}) => {
    const response = await fetch(`${api.api.url}${path}`, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('has the schema that schema.graphql says', async () => {
    expect(await exportSchema(api.database.pool('authenticator'))).toBe(readSchemaText());
  });

  it('is alive and ready', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    const ready = await get('/readyz');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([
      200,
      { ready: true, database: 'ok', writes: 'ok', migrations: 'ok' },
    ]);
  });

  it('shows GraphiQL and introspection in development', async () => {
    const page = await get('/', { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.text).toContain('Ruru');
    expect((await get('/ruru-static/ruru.js')).status).toBe(200);
    expect((await api.ask('{ __schema { queryType { name } } }')).data.__schema.queryType.name).toBe('Query');
  });

  it('greets in GraphiQL with operations that are valid', async () => {
    const schema = readSchema();
    expect(validate(schema, parse(firstQuery)).map((error) => error.message)).toEqual([]);
  });

  it('keeps the examples of docs/api.md valid', async () => {
    const schema = readSchema();
    const text = await readFile(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
    const examples = [...text.matchAll(/```graphql\n(.*?)```/gs)].map((match) => match[1]!);
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      expect(
        validate(schema, parse(example)).map((error) => error.message),
        example,
      ).toEqual([]);
    }
  });

  it('keeps idle connections longer than a load balancer does', async () => {
    expect((await get('/healthz')).headers.get('keep-alive')).toBe('timeout=75');
  });

  it('answers with CQ503 when the database is gone', async () => {
    const good = new pg.Pool({ connectionString: api.database.url('authenticator') });
    const other = await startTestApi({ database: api.database, pool: good });
    const { token } = await register(other, 'gone@example.org');
    const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1 });
    good.connect = nowhere.connect.bind(nowhere) as typeof good.connect;
    good.query = nowhere.query.bind(nowhere) as typeof good.query;
    const visitor = await other.ask('{ conversations { nodes { id } } }');
    expect(visitor.errors[0]?.extensions.code).toBe('CQ503');
    const member = await other.ask('{ conversations { nodes { id } } }', {}, { token });
    expect([member.status, member.errors[0]?.extensions.code]).toEqual([503, 'CQ503']);
    expect(member.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(member.text).not.toContain('127.0.0.1');
    await other.api.close();
    await Promise.all([good.end(), nowhere.end()]);
  });

  const start = (port: number) =>
    startApi({
      database: { kind: 'server', pool: () => api.database.pool('authenticator') },
      host: '127.0.0.1',
      port,
      embedQuery: async () => new Float32Array(512),
      development: false,
    });

  it('says CQ010 and what to do when the port is in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    await expect(start(port)).rejects.toMatchObject({
      code: 'CQ010',
      hint: expect.stringContaining('--port'),
    });
    squatter.close();
  });

  it('hides GraphiQL in production', async () => {
    const production = await start(0);
    const reply = await readReply(await fetch(`${production.url}/`));
    expect([reply.status, reply.errors[0]?.extensions.code]).toEqual([404, 'CQ404']);
    await production.close();
  });

  it('lets a request in flight end when it closes, and takes no more', async () => {
    const stopping = await start(0);
    const client = await api.database.pool('admin').connect();
    await client.query('begin');
    await client.query('lock table app_public.users in access exclusive mode');
    const inFlight = fetch(`${stopping.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ users { nodes { id } } }' }),
    });
    await until(async () => (await lockWaiters(api.database)).length > 0);
    const closed = stopping.close();
    await expect(fetch(`${stopping.url}/healthz`)).rejects.toThrow();
    await client.query('rollback');
    client.release();
    expect(((await (await inFlight).json()) as { data: unknown }).data).toEqual({ users: { nodes: [] } });
    await closed;
    await stopping.close();
  });
});
