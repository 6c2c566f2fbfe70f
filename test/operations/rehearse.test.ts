import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { type Rehearsal, rehearse } from '../../operations/rehearsal/rehearse.ts';
import { statementsOf } from '../../operations/rehearsal/units.ts';
import { execute, query } from '../sql/databases.ts';
import { addChunks } from '../support/knowledge.ts';
import { LONG } from '../support/limits.ts';
import { openOwnServer } from '../support/own-server.ts';
import { createTestDatabase, describeReal, testServer } from '../support/server.ts';
import { registerUser, until } from '../support/users.ts';
import { describeWithBinaries } from '../tools/postgres/support.ts';

describe('statements of a file', () => {
  it('are counted without what is quoted', () => {
    expect(statementsOf(`-- a; b\nselect ';'; do $x$ begin; end $x$; /* ; */`)).toEqual([
      "select ''",
      "do ''",
    ]);
    expect(statementsOf('-- nothing\n')).toEqual([]);
  });
});

describeReal('a rehearsal', () => {
  let url: string;
  let folder: string;
  const children = new Set<ChildProcess>();
  const file = (name: string, sql: string): string => {
    writeFileSync(join(folder, name), sql);
    return join(folder, name);
  };
  const adminUrl = (): string => {
    const server = testServer();
    if ('reason' in server) throw new Error(server.reason);
    return server.adminUrl;
  };
  const clones = async () =>
    (await query(adminUrl(), `select datname from pg_database where datname like 'colloquy\\_rehearsal\\_%'`))
      .length;
  const of = (rehearsal: Rehearsal, name: string) => rehearsal.units.find(({ unit }) => unit === name)!;
  const names = (rehearsal: Rehearsal, name: string) => of(rehearsal, name).findings.map((one) => one.name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-rehearsal-'));
    ({ url } = await createTestDatabase());
    const database = serverDatabase(url);
    const ann = await registerUser(database, 'ann@example.org');
    const owner = database.pool('owner');
    const { rows } = await owner.query(
      `select id, dimensions from app_public.embedding_versions where status = 'active'`,
    );
    await addChunks(owner, {
      version: rows[0].id,
      workspaceId: ann.workspaceId,
      ownerId: ann.id,
      dimensions: rows[0].dimensions,
      count: 20,
      seed: 0.1,
    });
    await database.close();
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'finds what a change does to others, and only in that change',
    async () => {
      const files = [
        file(
          'rewrite.sql',
          'alter table app_public.chunks add column dice double precision default random();',
        ),
        file('lock.sql', 'lock table app_public.documents in share mode;\nselect pg_sleep(0.4);'),
        file(
          'rights.sql',
          `grant select on app_private.settings to colloquy_user; drop policy if exists all_owner on app_private.settings;`,
        ),
        file(
          'bad.sql',
          `create table app_public.notes (id uuid primary key); comment on table app_public.notes is 'x';
           alter table app_public.notes enable row level security;
           create function app_public.peek() returns integer language sql security definer as 'select 1';
           create index on app_partitions.embeddings_1 using hnsw ((embedding::extensions.halfvec(512)) extensions.halfvec_l2_ops);
           create table app_public.marks (id uuid primary key, workspace_id uuid, chunk_id uuid);
           alter table app_public.marks enable row level security; alter table app_public.marks force row level security;
           alter table app_public.marks add foreign key (workspace_id, chunk_id) references app_partitions.chunks_03 (workspace_id, id);`,
        ),
        // what is done as it should be
        file(
          'good.sql',
          `create table app_public.boards (id uuid not null constraint boards_pkey primary key, embedding extensions.halfvec(8));
           comment on table app_public.boards is 'x';
           alter table app_public.boards enable row level security; alter table app_public.boards force row level security;
           create index boards_hnsw on app_public.boards using hnsw (embedding extensions.halfvec_cosine_ops);
           create function app_private.pinned() returns integer language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';
           alter table app_public.boards add column chunk_id uuid, add column workspace_id uuid,
             add foreign key (workspace_id, chunk_id) references app_public.chunks (workspace_id, id);
           create index boards_chunk_idx on app_public.boards (workspace_id, chunk_id);
           alter table app_public.documents add column shelf text;`,
        ),
        file(
          'good-index.sql',
          '--! no-transaction\ncreate index concurrently shelves on app_public.documents (shelf);',
        ),
      ];
      const rehearsal = await rehearse(url, { files, maxLock: 200 });
      expect(rehearsal.notTried).toEqual([]);

      expect(names(rehearsal, 'rewrite.sql')).toContain('rewrite');
      expect(of(rehearsal, 'rewrite.sql').rewrites.map(({ relation }) => relation)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^app_partitions\.chunks_/)]),
      );
      expect(of(rehearsal, 'rewrite.sql').walBytes).toBeGreaterThan(1000);
      expect(of(rehearsal, 'lock.sql').locks).toEqual([
        { relation: 'app_public.documents', mode: 'ShareLock', held: expect.any(Number), stops: 'writes' },
      ]);
      expect(of(rehearsal, 'lock.sql').locks[0]!.held).toBeGreaterThan(300);
      expect(names(rehearsal, 'lock.sql')).toEqual(['long_lock']);
      expect(of(rehearsal, 'rights.sql').rights).toEqual([
        expect.objectContaining({
          kind: 'grant',
          name: 'app_private.settings: select to colloquy_user',
          state: 'extra',
        }),
        expect.objectContaining({
          kind: 'policy',
          name: 'app_private.settings: all_owner',
          state: 'missing',
        }),
      ]);
      expect(names(rehearsal, 'bad.sql')).toEqual(
        expect.arrayContaining([
          ...['rls_forced', 'security_definer_search_path', 'vector_index_locks', 'operator_class'],
          'foreign_key_to_part',
        ]),
      );
      expect([names(rehearsal, 'good.sql'), names(rehearsal, 'good-index.sql')]).toEqual([[], []]);
      expect(of(rehearsal, 'good.sql').locks).toContainEqual(
        expect.objectContaining({ relation: 'app_public.documents', mode: 'AccessExclusiveLock' }),
      );
      expect(of(rehearsal, 'good-index.sql').otherChanges).toBe(1);
      // nothing of it is in the database
      expect(await query(url, `select to_regclass('app_public.boards') as boards`)).toEqual([
        { boards: null },
      ]);
      expect(await clones()).toBe(0);
    },
    LONG,
  );

  it('says where a change fails, and tries nothing after it', async () => {
    const two = '--! no-transaction\nselect 1;\nselect nothing_there;';
    const rehearsal = await rehearse(url, {
      files: [file('wrong.sql', two), file('later.sql', 'select 1;')],
      maxLock: 1000,
    });
    expect(of(rehearsal, 'wrong.sql').error).toMatch(
      /wrong\.sql:3: column "nothing_there" does not exist \(42703\)/,
    );
    expect(names(rehearsal, 'wrong.sql')).toEqual(['several_statements', 'fails']);
    expect(rehearsal.notTried).toEqual(['later.sql']);
  });

  it(
    'is a command, which refuses a database in use and a second run, and leaves no clone, also when it is killed',
    async () => {
      const run = async (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
        const env = { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'silent' };
        try {
          return {
            code: 0,
            ...(await promisify(execFile)(process.execPath, ['scripts/ops.ts', 'rehearse', ...words], {
              cwd: projectFolder,
              env,
            })),
          };
        } catch (error) {
          return error as { code: number; stdout: string; stderr: string };
        }
      };
      // what is pending changed a function of the database: it gets the text of this copy again
      await execute(
        url,
        `update app_hidden.applied_functions set hash = repeat('0', 64) where path = 'support/setting.sql'`,
      );
      const held = await run(
        ...['--on', url, '--json', '--max-lock', '100'],
        ...['--file', file('held.sql', 'lock table app_public.tags; select pg_sleep(0.3);')],
      );
      expect(held.code, held.stderr).toBe(1);
      expect(of(JSON.parse(held.stdout), 'held.sql').findings).toMatchObject([
        { name: 'long_lock', subject: 'app_public.tags' },
      ]);
      const bad = await run('--file', file('bad.sql', 'grant select on app_public.users to public;'));
      expect(bad.code, bad.stderr).toBe(1);
      expect(bad.stdout).toMatch(/^functions\/ \(1 files\): \d+ ms, .* of log, 0 objects$/m);
      expect(bad.stdout).toMatch(/! granted_to_everyone .*\n.*→/);

      const database = serverDatabase(url);
      await database.pool('admin').query('select 1');
      expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('CQ661') });
      await database.close();

      const slow = file('slow.sql', 'select pg_sleep(600);');
      const sleeping = async (): Promise<unknown[]> =>
        (
          await query(
            adminUrl(),
            `select datname from pg_stat_activity where query = 'select pg_sleep(600);' and datname ~ '^colloquy_rehearsal_'`,
          )
        ).map(({ datname }) => datname);
      const begin = (): ChildProcess => {
        const child = spawn(process.execPath, ['scripts/ops.ts', 'rehearse', '--file', slow], {
          cwd: projectFolder,
          env: { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'silent' },
        });
        children.add(child);
        return child;
      };
      const killed = begin();
      await until(async () => (await sleeping()).length > 0);
      const [left] = await sleeping();
      expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('CQ660') });
      killed.kill('SIGKILL');
      const holds = `select from pg_stat_activity where application_name = 'colloquy rehearse' and datname = 'postgres'`;
      await until(async () => (await query(adminUrl(), holds)).length === 0);
      expect(await clones()).toBe(1);

      // the next one drops it, and is told to end
      const ended = begin();
      await until(async () => (await sleeping()).some((name) => name !== left));
      expect(await clones()).toBe(1);
      ended.kill('SIGTERM');
      expect(await new Promise((resolve) => ended.once('close', resolve))).toBe(130);
      expect(await clones()).toBe(0);
    },
    LONG,
  );
});

await describeWithBinaries('a rehearsal on a server that lacks roles', (binaries) => {
  it('stops until an administrator has made them', { timeout: LONG }, async () => {
    const server = await openOwnServer(binaries);
    const attempt = () => rehearse(server.url, { files: [], maxLock: 200 });
    try {
      await execute(server.adminUrl, 'revoke colloquy_monitor from colloquy_worker');
      await expect(attempt()).rejects.toMatchObject({
        code: 'CQ663',
        message: expect.stringContaining('colloquy_worker in colloquy_monitor'),
      });
      await execute(server.adminUrl, readFileSync(join(projectFolder, 'sql/roles.sql'), 'utf8'));
      expect((await attempt()).notTried).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
