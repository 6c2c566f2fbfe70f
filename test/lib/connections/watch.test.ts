import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { type BlackHole, openBlackHole } from '../../support/black-hole.ts';
import { LONG } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

/** Milliseconds: the promise of docs/connections.md, and what a slow machine adds. */
const REQUEST_PROMISE = 15_000;
const JOB_PROMISE = 60_000;

describeReal('a silent loss of the network', () => {
  let hole: BlackHole;
  let database: Database;
  let direct: Database;
  beforeEach(async () => {
    const { url } = await createTestDatabase();
    direct = serverDatabase(url);
    hole = await openBlackHole(url);
    database = serverDatabase(hole.url);
  });
  afterEach(async () => {
    await database.close();
    await direct.close();
    await hole.close();
  });

  it('ends within seconds for requests, for all connections at once, and the next ones work at once', {
    timeout: LONG,
  }, async () => {
    const pool = database.pool('authenticator');
    await Promise.all(Array.from({ length: 10 }, () => pool.query('select pg_sleep(0.1)')));
    hole.swallow();
    const start = Date.now();
    const lost = await Promise.allSettled(Array.from({ length: 3 }, () => pool.query('select 1')));
    expect(Date.now() - start).toBeLessThan(REQUEST_PROMISE);
    for (const one of lost) expect(one).toMatchObject({ status: 'rejected', reason: { code: '08006' } });
    // also those that were idle are gone
    const after = Date.now();
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1')));
    expect(Date.now() - after).toBeLessThan(2_000);
  });

  it('ends within a minute for jobs, in the middle of a transaction, too', { timeout: LONG }, async () => {
    const client = await database.pool('worker').connect();
    await client.query('begin');
    hole.swallow();
    const start = Date.now();
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '08006' });
    expect(Date.now() - start).toBeLessThan(JOB_PROMISE);
    client.release();
    await database.pool('worker').query('select 1');
  });

  it('ends a wait for a new connection, and a statement, when the server is not there at all', {
    timeout: LONG,
  }, async () => {
    const pool = database.pool('authenticator');
    await pool.query('select 1');
    hole.swallow();
    hole.swallowNew(true);
    const start = Date.now();
    const failures = await Promise.allSettled(Array.from({ length: 20 }, () => pool.query('select 1')));
    expect(failures.every(({ status }) => status === 'rejected')).toBe(true);
    expect(Date.now() - start).toBeLessThan(REQUEST_PROMISE);
    hole.swallowNew(false);
    await pool.query('select 1');
  });

  it('does not end what the server works on, or makes wait for a lock', { timeout: LONG }, async () => {
    const pool = database.pool('authenticator');
    const holder = await direct.pool('admin').connect();
    await holder.query('select pg_advisory_lock(1)');
    const waiting = await database.pool('authenticator').connect();
    const { rows } = await waiting.query('select pg_backend_pid() as pid');
    const locked = waiting.query('select pg_advisory_lock(1)');
    const [slept] = await Promise.all([pool.query('select 7 as number from pg_sleep(9)')]);
    expect(slept.rows).toEqual([{ number: 7 }]);
    await holder.query('select pg_advisory_unlock(1)');
    await locked;
    expect((await waiting.query('select pg_backend_pid() as pid')).rows).toEqual(rows);
    waiting.release();
    holder.release();
  });
});
