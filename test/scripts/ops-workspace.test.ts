import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { filesFolder } from '../../lib/storage.ts';
import { run } from '../../tools/postgres/run.ts';
import { filesBelow } from '../operations/backup/support.ts';
import { sumsOf, tablesOf } from '../operations/logical/support.ts';
import { storeBytes } from '../operations/workspaces/support.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { addContent, createTenants, indexAll, type Tenants } from '../support/tenants.ts';
import { asUser, until } from '../support/users.ts';

describeReal('npm run ops -- workspace', () => {
  let folder: string;
  let [from, to]: Database[] = [];
  let tenants: Tenants;
  const environment = (database: Database, name: string): NodeJS.ProcessEnv => ({
    ...process.env,
    DATABASE_URL: database.url('admin'),
    DATA_DIR: join(folder, name),
    LOG_LEVEL: 'silent',
  });
  const here = (): [NodeJS.ProcessEnv, NodeJS.ProcessEnv] => [
    environment(from!, 'from'),
    environment(to!, 'to'),
  ];
  const ops = (env: NodeJS.ProcessEnv, ...words: string[]) =>
    run(process.execPath, ['scripts/ops.ts', 'workspace', ...words], { cwd: projectFolder, env });
  const everything = async (database: Database) => sumsOf(database, await tablesOf(database));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-workspace-'));
    from = serverDatabase((await createTestDatabase()).url);
    to = serverDatabase((await createTestDatabase()).url);
    tenants = await createTenants(from);
    await addContent(from, tenants.owner, 'team');
    await indexAll(from);
    const { rows } = await from
      .pool('owner')
      .query('select storage_path as path from app_public.files where is_stored');
    for (const { path } of rows)
      await storeBytes({ database: from, folder: join(folder, 'from') }, path, 'zebra');
  });
  afterAll(async () => {
    await from?.close();
    await to?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('moves a tenant as the runbook says', { timeout: LONG }, async () => {
    const [there, now] = here();
    const team = tenants.owner.workspaceId;
    const archive = join(folder, 'team.tar.gz');
    const page = readFileSync(join(projectFolder, 'docs/operations/workspaces.md'), 'utf8');
    const runbook = /^## Runbook: move a tenant to another server\n(.*?)(?=^## )/ms.exec(page)![1]!;
    const commands = [...runbook.matchAll(/npm run ops -- workspace (.*)$/gm)].map((match) =>
      match[1]!.replace('ID', team).replace('team.tar.gz', archive).split(' '),
    );
    expect(commands.map(([name]) => name)).toEqual(['freeze', 'export', 'import', 'import', 'thaw']);
    const [freeze, write, look, bring, thaw] = commands as [string[], string[], string[], string[], string[]];

    const { rows: keys } = await asUser(from!, tenants.owner, (client) =>
      client.query(`select secret from app_public.create_api_key('program')`),
    );
    const apiKey = keys[0].secret;
    expect(await ops(there, ...freeze)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nobody writes'),
    });
    // a session learns of it with its next request: the member is a viewer there
    const session = async (token: string) =>
      (
        await from!
          .pool('authenticator')
          .query('select member_role::text as role from app_hidden.authenticate($1, $2)', [token, team])
      ).rows[0].role;
    expect(await session(tenants.owner.token)).toBe('viewer');
    const key = await from!
      .pool('authenticator')
      .query('select member_role::text as role from app_hidden.authenticate($1)', [apiKey]);
    expect(key.rows).toEqual([{ role: 'viewer' }]);
    const asViewer = { ...tenants.owner, memberRole: 'viewer' };
    await expect(
      asUser(from!, asViewer, (client) => client.query(`select app_public.create_document('late', 'late')`)),
    ).rejects.toMatchObject({ code: 'CQ790' });
    await expect(
      asUser(from!, asViewer, (client) =>
        client.query(`select app_public.invite_member('late@example.org')`),
      ),
    ).rejects.toMatchObject({ code: 'CQ790' });
    const { rows: read } = await asUser(from!, asViewer, (client) =>
      client.query('select title from app_public.documents'),
    );
    expect(read.length).toBe(2);

    expect(await ops(there, ...write)).toMatchObject({ code: 0, stdout: expect.stringContaining('rows') });
    expect(readdirSync(folder).filter((name) => name.includes('half'))).toEqual([]);
    expect(await ops(there, ...write)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    });

    const before = await everything(to!);
    expect(await ops(now, ...look)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing was changed'),
    });
    expect(await everything(to!)).toEqual(before);
    const brought = await ops(now, ...bring, '--json');
    expect(brought).toMatchObject({ code: 0 });
    const imported = JSON.parse(brought.stdout);
    expect(imported).toMatchObject({ files: 1, people: { joined: [], made: expect.any(Array) } });
    expect(imported.people.made.length).toBe(3);
    const { rows: files } = await to!
      .pool('admin')
      .query('select storage_path as path from app_public.files where workspace_id = $1', [
        imported.workspaceId,
      ]);
    expect(readFileSync(join(filesFolder(join(folder, 'to')), files[0].path), 'utf8')).toBe('zebra');
    expect(
      (
        await to!
          .pool('admin')
          .query(`select frozen_at from app_public.workspaces where id = $1`, [imported.workspaceId])
      ).rows[0].frozen_at,
    ).toBeNull();
    expect(await filesBelow(join(folder, 'to', 'files', 'incoming'))).toEqual([]);
    const { rows: runs } = await to!
      .pool('admin')
      .query(
        `select outcome::text, details from app_hidden.maintenance_runs where task = 'workspace-import'`,
      );
    expect(runs).toMatchObject([
      { outcome: 'succeeded', details: { workspace: imported.workspaceId, source: team } },
    ]);

    expect(await ops(there, ...thaw)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('open again'),
    });
    expect(await session(tenants.owner.token)).toBe('owner');
  });

  it('goes through a pipe, and refuses what is half or unknown', { timeout: LONG }, async () => {
    const [there, now] = here();
    const before = await everything(to!);
    const write = spawn(
      process.execPath,
      ['scripts/ops.ts', 'workspace', 'export', tenants.ann.workspaceId, '--to', '-'],
      { cwd: projectFolder, env: there, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const read = spawn(
      process.execPath,
      ['scripts/ops.ts', 'workspace', 'import', '-', '--dry-run', '--json'],
      { cwd: projectFolder, env: now, stdio: [write.stdout, 'pipe', 'inherit'] },
    );
    let said = '';
    read.stdout!.setEncoding('utf8').on('data', (piece) => (said += piece));
    expect(await new Promise((resolve) => read.once('close', resolve))).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ dryRun: true, from: { workspaceId: tenants.ann.workspaceId } });
    expect(await filesBelow(join(folder, 'to', 'backup-staging'))).toEqual([]);
    expect(
      await ops(there, 'export', '0199c0de-0000-7000-8000-000000000001', '--to', join(folder, 'none.tar.gz')),
    ).toMatchObject({ code: 2, stderr: expect.stringContaining('CQ687') });
    expect(existsSync(join(folder, 'none.tar.gz'))).toBe(false);
    expect(await everything(to!)).toEqual(before);
  });

  it('leaves nothing when it is killed', { timeout: LONG }, async () => {
    const [there, now] = here();
    const archive = join(folder, 'killed.tar.gz');
    expect(await ops(there, 'export', tenants.owner.workspaceId, '--to', archive)).toMatchObject({ code: 0 });
    const before = await everything(to!);
    const blocker = await to!.pool('admin').connect();
    const places = ['messages', 'legal_holds', 'workspaces', 'users', 'chunks', 'embeddings', 'files'];
    for (const table of places.slice(0, sized(2, places.length))) {
      await blocker.query('begin');
      await blocker.query(`lock table app_public.${table} in share row exclusive mode`);
      const child = spawn(
        process.execPath,
        ['scripts/ops.ts', 'workspace', 'import', archive, '--again', '--trust-unverified'],
        { cwd: projectFolder, env: now, stdio: 'ignore' },
      );
      const ended = new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)));
      // it has come to that table
      await until(async () => {
        const { rows } = await blocker.query(
          'select from pg_locks l where not l.granted and l.relation = $1::regclass',
          [`app_public.${table}`],
        );
        return rows.length > 0 || child.exitCode !== null;
      });
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      await blocker.query('rollback');
    }
    blocker.release();
    // the sessions of the dead end a moment later
    await expect
      .poll(
        async () =>
          (
            await to!
              .pool('admin')
              .query(
                `select from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
              )
          ).rowCount,
        { timeout: LONG },
      )
      .toBe(0);
    const after = await everything(to!);
    for (const [name, sum] of Object.entries(before)) expect([name, after[name]]).toEqual([name, sum]);
    expect(Object.keys(after)).toEqual(Object.keys(before));
  });
});
