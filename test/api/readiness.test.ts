import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Readiness } from '../../api/readiness.ts';
import { describeReal } from '../support/server.ts';
import { startTestApi, type TestApi } from './support.ts';

describeReal('/readyz', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api?.close());

  const look = async (of = api, query = ''): Promise<Partial<Readiness> & { status: number }> => {
    const response = await fetch(`${of.api.url}/readyz${query}`);
    return { ...((await response.json()) as Readiness), status: response.status };
  };

  it('is 503 when a migration, or a text of functions/, is missing or another', async () => {
    const admin = api.database.pool('admin');
    const missing = await admin.query(
      'delete from graphile_migrate.migrations where filename = (select max(filename) from graphile_migrate.migrations) returning *',
    );
    await expect.poll(() => look()).toMatchObject({ status: 503, database: 'ok', migrations: 'failed' });
    const row = missing.rows[0];
    await admin.query(
      'insert into graphile_migrate.migrations (hash, previous_hash, filename, date) values ($1, $2, $3, $4)',
      [`sha1:other`, row.previous_hash, row.filename, row.date],
    );
    const reason = expect.stringMatching(/by other text than this program has: 0000.*CQ044/);
    await expect.poll(() => look()).toMatchObject({ status: 503, reason });
    await admin.query('update graphile_migrate.migrations set hash = $1 where filename = $2', [
      row.hash,
      row.filename,
    ]);
    const path = 'auth/sign_out.sql';
    const texts = 'update app_hidden.applied_functions set hash = $2 where path = $1';
    const { rows: own } = await admin.query('select hash from app_hidden.applied_functions where path = $1', [
      path,
    ]);
    await admin.query(texts, [path, '0'.repeat(64)]);
    await expect
      .poll(() => look())
      .toMatchObject({
        status: 503,
        reason: `The database lacks these texts of functions/: ${path} (CQ018).`,
      });
    // a newer database is served: programs are replaced one after the other
    await admin.query(texts, [path, own[0].hash]);
    await admin.query('insert into app_hidden.applied_functions (path, hash) values ($1, $2)', [
      path,
      '1'.repeat(64),
    ]);
    await expect
      .poll(() => look())
      .toEqual({ status: 200, ready: true, database: 'ok', writes: 'ok', migrations: 'ok' });
  });

  it('is 503 when the database is gone', async () => {
    const pool = new pg.Pool({ connectionString: api.database.url('authenticator'), max: 2 });
    const other = await startTestApi({ database: api.database, pool });
    expect(await look(other)).toMatchObject({ status: 200 });
    await pool.end();
    await expect
      .poll(() => look(other))
      .toEqual({ status: 503, ready: false, database: 'failed', writes: 'unknown', migrations: 'unknown' });
    await other.api.close();
  });

  it('is 200 when no worker looks after the queue, says so, and is 503 for those who ask for it', async () => {
    let isAlive = false;
    const pool = new pg.Pool({ connectionString: api.database.url('authenticator'), max: 2 });
    const other = await startTestApi({ database: api.database, pool, isQueueAlive: async () => isAlive });
    expect(await look(other)).toMatchObject({ status: 200, ready: true, queue: 'failed' });
    expect(await look(other, '?require=queue')).toMatchObject({ status: 503, queue: 'failed' });
    isAlive = true;
    await expect.poll(() => look(other, '?require=queue')).toMatchObject({ status: 200, queue: 'ok' });
    await pool.end();
    await other.api.close();
  });

  it('answers two hundred calls with a handful of questions', async () => {
    const pool = new pg.Pool({ connectionString: api.database.url('authenticator'), max: 2 });
    const other = await startTestApi({ database: api.database, pool });
    let asked = 0;
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    pool.query = ((...args: unknown[]) => {
      asked += 1;
      return query(...args);
    }) as typeof pool.query;
    const start = Date.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => look(other)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // for each second that they took, one look of at most ten questions
    expect(asked).toBeLessThanOrEqual(10 * (1 + Math.ceil((Date.now() - start) / 1_000)));
    await pool.end();
    await other.api.close();
  });

  it('answers within three seconds when the database does not, and holds one connection meanwhile', async () => {
    const pool = new pg.Pool({ connectionString: api.database.url('authenticator'), max: 2 });
    const other = await startTestApi({ database: api.database, pool });
    let asked = 0;
    pool.query = (() => {
      asked += 1;
      return new Promise(() => {});
    }) as unknown as typeof pool.query;
    const start = Date.now();
    const first = await look(other);
    expect(first).toMatchObject({ status: 503, database: 'failed', reason: expect.stringContaining('2 s') });
    expect(Date.now() - start).toBeLessThan(3_000);
    await Promise.all([look(other), look(other)]);
    expect(asked).toBe(1);
    await pool.end();
    await other.api.close();
  });
});
