import { expect } from 'vitest';
import { asVisitor, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, guarded, NOWHERE, nobody, of, said, tenants } from './scene.ts';

/**
 * What a conversation with a turn shows to its owner, to a stranger and, once it is shared, to the owner of the
 * workspace; the same when it is packed, unless packed says otherwise.
 */
async function ofReaders(
  from: string,
  rows: number[],
  packed = rows,
  aim: 'conversation' | 'question' | 'answer' = 'conversation',
): Promise<void> {
  const { owner, member, bob, ann } = tenants;
  const count = async (user: TestUser, id: string) => (await call(user, `select from ${from}`, id)).rowCount;
  const own = (sql: string, ...values: unknown[]) => database.pool('owner').query(sql, values);
  for (const [id, by, reader, shared] of [
    [said(bob).conversation, bob, ann, false],
    [said(member).conversation, member, owner, true],
  ] as const) {
    const target = said(by)[aim];
    const look = async () => [await count(by, target), await count(reader, target)];
    const check = async (expected: number[]) => {
      expect(await look()).toEqual([expected[0], expected[1]]);
      const visitor = await asVisitor(database, (client) =>
        client.query(`select from ${from}`, [target]),
      ).catch((error) => ({ rowCount: error.code === '42501' ? 0 : error }));
      expect(visitor.rowCount).toBe(0);
      if (!shared) return;
      const show = (visibility: string) =>
        own('update app_public.conversations set visibility = $1 where id = $2', visibility, id);
      await show('workspace');
      expect(await count(reader, target)).toBe(expected[2]);
      expect(await count(tenants.viewer, target)).toBe(expected[2]);
      await show('private');
    };
    await check(rows);
    await own(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      id,
    );
    await call(by, 'select app_public.archive_conversation($1)', id);
    await check(packed);
    await call(by, 'select app_public.restore_conversation($1)', id);
  }
}

/** Attacks on the functions of conversations and their messages. */
export const conversations: Attacks = {
  'app_public.conversation_messages': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const page = async (user: TestUser, id: string, ...more: unknown[]) =>
      (await call(user, 'select id from app_public.conversation_messages($1, $2)', id, more[0] ?? null))
        .rowCount;
    expect(await page(bob, of(bob).conversation)).toBe(2);
    expect(await page(ann, of(bob).conversation)).toBe(0);
    expect(await page(ann, of(bob).sharedConversation)).toBe(0);
    expect(await page(ann, of(bob).conversation, of(ann).messages[1])).toBe(0);
    expect(await page(member, of(owner).conversation)).toBe(0);
    expect(await page(member, of(owner).sharedConversation)).toBe(1);
    expect(await page(viewer, of(owner).sharedConversation)).toBe(1);
    const visitor = await asVisitor(database, (client) =>
      client.query('select id from app_public.conversation_messages($1)', [of(bob).conversation]),
    );
    expect(visitor.rows).toEqual([]);
  },
  'app_hidden.conversation_page': async () => {
    const { ann, bob, owner, member } = tenants;
    const page = async (user: TestUser) =>
      (await call(user, 'select id from app_hidden.conversation_page(null, null, 1000)')).rows.map(
        ({ id }) => id,
      );
    expect(await page(bob)).toContain(of(bob).conversation);
    for (const hidden of [of(bob).conversation, of(bob).sharedConversation])
      expect(await page(ann)).not.toContain(hidden);
    expect(await page(member)).toContain(of(owner).sharedConversation);
    expect(await page(member)).not.toContain(of(owner).conversation);
    const visitor = await asVisitor(database, (client) =>
      client.query('select id from app_hidden.conversation_page(null, null, 1000)'),
    );
    expect(visitor.rows).toEqual([]);
  },
  'app_public.conversations_unread_count': async () => {
    const { ann, bob, owner, member } = tenants;
    const unread = async (user: TestUser, id: string) =>
      (
        await call(
          user,
          'select app_public.conversations_unread_count(c) as n from app_public.conversations c where c.id = $1',
          id,
        )
      ).rows;
    expect(await unread(ann, of(bob).conversation)).toEqual([]);
    // what one has read, another has not
    const id = of(owner).sharedConversation;
    const [before] = await unread(owner, id);
    await call(member, 'select app_public.mark_read($1)', id);
    expect(await unread(member, id)).toEqual([{ n: 0 }]);
    expect(await unread(owner, id)).toEqual([before]);
  },
  'app_public.import_conversation': async () => {
    const { ann, bob, viewer } = tenants;
    const payload = {
      source: 'chat/1',
      title: 'Imported',
      createdAt: '2024-02-01T10:00:00Z',
      messages: [
        { externalId: 'm1', role: 'user', content: 'from the import', createdAt: '2024-02-01T10:00:01Z' },
      ],
    };
    const load = async (user: TestUser) =>
      (await call(user, 'select * from app_public.import_conversation($1)', payload)).rows[0];
    const [first, second] = [await load(bob), await load(ann)];
    expect([first.is_new, second.is_new]).toEqual([true, true]);
    expect(second.id).not.toBe(first.id);
    expect((await call(ann, 'select from app_public.conversations where id = $1', first.id)).rowCount).toBe(
      0,
    );
    expect(await fails(load(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.import_conversation('{}')`);
  },
  'app_public.post_message': async () => {
    const { ann, bob, member, owner, viewer } = tenants;
    const post = (user: TestUser, id: string, more: Record<string, unknown> = {}) =>
      call(
        user,
        `select * from app_public.post_message($1, 'mine', parent_id => $2, id => $3, idempotency_key => $4)`,
        id,
        more.parent,
        more.id,
        more.key,
      );
    const missing = await fails(post(ann, '01890000-0000-7000-8000-000000000000'));
    expect(missing).toMatchObject({ code: 'CQ204' });
    // what exists elsewhere and what does not exist at all: the same words
    for (const id of [of(bob).conversation, of(bob).sharedConversation]) {
      expect(await fails(post(ann, id))).toEqual(missing);
      expect(await fails(post(ann, id, { key: 'first' }))).toEqual(missing);
    }
    expect(await fails(post(member, of(owner).conversation))).toEqual(missing);
    expect(await fails(post(viewer, of(owner).sharedConversation))).toMatchObject({ code: 'CQ109' });
    const parent = await fails(
      post(ann, of(ann).conversation, { parent: '01890000-0000-7000-8000-000000000000' }),
    );
    expect(parent).toMatchObject({ code: 'CQ204' });
    expect(await fails(post(ann, of(ann).conversation, { parent: of(bob).messages[0] }))).toEqual(parent);
    // the key of a stranger's message returns nothing of it
    const { rows } = await post(ann, of(ann).sharedConversation, { key: 'second' });
    expect(rows[0]).toMatchObject({ content: 'mine', conversation_id: of(ann).sharedConversation });
    expect((await post(member, of(owner).sharedConversation)).rows[0]).toMatchObject({
      author_id: member.id,
      owner_id: owner.id,
    });
    await nobody(`select app_public.post_message('${of(bob).conversation}', 'x')`);
  },
  'app_public.start_conversation': async () => {
    const { ann, bob, viewer } = tenants;
    expect(await fails(call(viewer, 'select app_public.start_conversation()'))).toMatchObject({
      code: 'CQ109',
    });
    const { rows } = await call(
      ann,
      `select workspace_id, owner_id from app_public.start_conversation('mine', 'workspace')`,
    );
    expect(rows).toEqual([{ workspace_id: ann.workspaceId, owner_id: ann.id }]);
    expect((await call(bob, `select from app_public.conversations where title = 'mine'`)).rowCount).toBe(0);
    await nobody('select app_public.start_conversation()');
  },
  'app_public.archive_conversation': async () => {
    const { owner, member } = tenants;
    await guarded('select app_public.archive_conversation($1)', (user) => said(user).conversation);
    const archive = (user: TestUser, id: string) =>
      call(user, 'select app_public.archive_conversation($1)', id);
    const missing = await fails(archive(member, NOWHERE));
    expect(missing.code).toBe('CQ204');
    // what is shared is the owner's and the managers', and what is private is not the managers'
    expect(await fails(archive(member, of(owner).sharedConversation))).toEqual(missing);
    expect(await fails(archive(owner, of(member).conversation))).toEqual(missing);
    await nobody(`select app_public.archive_conversation('${of(tenants.bob).conversation}')`);
  },
  'app_public.restore_conversation': async () => {
    const { owner, member } = tenants;
    await guarded('select app_public.restore_conversation($1)', (user) => said(user).conversation);
    const restore = (user: TestUser, id: string) =>
      call(user, 'select app_public.restore_conversation($1)', id);
    const missing = await fails(restore(member, NOWHERE));
    expect(await fails(restore(member, of(owner).sharedConversation))).toEqual(missing);
    expect(await fails(restore(owner, of(member).conversation))).toEqual(missing);
  },
  'app_public.conversation_feedback': () => ofReaders('app_public.conversation_feedback($1)', [1, 0, 0]),
  'app_public.conversation_citations': () => ofReaders('app_public.conversation_citations($1)', [1, 0, 1]),
  'app_hidden.read_packed_messages': () =>
    ofReaders('app_hidden.read_packed_messages($1, null, 10)', [0, 0, 0], [2, 0, 2]),
  'app_hidden.message_page': () =>
    ofReaders('app_hidden.message_page($1, null, null, 10, true)', [2, 0, 2], [2, 0, 2]),
  'app_hidden.message_changes': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const changes = async (user: TestUser, id: string, open: object[] = []) =>
      (
        await call(
          user,
          'select message_id, content from app_hidden.message_changes($1, 0, $2) where message_id is not null',
          id,
          JSON.stringify(open),
        )
      ).rows;
    const missing = await fails(changes(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    for (const [user, id] of [
      [ann, of(bob).conversation],
      [ann, of(bob).sharedConversation],
      [member, of(owner).conversation],
    ] as const)
      expect(await fails(changes(user, id))).toEqual(missing);
    const shared = of(owner).sharedConversation;
    for (const user of [member, viewer])
      expect(await changes(user, shared)).toEqual(await changes(owner, shared));
    // a message of somebody else is no open answer of a conversation of one's own
    const [own] = [await changes(ann, of(ann).conversation)];
    const [theirs] = of(bob).messages;
    const open = [{ id: theirs, length: 0, digest: 'x' }];
    expect(await changes(ann, of(ann).conversation, open)).toEqual(own);
    await nobody(`select * from app_hidden.message_changes('${of(bob).conversation}', 0)`);
  },
  'app_hidden.read_packed_message': () =>
    ofReaders('app_hidden.read_packed_message($1)', [0, 0, 0], [1, 0, 1], 'answer'),
  'app_hidden.read_packed_question': () =>
    ofReaders(
      'app_hidden.read_packed_question($1) as q where q.id is not null',
      [0, 0, 0],
      [1, 0, 1],
      'answer',
    ),
  'app_hidden.find_message': () => ofReaders('app_hidden.find_message($1)', [1, 0, 1], [1, 0, 1], 'question'),
  'app_hidden.begin_recall': async () => {
    const { bob, ann } = tenants;
    const id = said(bob).conversation;
    // the workspace and the conversation are known, the bytes are not
    for (const [conversation, path] of [
      [id, `${bob.workspaceId}/aa/${'a'.repeat(64)}`],
      [id, ''],
      [NOWHERE, ''],
    ]) {
      const { rows } = await call(
        ann,
        'select app_hidden.begin_recall($1, $2) as wanted',
        conversation,
        path,
      );
      expect(rows).toEqual([{ wanted: false }]);
    }
  },
  'app_hidden.recall_part': async () => {
    const { bob, ann } = tenants;
    const id = said(bob).conversation;
    const own = (sql: string, ...values: unknown[]) => database.pool('owner').query(sql, values);
    await own(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      id,
    );
    await call(bob, 'select app_public.archive_conversation($1)', id);
    await own(`update app_public.conversations set storage_tier = 'cold' where id = $1`, id);
    const { rows: documents } = await own(
      'select document, sha256 from app_hidden.conversation_archive_parts where conversation_id = $1',
      id,
    );
    const { rows: stored } = await own(
      `select a.path, app_hidden.store_conversation($1, a.sha256, a.path, 1) as outcome
       from (select sha256, app_private.content_path(workspace_id, sha256) as path from app_hidden.conversation_archives where conversation_id = $1) as a`,
      id,
    );
    expect(stored[0].outcome).toBe('stored');
    const recall = (path: string, document: string) =>
      call(ann, `select app_hidden.recall_part($1, $2, 'app_public.messages', 0, $3)`, id, path, document);
    const here = async () =>
      (await own('select document from app_hidden.conversation_archive_parts where conversation_id = $1', id))
        .rows;
    // without the path nothing happens, and with it nothing but what was packed comes back
    await recall('', documents[0].document);
    expect((await fails(recall(stored[0].path, '[]'))).code).toBe('CQ722');
    expect(await here()).toEqual([{ document: null }]);
    await recall(stored[0].path, documents[0].document);
    expect(await here()).toEqual([{ document: documents[0].document }]);
    await call(bob, 'select app_public.restore_conversation($1)', id);
  },
  'app_hidden.citations_of': async () => {
    await ofReaders('app_hidden.citations_of($1)', [1, 0, 1], [1, 0, 1], 'answer');
    // who reads the conversation, and not what it cites: the citation without its passage
    const { owner, member } = tenants;
    const show = (visibility: string) =>
      database
        .pool('owner')
        .query('update app_public.conversations set visibility = $1 where id = $2', [
          visibility,
          said(member).conversation,
        ]);
    const passage = async (user: TestUser) =>
      (
        await call(
          user,
          'select (c.citation).chunk_id, (c.passage).content from app_hidden.citations_of($1) as c',
          said(member).answer,
        )
      ).rows[0];
    await show('workspace');
    expect((await passage(member)).content).toMatch(/zebra/);
    expect(await passage(owner)).toEqual({ chunk_id: said(member).chunk, content: null });
    await show('private');
  },
};
