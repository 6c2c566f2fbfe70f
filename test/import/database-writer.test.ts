import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { openSession } from '../../scripts/shared/session.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, PASSWORD, registerUser, type TestUser } from '../support/users.ts';
import { count, dump, importPaths } from './database.ts';
import { addFiles, conversation, makeFolder, node, readAll } from './helpers.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const S = 1_700_000_000;

const files = {
  'tides.md': '# Tides\n\nThe moon pulls.',
  'src/tide.ts': 'export const tide = 1;\n',
  'page.html': '<title>Harbour</title><p>Boats <b>here</b>.',
  'plain.txt': 'Just words.',
  'picture.txt': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]),
  'latin.txt': Buffer.from('caf\xe9 au lait', 'latin1'),
  'nul.txt': `${'words '.repeat(100)}\0`,
  'empty.md': ' \n',
  '.gitignore': 'secret.md\n',
  'secret.md': 'nobody reads this',
};

describeReal('what an import writes', () => {
  let database: Database;
  let users = 0;
  const newUser = (): Promise<TestUser> => registerUser(database, `user${++users}@example.org`);
  const documentsOf = async (user: TestUser) =>
    (
      await asUser(database, user, (client) =>
        client.query(
          `select source_url, title, content, content_type, code_language, visibility, metadata, id
           from app_public.documents order by source_url collate "C"`,
        ),
      )
    ).rows;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  test('good files become documents, bad ones are named', async () => {
    const user = await newUser();
    const folder = await makeFolder(files);
    await writeFile(join(folder, 'huge.log'), 'x');
    await truncate(join(folder, 'huge.log'), 200 * 1024 * 1024);
    const { summary } = await importPaths(database, user.token, folder);
    expect(summary.tally.counts.documents).toEqual({ imported: 6, updated: 0, unchanged: 0 });
    const skipped = [...summary.tally.skipped].map(([reason, { count: number }]) => [reason, number]);
    expect(Object.fromEntries(skipped)).toEqual({
      binary: 1,
      too_large: 1,
      empty: 1,
      hidden: 1,
      ignored: 1,
    });
    expect(summary.isDamaged()).toBe(false);
    const rows = await documentsOf(user);
    expect(rows.map((row) => row.source_url)).toEqual([
      'file:notes/latin.txt',
      'file:notes/nul.txt',
      'file:notes/page.html',
      'file:notes/plain.txt',
      'file:notes/src/tide.ts',
      'file:notes/tides.md',
    ]);
    const { documents } = await readAll(folder);
    for (const row of rows) {
      const item = documents.find((each) => each.source === row.source_url);
      expect(row).toMatchObject({
        title: item?.title,
        content: item?.content,
        content_type: item?.contentType,
        code_language: item?.language,
        visibility: 'private',
        metadata: item?.metadata,
      });
    }
  });

  test('a repomix file becomes a document per packed file', async () => {
    const user = await newUser();
    const pack = join(fixtures, 'repomix/lantern.xml');
    await importPaths(database, user.token, pack);
    const { documents } = await readAll(pack);
    expect(documents.length).toBeGreaterThan(2);
    const rows = await documentsOf(user);
    expect(rows.map((row) => [row.source_url, row.content]).sort()).toEqual(
      documents.map((item) => [item.source, item.content]).sort(),
    );
  });

  test('an export keeps tree, branches, roles, models and times to the millisecond', async () => {
    const user = await newUser();
    const export_ = join(fixtures, 'chatgpt');
    await importPaths(database, user.token, export_);
    const { conversations } = await readAll(export_);
    const { rows } = await asUser(database, user, (client) =>
      client.query(
        `select c.external_id as source, c.title, c.message_count, c.metadata ->> 'current_leaf' as leaf,
           uuid_extract_timestamp(c.id) as at, m.messages
         from app_public.conversations c
         cross join lateral (
           select json_agg(json_build_object(
             'key', m.idempotency_key, 'parent', p.idempotency_key, 'role', m.role, 'content', m.content,
             'model', m.model, 'at', uuid_extract_timestamp(m.id), 'version', uuid_extract_version(m.id),
             'metadata', m.metadata, 'isOurs', m.author_id is not distinct from c.owner_id
           ) order by m.sequence_number) as messages
           from app_public.messages m left join app_public.messages p on p.id = m.parent_id
           where m.conversation_id = c.id
         ) m
         order by c.id`,
      ),
    );
    expect(rows.map((row) => [row.source, row.title, row.leaf, row.at, row.message_count])).toEqual(
      conversations.map((item) => [
        item.source,
        item.title,
        item.currentLeaf,
        item.createdAt,
        item.messages.length,
      ]),
    );
    for (const [i, item] of conversations.entries()) {
      expect(rows[i].messages.map((each: { at: string }) => ({ ...each, at: new Date(each.at) }))).toEqual(
        item.messages.map((message) => ({
          key: `import:${message.externalId}`,
          parent: message.parentExternalId === null ? null : `import:${message.parentExternalId}`,
          role: message.role,
          content: message.content,
          model: message.model,
          at: message.createdAt,
          version: 7,
          metadata: message.metadata,
          isOurs: message.role === 'user',
        })),
      );
    }
  });

  test('a second time nothing is written, and an edited file alone is', async () => {
    const user = await newUser();
    const folder = await makeFolder(files);
    const paths = [folder, join(fixtures, 'chatgpt')];
    const first = await importPaths(database, user.token, paths);
    const before = await dump(database);
    const again = await importPaths(database, user.token, paths, { visibility: 'workspace' });
    expect(await dump(database)).toEqual(before);
    expect(again.outcomes).toEqual(first.outcomes.map((line) => line.replace('imported', 'unchanged')));

    await addFiles(folder, { 'tides.md': '# Tides\n\nThe sun pulls as well.' });
    const edited = await importPaths(database, user.token, paths);
    expect(edited.outcomes.filter((line) => !line.endsWith('unchanged'))).toEqual([
      'file:notes/tides.md: updated',
    ]);
    const written = (await dump(database)).filter((line) => !before.includes(line));
    expect(written.filter((line) => !line.startsWith('job')).map((line) => line.split(' ')[0])).toEqual([
      'document',
    ]);
    expect((await documentsOf(user)).at(-1)).toMatchObject({ content: '# Tides\n\nThe sun pulls as well.' });
  });

  test('a grown export adds its new messages, and sequence numbers have no gap', async () => {
    const user = await newUser();
    const old = [node('a', null, 'one', S), node('b', 'a', 'two', S + 10), node('c', 'b', 'three', S + 20)];
    const folder = await makeFolder({ 'conversations.json': JSON.stringify([conversation('grow', old)]) });
    await importPaths(database, user.token, folder);
    const messages = async () =>
      (
        await asUser(database, user, (client) =>
          client.query(
            `select m.id, m.idempotency_key as key, m.sequence_number as number, p.idempotency_key as parent
             from app_public.messages m left join app_public.messages p on p.id = m.parent_id order by m.sequence_number`,
          ),
        )
      ).rows;
    const before = await messages();
    // A branch that is older than what is there, one that follows, and a conversation besides.
    const grown = [...old, node('b2', 'a', 'other', S + 5), node('d', 'c', 'four', S + 30)];
    await addFiles(folder, {
      'conversations.json': JSON.stringify([
        conversation('grow', grown),
        conversation('new', [node('x', null, 'hello', S + 40)]),
      ]),
    });
    const { summary, outcomes } = await importPaths(database, user.token, folder);
    expect(outcomes).toEqual(['chatgpt:grow: updated', 'chatgpt:new: imported']);
    expect(summary.tally.counts.messages).toEqual({ imported: 3, updated: 0, unchanged: 3 });
    const after = (await messages()).filter((row) => row.key !== 'import:x');
    expect(after.slice(0, 3)).toEqual(before);
    expect(after.map(({ key, number, parent }) => [key, number, parent])).toEqual([
      ['import:a', 1, null],
      ['import:b', 2, 'import:a'],
      ['import:c', 3, 'import:b'],
      ['import:b2', 4, 'import:a'],
      ['import:d', 5, 'import:c'],
    ]);
  });

  test('another user gets their own and sees nothing of the first', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const folder = await makeFolder({ 'a.md': '# One' });
    const paths = [folder, join(fixtures, 'chatgpt')];
    for (const user of [ann, bob]) {
      const { summary } = await importPaths(database, user.token, paths);
      expect(summary.tally.counts.documents).toMatchObject({ imported: 1, unchanged: 0 });
      expect(summary.tally.counts.conversations).toMatchObject({ imported: 2, unchanged: 0 });
    }
    const ids = (user: TestUser): Promise<string[]> =>
      asUser(database, user, async (client) => {
        const { rows } = await client.query(
          `select id from app_public.documents union all select id from app_public.conversations
           union all select id from app_public.messages`,
        );
        return rows.map((row) => row.id);
      });
    const [his, hers] = [await ids(ann), await ids(bob)];
    expect(his).toHaveLength(1 + 2 + 13);
    expect(hers).toHaveLength(1 + 2 + 13);
    expect(his.filter((id) => hers.includes(id))).toEqual([]);
  });

  test('years of history make no partition', async () => {
    const user = await newUser();
    const month = 30.44 * 24 * 3600;
    const nodes = Array.from({ length: 2000 }, (_, i) =>
      node(`m${i}`, i === 0 ? null : `m${i - 1}`, `message ${i}`, 1_300_000_000 + (i / 2000) * 120 * month),
    );
    const folder = await makeFolder({ 'conversations.json': JSON.stringify([conversation('long', nodes)]) });
    const partitions = `select count(*) from pg_inherits i where i.inhparent = 'app_public.messages'::regclass`;
    const before = await count(database, partitions, []);
    await importPaths(database, user.token, folder);
    const messages = await count(
      database,
      'select count(*) from app_public.messages m where m.workspace_id = $1',
      [user.workspaceId],
    );
    expect(messages).toBe(2000);
    expect(await count(database, partitions, [])).toBe(before);
    expect(
      await count(
        database,
        'select count(*) from app_partitions.messages_default m where m.workspace_id = $1',
        [user.workspaceId],
      ),
    ).toBe(0);
  });

  test('what is new can be shared with the workspace', async () => {
    const user = await newUser();
    const folder = await makeFolder({ 'a.md': '# One' });
    await importPaths(database, user.token, [folder, join(fixtures, 'chatgpt')], { visibility: 'workspace' });
    const { rows } = await asUser(database, user, (client) =>
      client.query(
        'select visibility from app_public.documents union all select visibility from app_public.conversations',
      ),
    );
    expect(rows.map((row) => row.visibility)).toEqual(['workspace', 'workspace', 'workspace']);
  });

  test('what the database refuses is skipped with its reason, and the rest goes on', async () => {
    const user = await newUser();
    // Stored metadata may have 64 KiB, and a message's id 190 characters.
    const list = [
      conversation('bad', [node('x'.repeat(300), null, 'hello', S)]),
      conversation('good', [node('a', null, 'hello', S)]),
    ];
    const folder = await makeFolder({ 'conversations.json': JSON.stringify(list) });
    const { outcomes, summary } = await importPaths(database, user.token, folder);
    expect(outcomes).toEqual(['chatgpt:bad: refused', 'chatgpt:good: imported']);
    expect(summary.tally.skipped.get('refused')?.items[0]?.detail).toMatch(/at most 190 characters/);
    expect(summary.isDamaged()).toBe(true);
  });

  test('a transaction that others are in the way of is tried again; another error is not', async () => {
    const user = await newUser();
    const session = await openSession(database, { token: user.token });
    const raise = (code: string, times: number) => {
      let attempts = 0;
      const work = session.transaction(async (client) => {
        if (++attempts <= times) await client.query(`do $$ begin raise sqlstate '${code}'; end $$`);
        return attempts;
      });
      return work.catch((error) => `${error.code} after ${attempts}`);
    };
    for (const code of ['40001', '40P01', '55P03']) expect(await raise(code, 2)).toBe(3);
    expect(await raise('CQ109', 1)).toBe('CQ109 after 1');
    expect(await raise('40001', 99)).toBe('40001 after 6');
  });

  test('signs out what it signed in, and leaves a token that it was given alone', async () => {
    const user = await newUser();
    const sessions = () =>
      count(database, 'select count(*) from app_private.user_sessions where user_id = $1', [user.id]);
    const email = `user${users}@example.org`;
    const own = await openSession(database, { email, password: PASSWORD, from: 'given' });
    expect(await sessions()).toBe(2);
    await own.end();
    expect(await sessions()).toBe(1);
    await (await openSession(database, { token: user.token })).end();
    expect(await sessions()).toBe(1);
    await expect(openSession(database, { email, password: 'wrong', from: 'given' })).rejects.toMatchObject({
      code: 'CQ102',
    });
    await expect(openSession(database, { token: 'cqs_0' })).rejects.toMatchObject({ code: 'CQ101' });
  });
});
