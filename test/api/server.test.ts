import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { buildSchema, parse, validate } from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { firstQuery } from '../../api/graphiql.ts';
import { exportSchema } from '../../api/schema-file.ts';
import { startApi } from '../../api/server.ts';
import { lockWaiters } from '../support/locks.ts';
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
    const file = await readFile(join(import.meta.dirname, '../../schema.graphql'), 'utf8');
    expect(await exportSchema(api.database.pool('authenticator'))).toBe(file);
  });

  it('is alive and ready', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    const ready = await get('/readyz');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([
      200,
      { ready: true, database: 'ok', migrations: 'ok' },
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
    const schema = buildSchema(await exportSchema(api.database.pool('authenticator')));
    expect(validate(schema, parse(firstQuery)).map((error) => error.message)).toEqual([]);
  });

  it('keeps the examples of docs/api.md valid', async () => {
    const schema = buildSchema(await exportSchema(api.database.pool('authenticator')));
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

  it('is not ready when a migration or a text of functions/ is missing or another, the queue is dead, or the database is gone', async () => {
    const admin = api.database.pool('admin');
    const missing = await admin.query(
      'delete from graphile_migrate.migrations where filename = (select max(filename) from graphile_migrate.migrations) returning *',
    );
    const pending = await get('/readyz');
    expect([pending.status, JSON.parse(pending.text).migrations]).toEqual([503, 'failed']);
    const row = missing.rows[0];
    await admin.query(
      'insert into graphile_migrate.migrations (hash, previous_hash, filename, date) values ($1, $2, $3, $4)',
      [row.hash, row.previous_hash, row.filename, row.date],
    );

    const why = async () => {
      const { status, text } = await get('/readyz');
      return [status, JSON.parse(text).reason];
    };
    await admin.query(
      `update graphile_migrate.migrations set hash = 'sha1:other' where filename = '${row.filename}'`,
    );
    expect(await why()).toEqual([
      503,
      expect.stringMatching(/by other text than this program has: 0000.*CQ044/),
    ]);
    await admin.query('update graphile_migrate.migrations set hash = $1 where filename = $2', [
      row.hash,
      row.filename,
    ]);
    const path = 'auth/sign_out.sql';
    const texts = 'update app_hidden.applied_functions set hash = $2 where path = $1 returning hash';
    const { rows: own } = await admin.query('select hash from app_hidden.applied_functions where path = $1', [
      path,
    ]);
    await admin.query(texts, [path, '0'.repeat(64)]);
    expect(await why()).toEqual([503, `The database lacks these texts of functions/: ${path} (CQ018).`]);
    // a newer database is served: programs are replaced one after the other
    await admin.query(texts, [path, own[0].hash]);
    await admin.query('insert into app_hidden.applied_functions (path, hash) values ($1, $2)', [
      path,
      '1'.repeat(64),
    ]);
    expect(await why()).toEqual([200, undefined]);
    await admin.query('delete from app_hidden.applied_functions where hash = $1', ['1'.repeat(64)]);

    let isAlive = false;
    const pool = new pg.Pool({ connectionString: api.database.url('authenticator'), max: 2 });
    const other = await startTestApi({ database: api.database, pool, isQueueAlive: async () => isAlive });
    const check = async () => {
      const reply = await fetch(`${other.api.url}/readyz`);
      return [reply.status, ((await reply.json()) as { queue: string }).queue];
    };
    expect(await check()).toEqual([503, 'failed']);
    isAlive = true;
    expect(await check()).toEqual([200, 'ok']);
    await pool.end();
    const gone = await fetch(`${other.api.url}/readyz`);
    expect(gone.status).toBe(503);
    await other.api.close();
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
