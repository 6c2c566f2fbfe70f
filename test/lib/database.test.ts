import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { checkServer, type Database, serverDatabase, urlForRole } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

const run = promisify(execFile);

describe('urlForRole', () => {
  it('lets the administrator be itself, and everybody else another role from the first moment on', () => {
    expect(urlForRole('postgres://root:secret@db/app', 'admin')).toBe('postgres://root:secret@db/app');
    const url = new URL(urlForRole('postgres://root:secret@db/app?sslmode=require', 'worker'));
    expect(url.searchParams.get('options')).toBe('-c role=colloquy_worker');
    expect(url.searchParams.get('sslmode')).toBe('require');
  });

  it('keeps options that are there', () => {
    const url = new URL(urlForRole('postgres://db/app?options=-c%20work_mem%3D8MB', 'authenticator'));
    expect(url.searchParams.get('options')).toBe('-c work_mem=8MB -c role=colloquy_authenticator');
  });
});

describe('serverDatabase', () => {
  it('takes a socket in place of a host', async () => {
    const database = serverDatabase('postgres://me@/app?host=/tmp/socket');
    expect(database.name).toBe('PostgreSQL at /tmp/socket/app');
    const url = new URL(database.url('worker'));
    expect(url.searchParams.get('host')).toBe('/tmp/socket');
    expect(url.searchParams.get('options')).toBe('-c role=colloquy_worker');
    await database.close();
  });
});

describe('the environment', () => {
  it('is refused in one line, without a stack', async () => {
    const failure = await run(process.execPath, ['scripts/start.ts'], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: 'mysql://somewhere', PORT: '99999' },
    }).catch((error: { code: number; stderr: string }) => error);
    expect(failure).toMatchObject({ code: 2 });
    expect(failure.stderr).toMatch(/DATABASE_URL: must begin with postgres:\/\/.*PORT.*\(CQ001\)/);
    expect(failure.stderr).not.toContain('    at ');
  });
});

describeReal('checkServer', () => {
  const open: Database[] = [];
  const connect = (url: string): Database => {
    const database = serverDatabase(url);
    open.push(database);
    return database;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((database) => database.close()));
  });

  it('is content with a database that is fit', async () => {
    await expect(checkServer(connect((await createTestDatabase()).url))).resolves.toBeUndefined();
  });

  it('says that nothing listens, and never a password', async () => {
    const failure = checkServer(connect('postgres://me:secret@127.0.0.1:1/app'));
    await expect(failure).rejects.toMatchObject({
      code: 'CQ012',
      hint: expect.stringContaining('DATABASE_URL'),
    });
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it('says that the database does not exist', async () => {
    const url = new URL((await createTestDatabase()).url);
    url.pathname = '/there_is_none';
    await expect(checkServer(connect(url.href))).rejects.toMatchObject({
      code: 'CQ012',
      hint: expect.stringContaining('Create the database'),
    });
  });

  it('says how to move an extension that stands in another schema', async () => {
    const database = connect((await createTestDatabase()).url);
    await database.pool('admin').query('alter extension pg_trgm set schema public');
    await expect(checkServer(database)).rejects.toMatchObject({
      code: 'CQ014',
      hint: expect.stringContaining('alter extension pg_trgm set schema extensions;'),
    });
  });

  it('acts as the role of each pool, with no way back to the administrator by a reset', async () => {
    const database = connect((await createTestDatabase()).url);
    for (const role of ['owner', 'authenticator', 'worker'] as const) {
      const pool = database.pool(role);
      const { rows } = await pool.query('select current_user as name');
      expect(rows[0].name).toBe(`colloquy_${role}`);
      const client = await pool.connect();
      await client.query('reset role');
      expect((await client.query('select current_user as name')).rows[0].name).toBe(`colloquy_${role}`);
      client.release();
    }
  });
});
