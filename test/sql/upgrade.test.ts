import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { compareCatalogues, readCatalogue } from '../../lib/catalogue.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { committedMigrations, migrateDatabase, projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { testBinaries } from '../support/binaries.ts';
import { releases, restoreRelease } from '../support/releases.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, asVisitor, PASSWORD, type TestUser } from '../support/users.ts';
import { createEmptyDatabase } from './databases.ts';

/** What a second run does. */
const NOTHING = { migrations: [], functions: [] };

/** What migrate itself keeps. */
const RECORDS = 'app_hidden.applied_functions';

type Row = Record<string, unknown>;

const catalogueOf = async (database: Database) => {
  const client = await database.pool('admin').connect();
  try {
    return await readCatalogue(client);
  } finally {
    client.release();
  }
};

const rowsOf = async (database: Database, sql: string): Promise<Row[]> =>
  (await database.pool('admin').query<Row>(sql)).rows;

/** How many rows each table of the application has; of partitioned tables the whole. */
async function countRows(database: Database): Promise<Map<string, number>> {
  const tables = await rowsOf(
    database,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p') order by 1`,
  );
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [row] = await rowsOf(database, `select count(*)::int as count from ${name}`);
    counts.set(String(name), Number(row!.count));
  }
  return counts;
}

/** The tables whose rows migrations add, move or remove, as a line "-- changes rows of app_public.a, app_public.b" says. */
function changedByMigrations(applied: string[]): Set<string> {
  const current = readdirSync(join(projectFolder, 'migrations/current')).map((name) => `current/${name}`);
  const texts = [...applied.map((name) => `committed/${name}`), ...current].map((name) =>
    readFileSync(join(projectFolder, 'migrations', name), 'utf8'),
  );
  const lines = texts.flatMap((text) => [...text.matchAll(/^-- changes rows of (.+)$/gm)]);
  return new Set(lines.flatMap(([, names]) => names!.split(',').map((name) => name.trim())));
}

/** Gives one row of each table an address that browsers run, as releases before the check took them. */
async function plantPrograms(database: Database): Promise<void> {
  for (const [table, column, address] of [
    ['documents', 'source_url', 'java\tscript:alert(1)'],
    ['files', 'source_url', ' data:text/html,x'],
    ['repositories', 'repo_url', 'javascript:alert(1)'],
  ]) {
    await database
      .pool('admin')
      .query(
        `update app_public.${table} set ${column} = $1 where id = (select min(id::text)::uuid from app_public.${table})`,
        [address],
      );
  }
}

describeReal('a database of an earlier release', () => {
  it('is there to be upgraded', () => {
    expect(releases()).toContain('0.1.0');
  });

  describe.each(releases())('%s', (release) => {
    let upgraded: Database;
    let fresh: Database;
    let before: Map<string, number>;
    let settings: Row[];
    let applied: string[];
    let ann: TestUser;

    beforeAll(async () => {
      const url = await createEmptyDatabase();
      await restoreRelease(release, url);
      upgraded = serverDatabase(url);
      await plantPrograms(upgraded);
      before = await countRows(upgraded);
      settings = await rowsOf(upgraded, 'select name, value from app_private.settings order by name');
      applied = (await migrateDatabase(upgraded, queues, { inHand: true })).migrations;
      fresh = serverDatabase((await createTestDatabase()).url);
    });
    afterAll(async () => {
      await upgraded?.close();
      await fresh?.close();
    });

    it('had rows in every table, and has them still', async () => {
      const after = await countRows(upgraded);
      const changed = changedByMigrations(applied);
      const kept = [...before].filter(([name]) => name !== RECORDS && !changed.has(name));
      for (const [name, count] of kept) {
        expect(count, name).toBeGreaterThan(0);
        expect(
          after.get(name),
          `${name}: a migration that changes its rows says so: -- changes rows of ${name}`,
        ).toBe(count);
      }
    });

    it('has no address left that runs something, and nothing of it is lost', async () => {
      const sourcesOf = (table: string) =>
        rowsOf(upgraded, `select source_url from app_public.${table} where source_url like 'unsafe:%'`);
      expect(await sourcesOf('documents')).toEqual([
        { source_url: expect.stringMatching(/^unsafe:javascript:alert\(1\)#[0-9a-f-]{36}$/) },
      ]);
      expect(await sourcesOf('files')).toEqual([{ source_url: 'unsafe: data:text/html,x' }]);
      expect(
        await rowsOf(
          upgraded,
          `select repo_url, description from app_public.repositories where description like '%javascript:%'`,
        ),
      ).toEqual([{ repo_url: null, description: expect.stringMatching(/javascript:alert\(1\)$/) }]);
    });

    it('becomes what a new database is: tables, functions, policies, rights, comments', async () => {
      expect(compareCatalogues(await catalogueOf(upgraded), await catalogueOf(fresh))).toEqual([]);
    });

    it('has every migration, and a second run finds nothing to do', async () => {
      const names = 'select filename from graphile_migrate.migrations order by filename';
      expect(await rowsOf(upgraded, names)).toEqual(
        committedMigrations().map(({ filename }) => ({ filename: `${filename.slice(0, 6)}.sql` })),
      );
      expect(await migrateDatabase(upgraded, queues)).toEqual(NOTHING);
    });

    it('has the settings of a new one, and keeps the values that it had', async () => {
      const described = 'select name, unit, description from app_private.settings order by name';
      expect(await rowsOf(upgraded, described)).toEqual(await rowsOf(fresh, described));
      if (changedByMigrations(applied).has('app_private.settings')) return;
      expect(await rowsOf(upgraded, 'select name, value from app_private.settings order by name')).toEqual(
        settings,
      );
    });

    it('has the queues and schedules of a new one', async () => {
      for (const sql of [
        'select version from pgboss.version',
        'select name, policy, retry_limit, expire_seconds, retention_seconds, dead_letter from pgboss.queue order by name',
        'select name, key, cron, timezone from pgboss.schedule order by name, key',
      ]) {
        expect(await rowsOf(upgraded, sql)).toEqual(await rowsOf(fresh, sql));
      }
    });

    describe('serves the people that it had', () => {
      const asked = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
        (await asUser(upgraded, ann, (client) => client.query<Row>(sql, values))).rows;

      beforeAll(async () => {
        const { rows } = await upgraded.pool('owner').query(
          `select u.id, w.id as workspace from app_public.users u
           join app_public.workspace_members m on m.user_id = u.id
           join app_public.workspaces w on w.id = m.workspace_id and w.is_personal
           where u.email = 'ann@example.org'`,
        );
        ann = { id: rows[0].id, workspaceId: rows[0].workspace, memberRole: 'owner', token: '' };
      });

      it('with their password, and not with another', async () => {
        const signIn = async (password: string): Promise<Row | undefined> =>
          (
            await asVisitor(upgraded, (client) =>
              client.query<Row>('select token, user_id from app_public.sign_in($1, $2)', [
                'ann@example.org',
                password,
              ]),
            )
          ).rows[0];
        expect(await signIn(PASSWORD)).toMatchObject({ token: expect.any(String), user_id: ann.id });
        expect(await signIn('another password')).toMatchObject({ token: null });
      });

      it('with what they wrote, found by words and by vector, and nothing of others', async () => {
        for (const mode of ['text', 'vector']) {
          const [answer] = await asked(
            `select array_agg(r.content) as contents from app_public.search('zebra', (
               select e.embedding from app_public.embeddings e join app_public.embedding_versions v on v.id = e.version_id
               where v.status = 'active' limit 1), mode => $1::app_public.search_mode) as s, unnest(s.results) as r`,
            [mode],
          );
          const contents = answer!.contents as string[];
          expect(contents.length, mode).toBeGreaterThan(2);
          for (const content of contents) expect(content, mode).not.toMatch(/bob|member/);
        }
      });

      it('with a conversation in pages, its citations, and an archived one', async () => {
        const conversation = async (title: string): Promise<unknown> =>
          (await asked('select id from app_public.conversations where title = $1', [title]))[0]!.id;
        const page = (id: unknown, before?: unknown) =>
          asked('select id, content from app_public.conversation_messages($1, $2, 1)', [id, before]);
        const id = await conversation('ann private');
        const [last] = await page(id);
        expect(last!.content).toBe('zebra, said ann again');
        expect(await page(id, last!.id)).toMatchObject([{ content: 'zebra said ann' }]);

        expect(
          await asked('select * from app_public.conversation_citations($1)', [
            await conversation('ann dialogue'),
          ]),
        ).toHaveLength(1);
        const archived = await conversation('ann archived');
        expect(await page(archived)).toMatchObject([{ content: 'The striped one.' }]);
      });

      it('when they go on: a message, a memory, a document, an archived conversation', async () => {
        const [message] = await asked(
          `select m.content from app_public.conversations c
           cross join lateral app_public.post_message(c.id, 'And after the upgrade?') as m where c.title = 'ann archived'`,
        );
        expect(message).toEqual({ content: 'And after the upgrade?' });
        expect(
          await asked(
            `select p.content from app_public.conversations c
             cross join lateral app_public.conversation_messages(c.id, first => 2) as p where c.title = 'ann archived'`,
          ),
        ).toEqual([{ content: 'And after the upgrade?' }, { content: 'The striped one.' }]);
        expect(await asked(`select content from app_public.remember('Upgraded without a loss')`)).toEqual([
          { content: 'Upgraded without a loss' },
        ]);
        expect(
          await asked(`select title from app_public.create_document('Since then', 'A newer zebra.')`),
        ).toEqual([{ title: 'Since then' }]);
      });
    });
  });
});

/** The command of docs/upgrading.md that begins with a word. */
function documented(command: string): string {
  const text = readFileSync(join(projectFolder, 'docs/upgrading.md'), 'utf8');
  const line = text.split('\n').find((one) => one.startsWith(`${command} `));
  if (!line) throw new Error(`docs/upgrading.md has no ${command}.`);
  return line;
}

describeReal('a backup, as docs/upgrading.md says', () => {
  let kept: Database;
  let restored: Database;
  let folder: string;
  let bin: string;
  let url: URL;

  /** What a DBA types, in a folder of its own. */
  const type = (command: string, env: Record<string, string>) =>
    run('sh', ['-c', command], {
      cwd: folder,
      env: {
        PATH: `${bin}:${process.env.PATH}`,
        LC_ALL: 'C',
        PGHOST: url.hostname,
        PGPORT: url.port,
        PGUSER: url.username,
        PGPASSWORD: decodeURIComponent(url.password),
        ...env,
      },
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-backup-'));
    bin = (await testBinaries()).bin;
    url = new URL(await createEmptyDatabase());
    await restoreRelease(releases()[0]!, url.href);
    kept = serverDatabase(url.href);
    await migrateDatabase(kept, queues, { inHand: true });
    restored = serverDatabase(await createEmptyDatabase());
  });
  afterAll(async () => {
    await kept?.close();
    await restored?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused to a login that row security holds for, and whole for colloquy_backup', async () => {
    const as = (role: string) =>
      type(documented('pg_dump'), {
        DATABASE_URL: `${url.href}?options=${encodeURIComponent(`-c role=${role}`)}`,
      });
    expect(await as('colloquy_owner')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('row-level security'),
    });
    expect(await as('colloquy_backup')).toMatchObject({ code: 0, stderr: '' });
  });

  it('is restored beside the database: the same schema and rows, and nothing pending', async () => {
    const name = new URL(restored.url('admin')).pathname.slice(1);
    const command = documented('pg_restore').replace('colloquy_before', name);
    expect(await type(command, {})).toMatchObject({ code: 0, stderr: '' });
    expect(compareCatalogues(await catalogueOf(restored), await catalogueOf(kept))).toEqual([]);
    expect(await countRows(restored)).toEqual(await countRows(kept));
    expect(await migrateDatabase(restored, queues)).toEqual(NOTHING);
    const days = async (database: Database): Promise<Row[]> => {
      const { rows } = await database
        .pool('worker')
        .query<Row>('select rows::int from app_hidden.refresh_summary_stats()');
      return rows;
    };
    expect(await days(restored)).toEqual(await days(kept));
  });
});
