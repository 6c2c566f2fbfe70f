import { expect } from 'vitest';
import { axis, indexAll } from '../../support/tenants.ts';
import type { TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, ids, NOWHERE, nobody, of, tenants } from './scene.ts';

/** Attacks on the functions of documents, files, repositories, tags and search. */
export const knowledge: Attacks = {
  'app_hidden.register_file': async () => {
    const { ann, bob, member, viewer } = tenants;
    const store = (user: TestUser, conversation: string | null = null) =>
      call(
        user,
        `select id, owner_id, workspace_id, original_name from app_hidden.register_file('../x/mine.txt', 'text/plain', 5, sha256('zebra'), $1)`,
        conversation,
      );
    // the same bytes as everybody else's: each gets its own row, and learns nothing of the others
    expect((await store(ann)).rows).toEqual([
      { id: of(ann).file, owner_id: ann.id, workspace_id: ann.workspaceId, original_name: 'ann.txt' },
    ]);
    expect((await store(member)).rows[0].id).toBe(of(member).file);
    expect(await fails(store(ann, of(bob).conversation))).toMatchObject({ code: 'CQ204' });
    expect(await fails(store(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_hidden.register_file('a', 'text/plain', 1, sha256('a'))`);
  },
  'app_hidden.register_attachment': async () => {
    const { ann, bob, member, owner, viewer } = tenants;
    const load = (user: TestUser) =>
      call(user, 'select id from app_public.import_conversation($1::jsonb)', {
        source: 'chatgpt:attacked',
        messages: [
          {
            externalId: 'm',
            role: 'user',
            content: 'x',
            createdAt: '2024-01-01T00:00:00Z',
            attachments: [{ externalId: 'f', name: 'a.txt', bytes: 'in_export' }],
          },
        ],
      });
    const store = (user: TestUser) =>
      call(
        user,
        `select id, owner_id, workspace_id, is_stored from app_hidden.register_attachment('chatgpt:attacked', 'f', 'a.txt', 'text/plain', 5, sha256('lemur'))`,
      );
    await load(ann);
    await load(owner);
    // whose attachment it is decides, not its name
    for (const user of [bob, member]) expect((await store(user)).rows).toMatchObject([{ id: null }]);
    expect((await store(ann)).rows).toMatchObject([
      { owner_id: ann.id, workspace_id: ann.workspaceId, is_stored: true },
    ]);
    expect(await fails(store(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_hidden.register_attachment('a', 'f', 'a.txt', 'text/plain', 1, sha256('a'))`);
  },
  'app_hidden.prepare_upload': async () => {
    const { ann, bob, member, owner, viewer } = tenants;
    const ask = (user: TestUser, conversation: string | null = null) =>
      call(user, `select * from app_hidden.prepare_upload('a.txt', conversation_id => $1)`, conversation);
    expect((await ask(ann, of(ann).conversation)).rows).toEqual([
      { accepted_type: 'text/plain', max_bytes: '20971520' },
    ]);
    const missing = await fails(ask(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(ask(ann, of(bob).conversation))).toEqual(missing);
    expect(await fails(ask(ann, of(bob).sharedConversation))).toEqual(missing);
    expect(await fails(ask(member, of(owner).conversation))).toEqual(missing);
    expect(await fails(ask(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_hidden.prepare_upload('a.txt')`);
  },
  'app_hidden.mark_gone': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    await database
      .pool('owner')
      .query(`update app_public.documents set source_url = 'file:same/a.md' where id = any ($1)`, [
        [of(ann).document, of(bob).document, of(owner).sharedDocument],
      ]);
    const mark = async (user: TestUser, areGone: boolean) =>
      (await call(user, `select source from app_hidden.mark_gone('{file:same/a.md}', $1) as source`, areGone))
        .rowCount;
    const archived = async () =>
      (
        await database
          .pool('owner')
          .query(
            `select owner_id from app_public.documents where source_url = 'file:same/a.md' and is_archived`,
          )
      ).rows.map((row) => row.owner_id);
    // one's own of that place, and of nobody else
    expect([await mark(ann, true), await mark(member, true), await archived()]).toEqual([1, 0, [ann.id]]);
    expect([await mark(bob, false), await mark(ann, false), await archived()]).toEqual([0, 1, []]);
    expect(await fails(mark(viewer, true))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_hidden.mark_gone('{a}', true)`);
  },
  'app_hidden.import_progress': async () => {
    const { ann, bob, member, owner } = tenants;
    const ask = async (user: TestUser, kind: string, ...things: string[]) =>
      (await call(user, 'select id from app_hidden.import_progress($1, $2)', kind, things)).rows.map(
        ({ id }) => id,
      );
    // one's own, and of nobody else, of the same workspace either
    for (const thing of ['document', 'file', 'conversation', 'event', 'memory'] as const) {
      expect(await ask(ann, thing, of(ann)[thing], of(bob)[thing], NOWHERE)).toEqual([of(ann)[thing]]);
      expect(await ask(member, thing, of(owner)[thing])).toEqual([]);
    }
    expect(await ask(member, 'document', of(owner).sharedDocument)).toEqual([]);
    expect(await fails(ask(ann, 'message'))).toMatchObject({ code: 'CQ200' });
    await nobody(`select app_hidden.import_progress('document', '{}')`);
  },
  'app_public.retry_file': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const retry = (user: TestUser, id: string) => call(user, 'select * from app_public.retry_file($1)', id);
    const missing = await fails(retry(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(retry(ann, of(bob).file))).toEqual(missing);
    expect(await fails(retry(member, of(owner).file))).toEqual(missing);
    expect(await fails(retry(owner, of(member).file))).toEqual(missing);
    expect(await fails(retry(viewer, of(owner).file))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.retry_file('${of(bob).file}')`);
  },
  'app_public.delete_file': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const remove = (user: TestUser, id: string) =>
      call(user, 'select id from app_public.delete_file($1)', id);
    const missing = await fails(remove(bob, NOWHERE));
    // a hold of the workspace would answer before anybody is asked about a file: there is none on files here
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(remove(bob, of(ann).file))).toEqual(missing);
    expect(await fails(remove(member, of(owner).file))).toEqual(missing);
    expect(await fails(remove(owner, of(member).file))).toEqual(missing);
    expect(await fails(remove(viewer, of(owner).file))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.delete_file('${of(bob).file}')`);
    const { rows } = await call(
      ann,
      `select id from app_hidden.register_file('b.txt', 'text/plain', 1, sha256('b'))`,
    );
    expect((await remove(ann, rows[0].id)).rows).toEqual(rows);
  },
  'app_public.replay_events': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const admin = database.pool('owner');
    const events = [of(ann).event, of(bob).event, of(owner).event];
    const set = (status: string) =>
      admin.query(
        'update app_public.raw_events set processing_status = $2, replay_requested_at = null where id = any ($1)',
        [events, status],
      );
    await set('completed');
    const replay = async (user: TestUser) =>
      (await call(user, 'select (app_public.replay_events(ids => $1::uuid[])).events', events)).rows[0]
        .events;
    expect(await replay(ann)).toBe(1);
    const { rows } = await admin.query(
      `select id from app_public.raw_events where processing_status = 'completed' and id = any ($1)`,
      [events],
    );
    expect(rows.map((row) => row.id).sort()).toEqual([of(bob).event, of(owner).event].sort());
    expect(await fails(replay(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(replay(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody('select app_public.replay_events()');
    await set('pending');
  },
  'app_public.retry_events': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const admin = database.pool('owner');
    const fail = `update app_public.raw_events set processing_status = 'failed', attempts = 5 where id = any ($1)`;
    const events = [of(ann).event, of(bob).event, of(owner).event];
    await admin.query(fail, [events]);
    const retry = async (user: TestUser) =>
      (await call(user, 'select app_public.retry_events() as tried')).rows[0].tried;
    expect(await retry(ann)).toBe(1);
    const { rows } = await admin.query(
      `select id from app_public.raw_events where processing_status = 'failed' and id = any ($1)`,
      [events],
    );
    expect(rows.map((row) => row.id).sort()).toEqual([of(bob).event, of(owner).event].sort());
    expect(await fails(retry(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(retry(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody('select app_public.retry_events()');
    await admin.query(
      `update app_public.raw_events set processing_status = 'pending', attempts = 0 where id = any ($1)`,
      [events],
    );
  },
  'app_public.documents_excerpt': async () => {
    const { ann, bob, owner, member } = tenants;
    const read = async (user: TestUser, id: string) =>
      (
        await call(
          user,
          'select app_public.documents_excerpt(d, 1, 2) as piece, substr(d.content, 2, 2) as same from app_public.documents d where d.id = $1',
          id,
        )
      ).rows;
    const [mine] = await read(ann, of(ann).document);
    expect(mine.piece).toBe(mine.same);
    expect(await read(member, of(owner).sharedDocument)).toHaveLength(1);
    expect(await read(ann, of(bob).sharedDocument)).toEqual([]);
    expect(await read(member, of(owner).document)).toEqual([]);
    // without a session there is no row to read it of
    expect(await read({ ...ann, id: '', workspaceId: '' }, of(ann).document)).toEqual([]);
  },
  'app_public.documents_length': async () => {
    const { ann, bob } = tenants;
    const read = async (user: TestUser, id: string) =>
      (
        await call(
          user,
          'select app_public.documents_length(d) > 0 as has_text from app_public.documents d where d.id = $1',
          id,
        )
      ).rows;
    expect(await read(ann, of(ann).document)).toEqual([{ has_text: true }]);
    expect(await read(ann, of(bob).sharedDocument)).toEqual([]);
    expect(await read({ ...ann, id: '', workspaceId: '' }, of(ann).document)).toEqual([]);
  },
  'app_public.add_document_to_repository': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const put = (user: TestUser, repository: string, document: string) =>
      call(user, `select app_public.add_document_to_repository($1, $2, 'stolen')`, repository, document);
    const noRepository = await fails(put(ann, NOWHERE, of(ann).document));
    const noDocument = await fails(put(ann, of(ann).repository, NOWHERE));
    expect([noRepository.code, noDocument.code]).toEqual(['CQ204', 'CQ204']);
    expect(await fails(put(ann, of(bob).repository, of(ann).document))).toEqual(noRepository);
    for (const document of [of(bob).document, of(bob).sharedDocument])
      expect(await fails(put(ann, of(ann).repository, document))).toEqual(noDocument);
    expect(await fails(put(member, of(owner).repository, of(member).document))).toEqual(noRepository);
    expect(await fails(put(member, of(member).repository, of(owner).document))).toEqual(noDocument);
    expect(await fails(put(viewer, of(owner).repository, of(owner).document))).toMatchObject({
      code: 'CQ109',
    });
    await nobody(
      `select app_public.add_document_to_repository('${of(bob).repository}', '${of(bob).document}', 'a')`,
    );
  },
  'app_public.add_tag': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const tag = (user: TestUser, type: string, id: string) =>
      call(user, 'select app_public.add_tag($1, $2, $3)', 'tag of bob', type, id);
    for (const [type, id] of [
      ['document', of(bob).sharedDocument],
      ['conversation', of(bob).conversation],
      ['repository', of(bob).repository],
      ['memory_item', of(bob).sharedMemory],
    ] as const) {
      const missing = await fails(tag(ann, type, NOWHERE));
      expect(missing).toMatchObject({ code: 'CQ204' });
      expect(await fails(tag(ann, type, id))).toEqual(missing);
    }
    expect(await fails(tag(member, 'document', of(owner).document))).toMatchObject({ code: 'CQ204' });
    expect(await fails(tag(viewer, 'document', of(owner).sharedDocument))).toMatchObject({
      code: 'CQ109',
    });
    await tag(member, 'document', of(owner).sharedDocument);
    await nobody(`select app_public.add_tag('a', 'document', '${of(bob).document}')`);
  },
  'app_public.remove_tag': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const untag = (user: TestUser, id: string, name = 'tag of bob') =>
      call(user, `select app_public.remove_tag($1, 'document', $2)`, name, id);
    const missing = await fails(untag(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(untag(ann, of(bob).document))).toEqual(missing);
    expect(await fails(untag(member, of(owner).document, 'tag of owner'))).toEqual(missing);
    expect(await fails(untag(ann, of(ann).document))).toMatchObject({ code: 'CQ204' });
    expect(await fails(untag(viewer, of(owner).sharedDocument))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.remove_tag('a', 'document', '${of(bob).document}')`);
  },
  'app_public.create_repository': async () => {
    const { ann, bob, viewer } = tenants;
    const make = (user: TestUser) =>
      call(user, `select owner_id, workspace_id from app_public.create_repository('zebras of bob')`);
    // a name is private to its owner
    expect((await make(ann)).rows).toEqual([{ owner_id: ann.id, workspace_id: ann.workspaceId }]);
    expect(await fails(make(bob))).toMatchObject({ code: 'CQ240' });
    expect(await fails(make(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.create_repository('a')`);
  },
  'app_public.create_document': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const create = (user: TestUser) =>
      call(
        user,
        `select id, owner_id, workspace_id from app_public.create_document('mine', 'collides', source_url => 'https://example.org/2')`,
      );
    // the same address as somebody else's, in another workspace and in the same one: each its own document
    const [byAnn, byMember] = [await create(ann), await create(member)];
    expect(byAnn.rows).toEqual([
      { id: of(ann).sharedDocument, owner_id: ann.id, workspace_id: ann.workspaceId },
    ]);
    expect(byMember.rows).toEqual([
      { id: of(member).sharedDocument, owner_id: member.id, workspace_id: member.workspaceId },
    ]);
    for (const other of [bob, owner]) {
      const { rows } = await database
        .pool('owner')
        .query('select content from app_public.documents where id = $1', [of(other).sharedDocument]);
      expect(rows[0].content).toMatch(/^zebra by/);
    }
    expect(await fails(create(viewer))).toMatchObject({ code: 'CQ109' });
    expect(await fails(create({ ...ann, workspaceId: bob.workspaceId, memberRole: '' }))).toMatchObject({
      code: 'CQ109',
    });
    await nobody(`select app_public.create_document('a', 'b')`);
  },
  'app_public.import_documents': async () => {
    const { bob, owner, member, viewer } = tenants;
    const load = async (user: TestUser) =>
      (
        await call(
          user,
          'select * from app_public.import_documents($1)',
          JSON.stringify([{ sourceUrl: 'https://example.org/1', title: 'imported', content: 'over it' }]),
        )
      ).rows[0];
    expect(await load(member)).toMatchObject({ outcome: 'updated', document_id: of(member).document });
    for (const other of [bob, owner]) {
      const { rows } = await database
        .pool('owner')
        .query('select content from app_public.documents where id = $1', [of(other).document]);
      expect(rows[0].content).toMatch(/^zebra of/);
    }
    expect(await fails(load(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.import_documents('[]')`);
  },
  'app_public.indexing_progress': async () => {
    const { ann, bob } = tenants;
    await indexAll(database);
    const chunks = async (user: TestUser) =>
      Number((await call(user, 'select chunks from app_public.indexing_progress()')).rows[0].chunks);
    const [annBefore, bobBefore] = [await chunks(ann), await chunks(bob)];
    await call(bob, `select app_public.create_document('more', 'of bob')`);
    await indexAll(database);
    expect(await chunks(ann)).toBe(annBefore);
    expect(await chunks(bob)).toBe(bobBefore + 1);
    await nobody('select app_public.indexing_progress()');
  },
  'app_public.search': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const find = async (user: TestUser, mode: string) =>
      (
        await call(
          user,
          `select r.* from app_public.search('zebra', $1::extensions.halfvec, max_results => 100, mode => $2) as s cross join unnest(s.results) as r`,
          JSON.stringify(axis(512, 0)),
          mode,
        )
      ).rows.flatMap((row) => [row.document_id, row.message_id, row.conversation_id]);
    for (const mode of ['vector', 'text', 'hybrid']) {
      const found = await find(ann, mode);
      expect(found).toContain(of(ann).document);
      for (const stranger of [bob, owner, member])
        for (const id of ids(stranger)) expect(found).not.toContain(id);
      const shared = await find(viewer, mode);
      expect(shared).toContain(of(owner).sharedDocument);
      expect(shared).toContain(of(owner).sharedConversation);
      for (const id of [of(owner).document, of(owner).conversation, ...of(owner).messages])
        expect(shared).not.toContain(id);
    }
    await nobody(`select app_public.search('zebra')`);
  },
};
