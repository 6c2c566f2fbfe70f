import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { LOGINS, type LoginRole } from '../../lib/database/login.ts';
import { serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';
import { fileOf, readLogin } from '../../scripts/logins/file.ts';
import { type ScratchServer, scratchServer } from '../../tools/postgres/scratch.ts';
import { testBinaries } from '../support/binaries.ts';
import { LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';

log.level = 'silent';
const run = promisify(execFile);
const ROLES = Object.keys(LOGINS) as LoginRole[];

describeReal('npm run logins', () => {
  // a server of its own: passwords are a whole server's
  const root = mkdtempSync(join(tmpdir(), 'colloquy-logins-'));
  const folder = join(root, 'logins');
  let bin: string;
  let scratch: ScratchServer;
  let adminUrl: string;
  let admin: pg.Client;

  beforeAll(async () => {
    const binaries = await testBinaries();
    bin = binaries.bin;
    scratch = await scratchServer(binaries, { settings: { log_statement: 'all' } });
    const first = new pg.Client({ connectionString: scratch.server.url });
    await first.connect();
    await first.query('create database colloquy');
    await first.end();
    const url = new URL(scratch.server.url);
    url.pathname = '/colloquy';
    adminUrl = url.href;
    admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
  }, LONG);
  afterAll(async () => {
    await admin?.end();
    await scratch?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  interface Answer {
    code: number;
    stdout: string;
    stderr: string;
  }
  function command(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Answer> {
    return run(process.execPath, ['scripts/logins.ts', '--folder', folder, ...args], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: adminUrl, DATA_DIR: root, LOG_LEVEL: 'error', ...env },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: Answer) => error,
    );
  }
  async function logins(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
    const answer = await command(['--json', ...args], env);
    expect(answer.code, answer.stderr).toBe(0);
    const list: { role: string; state: string }[] = JSON.parse(answer.stdout);
    return Object.fromEntries(list.map(({ role, state }) => [role, state]));
  }
  const verifiers = async (): Promise<Record<string, string | null>> => {
    const { rows } = await admin.query(
      `select rolname as name, rolpassword as verifier from pg_authid where rolname like 'colloquy%'`,
    );
    return Object.fromEntries(rows.map(({ name, verifier }) => [name, verifier]));
  };
  const all = (state: string) => Object.fromEntries(ROLES.map((role) => [role, state]));
  const passwordOf = (role: LoginRole): string => new URL(readLogin(folder, role)!).password;

  it('says what it would do, and does nothing', async () => {
    expect(await logins(['--dry-run'])).toEqual(all('made'));
    expect(await verifiers()).toEqual({});
    expect(readLogin(folder, 'worker')).toBeUndefined();
  });

  it('makes a login per role, in files that their owner alone may read', async () => {
    const { code, stdout, stderr } = await command([]);
    expect([code, stderr]).toEqual([0, '']);
    for (const role of ROLES) {
      expect(statSync(fileOf(folder, role)).mode & 0o777).toBe(0o600);
      const client = new pg.Client({ connectionString: readLogin(folder, role)! });
      await client.connect();
      const { rows } = await client.query('select current_user as name');
      await client.end();
      expect(rows).toEqual([{ name: LOGINS[role].name }]);
      // neither printed, nor in the log of a server that logs every statement
      expect(stdout).toContain(fileOf(folder, role));
      for (const text of [stdout, readFileSync(scratch.server.cluster.logFile, 'utf8')])
        expect(text).not.toContain(passwordOf(role));
    }
    expect(new Set(ROLES.map(passwordOf)).size).toBe(ROLES.length);
  });

  it('changes nothing when it is run again', async () => {
    const before = await verifiers();
    expect(await logins()).toEqual(all('kept'));
    expect(await verifiers()).toEqual(before);
  });

  it('refuses to replace a password that it does not know, unless it is told to', async () => {
    const before = await verifiers();
    rmSync(fileOf(folder, 'worker'));
    const answer = await command([]);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/colloquy_worker has a password .*\(CQ049\)\n.*--rotate --role worker/);
    expect(await verifiers()).toEqual(before);
    expect(await logins(['--rotate', '--role', 'worker'])).toEqual({ worker: 'made' });
    const after = await verifiers();
    expect(after).toEqual({ ...before, colloquy_worker: after.colloquy_worker });
    expect(after.colloquy_worker).not.toBe(before.colloquy_worker);
    expect(await logins()).toEqual(all('kept'));
  });

  it('makes what a run that was killed had written and not set', async () => {
    await admin.query('alter role colloquy_owner password null');
    expect(await logins()).toEqual({ ...all('kept'), owner: 'made' });
  });

  it('leaves alone whose login the environment names', async () => {
    const before = await verifiers();
    const given = { WORKER_DATABASE_URL: 'postgres://colloquy_worker:x@db/colloquy' };
    expect(await logins(['--rotate', '--role', 'worker'], given)).toEqual({ worker: 'given' });
    expect(await verifiers()).toEqual(before);
  });

  it('writes what PgBouncer wants', async () => {
    const path = join(root, 'userlist.txt');
    await logins(['--userlist', path]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(
      `"colloquy_authenticator" "${passwordOf('authenticator')}"\n"colloquy_worker" "${passwordOf('worker')}"\n`,
    );
  });

  it('refuses an administrator that may not change the roles', async () => {
    await admin.query(
      `create role manager login password 'm' createrole; grant all on database colloquy to manager`,
    );
    const url = new URL(adminUrl);
    url.username = 'manager';
    url.password = 'm';
    const answer = await command(['--rotate', '--role', 'worker'], { DATABASE_URL: url.href });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/This login may not do what .*\(CQ017\)\n/);
  });

  it('wants a server', async () => {
    const answer = await command([], { DATABASE_URL: '' });
    expect([answer.code, answer.stderr]).toEqual([2, expect.stringContaining('(CQ049)')]);
  });

  it('gives the backup role what pg_dump needs, for a whole dump', { timeout: LONG }, async () => {
    const database = serverDatabase(adminUrl);
    await migrateDatabase(database, queues, { inHand: true }).finally(() => database.close());
    await admin.query(
      `insert into app_public.workspaces (id, name) values ('01890000-0000-7000-8000-00000000c001', 'dumped by its backup')`,
    );
    const dump = (role: LoginRole) =>
      run(join(bin, 'pg_dump'), [
        readLogin(folder, role)!,
        '--table',
        'app_public.workspaces',
        '--data-only',
      ]);
    expect((await dump('backup')).stdout).toContain('dumped by its backup');
    const whole = await run(join(bin, 'pg_dump'), [
      readLogin(folder, 'backup')!,
      '--format=custom',
      '--file',
      join(root, 'dump'),
    ]);
    expect(whole.stderr).toBe('');
    // nobody else may
    await expect(dump('worker')).rejects.toThrow(/row-level security|permission denied/);
  });
});
