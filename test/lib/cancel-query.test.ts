import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { breakConnection, cancelQuery } from '../../lib/cancel-query.ts';
import { embeddedDatabase, serverDatabase } from '../../lib/database.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

describeReal('a statement of a server', () => {
  it('ends when it is cancelled, and its connection goes on', async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    const client = await database.pool('authenticator').connect();
    const sleep = client.query('select pg_sleep(600)');
    const ended = expect(sleep).rejects.toMatchObject({ code: '57014' });
    // a cancellation that comes before the statement hits nothing
    const running = `select from pg_stat_activity where state = 'active' and query = 'select pg_sleep(600)'`;
    await until(async () => (await database.pool('admin').query(running)).rows.length > 0);
    await cancelQuery(client);
    await ended;
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    // nothing runs: nothing is hit, now or by the next statement
    await cancelQuery(client);
    expect((await client.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
    client.release();
    await database.close();
  });

  it('ends when its connection is broken, which the pool does not take back', async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    const pool = database.pool('authenticator');
    const client = await pool.connect();
    const ended = expect(client.query('select pg_sleep(600)')).rejects.toThrow();
    breakConnection(client);
    await ended;
    client.release();
    expect(pool.totalCount).toBe(0);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await database.close();
  });
});

it('leaves the one session of an embedded database alone', { timeout: LONG }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-cancel-'));
  const database = await embeddedDatabase(folder);
  const client = await database.pool('admin').connect();
  await cancelQuery(client);
  breakConnection(client);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  client.release();
  expect((await database.pool('admin').query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});
