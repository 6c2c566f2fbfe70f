import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openArchive } from '../../lib/archive/read.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { protect } from '../support/second-factor.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asVisitor, PASSWORD, registerUser, type TestUser } from '../support/users.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/users.ts', import.meta.url));

describeReal('npm run users', () => {
  let database: Database;
  let url: string;
  let ann: TestUser;

  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'colloquy-users-'));
    ({ url } = await createTestDatabase());
    database = serverDatabase(url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await database?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const run = (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [SCRIPT, ...words], {
      env: { ...process.env, DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'error' },
    }).then(
      (ended) => ({ code: 0, ...ended }),
      (error) => error,
    );
  const account = async (email: string): Promise<Record<string, unknown>> => {
    const { code, stdout } = await run('list', '--matching', email, '--json');
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };

  it('lists, promotes, limits and switches off', async () => {
    expect((await run('role', 'ann@example.org', 'admin')).code).toBe(0);
    expect((await run('quota', 'ANN@example.org', '--tokens', '5000', '--cost', '1.5')).code).toBe(0);
    expect(await account('ann@')).toMatchObject({
      id: ann.id,
      role: 'admin',
      is_active: true,
      monthly_token_quota: '5000',
      monthly_cost_quota_usd: '1.500000',
    });
    const last = await run('disable', ann.id);
    expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('CQ160')]);
    expect((await run('invite', 'root@example.org', '--role', 'admin')).code).toBe(0);
    expect((await run('disable', ann.id)).code).toBe(0);
    expect(await account('ann@')).toMatchObject({ is_active: false });
    expect((await run('enable', 'ann@example.org')).code).toBe(0);
    // who is leaving is seen, and kept by switching on
    await database
      .pool('owner')
      .query(`select app_private.begin_erasure($1, 'own wish', grace => interval '9 days')`, [ann.id]);
    const day = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
    expect((await run('list', '--matching', 'ann@')).stdout).toContain(`leaves ${day}`);
    expect((await run('enable', 'ann@example.org')).code).toBe(0);
    expect(await account('ann@')).toMatchObject({ is_active: true, erase_after: null });
    expect((await run('usage')).stdout).toContain(ann.workspaceId);
  });

  it('prints a token that sets a password, where asked to', async () => {
    const { code, stdout } = await run('reset', 'root@example.org', '--print');
    expect(code).toBe(0);
    const { rows } = await asVisitor(database, (client) =>
      client.query('select app_public.reset_password($1, $2) as changed', [stdout.trim(), PASSWORD]),
    );
    expect(rows).toEqual([{ changed: true }]);
    const mailed = await run('reset', 'root@example.org');
    expect([mailed.code, mailed.stdout]).toEqual([0, '']);
    expect(mailed.stderr).toContain('root@example.org');
  });

  it('removes a second factor that was lost', async () => {
    const bob = await registerUser(database, 'bob@example.org');
    await protect(database, bob);
    const removed = await run('remove-second-factor', 'bob@example.org');
    expect([removed.code, removed.stderr]).toEqual([0, expect.stringContaining('with the password alone')]);
    const { rows } = await asVisitor(database, (client) =>
      client.query('select token from app_public.sign_in($1, $2)', ['bob@example.org', PASSWORD]),
    );
    expect(rows[0].token).toMatch(/^cqs_/);
    expect((await run('remove-second-factor', 'bob@example.org')).stderr).toContain('no second factor');
  });

  it('says who is not there, and what is no role or number', async () => {
    expect(await run('disable', 'nobody@example.org')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('CQ204'),
    });
    expect((await run('role', 'ann@example.org', 'emperor')).code).toBe(2);
    expect((await run('quota', 'ann@example.org', '--tokens', 'many')).code).toBe(2);
  });

  it('exports and erases', async () => {
    const leaving = await registerUser(database, 'leaving@example.org');
    const file = join(dataDir, 'leaving.tar.gz');
    const exported = await run('export', 'leaving@example.org', '--to', file);
    expect([exported.code, exported.stdout]).toEqual([
      0,
      expect.stringMatching(/^\S+: \d+ rows in \d+ files\.\n$/),
    ]);
    const reader = await openArchive(createReadStream(file), 'person');
    const names: string[] = [];
    for await (const { name } of reader.entries()) names.push(name);
    expect(names).toContain('account.ndjson');
    expect(await readdir(dataDir)).toEqual(['leaving.tar.gz']);
    // never in the place of another
    const { size, mtimeMs } = await stat(file);
    const again = await run('export', 'leaving@example.org', '--to', file);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is there already')]);
    expect(await stat(file)).toMatchObject({ size, mtimeMs });
    expect(await readdir(dataDir)).toEqual(['leaving.tar.gz']);

    const unconfirmed = await run('erase', 'leaving@example.org');
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([2, expect.stringContaining('CQ760')]);
    const looked = await run('erase', 'leaving@example.org', '--dry-run');
    expect([looked.code, looked.stdout]).toEqual([
      0,
      expect.stringMatching(/^workspaces that go whole +1$/m),
    ]);
    expect(await account('leaving@')).toMatchObject({ id: leaving.id, is_active: true });
    const erased = await run('erase', 'leaving@example.org', '--yes', '--json');
    expect(erased.code).toBe(0);
    expect(JSON.parse(erased.stdout)).toMatchObject({
      number: 1,
      reason: 'asked for by the person',
      counts: { users: 1 },
    });
    expect((await run('erase', leaving.id, '--yes')).stderr).toContain('CQ204');
  });
});
