import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireTestServer } from '../../../tools/postgres/acquire.ts';
import { checkServer, withoutPassword } from '../../../tools/postgres/check.ts';
import { createTestDatabase, describeReal, type TestDatabase, testServer } from '../../support/server.ts';
import { one, withClient } from './support.ts';

describe('a URL that cannot be used', () => {
  it('is named without its password', () => {
    expect(withoutPassword('postgres://me:s3cret@host:1/db?x=1')).toBe('postgres://me:***@host:1/db?x=1');
    expect(withoutPassword('postgres://me@host/db')).toBe('postgres://me@host/db');
  });

  it('says that nothing answers there, and what to do', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    const attempt = acquireTestServer({ url: `postgres://me:s3cret@127.0.0.1:${port}/db` });
    await expect(attempt).rejects.toMatchObject({
      code: 'CQ024',
      message: expect.stringMatching(
        /^TEST_DATABASE_URL \(postgres:\/\/me:\*\*\*@.*does not answer: .*ECONNREFUSED/,
      ),
      hint: expect.stringContaining('unset it'),
    });
  });
});

describeReal('a server that others run', () => {
  let database: TestDatabase;
  let url: string;
  const role = `check_${randomBytes(4).toString('hex')}_colloquy`;

  beforeAll(async () => {
    database = await createTestDatabase();
    const theirs = new URL(database.url);
    theirs.username = role;
    theirs.password = 'theirs';
    url = theirs.href;
    await withClient(database.url, async (client) => {
      await client.query(`create role ${role} login password 'theirs'`);
      // What this schema holds stands before the catalogue's own: the server seems to be another one.
      await client.query(`create schema other; grant usage on schema other to ${role}`);
      await client.query(`alter role ${role} set search_path = other, pg_catalog`);
    });
  });
  afterAll(async () => {
    await database?.drop();
    const server = testServer();
    if ('adminUrl' in server) await one(server.adminUrl, `drop role if exists ${role}`);
  });

  it('is taken when it fits', async () => {
    const server = testServer();
    if ('reason' in server) throw new Error(server.reason);
    expect(await checkServer(server.adminUrl, 'X')).toMatch(/^1[89]|^[2-9]\d/);
    const said: string[] = [];
    const taken = await acquireTestServer({ url: server.adminUrl, say: (message) => said.push(message) });
    expect(taken).toMatchObject({ adminUrl: server.adminUrl, how: 'TEST_DATABASE_URL' });
    expect(said).toEqual([expect.stringMatching(/^PostgreSQL \d+.* of TEST_DATABASE_URL/)]);
    const password = new URL(server.adminUrl).password;
    if (password) expect(said[0]).not.toContain(password);
  });

  it('is refused with a wrong password', async () => {
    const wrong = new URL(url);
    wrong.password = 'not theirs';
    await expect(checkServer(wrong.href, 'X')).rejects.toMatchObject({
      code: 'CQ024',
      hint: expect.stringContaining('check user and password'),
    });
  });

  it('is refused when the role may not create databases and roles', async () => {
    await expect(checkServer(url, 'X')).rejects.toMatchObject({
      code: 'CQ027',
      hint: expect.stringContaining(`alter role "${role}" createdb createrole;`),
    });
    await one(database.url, `alter role ${role} createrole`);
    await expect(checkServer(url, 'X')).rejects.toThrow(`the role "${role}" lacks createdb`);
  });

  it('is refused without pgvector', async () => {
    await withClient(database.url, async (client) => {
      await client.query("create view other.pg_available_extensions as select 'plpgsql'::name as name");
      await client.query(`grant select on other.pg_available_extensions to ${role}`);
    });
    await expect(checkServer(url, 'X')).rejects.toMatchObject({
      code: 'CQ026',
      message: expect.stringContaining('does not have the extension vector'),
      hint: expect.stringContaining('postgresql-18-pgvector'),
    });
  });

  it('is refused when it is too old', async () => {
    await one(
      database.url,
      `create function other.current_setting(name text) returns text language sql
       as $$ select case name when 'server_version_num' then '170004' else '17.4' end $$`,
    );
    await expect(acquireTestServer({ url })).rejects.toMatchObject({
      code: 'CQ025',
      message: expect.stringContaining('is PostgreSQL 17.4; Colloquy needs 18 or newer'),
    });
  });
});
