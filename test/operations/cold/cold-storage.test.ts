import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanupFiles } from '../../../jobs/cleanup-files.ts';
import { serverDatabase } from '../../../lib/database.ts';
import { type FileStorage, filesFolder, localStorage } from '../../../lib/storage.ts';
import { copyContents } from '../../../operations/backup/contents.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { checkFiles } from '../../../operations/cold/check.ts';
import { candidates, storeConversation } from '../../../operations/cold/store.ts';
import { restoreFiles } from '../../../operations/restore/files.ts';
import { codeOf, startTestApi, type TestApi } from '../../api/support.ts';
import { LONG, sized } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { indexAll } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';
import { withClient } from '../../tools/postgres/support.ts';
import { filesBelow, ops, startOps } from '../backup/support.ts';
import { coldConversation, contextOf, makeCold, storeAll } from './support.ts';

/** What text can do to lines of JSON. */
const AWKWARD = [
  'a"b\\c',
  'line\nbreak\r\n\ttab',
  '😀 né “q” \u2028 \u2029 \u0085',
  '},\n{',
  '\\u0000',
  'null',
  'ß'.repeat(30_000),
];
const texts = (n: number): string[] =>
  Array.from({ length: n }, (_, i) => `message ${i} ${AWKWARD[i % AWKWARD.length]}`);

describeReal('cold conversations in the storage of files', () => {
  let api: TestApi;
  let data: string;
  let storage: FileStorage;
  let reads = 0;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'colloquy-cold-'));
    const local = localStorage(filesFolder(data));
    storage = {
      ...local,
      read(path, range) {
        reads += 1;
        return local.read(path, range);
      },
    };
    api = await startTestApi({ storage });
    ann = await registerUser(api.database, 'ann@example.org');
    bob = await registerUser(api.database, 'bob@example.org');
  });
  afterAll(async () => {
    await api?.close();
    await rm(data, { recursive: true, force: true });
  });

  const worker = () => api.database.pool('worker');
  const one = async (sql: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(sql, values)).rows[0];
  const set = (value: string) =>
    one(`update app_private.settings set value = $1 where name = 'cold_storage_days'`, value);
  const file = (id: string) =>
    one(
      'select *, recalled_at is not null as is_back from app_hidden.conversation_files where conversation_id = $1',
      id,
    );
  const onDisk = (path: string) => join(filesFolder(data), path);
  const put = async (id: string) => {
    const [candidate] = await candidates(worker(), { coldDays: 0, conversationId: id }, null, 1);
    const stored = await storeConversation(worker(), storage, candidate!);
    expect(stored.outcome).toBe('stored');
    return (await file(id)).storage_path as string;
  };
  /** The rows of a conversation as the owner of the tables sees them, whole, after it is hot again. */
  const rowsOf = async (id: string): Promise<string[]> =>
    (
      await api.database
        .pool('owner')
        .query(
          'select m::text as row from app_public.messages m where m.conversation_id = $1 order by m.id',
          [id],
        )
    ).rows.map(({ row }) => row);
  const ask = (user: TestUser, query: string, variables = {}) =>
    api.ask(query, variables, { token: user.token });
  /** Every message as a client gets it, by pages with cursors, from the newest. */
  async function pages(user: TestUser, id: string, size = 5): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let before: string | null = null; ; ) {
      const { data: reply, errors } = await ask(
        user,
        `query ($id: UUID!, $n: Int, $before: Cursor) { conversation(id: $id) { messages(last: $n, before: $before) {
           totalCount edges { cursor node { id role content sequenceNumber metadata } } pageInfo { hasPreviousPage startCursor } } } }`,
        { id, n: size, before },
      );
      expect(errors).toEqual([]);
      const page = reply.conversation.messages;
      found.push(page.totalCount, ...page.edges);
      if (!page.pageInfo.hasPreviousPage) return found;
      before = page.pageInfo.startCursor;
    }
  }
  const invariant = async () => {
    const text = await readFile('sql/invariants/archives_whole.sql', 'utf8');
    return (await api.database.pool('owner').query(text)).rows;
  };
  const clean = () => cleanupFiles.handle(contextOf(worker(), storage), {});

  it('stay in the database by default, and leave it when the setting says so', async () => {
    const id = await coldConversation(api.database, ann, texts(20));
    expect(await storeAll(worker(), storage)).toMatchObject({ stored: 0, isDone: true });
    expect(await file(id)).toBeUndefined();
    await set('30');
    expect(await storeAll(worker(), storage)).toMatchObject({ stored: 0 });
    await one(
      `update app_public.conversations set last_message_at = now() - interval '209 days' where id = $1`,
      id,
    );
    expect(await storeAll(worker(), storage)).toMatchObject({ stored: 0 });
    await one(
      `update app_public.conversations set last_message_at = now() - interval '211 days' where id = $1`,
      id,
    );
    const before = await one(
      'select sum(bytes) as bytes, sum(row_count) as rows from app_private.workspace_storage where workspace_id = $1',
      ann.workspaceId,
    );
    const shown = await pages(ann, id);
    const result = await storeAll(worker(), storage);
    expect(result).toMatchObject({ stored: 1, messages: 20, waiting: 0, problems: [], isDone: true });
    expect(
      await one(
        'select count(document)::int as here, count(*)::int as parts from app_hidden.conversation_archive_parts where conversation_id = $1',
        id,
      ),
    ).toEqual({ here: 0, parts: 2 });
    // counts for the quota as before, and is whole
    expect(
      await one(
        'select sum(bytes) as bytes, sum(row_count) as rows from app_private.workspace_storage where workspace_id = $1',
        ann.workspaceId,
      ),
    ).toEqual(before);
    expect(await invariant()).toEqual([]);
    // the file is lines of JSON for whoever has it
    const { storage_path: path, byte_size } = await file(id);
    const bytes = await readFile(onDisk(path));
    expect(bytes.length).toBe(Number(byte_size));
    const [manifest, ...rows] = zstdDecompressSync(bytes).toString('utf8').trimEnd().split('\n');
    expect(JSON.parse(manifest!)).toMatchObject({ format: 1, conversationId: id, messages: 20 });
    expect(rows.map((row) => JSON.parse(row).content)).toEqual(texts(20));
    // and a reader sees what was there, with the same cursors
    expect(await pages(ann, id)).toEqual(shown);
    expect((await file(id)).is_back).toBe(true);
    await set('off');
  });

  it('give every row back byte for byte, whatever is done with them', async () => {
    const id = await coldConversation(api.database, ann, texts(30));
    await asUser(api.database, ann, (client) =>
      client.query('select app_public.restore_conversation($1)', [id]),
    );
    await one(
      `update app_public.messages set metadata = '{"scale": 1.500, "null": null}', cost_usd = 0.000100 where conversation_id = $1 and sequence_number = 2`,
      id,
    );
    const rows = await rowsOf(id);
    await makeCold(api.database, [id]);
    const path = await put(id);
    // a post restores first, in the same request
    const posted = await ask(
      ann,
      `mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "awake" }) { message { sequenceNumber } } }`,
      { id },
    );
    expect(posted.errors).toEqual([]);
    expect(posted.data.postMessage.message.sequenceNumber).toBe(31);
    expect((await rowsOf(id)).slice(0, 30)).toEqual(rows);
    // the file belongs to nobody any more: its bytes go, and those of no other
    expect(await file(id)).toBeUndefined();
    const other = await coldConversation(api.database, ann, texts(3));
    const kept = await put(other);
    await clean();
    const left = await filesBelow(filesFolder(data));
    expect(left).not.toContain(path);
    expect(left).toContain(kept);
    await one('delete from app_public.conversations where id = $1', other);
    await clean();
    expect(await filesBelow(filesFolder(data))).not.toContain(kept);
  });

  it('are read as before: by id, replies, search, links, feedback, and explained', async () => {
    const document = await asUser(api.database, ann, (client) =>
      client.query(`select id from app_public.create_document('animals', 'A walrus rides.')`),
    );
    expect(document.rows).toHaveLength(1);
    await indexAll(api.database);
    const chunk = await one('select id from app_public.chunks where workspace_id = $1', ann.workspaceId);
    const made = await asUser(api.database, ann, async (client) => {
      const { rows: started } = await client.query(`select id from app_public.start_conversation('Zebra')`);
      const id = started[0].id as string;
      const { rows } = await client.query(
        `select id from app_public.record_turn($1, 'Which zebra sings?', 'The striped zebra.', chunks => $2)`,
        [id, JSON.stringify([{ chunkId: chunk.id, similarityScore: 0.5 }])],
      );
      const { rows: links } = await client.query(`select * from app_public.share_conversation($1)`, [id]);
      return { id, question: rows[0].id, answer: rows[1].id, link: links[0].token as string };
    });
    await indexAll(api.database);
    await makeCold(api.database, [made.id]);
    const look = async () => {
      const { data: reply, errors } = await ask(
        ann,
        `query ($answer: UUID!, $id: UUID!) {
           message(id: $answer) { content parent { content } }
           conversation(id: $id) { title messages(first: 1) { nodes { content replies { nodes { content } } } } citations { nodes { similarityScore } } }
           explainAnswer(messageId: $answer) { question chunks { content } }
           search(query: "zebra sings", mode: TEXT) { results { message { content } } } }`,
        { answer: made.answer, id: made.id },
      );
      expect(errors).toEqual([]);
      return reply;
    };
    const link = async () =>
      (
        await api.ask(
          'query ($token: String!) { readSharedConversation(token: $token) { title messages { content } } }',
          { token: made.link },
        )
      ).data;
    const [seen, linked] = [await look(), await link()];
    for (const again of [look, link, look]) {
      await put(made.id);
      expect((await file(made.id)).is_back).toBe(false);
      expect(await again()).toEqual(again === link ? linked : seen);
      expect((await file(made.id)).is_back).toBe(true);
    }
    await put(made.id);
    const { errors } = await ask(
      ann,
      'mutation ($id: UUID!) { giveFeedback(input: { messageId: $id, feedbackType: POSITIVE }) { clientMutationId } }',
      { id: made.answer },
    );
    expect(errors).toEqual([]);
    expect(await file(made.id)).toBeUndefined();
  });

  it('are fetched once for many readers, and never for one who may not read', async () => {
    const id = await coldConversation(api.database, ann, texts(12));
    const path = await put(id);
    reads = 0;
    const strange = await ask(
      bob,
      `query ($id: UUID!) { conversation(id: $id) { messages { nodes { id } } } }`,
      { id },
    );
    expect(strange.data.conversation).toBeNull();
    const message = await one(
      'select message_ids[3] as id from app_hidden.conversation_archives where conversation_id = $1',
      id,
    );
    expect((await ask(bob, 'query ($id: UUID!) { message(id: $id) { content } }', message)).data).toEqual({
      message: null,
    });
    expect(
      codeOf(
        await ask(
          bob,
          'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "mine" }) { message { id } } }',
          { id },
        ),
      ),
    ).toBe('CQ204');
    // also past the API: the conversation without its path, and its path with other bytes
    await asUser(api.database, bob, async (client) => {
      const { rows } = await client.query('select app_hidden.begin_recall($1, $2) as wanted', [
        id,
        `${bob.workspaceId}/aa/${'a'.repeat(64)}`,
      ]);
      expect(rows[0].wanted).toBe(false);
    });
    await expect(
      asUser(api.database, bob, (client) =>
        client.query(`select app_hidden.recall_part($1, $2, 'app_public.messages', 0, '[]')`, [id, path]),
      ),
    ).rejects.toMatchObject({ code: 'CQ722' });
    for (const sql of [
      'select app_hidden.conversations_to_store()',
      'select app_hidden.stored_conversations()',
    ])
      await expect(asUser(api.database, bob, (client) => client.query(sql))).rejects.toMatchObject({
        code: '42501',
      });
    expect([reads, (await file(id)).is_back]).toEqual([0, false]);
    const all = await Promise.all(Array.from({ length: 6 }, () => pages(ann, id, 20)));
    expect(reads).toBe(1);
    for (const each of all) expect(each).toEqual(all[0]);
    // plain SQL says what to do
    await put(id);
    await expect(
      asUser(api.database, ann, (client) =>
        client.query('select count(*) from app_public.conversation_messages($1)', [id]),
      ),
    ).rejects.toMatchObject({
      code: 'CQ720',
      hint: expect.stringContaining(`cold recall --conversation ${id}`),
    });
  });

  it('that are several in one answer all come', async () => {
    const ids = [];
    for (let n = 0; n < 4; n += 1)
      ids.push(await coldConversation(api.database, bob, [`first of ${n}`, 'b']));
    for (const id of ids) await put(id);
    const { data: reply, errors } = await ask(
      bob,
      '{ conversations(orderBy: ID_ASC) { nodes { messages(first: 1) { nodes { content } } } } }',
    );
    expect(errors).toEqual([]);
    expect(JSON.stringify(reply)).toContain('first of 0');
    expect(JSON.stringify(reply)).toContain('first of 3');
  });

  it('say so when their file is missing or damaged, the others do not suffer, and it can be put right', async () => {
    const [lost, torn, fine] = [
      await coldConversation(api.database, ann, texts(9)),
      await coldConversation(api.database, ann, texts(10)),
      await coldConversation(api.database, ann, texts(4)),
    ];
    const paths = [await put(lost), await put(torn), await put(fine)];
    const [good, whole] = [await readFile(onDisk(paths[0]!)), await readFile(onDisk(paths[1]!))];
    await rm(onDisk(paths[0]!));
    const bad = Buffer.from(whole);
    bad[bad.length >> 1]! ^= 0xff;
    await writeFile(onDisk(paths[1]!), bad);
    const read = (id: string) =>
      ask(ann, 'query ($id: UUID!) { conversation(id: $id) { title messages { nodes { content } } } }', {
        id,
      });
    expect(codeOf(await read(lost))).toBe('CQ721');
    expect(codeOf(await read(torn))).toBe('CQ722');
    expect((await read(fine)).errors).toEqual([]);
    const post =
      'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "x" }) { message { id } } }';
    expect(codeOf(await ask(ann, post, { id: torn }))).toBe('CQ722');
    expect([(await file(lost)).is_back, (await file(torn)).is_back]).toEqual([false, false]);
    // the check takes it down, the doctor says it
    const doctor = async () =>
      (await api.database.pool('monitor').query(await readFile('sql/doctor/cold_files.sql', 'utf8'))).rows;
    expect(await doctor()).toEqual([]);
    expect(await checkFiles(worker(), storage, { hashes: 1000 })).toMatchObject({ missing: 1, damaged: 1 });
    expect((await doctor()).map(({ severity, detail }) => [severity, detail])).toEqual([
      ['error', expect.stringMatching(/^1 missing, 1 damaged/)],
    ]);
    const variables = { DATABASE_URL: api.database.url('admin'), DATA_DIR: data };
    const status = await ops(['cold', 'status', '--json'], variables);
    expect([status.code, JSON.parse(status.stdout)]).toMatchObject([1, { missing: '1', damaged: '1' }]);
    // of the right size, and others: it is the bytes that count
    const checked = await ops(['cold', 'check', '--hashes', '0', '--json'], variables);
    expect([checked.code, JSON.parse(checked.stdout)]).toMatchObject([1, { missing: 1, damaged: 0 }]);
    expect(await doctor()).toHaveLength(1);
    await writeFile(onDisk(paths[0]!), good);
    await writeFile(onDisk(paths[1]!), whole);
    expect(await checkFiles(worker(), storage, { hashes: 1000 })).toMatchObject({ missing: 0, damaged: 0 });
    expect(await doctor()).toEqual([]);
    expect((await read(lost)).data.conversation.messages.nodes).toHaveLength(9);
    expect((await read(torn)).data.conversation.messages.nodes).toHaveLength(10);
    // a process that has no storage
    await put(fine);
    const bare = await startTestApi({ database: api.database });
    expect(
      codeOf(
        await bare.ask(
          'query ($id: UUID!) { conversation(id: $id) { messages { nodes { id } } } }',
          { id: fine },
          { token: ann.token },
        ),
      ),
    ).toBe('CQ724');
    await bare.api.close();
  });

  it('stay where they are without room, while somebody has them, and when what is written is not what is read', async () => {
    const id = await coldConversation(api.database, ann, texts(8));
    const [candidate] = await candidates(worker(), { coldDays: 0, conversationId: id }, null, 1);
    const full: FileStorage = {
      ...storage,
      receive: (source, options) =>
        storage.receive(
          (async function* () {
            for await (const piece of source) {
              yield piece;
              throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            }
          })(),
          options,
        ),
    };
    await expect(storeConversation(worker(), full, candidate!)).rejects.toMatchObject({ code: 'CQ507' });
    const lying: FileStorage = {
      ...storage,
      async receive(source, options) {
        const received = await storage.receive(source, options);
        return {
          ...received,
          async place(path) {
            await received.place(path);
            await writeFile(onDisk(path), 'other bytes');
          },
        };
      },
    };
    await expect(storeConversation(worker(), lying, candidate!)).rejects.toMatchObject({ code: 'CQ722' });
    const holder = await api.database.pool('owner').connect();
    await holder.query('begin');
    await holder.query('select from app_public.conversations where id = $1 for update', [id]);
    expect((await storeConversation(worker(), storage, candidate!)).outcome).toBe('busy');
    await holder.query('rollback');
    holder.release();
    expect((await pages(ann, id)).length).toBeGreaterThan(8);
    // another archive by now
    await asUser(api.database, ann, (client) =>
      client.query(`select app_public.post_message($1, 'more')`, [id]),
    );
    const before = await filesBelow(filesFolder(data));
    expect((await storeConversation(worker(), storage, candidate!)).outcome).toBe('changed');
    expect(await filesBelow(filesFolder(data))).toEqual(before);
    await makeCold(api.database, [id]);
    await put(id);
    expect((await pages(ann, id, 50)).length).toBe(1 + 9);
    expect(await invariant()).toEqual([]);
  });

  it(
    'are put there and brought back by a command that may be killed at any point',
    async () => {
      const COUNT = sized(10, 60);
      const carl = await registerUser(api.database, 'carl@example.org');
      const ids = [];
      for (let n = 0; n < COUNT; n += 1)
        ids.push(await coldConversation(api.database, carl, texts(3), { isLeft: true }));
      await makeCold(api.database, ids);
      const shown = new Map<string, unknown>();
      for (const id of ids) shown.set(id, await pages(carl, id, 20));
      const variables = { DATABASE_URL: api.database.url('admin'), DATA_DIR: data };
      const count = async (condition: string): Promise<number> =>
        (
          await one(
            `select count(*)::int as n from app_hidden.conversation_files where workspace_id = $1 and ${condition}`,
            carl.workspaceId,
          )
        ).n;
      const dry = await ops(['cold', 'export', '--all', '--days', '0', '--dry-run', '--json'], variables);
      expect(dry.code, dry.stderr).toBe(0);
      expect(JSON.parse(dry.stdout).stored).toBeGreaterThanOrEqual(COUNT);
      expect(await count('true')).toBe(0);

      const killAfter = async (args: string[], when: () => Promise<boolean>) => {
        const { child, ended } = startOps(args, variables);
        let isOver = false;
        const over = ended.finally(() => {
          isOver = true;
        });
        while (!isOver && !(await when()));
        child.kill('SIGKILL');
        await over;
      };
      const some = 1 + Math.floor(Math.random() * (COUNT - 2));
      await killAfter(['cold', 'export', '--all', '--days', '0'], async () => (await count('true')) >= some);
      expect(await count('true')).toBeGreaterThanOrEqual(some);
      expect(await invariant()).toEqual([]);
      for (const id of ids.slice(0, 4)) expect(await pages(carl, id, 20)).toEqual(shown.get(id));
      // those that were just read go again after a week, to the file that they have
      await one(
        `update app_hidden.conversation_files set recalled_at = recalled_at - interval '8 days' where recalled_at is not null`,
      );
      const exported = await ops(['cold', 'export', '--all', '--days', '0', '--json'], variables);
      expect(exported.code, exported.stderr).toBe(0);
      expect(await count('recalled_at is null')).toBe(COUNT);

      await killAfter(
        ['cold', 'recall', '--workspace', carl.workspaceId],
        async () => (await count('recalled_at is not null')) >= some,
      );
      expect(await invariant()).toEqual([]);
      const recalled = await ops(['cold', 'recall', '--owner', carl.id, '--for-good', '--json'], variables);
      expect(recalled.code, recalled.stderr).toBe(0);
      expect(JSON.parse(recalled.stdout)).toMatchObject({ released: COUNT, problems: [] });
      expect(await count('true')).toBe(0);
      for (const id of ids) expect(await pages(carl, id, 20)).toEqual(shown.get(id));

      // what the killed ones left is removed, when it is an hour old
      const incoming = join(filesFolder(data), 'incoming');
      for (const name of await readdir(incoming)) await utimes(join(incoming, name), 0, 0);
      await clean();
      const left = (await filesBelow(filesFolder(data))).filter((path) => path.startsWith(carl.workspaceId));
      expect(left).toEqual([]);
      expect(await readdir(incoming)).toEqual([]);
    },
    LONG,
  );

  it('are contents of a backup, and of nobody who removes bytes', async () => {
    const id = await coldConversation(api.database, ann, texts(5));
    const path = await put(id);
    expect(
      await one(
        'select is_wanted, byte_size > 0 as has_size from app_hidden.stored_contents() where storage_path = $1',
        path,
      ),
    ).toEqual({ is_wanted: true, has_size: true });
    await one(
      'insert into app_hidden.discarded_contents (workspace_id, storage_path) values ($1, $2)',
      ann.workspaceId,
      path,
    );
    await clean();
    expect(await filesBelow(filesFolder(data))).toContain(path);
    // what a set has copied comes back from it
    const target = folderTarget(join(data, 'target'));
    const keys = { recipients: [], identities: [] };
    const copied = await copyContents(api.database.pool('backup'), storage, target, keys, {});
    expect(copied.copied).toBeGreaterThan(0);
    const bytes = await readFile(onDisk(path));
    await rm(onDisk(path));
    const report = await withClient(api.database.url('admin'), (client) =>
      restoreFiles({ target, keys }, client, filesFolder(data)),
    );
    expect([report.restored, report.missing, report.damaged]).toEqual([1, [], []]);
    expect(await readFile(onDisk(path))).toEqual(bytes);
    // a legal hold keeps what is in files there, and what is not, here
    const [held, fresh] = [
      await coldConversation(api.database, ann, texts(3)),
      await coldConversation(api.database, ann, texts(2)),
    ];
    const heldPath = await put(held);
    const due = (await candidates(worker(), { coldDays: 0, conversationId: fresh }, null, 1))[0]!;
    await asUser(api.database, ann, (session) =>
      session.query(`select app_public.place_legal_hold('a case')`),
    );
    expect(await candidates(worker(), { coldDays: 0, conversationId: fresh }, null, 1)).toEqual([]);
    expect((await storeConversation(worker(), storage, due)).outcome).toBe('held');
    await clean();
    expect(await filesBelow(filesFolder(data))).toContain(heldPath);
    expect([(await pages(ann, held)).length, (await pages(ann, fresh)).length]).toEqual([4, 3]);
  });

  it('are no loss to a database that is older than their files', async () => {
    const source = await createTestDatabase();
    const before = serverDatabase(source.url);
    const dora = await registerUser(before, 'dora@example.org');
    const id = await coldConversation(before, dora, texts(7));
    await before.close();
    const copy = await createTestDatabase(source);
    const later = serverDatabase(source.url);
    const [due] = await candidates(later.pool('worker'), { coldDays: 0 }, null, 1);
    expect((await storeConversation(later.pool('worker'), storage, due!)).outcome).toBe('stored');
    await later.close();
    const older = serverDatabase(copy.url);
    const again = await startTestApi({ database: older, storage });
    const read = async () =>
      (
        await again.ask(
          'query ($id: UUID!) { conversation(id: $id) { messages { nodes { content } } } }',
          { id },
          { token: dora.token },
        )
      ).data.conversation.messages.nodes.map(({ content }: { content: string }) => content);
    expect(await read()).toEqual(texts(7));
    // the bytes are there already
    const [mine] = await candidates(older.pool('worker'), { coldDays: 0 }, null, 1);
    expect((await storeConversation(older.pool('worker'), storage, mine!)).outcome).toBe('stored');
    expect(await read()).toEqual(texts(7));
    await again.close();
  });
});
