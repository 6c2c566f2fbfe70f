import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../../../lib/database.ts';
import type { FileStorage } from '../../../lib/storage.ts';
import { workspaceScope } from '../../../operations/logical/scope.ts';
import { checkInvariant, invariantNames } from '../../../operations/restore/invariants.ts';
import { namedNotToCross, reasonNotToCross } from '../../../operations/workspaces/crossing.ts';
import { crossingTables } from '../../../operations/workspaces/export.ts';
import { fillEveryTable } from '../../../tools/release-dump/fill.ts';
import { createEmbedded } from '../../support/embedded.ts';
import { LONG } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, asVisitor, PASSWORD } from '../../support/users.ts';
import { withClient } from '../../tools/postgres/support.ts';
import { sumsOf, tablesOf } from '../logical/support.ts';
import {
  canonical,
  exportTo,
  forge,
  ID,
  type Installation,
  importInto,
  type Line,
  linesOf,
  storageOf,
  storeBytes,
} from './support.ts';

const ELSEWHERE = '0199c0de-0000-7000-8000-000000000001';

describeReal('a workspace in another installation', () => {
  let folder: string;
  let from: Installation;
  let to: Installation;
  const file = (name: string): string => join(folder, `${name}.tar.gz`);
  const one = async (where: Installation, sql: string, ...values: unknown[]) =>
    (await where.database.pool('admin').query(sql, values)).rows[0];
  const workspaceOf = async (name: string): Promise<string> =>
    (
      await one(
        from,
        `select w.id from app_public.workspaces w join app_public.workspace_members m on m.workspace_id = w.id
         join app_public.users u on u.id = m.user_id where w.name = $1 or w.is_personal and u.email = $1`,
        name,
      )
    ).id;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-workspaces-'));
    from = { database: serverDatabase((await createTestDatabase()).url), folder: join(folder, 'from') };
    to = { database: serverDatabase((await createTestDatabase()).url), folder: join(folder, 'to') };
    await fillEveryTable(from.database);
    // ids inside of JSON: of what is there, of somebody, and one that means something elsewhere
    await from.database.pool('owner').query(
      `update app_public.conversations c set metadata = jsonb_build_object(
         'about', (select d.id from app_public.documents d where d.workspace_id = c.workspace_id limit 1),
         'by', c.owner_id, 'in', jsonb_build_array(c.workspace_id), 'order', $1::text, 'said', format('"%s"', c.id), 'exact', 1.50)
       where c.title like '%dialogue'`,
      [ELSEWHERE],
    );
    const { rows } = await from.database
      .pool('admin')
      .query(`select distinct storage_path as path from app_public.files where sha256 = sha256('zebra')`);
    for (const { path } of rows) await storeBytes(from, path, 'zebra');
  });
  afterAll(async () => {
    await from?.database.close();
    await to?.database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What triggers count of a workspace, and what it stores. */
  const counters = async (where: Installation, workspaceId: string) =>
    one(
      where,
      `select
         (select json_object_agg(concat_ws(' ', k.source_type, k.text_search_language, k.is_language_recognized), k.chunk_count)
          from (select * from app_hidden.chunk_counts order by 1, 2, 3, 4) as k where k.workspace_id = $1 and k.chunk_count <> 0) as chunks,
         (select json_agg(e.embedding_count order by 1) from app_hidden.embedding_counts e
          join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active' where e.workspace_id = $1) as vectors,
         (select json_agg(w.word order by w.word) from app_hidden.workspace_words w where w.workspace_id = $1) as words,
         (select array[sum(s.bytes), sum(s.row_count)] from app_private.workspace_storage s where s.workspace_id = $1) as storage,
         (select array[sum(l.total_tokens), sum(l.cost_usd)] from app_public.usage_logs l where l.workspace_id = $1) as usage`,
      workspaceId,
    );

  it.for(['ann@example.org', 'bob@example.org', 'Team'])('of %s is the same, row by row', async (name) => {
    const workspaceId = await workspaceOf(name);
    const exported = await exportTo(from, workspaceId, file(name));
    const imported = await importInto(to, file(name));
    await exportTo(to, imported.workspaceId, file('again'));
    const [old, now] = [await linesOf(file(name)), await linesOf(file('again'))];
    const [before, after] = [canonical(old), canonical(now)];
    // everybody there has a personal one already
    before['rows/app_public.workspaces'] = before['rows/app_public.workspaces']!.map((row) =>
      row.replace('"is_personal":"true"', '"is_personal":"false"'),
    );
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    for (const part of Object.keys(before)) expect([part, after[part]]).toEqual([part, before[part]]);
    expect(imported.rows).toEqual(exported.rows);
    expect(imported.vectors).toEqual({ kept: exported.rows['app_public.embeddings'], remade: 0 });
    const [there, here] = [await counters(from, workspaceId), await counters(to, imported.workspaceId)];
    // a packed conversation has other bytes than its messages
    if (name === 'ann@example.org') there.storage[0] = here.storage[0];
    expect(here).toEqual(there);
    expect([imported.files, imported.missingFiles]).toEqual([1, 0]);
    // no row is of another workspace, and none names one of the other installation
    const ids = new Set<unknown>(
      [...old].flatMap(([part, rows]) => (part.startsWith('rows/') ? rows.map((row) => row.id) : [])),
    );
    ids.delete(undefined);
    for (const [part, rows] of now) {
      if (!part.startsWith('rows/')) continue;
      expect(
        rows.filter((row) => row.workspace_id !== imported.workspaceId && row.id !== imported.workspaceId),
      ).toEqual([]);
      const named = rows.flatMap((row) =>
        Object.values(row).flatMap((value) => value?.match(/[0-9a-f-]{36}/g) ?? []),
      );
      // inside of a text it stays what somebody wrote
      const texts = old
        .get(part)!
        .flatMap((row) => row.metadata?.match(/\\"[0-9a-f-]{36}\\"/g) ?? [])
        .map((id) => id.slice(2, -2));
      expect([part, named.filter((id) => ids.has(id) && !texts.includes(id))]).toEqual([part, []]);
    }
    const told = now.get('rows/app_public.conversations')!.find(({ title }) => title?.endsWith('dialogue'))!;
    expect(told.metadata).toContain('"exact": 1.50');
    expect(JSON.parse(told.metadata!)).toMatchObject({
      about: expect.toSatisfy((id) => now.get('rows/app_public.documents')!.some((row) => row.id === id)),
      by: told.owner_id,
      in: [imported.workspaceId],
      order: ELSEWHERE,
    });
  });

  it('has every table of a workspace, or a reason why not, and no secret', async () => {
    const tables = await tablesOf(from.database);
    const names = new Set(tables.map(({ name }) => name));
    expect(namedNotToCross().filter((name) => !names.has(name))).toEqual([]);
    const scope = workspaceScope(tables);
    const crossing = crossingTables(tables).tables;
    expect(
      tables.filter(
        ({ name }) =>
          scope.has(name) && !reasonNotToCross(name) && !crossing.some((one) => one.name === name),
      ),
    ).toEqual([]);
    // by this each row is known to be of the workspace
    expect(
      crossing.filter(
        ({ name, columns }) =>
          name !== 'app_public.workspaces' && !columns.some((c) => c.name === 'workspace_id'),
      ),
    ).toEqual([]);
    expect(
      crossing.flatMap(({ name, columns }) =>
        columns
          .filter((c) => /secret|token_hash|password|code_hash/.test(c.name))
          .map((c) => `${name}.${c.name}`),
      ),
    ).toEqual([]);
    // and the three together have rows of each
    const found = new Set<string>();
    for (const name of ['ann@example.org', 'bob@example.org', 'Team'])
      for (const [part, rows] of await linesOf(file(name)))
        if (rows.length > 0) found.add(part.replace(/^rows\//, ''));
    expect(crossing.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
  });

  it('passes the checks of a restored copy, and its packed conversation can be read', async () => {
    await withClient(to.database.url('admin'), async (client) => {
      for (const name of invariantNames())
        expect([
          name,
          (await checkInvariant(client, name)).filter(({ severity }) => severity === 'error'),
        ]).toEqual([name, []]);
    });
    const packed = await one(
      from,
      `select count(*)::int as count from app_public.conversations where storage_tier <> 'hot' and title = 'ann archived'`,
    );
    const here = await one(
      to,
      `select count(*)::int as count from app_public.messages m join app_public.conversations c on c.id = m.conversation_id where c.title = 'ann archived'`,
    );
    expect([packed.count, here.count]).toEqual([1, 2]);
  });

  it('makes accounts that nobody can use before the address is proved, and joins those that have proved it', async () => {
    const { rows } = await to.database
      .pool('admin')
      .query(
        `select u.email::text, u.role::text, u.is_email_verified as verified, u.is_active as active from app_public.users u order by 1`,
      );
    // ann is an administrator where she comes from
    expect(rows.find(({ email }) => email === 'ann@example.org')).toEqual({
      email: 'ann@example.org',
      role: 'user',
      verified: false,
      active: true,
    });
    const signIn = await asVisitor(to.database, (client) =>
      client.query('select app_public.sign_in($1, $2) as token', ['ann@example.org', PASSWORD]),
    );
    expect(signIn.rows[0].token).toBeNull();

    await expect(importInto(to, file('ann@example.org'), { again: true })).rejects.toMatchObject({
      code: 'CQ787',
    });
    await to.database
      .pool('owner')
      .query(
        `update app_public.users set is_email_verified = true, email = 'Ann@Example.org' where email = 'ann@example.org'`,
      );
    await expect(importInto(to, file('ann@example.org'))).rejects.toMatchObject({ code: 'CQ785' });
    await expect(
      importInto(to, file('ann@example.org'), { again: true, owner: 'nobody@example.org' }),
    ).rejects.toMatchObject({ code: 'CQ787' });
    const ann = await one(to, `select u.* from app_public.users u where u.email = 'ann@example.org'`);
    const dry = await importInto(to, file('ann@example.org'), {
      again: true,
      dryRun: true,
      name: 'Ann again',
    });
    expect(dry.people).toEqual({ joined: ['Ann@Example.org'], made: [] });
    expect(
      await one(to, `select count(*)::int as count from app_public.workspaces where name = 'Ann again'`),
    ).toEqual({ count: 0 });
    const twice = await importInto(to, file('ann@example.org'), {
      again: true,
      owner: 'BOB@example.org',
      name: 'Ann again',
    });
    const members = await to.database
      .pool('admin')
      .query(
        `select u.email::text, m.role::text from app_public.workspace_members m join app_public.users u on u.id = m.user_id where m.workspace_id = $1 order by 1`,
        [twice.workspaceId],
      );
    expect(members.rows).toEqual([
      { email: 'Ann@Example.org', role: 'owner' },
      { email: 'bob@example.org', role: 'owner' },
    ]);
    const after = await one(to, `select u.* from app_public.users u where u.email = 'ann@example.org'`);
    // what she used there counts here, and nothing else of her account changes
    expect({ ...after, total_tokens_used: 0, total_cost_usd: 0 }).toEqual({
      ...ann,
      total_tokens_used: 0,
      total_cost_usd: 0,
    });
  });

  it('has its vectors made anew where its model is not here, and no more than may be stored', async () => {
    const other = await forge(file('Team'), file('model'), (part, rows) =>
      part === 'models' ? rows.map((row) => ({ ...row, model: 'elsewhere' })) : rows,
    );
    const options = { again: true, trustUnverified: true };
    const imported = await importInto(to, other, options);
    expect(imported.vectors).toMatchObject({ kept: 0 });
    expect(imported.vectors.remade).toBeGreaterThan(0);
    const waiting = await one(
      to,
      `select count(*)::int as count from app_hidden.embedding_backlog b where b.workspace_id = $1`,
      imported.workspaceId,
    );
    expect(waiting.count).toBe(imported.rows['app_public.chunks']);
    // words are found at once
    const member = await one(
      to,
      'select m.user_id as id from app_public.workspace_members m where m.workspace_id = $1 limit 1',
      imported.workspaceId,
    );
    const { rows: found } = await asUser(
      to.database,
      { id: member.id, workspaceId: imported.workspaceId, token: '', memberRole: 'owner' },
      (client) =>
        client.query(`select cardinality((app_public.search('zebra', mode => 'text')).results) as count`),
    );
    expect(found[0].count).toBeGreaterThan(0);
    const owner = to.database.pool('owner');
    await owner.query(`update app_private.settings set value = '3' where name = 'rows_per_workspace'`);
    await expect(importInto(to, file('Team'), options)).rejects.toMatchObject({ code: 'CQ786' });
    await owner.query(`update app_private.settings set value = '0' where name = 'rows_per_workspace'`);
  });

  it('goes into an embedded database and out of it', { timeout: LONG }, async () => {
    const embedded = {
      database: await createEmbedded(join(folder, 'embedded')),
      folder: join(folder, 'embedded'),
    };
    const team = canonical(await linesOf(file('Team')));
    try {
      const there = await importInto(embedded, file('Team'));
      await exportTo(embedded, there.workspaceId, file('embedded'));
      expect(canonical(await linesOf(file('embedded')))).toEqual(team);
    } finally {
      await embedded.database.close();
    }
    const back = await importInto(to, file('embedded'), { trustUnverified: true });
    await exportTo(to, back.workspaceId, file('again'));
    expect(canonical(await linesOf(file('again')))).toEqual(team);
  });

  it('of any age lies where it can: no partition is made, and bytes that are lost are named', async () => {
    const parts = await linesOf(file('Team'));
    const team = parts.get('rows/app_public.workspaces')![0]!.id;
    const kept = new Set([
      team,
      ...['people', 'models'].flatMap((part) => parts.get(part)!.map(({ id }) => id)),
    ]);
    const nowhere = { database: from.database, folder: join(folder, 'nowhere') };
    expect((await exportTo(nowhere, team!, file('lost'))).missingFiles.length).toBe(1);
    // of 2017
    const old = await forge(file('lost'), file('old'), (part, rows) =>
      part.startsWith('rows/')
        ? JSON.parse(JSON.stringify(rows).replace(ID, (id) => (kept.has(id) ? id : `0160${id.slice(4)}`)))
        : rows,
    );
    const partitions = `select count(*)::int as count from pg_class c where c.relnamespace = 'app_partitions'::regnamespace`;
    const before = await one(to, partitions);
    const imported = await importInto(to, old, { again: true, trustUnverified: true });
    expect(await one(to, partitions)).toEqual(before);
    expect(
      await one(
        to,
        `select count(*)::int as count, max(extract(year from m.created_at))::int as year,
           array_agg(distinct m.tableoid::regclass::text) as partitions from app_public.messages m where m.workspace_id = $1`,
        imported.workspaceId,
      ),
    ).toEqual({
      count: imported.rows['app_public.messages'],
      year: 2017,
      partitions: ['app_partitions.messages_history'],
    });
    expect([
      imported.files,
      (await importInto(to, file('lost'), { again: true, trustUnverified: true, dryRun: true })).missingFiles,
    ]).toEqual([0, 1]);
  });

  it('that fails when its bytes are placed leaves a note of them, for the job that removes them', async () => {
    const storage = storageOf(to);
    const failing: FileStorage = {
      ...storage,
      async receive(source, options) {
        const received = await storage.receive(source, options);
        return {
          ...received,
          async place(path) {
            await received.place(path);
            throw new Error('the disk is gone');
          },
        };
      },
    };
    const tried = importInto(to, file('Team'), { again: true, trustUnverified: true, storage: failing });
    await expect(tried).rejects.toThrow('the disk is gone');
    const left: (string | null)[] = [];
    for await (const leftover of storage.leftovers(0)) {
      left.push(leftover.path);
      expect(await storage.size(leftover.path!)).toBe(5);
      expect(
        await one(
          to,
          'select count(*)::int as count from app_public.files where storage_path = $1',
          leftover.path,
        ),
      ).toEqual({ count: 0 });
      await leftover.remove();
    }
    expect(left.length).toBe(1);
  });

  it('of a forged archive never comes in, and nothing here changes', async () => {
    const tables = await tablesOf(to.database);
    const before = await sumsOf(to.database, tables);
    const stranger = await one(
      to,
      `select w.id, (select c.id from app_public.conversations c where c.workspace_id = w.id limit 1) as conversation from app_public.workspaces w where w.name = 'Ann again'`,
    );
    const elsewhere = ELSEWHERE;
    const rowsOf = (table: string, change: (rows: Line[]) => Line[]) => (part: string, rows: Line[]) =>
      part === `rows/app_public.${table}` ? change(rows) : rows;
    const first = (table: string, values: Line) =>
      rowsOf(table, ([row, ...others]) => [{ ...row, ...values }, ...others]);
    const cases: [string, (part: string, rows: Line[]) => Line[], Parameters<typeof forge>[3]?][] = [
      ['a document of another workspace', first('documents', { workspace_id: stranger.id })],
      ['a policy of the whole installation', first('retention_policies', { workspace_id: null })],
      ['another workspace as the one', first('workspaces', { id: stranger.id })],
      ['two workspaces', rowsOf('workspaces', ([row]) => [row!, { ...row, id: elsewhere }])],
      [
        'a message in a conversation of somebody else',
        first('messages', { conversation_id: stranger.conversation }),
      ],
      ['a row twice', rowsOf('tags', ([row, ...others]) => [row!, row!, ...others])],
      ['an owner who is nobody', first('conversations', { owner_id: elsewhere })],
      ['an id that is none', first('documents', { id: "'; drop table app_public.users --" })],
      ['a value of another type', first('documents', { updated_at: 'no time' })],
      ['a number for a text', first('documents', { title: 7 })],
      ['a NUL', first('documents', { title: 'a\0b' })],
      ['half a character', first('documents', { title: '\ud800' })],
      ['a column too many', first('documents', { content_hash: '\\x00' })],
      ['a column too few', rowsOf('documents', ([row]) => [{ id: row!.id }])],
      ['a role that there is none', first('workspace_members', { role: 'superuser' })],
      ['a check that fails', first('messages', { sequence_number: '-1' })],
      [
        'two people of one address',
        (part, rows) => (part === 'people' ? [...rows, { ...rows[0], id: elsewhere }] : rows),
      ],
      [
        'an account of the installation',
        (_, rows) => rows,
        { addition: ['rows/app_public.users', [{ id: elsewhere, email: 'x@example.org', role: 'admin' }]] },
      ],
      [
        'a setting of the installation',
        (_, rows) => rows,
        { addition: ['rows/app_private.settings', [{ name: 'environment', value: 'x' }]] },
      ],
      [
        'an API key',
        (part, rows) =>
          part === 'tables'
            ? [
                ...rows,
                {
                  name: 'app_public.api_keys',
                  columns: [
                    { name: 'id', type: 'uuid' },
                    { name: 'workspace_id', type: 'uuid' },
                  ],
                },
              ]
            : rows,
      ],
      [
        'a generated column',
        (part, rows) =>
          part === 'tables'
            ? rows.map((row) =>
                row.name === 'app_public.files'
                  ? { ...row, columns: [...(row.columns as Line[]), { name: 'storage_path', type: 'text' }] }
                  : row,
              )
            : rows,
      ],
      ['bytes that no file has', (_, rows) => rows, { files: { [`files/${'0'.repeat(64)}`]: 'x' } }],
      [
        'bytes under another name',
        rowsOf('files', (rows) => rows.map((row) => ({ ...row, sha256: `\\x${'0'.repeat(64)}` }))),
        { files: { [`files/${'0'.repeat(64)}`]: 'x' } },
      ],
      ['no owner', rowsOf('workspace_members', (rows) => rows.filter(({ role }) => role !== 'owner'))],
      ['an entry that nobody knows', (_, rows) => rows, { files: { 'scripts/run.sh': 'x' } }],
    ];
    for (const [name, change, options] of cases) {
      const forged = await forge(file('Team'), file('forged'), change, options);
      const code = await importInto(to, forged, { again: true, trustUnverified: true }).then(
        () => 'imported',
        (error) => error.code,
      );
      expect([name, code]).toEqual([name, expect.stringMatching(/^CQ78[48]$/)]);
    }
    const counted = await forge(file('Team'), file('forged'), (_, rows) => rows, {
      details: { workspaceId: stranger.id },
    });
    await expect(importInto(to, counted, { again: true, trustUnverified: true })).rejects.toMatchObject({
      code: 'CQ784',
    });
    expect(await sumsOf(to.database, tables)).toEqual(before);
  });

  it('is not exported without all of its messages', async () => {
    await from.database.pool('owner').query('delete from app_hidden.conversation_archive_parts');
    const tried = exportTo(from, await workspaceOf('ann@example.org'), file('short'));
    await expect(tried).rejects.toMatchObject({ code: 'CQ789' });
    await expect(linesOf(file('short'))).rejects.toMatchObject({ code: 'CQ780' });
  });
});
