import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { lockWaiters } from '../../support/locks.ts';
import { said } from '../../support/said.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

/** What an explanation says of a passage that its reader may not read, or that was erased. */
const UNAVAILABLE = {
  is_available: false,
  is_current: null,
  source_type: null,
  title: null,
  heading: null,
  content: null,
  start_offset: null,
  end_offset: null,
  document_id: null,
  document_hash: null,
  made_at: null,
};

describeReal('the evidence of an answer', () => {
  let database: Database;
  let ann: TestUser;
  let member: TestUser;
  let bob: TestUser;
  let talk: string;
  let n = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    const team = await createWorkspace(database, 'Team');
    ann = await join(database, await registerUser(database, 'ann@example.org'), team, 'owner');
    member = await join(database, await registerUser(database, 'member@example.org'), team, 'member');
    bob = await registerUser(database, 'bob@example.org');
    talk = await start(ann, 'workspace');
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const start = async (user: TestUser, visibility = 'private'): Promise<string> =>
    (await call(user, `select id from app_public.start_conversation('Talk', $1)`, visibility))[0].id;
  /** Cites chunks in a turn, and returns the answer. */
  const cite = async (chunks: string[], user = ann, conversation = talk): Promise<string> =>
    (
      await call(
        user,
        `select id from app_public.record_turn($1, 'q', 'a', chunks => $2)`,
        conversation,
        JSON.stringify(chunks.map((chunkId) => ({ chunkId, score: 0.5 }))),
      )
    )[1].id;
  const explain = async (answer: string, user = ann) =>
    (await call(user, 'select to_jsonb(app_public.explain_answer($1)) as found', answer))[0].found.chunks;
  const passages = async (condition: string, ...values: unknown[]) =>
    (
      await owner().query(
        `select p.* from app_hidden.cited_passages p where ${condition} order by p.id`,
        values,
      )
    ).rows;
  const sweep = async () =>
    (await worker().query('select * from app_hidden.delete_uncited_passages()')).rows[0];
  const remove = (table: string, id: string) =>
    owner().query(`delete from app_public.${table} where id = $1`, [id]);
  /** Cuts a document at its lines, as the worker does. */
  async function cut(document: string): Promise<string[]> {
    const { rows } = await owner().query('select * from app_public.documents where id = $1', [document]);
    let at = 0;
    const pieces = rows[0].content.split('\n').map((line: string, index: number) => {
      const piece = {
        chunk_index: index,
        content: line,
        heading: rows[0].title,
        page_number: index + 1,
        start_offset: at,
        end_offset: at + line.length,
        token_count: 1,
      };
      at += line.length + 1;
      return piece;
    });
    await worker().query('select app_hidden.replace_document_chunks($1, $2, $3, $4)', [
      rows[0].workspace_id,
      document,
      rows[0].content_hash,
      JSON.stringify(pieces),
    ]);
    const chunks = await owner().query(
      'select id from app_public.chunks where document_id = $1 order by chunk_index',
      [document],
    );
    return chunks.rows.map((row) => row.id);
  }
  async function write(content: string, visibility = 'workspace', user = ann) {
    n += 1;
    const [{ id }] = await call(
      user,
      'select id from app_public.create_document(title => $1, content => $2, visibility => $3, source_url => $4)',
      `Paper ${n}`,
      content,
      visibility,
      `https://example.org/${n}`,
    );
    return { id: id as string, title: `Paper ${n}`, url: `https://example.org/${n}`, chunks: await cut(id) };
  }
  const hashOf = async (id: string): Promise<string> =>
    (
      await owner().query('select to_json(content_hash) as hash from app_public.documents where id = $1', [
        id,
      ])
    ).rows[0].hash;

  describe('of a document', () => {
    it('is what was cited, with page, offsets and version, after an edit and a new import', async () => {
      const paper = await write('The pump costs 5 euros.\nIt is blue.');
      const [price, colour] = paper.chunks as [string, string];
      const version = await hashOf(paper.id);
      const before = await cite([price, colour]);
      const expected = [
        {
          chunk_id: price,
          is_available: true,
          source_type: 'document',
          title: paper.title,
          heading: paper.title,
          content: 'The pump costs 5 euros.',
          page_number: 1,
          start_offset: 0,
          end_offset: 23,
          document_id: paper.id,
          document_hash: version,
        },
        {
          chunk_id: colour,
          content: 'It is blue.',
          page_number: 2,
          start_offset: 24,
          end_offset: 35,
          document_hash: version,
        },
      ];
      expect(await explain(before)).toMatchObject(expected.map((one) => ({ ...one, is_current: true })));

      await call(
        ann,
        'update app_public.documents set content = $2 where id = $1',
        paper.id,
        'The pump costs 700 euros.\nIt is blue.',
      );
      // before the worker has come, too
      expect((await explain(before)).map((one: { is_current: boolean }) => one.is_current)).toEqual([
        false,
        true,
      ]);
      const [newPrice, sameColour] = (await cut(paper.id)) as [string, string];
      expect(sameColour).toBe(colour);
      const stale = [
        { ...expected[0], is_current: false },
        { ...expected[1], is_current: true },
      ];
      expect(await explain(before)).toMatchObject(stale);

      // what is cited now is cited from this version, where the same words stand elsewhere
      const after = await cite([newPrice, colour]);
      expect(await explain(after)).toMatchObject([
        { content: 'The pump costs 700 euros.', document_hash: await hashOf(paper.id), is_current: true },
        {
          content: 'It is blue.',
          start_offset: 26,
          end_offset: 37,
          document_hash: await hashOf(paper.id),
          is_current: true,
        },
      ]);
      expect(await explain(before)).toMatchObject(stale);

      await call(
        ann,
        'select * from app_public.import_documents($1)',
        JSON.stringify([{ sourceUrl: paper.url, title: paper.title, content: 'All is new.' }]),
      );
      await cut(paper.id);
      expect(await explain(before)).toMatchObject(expected.map((one) => ({ ...one, is_current: false })));
      expect(await explain(after)).toMatchObject([
        { content: 'The pump costs 700 euros.', is_current: false },
        { content: 'It is blue.', start_offset: 26, is_current: false },
      ]);
    });

    it('stays for those who could read it when its owner deletes it, and for nobody else', async () => {
      const shared = await write('shared fact');
      const secret = await write('secret fact', 'private');
      const answer = await cite([shared.chunks[0]!, secret.chunks[0]!]);
      expect(await explain(answer, member)).toMatchObject([
        { content: 'shared fact', is_current: true },
        UNAVAILABLE,
      ]);
      for (const id of [shared.id, secret.id])
        await call(ann, 'delete from app_public.documents where id = $1', id);
      expect(await explain(answer)).toMatchObject([
        { content: 'shared fact', title: shared.title, is_current: false },
        { content: 'secret fact', title: secret.title, is_current: false },
      ]);
      expect(await explain(answer, member)).toMatchObject([
        { content: 'shared fact', is_available: true, is_current: false },
        { chunk_id: secret.chunks[0], rank: 2, score: 0.5, ...UNAVAILABLE },
      ]);
      await expect(explain(answer, bob)).rejects.toMatchObject({ code: 'CQ204' });
      // and the conversation decides first
      const own = await cite([(await write('mine alone')).chunks[0]!], ann, await start(ann));
      await expect(explain(own, member)).rejects.toMatchObject({ code: 'CQ204' });
      expect(await call(member, 'select * from app_hidden.citations_of($1)', own)).toEqual([]);
    });

    it('follows who may read it as long as it is there, and keeps that when it goes', async () => {
      const paper = await write('now and then');
      const answer = await cite(paper.chunks);
      const show = (visibility: string) =>
        call(ann, 'update app_public.documents set visibility = $2 where id = $1', paper.id, visibility);
      const seen = async () => (await explain(answer, member))[0].content;
      expect(await seen()).toBe('now and then');
      await show('private');
      expect(await explain(answer, member)).toMatchObject([UNAVAILABLE]);
      // also what was edited away before
      await call(ann, `update app_public.documents set content = 'later' where id = $1`, paper.id);
      await cut(paper.id);
      await show('workspace');
      expect(await seen()).toBe('now and then');
      await show('private');
      await call(ann, 'delete from app_public.documents where id = $1', paper.id);
      expect(await explain(answer, member)).toMatchObject([UNAVAILABLE]);
      expect((await explain(answer))[0].content).toBe('now and then');
    });

    it('is written once, however many answers cite it, also at once', async () => {
      const paper = await write('often cited');
      const talks = await Promise.all(Array.from({ length: 8 }, () => start(ann)));
      const answers = await Promise.all(talks.map((id) => cite(paper.chunks, ann, id)));
      expect(await passages('p.document_id = $1', paper.id)).toHaveLength(1);
      for (const answer of answers) expect(await explain(answer)).toMatchObject([{ content: 'often cited' }]);
    });

    it('cannot be made of what the writer may not read, or what is not there', async () => {
      const secret = await write('not yours', 'private');
      for (const chunk of [secret.chunks[0]!, '01890000-0000-7000-8000-000000000000'])
        await expect(cite([chunk], member)).rejects.toMatchObject({
          code: 'CQ204',
          message: 'There is no such chunk.',
        });
      expect(await passages('p.document_id = $1', secret.id)).toEqual([]);
    });

    it('is read through the conversation alone', async () => {
      for (const user of [ann, member, bob])
        for (const table of ['cited_passages', 'passage_checks'])
          await expect(call(user, `select * from app_hidden.${table}`)).rejects.toMatchObject({
            code: '42501',
          });
    });
  });

  describe('of what is no document', () => {
    it('is a memory as it was, superseded or forgotten, until retention takes that', async () => {
      const remember = async (content: string) =>
        (
          await call(
            ann,
            `select id from app_public.remember($1, subject => 'tea', visibility => 'workspace')`,
            content,
          )
        )[0].id;
      const first = await remember('Ann likes green tea.');
      await indexAll(database);
      const { rows } = await owner().query('select id from app_public.chunks where memory_item_id = $1', [
        first,
      ]);
      const answer = await cite([rows[0].id]);
      await remember('Ann likes black tea.');
      await call(ann, 'select app_public.forget($1)', first);
      for (const user of [ann, member])
        expect(await explain(answer, user)).toMatchObject([
          {
            source_type: 'memory',
            title: 'tea',
            content: 'Ann likes green tea.',
            memory_item_id: first,
            document_hash: null,
            is_current: false,
          },
        ]);
      await remove('memory_items', first);
      expect(await explain(answer)).toMatchObject([UNAVAILABLE]);
    });

    it('goes with the conversation whose message it is, and with the event', async () => {
      const other = await start(ann);
      await call(ann, 'select app_public.post_message($1, $2)', other, 'A heron was here.');
      const [{ id: event }] = await call(
        ann,
        `select id from app_public.ingest_event('jira', 'issue_updated', '{"summary": "A crane."}')`,
      );
      await worker().query(`select app_hidden.claim_events($1, 'jira')`, [ann.workspaceId]);
      await worker().query(`select app_hidden.complete_event($1, $2, 1, $3)`, [
        ann.workspaceId,
        event,
        said('A crane.', 'jira › issue_updated'),
      ]);
      await indexAll(database);
      const { rows } = await owner().query(
        'select id from app_public.chunks where conversation_id = $1 or raw_event_id = $2 order by source_type',
        [other, event],
      );
      const answer = await cite(rows.map((row) => row.id));
      const both = [
        {
          source_type: 'message',
          title: 'Talk',
          content: 'A heron was here.',
          conversation_id: other,
          is_current: true,
        },
        {
          source_type: 'event',
          title: 'jira: issue_updated',
          content: 'A crane.',
          raw_event_id: event,
          is_current: true,
        },
      ];
      expect(await explain(answer)).toMatchObject(both);
      expect(await explain(answer, member)).toMatchObject([UNAVAILABLE, both[1]]);
      await call(ann, `update app_public.conversations set visibility = 'workspace' where id = $1`, other);
      expect(await explain(answer, member)).toMatchObject(both);
      await remove('conversations', other);
      await remove('raw_events', event);
      expect(await explain(answer)).toMatchObject([UNAVAILABLE, UNAVAILABLE]);
    });
  });

  describe('ends', () => {
    const erase = async (sql: string, ...values: unknown[]): Promise<number> =>
      Number((await owner().query(`select app_private.erase_cited_passages(${sql}) as n`, values)).rows[0].n);

    it('when its document is erased, also one that is gone, or the messages are', async () => {
      const [paper, other] = [await write('to be erased'), await write('to be kept')];
      const answer = await cite([paper.chunks[0]!, other.chunks[0]!]);
      await remove('documents', paper.id);
      expect(await erase('of_document => $1', paper.id)).toBe(1);
      expect(await erase('of_document => $1', paper.id)).toBe(0);
      expect(await explain(answer)).toMatchObject([UNAVAILABLE, { content: 'to be kept' }]);
      const elsewhere = await start(ann);
      const [{ id: message }] = await call(
        ann,
        'select id from app_public.post_message($1, $2)',
        elsewhere,
        'said once',
      );
      await indexAll(database);
      const { rows } = await owner().query('select id from app_public.chunks where message_id = $1', [
        message,
      ]);
      const second = await cite([rows[0].id]);
      expect(await erase('of_messages => $1', [message])).toBe(1);
      // the message itself is still there: whoever erases takes that, too
      expect(await explain(second)).toMatchObject([{ content: 'said once', is_current: true }]);
      await owner().query('delete from app_public.chunks where message_id = $1', [message]);
      expect(await explain(second)).toMatchObject([UNAVAILABLE]);
    });

    it('when a person is erased, with what they said elsewhere; and when the account goes', async () => {
      const goes = await join(
        database,
        await registerUser(database, 'goes@example.org'),
        ann.workspaceId!,
        'member',
      );
      const paper = await write('by one who goes', 'workspace', goes);
      const kept = await write('by one who stays');
      const [{ id: said }] = await call(
        goes,
        'select id from app_public.post_message($1, $2)',
        talk,
        'said by one who goes',
      );
      await indexAll(database);
      const { rows } = await owner().query('select id from app_public.chunks where message_id = $1', [said]);
      const answer = await cite([paper.chunks[0]!, rows[0].id, kept.chunks[0]!]);
      await remove('documents', paper.id);
      expect(await erase('of_user => $1', goes.id)).toBe(2);
      expect(await passages('p.chunk_id = any ($1)', [paper.chunks[0], rows[0].id])).toEqual([]);
      expect(await explain(answer)).toMatchObject([UNAVAILABLE, {}, { content: 'by one who stays' }]);
      const last = await write('the last of it', 'workspace', goes);
      const again = await cite(last.chunks);
      await remove('documents', last.id);
      await remove('users', goes.id);
      expect(await explain(again)).toMatchObject([UNAVAILABLE]);
    });

    it('is in the hands of nobody who asks', async () => {
      for (const user of [ann, bob])
        await expect(
          call(user, 'select app_private.erase_cited_passages(of_user => $1)', ann.id),
        ).rejects.toMatchObject({
          code: '42501',
        });
      await expect(worker().query('select app_private.erase_cited_passages()')).rejects.toMatchObject({
        code: '42501',
      });
    });

    it('with the last conversation that cites it, in whatever tier that is', async () => {
      await sweep();
      const paper = await write('cited twice');
      const [first, second] = [await start(ann), await start(ann)];
      await cite(paper.chunks, ann, first);
      const answer = await cite(paper.chunks, ann, second);
      await remove('documents', paper.id);
      await owner().query(
        'update app_public.conversations set indexed_sequence_number = last_sequence_number',
      );
      await call(ann, 'select app_public.archive_conversation($1)', second);
      await call(ann, 'delete from app_public.conversations where id = $1', first);
      expect(await sweep()).toEqual({ looked_at: 1, removed: 0 });
      expect(await explain(answer)).toMatchObject([{ content: 'cited twice' }]);
      await call(ann, 'delete from app_public.conversations where id = $1', second);
      expect(await passages('p.document_id = $1', paper.id)).toHaveLength(1);
      expect(await sweep()).toEqual({ looked_at: 1, removed: 1 });
      expect(await sweep()).toEqual({ looked_at: 0, removed: 0 });
    });

    it('the same for a citation from before passages were kept', async () => {
      await sweep();
      const paper = await write('cited long ago');
      const [old, kept] = [await start(ann), await start(ann)];
      const answers = [await cite(paper.chunks, ann, old), await cite(paper.chunks, ann, kept)];
      await owner().query(
        'update app_public.message_chunks set passage_id = null where message_id = any ($1)',
        [answers],
      );
      await remove('documents', paper.id);
      for (const answer of answers)
        expect(await explain(answer)).toMatchObject([{ content: 'cited long ago', is_current: false }]);
      await remove('conversations', old);
      expect(await sweep()).toEqual({ looked_at: 1, removed: 0 });
      expect(await explain(answers[1]!)).toMatchObject([{ content: 'cited long ago' }]);
      await remove('conversations', kept);
      expect(await sweep()).toEqual({ looked_at: 1, removed: 1 });
    });

    it('not while somebody cites it: the job comes again', async () => {
      await sweep();
      const paper = await write('just being cited');
      const [first, second] = [await start(ann), await start(ann)];
      await cite(paper.chunks, ann, first);
      let answer = '';
      await asUser(database, ann, async (client) => {
        const { rows } = await client.query(
          `select id from app_public.record_turn($1, 'q', 'a', chunks => $2)`,
          [second, JSON.stringify([{ chunkId: paper.chunks[0] }])],
        );
        answer = rows[1].id;
        await client.query('reset role');
        await remove('conversations', first);
        expect(await sweep()).toEqual({ looked_at: 0, removed: 0 });
      });
      expect(await sweep()).toEqual({ looked_at: 1, removed: 0 });
      expect(await explain(answer)).toMatchObject([{ content: 'just being cited' }]);
    });

    it('once for two who take the last two citations at once', async () => {
      await sweep();
      const paper = await write('taken by two');
      const talks = [await start(ann), await start(ann)];
      for (const id of talks) await cite(paper.chunks, ann, id);
      const clients = await Promise.all(talks.map(() => owner().connect()));
      try {
        for (const [at, client] of clients.entries()) {
          await client.query('begin');
          await client.query('delete from app_public.conversations where id = $1', [talks[at]]);
        }
        await Promise.all(clients.map((client) => client.query('commit')));
      } finally {
        for (const client of clients) client.release();
      }
      expect(await sweep()).toEqual({ looked_at: 2, removed: 1 });
    });
  });

  describe('costs', () => {
    it('nothing where nothing is cited: no chunk is looked for, and nothing is planned', async () => {
      const locked = (cited: string) =>
        asUser(database, ann, async (client) => {
          await client.query(`select app_public.record_turn($1, 'q', 'a', chunks => $2)`, [talk, cited]);
          const { rows } = await client.query(
            `select distinct l.relation::regclass::text as name from pg_locks l
             where l.pid = pg_backend_pid() and l.relation in ('app_public.message_chunks'::regclass, 'app_hidden.cited_passages'::regclass)`,
          );
          return rows.length;
        });
      const paper = await write('costly');
      expect(await locked('[]')).toBe(0);
      expect(await locked(JSON.stringify([{ chunkId: paper.chunks[0] }]))).toBe(2);
      expect(await locked('[]')).toBe(0);
    });

    it('no wait for others who cite the same', async () => {
      const paper = await write('cited in peace');
      await cite(paper.chunks, ann, await start(ann));
      const other = await start(ann);
      await asUser(database, ann, async (client) => {
        await client.query(`select app_public.record_turn($1, 'q', 'a', chunks => $2)`, [
          talk,
          JSON.stringify([{ chunkId: paper.chunks[0] }]),
        ]);
        await cite(paper.chunks, ann, other);
      });
      // the first time, one waits for the other, and both have it
      const fresh = await write('cited at once');
      let second: Promise<string> | undefined;
      await asUser(database, ann, async (client) => {
        await client.query(`select app_public.record_turn($1, 'q', 'a', chunks => $2)`, [
          talk,
          JSON.stringify([{ chunkId: fresh.chunks[0] }]),
        ]);
        second = cite(fresh.chunks, ann, other);
        await until(async () => (await lockWaiters(database)).length > 0);
      });
      expect(await explain((await second)!)).toMatchObject([{ content: 'cited at once' }]);
      expect(await passages('p.document_id = $1', fresh.id)).toHaveLength(1);
    });
  });
});
