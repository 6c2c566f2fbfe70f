import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../../jobs/registry.ts';
import { compareCatalogues } from '../../../lib/catalogue.ts';
import { type Database, loginUrl, serverDatabase } from '../../../lib/database.ts';
import { keyOfSet, readCatalogue } from '../../../operations/backup/catalogue.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { openPart } from '../../../operations/logical/part.ts';
import { findDump } from '../../../operations/logical/restore-dump.ts';
import { returnFromBackup } from '../../../operations/logical/return.ts';
import { openRowSet } from '../../../operations/logical/row-set.ts';
import { workspaceScope } from '../../../operations/logical/scope.ts';
import { withScratch } from '../../../operations/logical/scratch.ts';
import { reasonToStay } from '../../../operations/logical/staying-away.ts';
import type { Table } from '../../../operations/logical/tables.ts';
import { run } from '../../../tools/postgres/run.ts';
import { fillEveryTable } from '../../../tools/release-dump/fill.ts';
import { isLong, LONG, sized } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { until } from '../../support/users.ts';
import { describeWithBinaries, one } from '../../tools/postgres/support.ts';
import { ops, startOps } from '../backup/support.ts';
import { addHardRows, catalogueOf, sumsOf, tablesOf } from './support.ts';

const NO_KEYS = { recipients: [], identities: [] };

await describeWithBinaries('a logical dump', (binaries) => {
  let server: OwnServer;
  let source: Database;
  let tables: Table[];
  let folder: string;
  let asBackup: string;
  let variables: Record<string, string>;
  const target = () => folderTarget(join(folder, 'target'));

  const program = async (name: string, ...args: string[]): Promise<number | null> => {
    const done = await run(join(binaries.bin, name), args);
    expect([name, done.code, done.stderr]).toEqual([name, 0, expect.any(String)]);
    return done.code;
  };
  const createDatabase = async (name: string): Promise<string> => {
    await one(server.adminUrl, `create database ${name}`);
    const url = new URL(server.adminUrl);
    url.pathname = `/${name}`;
    return url.href;
  };

  beforeAll(async () => {
    server = await openOwnServer(binaries);
    folder = await mkdtemp(join(tmpdir(), 'colloquy-dump-'));
    await chmod(folder, 0o755);
    source = serverDatabase(server.url);
    await fillEveryTable(source);
    await addHardRows(source);
    await one(server.adminUrl, `alter role colloquy_backup password 'b'`);
    asBackup = loginUrl(server.url, 'colloquy_backup', 'b');
    tables = await tablesOf(source);
    variables = {
      // nothing but the login of backups
      DATABASE_URL: asBackup,
      BACKUP_DATABASE_URL: asBackup,
      PG_BIN: binaries.bin,
      DATA_DIR: join(folder, 'data'),
      BACKUP_TARGET: join(folder, 'target'),
    };
  }, LONG);
  afterAll(async () => {
    await source?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('of PostgreSQL’s own programs, by the backup role alone, restores without an error, in one transaction and as SQL', {
    timeout: LONG,
  }, async () => {
    // the statements of the guide, as they stand there
    const block = [
      ...readFileSync('docs/operations/dumps.md', 'utf8').matchAll(/```sh\n(pg_dump[\s\S]*?)```/g),
    ];
    const file = join(folder, 'colloquy.dump');
    const [dump, roles, restore, place] = block[0]![1]!.replaceAll('colloquy.dump', file).trim().split('\n');
    const shell = async (line: string, url = ''): Promise<void> => {
      const done = await run('bash', ['-c', line], {
        env: {
          PATH: `${binaries.bin}:${process.env.PATH}`,
          BACKUP_DATABASE_URL: asBackup,
          NEW_DATABASE_URL: url,
        },
      });
      expect([line, done.code, done.stderr]).toEqual([line, 0, expect.not.stringContaining('ERROR')]);
    };
    await shell(dump!);
    expect(await program('pg_restore', '-f', `${file}.sql`, file)).toBe(0);
    const expected = { sums: await sumsOf(source, tables), catalogue: await catalogueOf(source) };
    const ways: Record<string, (url: string) => Promise<unknown>> = {
      transaction: (url) => shell(restore!, url),
      psql: (url) =>
        program('psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-f', `${file}.sql`, url),
    };
    // the SQL is the same statements, in the same order
    for (const [name, restoreBy] of Object.entries(ways).slice(0, sized(1, 2))) {
      const url = await createDatabase(`by_${name}`);
      await shell(roles!, url);
      await restoreBy(url);
      await shell(place!, url);
      const restored = serverDatabase(url);
      try {
        expect(compareCatalogues(await catalogueOf(restored), expected.catalogue)).toEqual([]);
        expect(await sumsOf(restored, tables)).toEqual(expected.sums);
        const summary = 'select count(*)::int from app_private.conversation_summary_stats';
        expect(await one(url, summary)).toBe(await one(server.url, summary));
        const rights = 'select datacl::text from pg_database where datname = current_database()';
        expect(await one(url, rights)).toBe(await one(server.url, rights));
      } finally {
        await restored.close();
      }
    }
  });

  it('is taken of the whole by the backup role, and restored into an empty database alone', {
    timeout: LONG,
  }, async () => {
    // one file has bytes, the others of the test have none
    const content = 'the bytes of a file';
    const { rows: stored } = await source.pool('owner').query(
      `update app_public.files set sha256 = sha256($1), byte_size = length($1)
         where id = (select id from app_public.files where is_stored order by id limit 1) returning storage_path as path`,
      [Buffer.from(content)],
    );
    const [{ path }] = stored;
    await mkdir(dirname(join(folder, 'data/files', path)), { recursive: true });
    await writeFile(join(folder, 'data/files', path), content);
    const dumped = await ops(['backup', 'dump', '--jobs', '2', '--json'], variables);
    expect([dumped.code, dumped.stderr]).toEqual([1, expect.stringContaining('Dump')]);
    const set = JSON.parse(dumped.stdout);
    expect(set).toMatchObject({
      kind: 'dump',
      scope: { of: 'whole' },
      files: { count: 1, bytes: content.length },
    });
    const globals = await text(await openPart(target(), NO_KEYS, set, 'globals.sql'));
    expect(globals).toMatch(/alter role colloquy_backup with login .* replication bypassrls/);
    expect(globals).not.toMatch(/password|SCRAM/i);

    const url = await createDatabase('again');
    const where = ['--into', url, '--files-to', join(folder, 'again')];
    const restored = await ops(['restore-dump', ...where, '--jobs', '1', '--index-memory', '64', '--json'], {
      ...variables,
      DATABASE_URL: server.url,
    });
    expect([restored.code, restored.stderr]).toEqual([1, expect.stringContaining('It is a copy')]);
    expect(JSON.parse(restored.stdout).filesMissing).toBeGreaterThan(0);
    expect(await readFile(join(folder, 'again/files', path), 'utf8')).toBe(content);
    const again = serverDatabase(url);
    try {
      const dumped = tables.filter(({ name }) => name !== 'app_hidden.maintenance_runs');
      expect(await sumsOf(again, dumped)).toEqual(await sumsOf(source, dumped));
      expect(compareCatalogues(await catalogueOf(again), await catalogueOf(source))).toEqual([]);
      expect(
        await one(
          url,
          `select bool_and(i.indisvalid) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam where a.amname = 'hnsw'`,
        ),
      ).toBe(true);
    } finally {
      await again.close();
    }
    const conversation = String(
      await one(
        server.url,
        `select id from app_public.conversations where storage_tier = 'hot' order by id limit 1`,
      ),
    );
    const bring = ['restore-rows', '--from', url, '--conversation', conversation];
    await source.pool('owner').query('delete from app_public.conversations where id = $1', [conversation]);
    if (isLong()) {
      // out of the dump itself, which is loaded beside and dropped again
      const args = ['--set', set.id, '--scratch', server.adminUrl, '--conversation', conversation];
      const looked = await ops(['restore-rows', ...args, '--dry-run', '--json'], {
        ...variables,
        DATABASE_URL: server.url,
      });
      expect([looked.code, JSON.parse(looked.stdout).tables['app_public.conversations'].returned]).toEqual([
        0, 1,
      ]);
      expect(
        await one(server.adminUrl, `select count(*)::int from pg_database where datname ~ 'scratch'`),
      ).toBe(0);
    }
    const back = await ops([...bring, '--json'], { ...variables, DATABASE_URL: server.url });
    expect([back.code, back.stderr, JSON.parse(back.stdout).tables['app_public.conversations']]).toEqual([
      0,
      '',
      { inBackup: 1, returned: 1, alreadyThere: 0, withoutParent: 0, conflicts: 0 },
    ]);
    const tag = String(await one(server.url, 'select id from app_public.tags order by id limit 1'));
    await source.pool('owner').query('delete from app_public.tags');
    const rows = ['restore-rows', '--from', url, '--table', 'app_public.tags', '--where', `t.id = '${tag}'`];
    const tags = await ops([...rows, '--json'], { ...variables, DATABASE_URL: server.url });
    expect([tags.code, JSON.parse(tags.stdout).tables['app_public.tags']], tags.stderr).toMatchObject([
      0,
      { inBackup: 1, returned: 1 },
    ]);
    expect(await one(server.url, 'select array_agg(id::text) from app_public.tags')).toEqual([tag]);
    const wrong = await ops([...bring, '--workspace', conversation], {
      ...variables,
      DATABASE_URL: server.url,
    });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Give one of')]);
    const refused = await ops(['restore-dump', '--into', url], { ...variables, DATABASE_URL: server.url });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('CQ680')]);
  });

  it('that is killed leaves no dump, and the next one is whole', { timeout: LONG }, async () => {
    const before = (await readCatalogue(target())).sets.length;
    const { child, ended } = startOps(['backup', 'dump', '--without-files'], variables);
    await until(async () => {
      const { unfinished } = await readCatalogue(target());
      const staged = readdirSync(join(folder, 'data'), { recursive: true });
      return unfinished.length > 0 || staged.some((name) => String(name).endsWith('.dat.zst'));
    });
    child.kill('SIGKILL');
    await ended;
    expect((await readCatalogue(target())).sets).toHaveLength(before);
    expect((await ops(['backup', 'dump', '--without-files'], variables)).code).toBe(0);
    expect((await readCatalogue(target())).sets).toHaveLength(before + 1);
    await expect(findDump(target(), '20200101T000000Z-dump-0000')).rejects.toMatchObject({ code: 'CQ687' });
  });

  it('of tables holds their rows alone, and no table that there is not', { timeout: LONG }, async () => {
    const names = ['app_public.tags', 'app_public.embeddings'];
    const dumped = await ops(['backup', 'dump', '--tables', names.join(','), '--json'], variables);
    expect(dumped.code).toBe(0);
    const rows = await openRowSet(target(), NO_KEYS, await findDump(target(), JSON.parse(dumped.stdout).id));
    const wanted = [...names, 'app_public.embedding_versions'].sort();
    expect(rows.tables.map(({ name }) => name).sort()).toEqual(wanted);
    const sums = await sumsOf(
      source,
      tables.filter(({ name }) => wanted.includes(name)),
    );
    for (const table of rows.tables) {
      let lines = 0;
      for await (const batch of rows.lines(table)) lines += batch.length;
      expect([table.name, lines]).toEqual([table.name, sums[table.name]!.count]);
    }
    const refused = await ops(['backup', 'dump', '--tables', 'app_public.nothing'], variables);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('CQ687')]);
  });

  it('of a workspace holds no row of another, and brings it back', { timeout: LONG }, async () => {
    const workspace = String(
      await one(
        server.url,
        `select workspace_id from app_public.conversations c join app_public.chunks k using (workspace_id) group by 1 order by count(*) desc, 1 limit 1`,
      ),
    );
    // what is held could not be deleted below
    await source
      .pool('owner')
      .query(
        'update app_public.legal_holds set released_at = now() where workspace_id = $1 and released_at is null',
        [workspace],
      );
    const dumped = await ops(
      ['backup', 'dump', '--workspace', workspace, '--without-files', '--json'],
      variables,
    );
    expect(dumped.code).toBe(0);
    const set = await findDump(target(), JSON.parse(dumped.stdout).id);
    let content = '';
    const rows = await openRowSet(target(), NO_KEYS, set);
    for (const table of rows.tables) for await (const lines of rows.lines(table)) content += lines.join('\n');
    expect(content).toContain(workspace);
    // ids of workspaces, people and things of other tenants, in any column
    const foreign = (await one(
      server.url,
      `select array_agg(id) from (
         select id::text from app_public.workspaces where id <> '${workspace}'
         union all select id::text from app_public.conversations where workspace_id <> '${workspace}'
         union all select id::text from app_public.documents where workspace_id <> '${workspace}'
         union all select u.id::text from app_public.users u
           where not exists (select from app_public.workspace_members m where m.user_id = u.id and m.workspace_id = '${workspace}')
         union all select email::text from app_public.users u
           where not exists (select from app_public.workspace_members m where m.user_id = u.id and m.workspace_id = '${workspace}')
       ) as ids`,
    )) as string[];
    expect(foreign.length).toBeGreaterThan(10);
    expect(foreign.filter((id) => content.includes(id))).toEqual([]);
    for (const secret of [
      'app_private.user_secrets',
      'app_private.api_key_secrets',
      'app_private.mail_outbox',
    ])
      expect(rows.tables.map(({ name }) => name)).not.toContain(secret);

    const scope = workspaceScope(tables.filter(({ name }) => !reasonToStay(name)));
    const then = await sumsOf(source, tables, scope, [workspace]);
    await source.pool('owner').query('delete from app_public.workspaces where id = $1', [workspace]);
    expect(await sumsOf(source, tables, scope, [workspace])).toEqual({});
    const options = {
      target: target(),
      keys: NO_KEYS,
      set,
      queues,
      inHand: true,
      staging: join(folder, 'staging'),
    };
    await withScratch(options, server.adminUrl, async (scratch) => {
      await returnFromBackup(
        source.pool('owner'),
        scratch.pool('admin'),
        { of: 'workspace', id: workspace },
        { from: set.id },
      );
    });
    expect(await sumsOf(source, tables, scope, [workspace])).toEqual(then);
    expect(
      await one(
        server.adminUrl,
        `select count(*)::int from pg_database where datname like 'colloquy_scratch%'`,
      ),
    ).toBe(0);

    const part = set.parts.find(({ name }) => name.startsWith('rows/app_public.messages'))!;
    const path = join(folder, 'target', keyOfSet(set.id, part.name));
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const messages = rows.tables.find(({ name }) => name === 'app_public.messages')!;
    await expect(async () => {
      for await (const _ of rows.lines(messages));
    }).rejects.toThrow();
  });
});
