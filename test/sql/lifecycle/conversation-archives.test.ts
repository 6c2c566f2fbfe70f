import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveConversations } from '../../../jobs/archive-conversations.ts';
import type { JobContext } from '../../../jobs/job.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import { lockWaiters } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, asVisitor, registerUser, type TestUser, until } from '../../support/users.ts';

const NOWHERE = '01890000-0000-7000-8000-000000000000';
/** What text, JSON and numbers can do to a format. */
const AWKWARD = [
  '',
  ' ',
  'a"b\\c',
  'line\nbreak\r\n\ttab',
  '😀 né “q” \u2028',
  '},\n{',
  '\\u0000',
  'null',
  '{}',
  'ß'.repeat(3000),
];

/** Everything that belongs to the messages of a conversation, as the owner of the tables sees it: each row as text, whole. */
const ROWS = `
  select 'message ' || m::text as row from app_public.messages m where m.conversation_id = $1
  union all select 'feedback ' || f::text from app_public.message_feedback f where f.conversation_id = $1
  union all select 'citation ' || k::text from app_public.message_chunks k where k.conversation_id = $1
  union all select 'call ' || t::text from app_public.tool_calls t where t.conversation_id = $1
  union all select 'image ' || i::text from app_public.generated_images i where i.conversation_id = $1
  union all select 'key ' || k::text from app_hidden.message_idempotency_keys k where k.conversation_id = $1
  union all select 'share ' || s::text from app_public.conversation_shares s where s.conversation_id = $1
  order by 1`;

describeReal('the archive of conversations', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  let owner: TestUser;
  let admin: TestUser;
  let member: TestUser;
  let viewer: TestUser;
  let chunks: string[];

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    [ann, bob] = await Promise.all([
      registerUser(database, 'ann@example.org'),
      registerUser(database, 'bob@example.org'),
    ]);
    const team = await createWorkspace(database, 'Team');
    const join_ = async (name: string, role: string) =>
      join(database, await registerUser(database, `${name}@example.org`), team, role);
    owner = await join_('owner', 'owner');
    admin = await join_('admin', 'admin');
    member = await join_('member', 'member');
    viewer = await join_('viewer', 'viewer');
    for (let n = 0; n < 4; n++)
      await call(`select app_public.create_document($1, $2)`, `title ${n}`, `text ${n}`);
    await indexAll(database);
    chunks = (await call('select id from app_public.chunks')).map((row) => row.id);
  });
  afterAll(async () => {
    await database?.close();
  });

  const tables = () => database.pool('owner');
  const worker = () => database.pool('worker');
  /** Sees what other sessions do. */
  const superuser = () => database.pool('admin');
  const as = async (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult['rows']> =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const call = (sql: string, ...values: unknown[]) => as(ann, sql, ...values);
  const one = async (sql: string, ...values: unknown[]) => (await tables().query(sql, values)).rows[0];
  const conversationOf = (id: string) => one('select * from app_public.conversations where id = $1', id);
  const tierOf = async (id: string): Promise<string> => (await conversationOf(id)).storage_tier;
  const rowsOf = async (id: string): Promise<string[]> =>
    (await tables().query(ROWS, [id])).rows.map((row) => row.row);
  const archive = (id: string, user = ann) =>
    as(user, 'select * from app_public.archive_conversation($1)', id);
  const restore = (id: string, user = ann) =>
    as(user, 'select * from app_public.restore_conversation($1)', id);
  const start = async (user = ann, visibility = 'private'): Promise<string> =>
    (await as(user, `select id from app_public.start_conversation('Talk', $1)`, visibility))[0].id;
  const post = async (id: string, content: string, user = ann) =>
    (await as(user, 'select * from app_public.post_message($1, $2)', id, content))[0];
  /** Says that everything was cut and embedded, without doing it. */
  const indexed = (id: string) =>
    tables().query(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      [id],
    );
  /** Packs everything that is at least as large, and returns what was done with one. */
  const archiveAll = async (sql = 'select * from app_hidden.archive_old_conversations($1, 1)', idle = '0') =>
    (await worker().query(sql, [idle])).rows;
  const counters = async (id: string) => {
    // packing follows the branch that is chosen
    const { storage_tier, is_archived, updated_at, indexed_leaf_id, ...rest } = await conversationOf(id);
    return rest;
  };

  /** What a reader is shown of a conversation, page by page. */
  async function shown(id: string, user = ann, first = 7): Promise<string[]> {
    return asUser(database, user, async (client) => {
      const found: string[] = [];
      for (let before: string | null = null; ; ) {
        const { rows }: pg.QueryResult = await client.query(
          'select m.id, m::text as row from app_public.conversation_messages($1, $2, $3) as m',
          [id, before, first],
        );
        found.push(...rows.map((row) => `message ${row.row}`));
        if (rows.length < first) break;
        before = rows.at(-1).id;
      }
      const { rows: feedback } = await client.query(
        'select f::text as row from app_public.conversation_feedback($1) as f',
        [id],
      );
      const { rows: citations } = await client.query(
        'select k::text as row from app_public.conversation_citations($1) as k',
        [id],
      );
      return [
        ...found,
        ...feedback.map(({ row }) => `feedback ${row}`),
        ...citations.map(({ row }) => `citation ${row}`),
      ].sort();
    });
  }

  /** A conversation with one of everything, and texts, numbers and nulls of every kind. */
  async function full(user = ann, visibility = 'private'): Promise<string> {
    const id = await start(user, visibility);
    for (const [n, text] of AWKWARD.entries()) {
      await as(
        user,
        `select app_public.post_message($1, $2, idempotency_key => $3, cost_usd => $4, total_tokens => 0, parts => $5, metadata => $6, processing_time_ms => $7)`,
        id,
        text,
        `key ${n}`,
        `${n}.50`,
        n % 2 ? null : JSON.stringify([{ type: 'text', text, n: 1.5, deep: [null, { a: [] }] }]),
        JSON.stringify({ text, big: 1e300, scale: '1.500' }),
        n % 3 ? null : n,
      );
    }
    // jsonb keeps a scale that a number of JavaScript loses
    await tables().query(
      `update app_public.messages set metadata = '{"scale": 1.500, "null": null}', relevance_score = 0.1::real where conversation_id = $1 and sequence_number = 2`,
      [id],
    );
    const turn = await as(
      user,
      `select id from app_public.record_turn($1, 'q?', 'a!', chunks => $2, tool_calls => $3, prompt_tokens => 1, completion_tokens => 2, cost_usd => 0.000100, relevance_score => 0.3)`,
      id,
      JSON.stringify(
        user === ann ? chunks.map((chunkId, n) => ({ chunkId, similarityScore: 0.1 + n / 7 })) : [],
      ),
      JSON.stringify([{ name: 'look', arguments: {}, result: null }]),
    );
    await as(user, `select app_public.give_feedback($1, 'positive', 5, $2)`, turn[1].id, AWKWARD.join('|'));
    await as(user, `select app_public.give_feedback($1, 'negative')`, turn[0].id);
    await as(user, `select app_public.edit_message($1, 'other')`, turn[0].id);
    await as(
      user,
      `select app_public.record_image($1, 'a cat', 'a/b.png', 1, 1, message_id => $2)`,
      id,
      turn[1].id,
    );
    await as(user, 'select app_public.request_tool_call($1, $2)', turn[1].id, 'later');
    await indexed(id);
    return id;
  }

  describe('packing', () => {
    it('keeps every row as it was, ids and times included, and gives it back byte for byte', async () => {
      const id = await full();
      const [before, seen, numbers] = [await rowsOf(id), await shown(id), await counters(id)];
      expect(before.filter((row) => row.startsWith('citation'))).toHaveLength(4);
      const [archived] = await archive(id);
      expect(archived).toMatchObject({ storage_tier: 'warm', is_archived: true });
      const kept = await rowsOf(id);
      expect(kept.filter((row) => row.startsWith('message'))).toEqual([]);
      // what belongs to a message is found by itself: feedback, citations, calls of tools, images, links
      expect(kept).toEqual(before.filter((row) => !row.startsWith('message')));
      expect(kept.filter((row) => /^(feedback|citation)/.test(row))).toHaveLength(6);
      expect(await counters(id)).toEqual(numbers);
      expect(await shown(id)).toEqual(seen);
      const [restored] = await restore(id);
      expect(restored).toMatchObject({ storage_tier: 'hot', is_archived: false });
      expect(await rowsOf(id)).toEqual(before);
      expect(await counters(id)).toEqual(numbers);
      expect(await shown(id)).toEqual(seen);
      expect(
        await one(
          'select count(*)::int as n from app_hidden.conversation_archives where conversation_id = $1',
          id,
        ),
      ).toEqual({ n: 0 });
    });

    it('compresses with what PostgreSQL has: compression needs no function that PostgreSQL lacks', async () => {
      const id = await start();
      for (let n = 0; n < 30; n++)
        await post(id, 'The quick brown fox jumps over the lazy dog. '.repeat(100));
      await indexed(id);
      await archive(id);
      const { ratio, method, parts } = await one(
        `select sum(octet_length(document))::float / sum(pg_column_size(document)) as ratio, max(pg_column_compression(document)) as method, count(*)::int as parts
         from app_hidden.conversation_archive_parts where conversation_id = $1`,
        id,
      );
      expect(ratio).toBeGreaterThan(20);
      expect(method).toBe('lz4');
      expect(parts).toBeGreaterThan(1);
      const { n } = await one(
        `select count(*)::int as n from pg_proc where proname in ('compress', 'decompress')`,
      );
      expect(n).toBe(0);
    });

    it('twice is once', async () => {
      const id = await full();
      const first = await archive(id);
      const stored = await one(
        'select * from app_hidden.conversation_archives where conversation_id = $1',
        id,
      );
      expect(await archive(id)).toEqual(first);
      expect(
        await one('select * from app_hidden.conversation_archives where conversation_id = $1', id),
      ).toEqual(stored);
      const again = await restore(id);
      expect(await restore(id)).toEqual(again);
    });

    it('loses no chunk and no vector, and finds what is packed', async () => {
      const id = await start();
      await post(id, 'a walrus on a bicycle');
      await indexAll(database);
      await archive(id);
      expect(
        await one(
          'select count(*)::int as n, min(tier)::text as tier from app_public.chunks where conversation_id = $1',
          id,
        ),
      ).toEqual({ n: 1, tier: 'cold' });
      const found = await call(`select * from app_public.search('walrus', mode => 'text')`);
      expect(JSON.stringify(found)).toContain(id);
      expect(
        await one(
          'select count(*)::int as n from pgboss.job where data ->> $1 = $2 and created_on > now() and name = $3',
          'sourceId',
          id,
          'index-source',
        ),
      ).toEqual({ n: 0 });
      await restore(id);
      expect(
        await one(
          'select count(*)::int as n, min(tier)::text as tier from app_public.chunks where conversation_id = $1',
          id,
        ),
      ).toEqual({ n: 1, tier: 'hot' });
    });

    it('waits for messages that are not cut yet', async () => {
      const id = await start();
      await post(id, 'new');
      await expect(archive(id)).rejects.toMatchObject({ code: 'CQ261' });
      expect((await archiveAll()).map((row) => row.conversation_id)).not.toContain(id);
      await indexed(id);
      expect((await archive(id))[0].storage_tier).toBe('warm');
    });

    it('restores one from when feedback and citations were packed, too', async () => {
      const id = await full();
      const [before, numbers] = [await rowsOf(id), await counters(id)];
      await archive(id);
      // two documents as they were made then
      for (const table of ['message_feedback', 'message_chunks']) {
        const { rows } = await tables().query(
          `select app_private.packed_line(s.name, s.columns) as line, s.columns from (
             select $1::regclass as name, array_remove(app_private.packed_columns($1::regclass), 'passage_id') as columns) as s`,
          [`app_public.${table}`],
        );
        await tables().query(
          `insert into app_hidden.conversation_archive_parts (workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document)
           select $1::uuid, $2::uuid, $3::regclass, 0, p.ids[1], p.ids[1], cardinality(p.ids), $4::text[], sha256(convert_to(p.document, 'UTF8')), p.document
           from (select array_agg(t.message_id) as ids, '[' || string_agg(${rows[0].line}, E',\n') || ']' as document
                 from app_public.${table} t where t.conversation_id = $2::uuid) as p`,
          [ann.workspaceId, id, `app_public.${table}`, rows[0].columns],
        );
        await tables().query('alter table app_public.message_feedback disable trigger user');
        await tables().query(`delete from app_public.${table} where conversation_id = $1`, [id]);
        await tables().query('alter table app_public.message_feedback enable trigger user');
      }
      await tables().query(
        'update app_hidden.conversation_archives set sha256 = app_private.archive_hash(conversation_id) where conversation_id = $1',
        [id],
      );
      await post(id, 'awake');
      const after = await rowsOf(id);
      // an old citation does not name its passage, and has it all the same
      const bare = (rows: string[]) => rows.map((row) => row.replace(/^(citation .*),[^,]*\)$/, '$1,)'));
      expect(bare(after)).toEqual(expect.arrayContaining(bare(before)));
      expect(await counters(id)).toMatchObject({
        positive_feedback: numbers.positive_feedback,
        negative_feedback: numbers.negative_feedback,
      });
    });

    it('finds each message by its id, and its question, in whatever part they are', async () => {
      const id = await start();
      const asked = await post(id, 'Who was first?');
      // more than a page of answers between, and more than one part
      for (let n = 0; n < 70; n++)
        await call(
          `select app_public.post_message($1, $2, role => 'assistant')`,
          id,
          `answer ${n} ${'of many words '.repeat(200)}`,
        );
      const below = await call(
        `select id from app_public.post_message($1, 'below', role => 'assistant', parent_id => $2)`,
        id,
        asked.id,
      );
      await indexed(id);
      const { rows } = await tables().query(
        'select id from app_public.messages where conversation_id = $1 order by id',
        [id],
      );
      const look = async () => {
        const seen = [];
        for (const [n, row] of rows.entries())
          if (n % 7 === 0 || row.id === below[0].id)
            seen.push(
              await call('select m::text from app_hidden.find_message($1) as m', row.id),
              await call('select question_id, question from app_public.explain_answer($1)', row.id),
              await as(bob, 'select m::text from app_hidden.find_message($1) as m', row.id),
            );
        return seen;
      };
      const hot = await look();
      await archive(id);
      const { n } = await one(
        'select count(*)::int as n from app_hidden.conversation_archive_parts where conversation_id = $1',
        id,
      );
      expect(n).toBeGreaterThan(1);
      expect(await look()).toEqual(hot);
      expect(hot.at(-2)).toEqual([{ question_id: asked.id, question: 'Who was first?' }]);
      expect(hot.at(-5)).toEqual([{ question_id: asked.id, question: 'Who was first?' }]);
      expect(hot.at(-1)).toEqual([]);
      expect(await call('select m.id from app_hidden.find_message($1) as m', NOWHERE)).toEqual([]);
      expect(await call('select m.id from app_hidden.find_message(null) as m')).toEqual([]);
      // a document that is damaged is not shown
      await tables().query(
        `update app_hidden.conversation_archive_parts set document = document || ' ' where conversation_id = $1 and part = 0`,
        [id],
      );
      for (const name of ['app_hidden.find_message', 'app_public.explain_answer'])
        await expect(call(`select ${name}($1)`, asked.id)).rejects.toMatchObject({ code: 'CQ260' });
    });

    it('packs one without a message too', async () => {
      const id = await start();
      expect((await archive(id))[0]).toMatchObject({ storage_tier: 'warm' });
      expect(await shown(id)).toEqual([]);
      expect(await post(id, 'first')).toMatchObject({ sequence_number: 1 });
    });

    it('packs a column that a later release adds, and gives its default to rows from before', async () => {
      const [before, after] = [await full(), await full()];
      await archive(before);
      await tables().query(`alter table app_public.messages add column mood text not null default 'calm'`);
      try {
        await tables().query(
          `update app_public.messages set mood = 'glad "and" new' where conversation_id = $1`,
          [after],
        );
        const rows = await rowsOf(after);
        await archive(after);
        const moods = async (id: string) =>
          (await call('select distinct mood from app_public.conversation_messages($1)', id)).map(
            (row) => row.mood,
          );
        expect(await moods(before)).toEqual(['calm']);
        expect(await moods(after)).toEqual(['glad "and" new']);
        await restore(before);
        await restore(after);
        expect(await rowsOf(after)).toEqual(rows);
        expect(await moods(before)).toEqual(['calm']);
        await archive(after);
      } finally {
        await tables().query('alter table app_public.messages drop column mood');
      }
      // and one that is gone is left out
      await restore(after);
      expect(await rowsOf(after)).not.toEqual([]);
    });

    it('restores into the partition that takes rows of their time, and maintenance leaves them there', async () => {
      const { rows } = await tables().query(
        `with made as (
           insert into app_public.conversations (id, workspace_id, owner_id)
           values (app_hidden.uuidv7_at('2019-03-30Z'), $1, $2) returning id
         ),
         written as (
           insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content)
           select app_hidden.uuidv7_at('2019-03-30Z'::timestamptz + n * interval '1 day'), made.id, $1, $2, n, 'user', 'old ' || n
           from made, generate_series(1, 5) as n
         )
         select id from made`,
        [ann.workspaceId, ann.id],
      );
      const id = rows[0].id;
      await indexed(id);
      const before = await rowsOf(id);
      await archive(id);
      await worker().query('select app_hidden.ensure_partitions()');
      await restore(id);
      expect(await rowsOf(id)).toEqual(before);
      await worker().query('select app_hidden.ensure_partitions()');
      expect(
        (
          await tables().query(
            'select distinct tableoid::regclass::text as name from app_public.messages where conversation_id = $1 order by 1',
            [id],
          )
        ).rows.map((row) => row.name),
      ).toEqual(['app_partitions.messages_history']);
      await archive(id);
      await restore(id);
      expect(await rowsOf(id)).toEqual(before);
    });
  });

  describe('a write into a packed conversation', () => {
    const writers: [string, (id: string, message: string, call: string) => Promise<unknown>][] = [
      ['post_message', (id) => call(`select app_public.post_message($1, 'more')`, id)],
      [
        'post_message below a packed one',
        (id, message) => call(`select app_public.post_message($1, 'more', parent_id => $2)`, id, message),
      ],
      ['record_turn', (id) => call(`select app_public.record_turn($1, 'q', 'a')`, id)],
      ['edit_message', (_, message) => call(`select app_public.edit_message($1, 'changed')`, message)],
      ['give_feedback', (_, message) => call(`select app_public.give_feedback($1, 'neutral')`, message)],
      ['withdraw_feedback', (_, message) => call(`select app_public.withdraw_feedback($1)`, message)],
      ['request_tool_call', (_, message) => call(`select app_public.request_tool_call($1, 'x')`, message)],
      [
        'answer_tool_call',
        (_, __, toolCall) => call(`select app_public.answer_tool_call($1, 'approved')`, toolCall),
      ],
      ['choose_branch', (_, message) => call(`select app_public.choose_branch($1)`, message)],
      ['branch_conversation', (_, message) => call(`select app_public.branch_conversation($1)`, message)],
      [
        'share_conversation',
        (id, message) => call(`select app_public.share_conversation($1, $2)`, id, message),
      ],
      [
        'record_image',
        (id, message) =>
          call(`select app_public.record_image($1, 'p', 'a', 1, 1, message_id => $2)`, id, message),
      ],
    ];
    it.each(writers)('restores it first: %s', async (_, write) => {
      const id = await full();
      const message = (
        await one(
          `select message_id as id from app_public.message_feedback where conversation_id = $1 and feedback_type = 'positive'`,
          id,
        )
      ).id;
      const toolCall = (
        await one(
          `select id from app_public.tool_calls where conversation_id = $1 and status = 'requested'`,
          id,
        )
      ).id;
      const before = await shown(id);
      const { message_count, positive_feedback } = await conversationOf(id);
      await archive(id);
      await write(id, message, toolCall);
      const after = await conversationOf(id);
      expect(after.storage_tier).toBe('hot');
      expect(after.message_count).toBe(
        (await one('select count(*)::int as n from app_public.messages where conversation_id = $1', id)).n,
      );
      expect(after.message_count).toBeGreaterThanOrEqual(message_count);
      expect(after.positive_feedback).toBe(
        (
          await one(
            `select count(*)::int as n from app_public.message_feedback where conversation_id = $1 and feedback_type = 'positive'`,
            id,
          )
        ).n,
      );
      expect(positive_feedback).toBe(1);
      const now = await shown(id);
      // what was there is there, but the one feedback that the write was about
      const gone = before.filter((row) => !now.includes(row));
      expect(gone.filter((row) => !row.startsWith('feedback'))).toEqual([]);
      expect(gone.length).toBeLessThanOrEqual(1);
    });

    it('returns the first message to a retry, and goes on with the numbers', async () => {
      const id = await full();
      // what is said with the key in the second call is what is stored
      const first = await one(
        `select id, content, role, parts, attachments, provider, model, prompt_tokens, completion_tokens, cost_usd, metadata
         from app_public.messages where conversation_id = $1 and idempotency_key = 'key 3'`,
        id,
      );
      await archive(id);
      const retry = (content: string) =>
        call(
          `select id from app_public.post_message($1, $2, $3, idempotency_key => 'key 3', parts => $4, attachments => $5, provider => $6,
             model => $7, prompt_tokens => $8, completion_tokens => $9, cost_usd => $10, metadata => $11)`,
          id,
          content,
          first.role,
          first.parts && JSON.stringify(first.parts),
          first.attachments && JSON.stringify(first.attachments),
          first.provider,
          first.model,
          first.prompt_tokens,
          first.completion_tokens,
          first.cost_usd,
          JSON.stringify(first.metadata),
        );
      expect(await retry(first.content)).toEqual([{ id: first.id }]);
      await expect(retry('another')).rejects.toMatchObject({ code: 'CQ810' });
      await archive(id);
      expect(await post(id, 'next')).toMatchObject({ sequence_number: AWKWARD.length + 4 });
    });

    it('imports what is new, and leaves it packed when nothing is', async () => {
      const payload = (count: number) =>
        JSON.stringify({
          source: 'elsewhere',
          messages: Array.from({ length: count }, (_, n) => ({
            externalId: `m${n}`,
            parentExternalId: n ? `m${n - 1}` : undefined,
            role: 'user',
            content: `said ${n}`,
            createdAt: `2024-05-0${n + 1}T00:00:00Z`,
          })),
        });
      const run = async (count: number) =>
        (await call('select * from app_public.import_conversation($1)', payload(count)))[0];
      const { id } = await run(3);
      await indexed(id);
      await archive(id);
      expect(await run(3)).toMatchObject({ added: 0, unchanged: 3 });
      expect(await tierOf(id)).toBe('warm');
      expect(await run(4)).toMatchObject({ added: 1, unchanged: 3 });
      expect(
        await one('select storage_tier, message_count from app_public.conversations where id = $1', id),
      ).toEqual({ storage_tier: 'hot', message_count: 4 });
    });

    it('reads a link, and learns from a packed message, without restoring', async () => {
      const id = await full();
      const last = (await conversationOf(id)).preferred_leaf_id;
      const [{ token }] = await call('select token from app_public.share_conversation($1)', id);
      const read = async () =>
        (
          await asVisitor(database, (client) =>
            client.query('select to_json(app_public.read_shared_conversation($1)) as shared', [token]),
          )
        ).rows[0].shared;
      const before = await read();
      expect(before.messages.at(-1).content).toBe('other');
      await archive(id);
      expect(await read()).toEqual(before);
      await call(`select app_public.remember('a fact', source_type => 'chat', source_id => $1)`, last);
      await expect(
        as(bob, `select app_public.remember('a fact', source_type => 'chat', source_id => $1)`, last),
      ).rejects.toMatchObject({ code: 'CQ204' });
      expect(await tierOf(id)).toBe('warm');
    });
  });

  describe('who may', () => {
    it('is the owner, or a manager where it is shared; one error for everybody else', async () => {
      const [mine, shared] = [await full(member), await full(member, 'workspace')];
      const missing = { code: 'CQ204', message: 'There is no such conversation.' };
      for (const work of [archive, restore]) {
        await expect(work(NOWHERE)).rejects.toMatchObject(missing);
        for (const user of [ann, bob, owner, admin])
          await expect(work(mine, user)).rejects.toMatchObject(missing);
        for (const user of [ann, bob]) await expect(work(shared, user)).rejects.toMatchObject(missing);
        await expect(work(shared, viewer)).rejects.toMatchObject({ code: 'CQ109' });
        await expect(work(mine, member)).resolves.toHaveLength(1);
        await expect(work(shared, admin)).resolves.toHaveLength(1);
      }
      const others = await full(owner, 'workspace');
      await expect(archive(others, member)).rejects.toMatchObject(missing);
      await expect(
        asVisitor(database, (client) => client.query('select app_public.archive_conversation($1)', [mine])),
      ).rejects.toMatchObject({ code: '42501' });
    });

    it('reads what is packed as what is not, and nobody reads the documents', async () => {
      const [mine, shared] = [await full(member), await full(member, 'workspace')];
      const seen = new Map<string, string[][]>();
      const look = async () => {
        const views: string[][] = [];
        for (const id of [mine, shared])
          for (const user of [member, owner, viewer, ann]) views.push(await shown(id, user));
        return views;
      };
      seen.set('hot', await look());
      for (const id of [mine, shared]) await archive(id, member);
      expect(await look()).toEqual(seen.get('hot'));
      const visitor = (sql: string, id: string) => asVisitor(database, (client) => client.query(sql, [id]));
      for (const name of ['conversation_messages', 'conversation_feedback', 'conversation_citations'])
        expect((await visitor(`select * from app_public.${name}($1)`, shared)).rows).toEqual([]);
      for (const table of ['conversation_archives', 'conversation_archive_parts']) {
        await expect(as(member, `select * from app_hidden.${table}`)).rejects.toMatchObject({
          code: '42501',
        });
        await expect(worker().query(`select * from app_hidden.${table}`)).rejects.toMatchObject({
          code: '42501',
        });
      }
    });

    it('works in bulk as the worker alone', async () => {
      for (const sql of [
        'select app_hidden.archive_old_conversations()',
        `select app_hidden.archive_old_messages('1 day')`,
        'select app_hidden.compress_old_conversations()',
      ]) {
        await expect(as(owner, sql)).rejects.toMatchObject({ code: '42501' });
        await expect(worker().query(sql)).resolves.toBeDefined();
      }
      for (const sql of [
        `select app_hidden.archive_old_conversations('-1 day')`,
        'select app_hidden.archive_old_conversations(min_messages => 0)',
        'select app_hidden.compress_old_conversations(max_conversations => 0)',
      ])
        await expect(worker().query(sql)).rejects.toMatchObject({ code: 'CQ200' });
    });
  });

  describe('people who go', () => {
    it('take their feedback along, also what is packed, and are nobody in what they wrote', async () => {
      const team = await createWorkspace(database, 'Short');
      const stays = await join(database, await registerUser(database, 'stays@example.org'), team, 'owner');
      const goes = await join(database, await registerUser(database, 'goes@example.org'), team, 'member');
      const id = await start(stays, 'workspace');
      const message = await post(id, 'by one who goes', goes);
      await as(goes, `select app_public.give_feedback($1, 'positive')`, message.id);
      await as(stays, `select app_public.give_feedback($1, 'negative')`, message.id);
      await indexed(id);
      await archive(id, stays);
      await tables().query('delete from app_public.users where id = $1', [goes.id]);
      expect(await as(stays, 'select author_id from app_public.conversation_messages($1)', id)).toEqual([
        { author_id: null },
      ]);
      await restore(id, stays);
      expect(await conversationOf(id)).toMatchObject({
        positive_feedback: 0,
        negative_feedback: 1,
        message_count: 1,
      });
      expect(
        await one(
          'select count(*)::int as n from app_public.message_feedback where conversation_id = $1',
          id,
        ),
      ).toEqual({ n: 1 });
    });
  });

  describe('the worker', () => {
    it('archive_old_conversations copies messages before it deletes them, and touches no conversation that is active or small', async () => {
      const age = (id: string, days: number) =>
        tables().query(
          `update app_public.conversations set last_message_at = now() - make_interval(days => $2) where id = $1`,
          [id, days],
        );
      const [old, recent, small] = [await full(), await full(), await full()];
      for (const id of [old, recent])
        await tables().query('update app_public.conversations set max_messages = 1000 where id = $1', [id]);
      await age(old, 31);
      await age(recent, 29);
      await age(small, 400);
      const before = await shown(old);
      const done = (
        await worker().query('select * from app_hidden.archive_old_conversations(min_messages => 13)')
      ).rows.map((row) => row.conversation_id);
      expect(done).toContain(old);
      expect(done).not.toContain(recent);
      expect(await shown(old)).toEqual(before);
      expect((await worker().query('select * from app_hidden.archive_old_conversations()')).rows).toEqual([]);
      // small ones only when somebody asks for them
      expect(await tierOf(small)).toBe('warm');
      await restore(small);
      await age(small, 400);
      expect(
        (await archiveAll('select * from app_hidden.archive_old_conversations($1::interval)', '1 day')).map(
          (row) => row.conversation_id,
        ),
      ).not.toContain(small);
      expect(
        (await archiveAll('select * from app_hidden.archive_old_messages($1)', '399 days')).map(
          (row) => row.conversation_id,
        ),
      ).toEqual([small]);
      await restore(recent);
    });

    it('compress_old_conversations keeps feedback and citations', async () => {
      const id = await full();
      const before = await shown(id);
      await archiveAll();
      const compress = async (idle: string | null) =>
        (
          await worker().query('select * from app_hidden.compress_old_conversations($1, 10000)', [idle])
        ).rows.filter((row) => row.conversation_id === id);
      expect(await compress(null)).toEqual([]);
      expect(await compress('0')).toEqual([
        { conversation_id: id, storage_tier: 'cold', messages: AWKWARD.length + 3, problem: null },
      ]);
      expect(await compress('0')).toEqual([]);
      expect(await shown(id)).toEqual(before);
      expect(before.filter((row) => row.startsWith('feedback'))).toHaveLength(2);
      expect(before.filter((row) => row.startsWith('citation'))).toHaveLength(4);
      await post(id, 'awake');
      expect(await tierOf(id)).toBe('hot');
      expect((await shown(id)).filter((row) => before.includes(row))).toEqual(before);
    });

    it('does as the policies of the workspace say, and a hold does not keep it from packing', async () => {
      const id = await full(member);
      await tables().query(
        `update app_public.conversations set last_message_at = now() - interval '10 days' where id = $1`,
        [id],
      );
      const run = async () =>
        (
          await worker().query(
            'select * from app_hidden.archive_old_conversations(min_messages => 2, max_conversations => 10000)',
          )
        ).rows.map((row) => row.conversation_id);
      expect(await run()).not.toContain(id);
      await as(owner, `select app_public.set_retention_policy('hot_conversations', null)`);
      await tables().query(
        `update app_public.conversations set last_message_at = now() - interval '900 days' where id = $1`,
        [id],
      );
      expect(await run()).not.toContain(id);
      await as(owner, `select app_public.set_retention_policy('hot_conversations', 899)`);
      await as(owner, `select app_public.place_legal_hold('a case')`);
      const before = await shown(id, member);
      expect(await run()).toContain(id);
      expect(await shown(id, member)).toEqual(before);
    });

    it('goes on where it ended, in bounded steps, and passes over a conversation in use', async () => {
      await archiveAll();
      const ids = [await full(), await full(), await full()];
      const client = await superuser().connect();
      try {
        await client.query('begin');
        await client.query('select from app_public.conversations where id = $1 for key share', [ids[1]]);
        const [first] = await archiveAll('select * from app_hidden.archive_old_conversations($1, 1, 1)');
        expect(first).toMatchObject({ conversation_id: ids[0], storage_tier: 'warm', problem: null });
        const rest = (
          await worker().query(`select * from app_hidden.archive_old_conversations('0', 1, 100, $1)`, [
            ids[0],
          ])
        ).rows;
        expect(rest.map((row) => row.conversation_id)).toEqual([ids[2]]);
      } finally {
        await client.query('rollback');
        client.release();
      }
      expect((await archiveAll()).map((row) => row.conversation_id)).toEqual([ids[1]]);
      expect(await archiveAll()).toEqual([]);
    });

    it('has a job that says what it did, and does nothing the second time', async () => {
      await archiveAll();
      const id = await full();
      const age = (days: number) =>
        tables().query(
          `update app_public.conversations set last_message_at = now() - make_interval(days => $2), message_count = 100 where id = $1`,
          [id, days],
        );
      await age(181);
      const run = (payload: object = {}) =>
        archiveConversations.handle(
          { pool: worker(), log, signal: AbortSignal.timeout(60_000) } as unknown as JobContext,
          archiveConversations.payload.parse(payload),
        );
      // a counter that is wrong is no reason to lose anything
      expect(await run()).toMatchObject({ packed: 0, problems: [id], isDone: true });
      expect(await tierOf(id)).toBe('hot');
      await tables().query(
        `update app_public.conversations set message_count = last_sequence_number where id = $1`,
        [id],
      );
      await worker().query(`select app_hidden.archive_old_messages('180 days', 10000)`);
      const result = await run();
      expect(result).toMatchObject({ packed: 0, problems: [], isDone: true });
      expect((result as { cooled: number }).cooled).toBeGreaterThanOrEqual(1);
      expect(await tierOf(id)).toBe('cold');
      expect(await run()).toEqual({ packed: 0, messages: 0, cooled: 0, problems: [], isDone: true });
    });
  });

  describe('nothing is lost', () => {
    it('when the backend that packs is killed, at any point', async () => {
      const ids = [await full(), await full(), await full()];
      const before = await Promise.all(ids.map(rowsOf));
      const interrupted = new Set<unknown>();
      for (let attempt = 0; attempt < 14; attempt++) {
        const client = await worker().connect();
        client.on('error', () => {});
        const { rows } = await client.query('select pg_backend_pid() as pid');
        let outcome: unknown;
        const packing = client.query(`select * from app_hidden.archive_old_conversations('0', 1)`).then(
          () => {
            outcome = 'done';
          },
          (error) => {
            outcome = error.code ?? 'lost';
          },
        );
        // each statement of the packing locks what it has not touched before: so far it is to come
        const locks = async () =>
          (await superuser().query('select count(*)::int as n from pg_locks where pid = $1', [rows[0].pid]))
            .rows[0].n;
        while (outcome === undefined && (await locks()) < attempt * 6);
        await superuser().query('select pg_terminate_backend($1)', [rows[0].pid]);
        await packing;
        interrupted.add(outcome);
        client.release(true);
        for (const [n, id] of ids.entries()) {
          if ((await tierOf(id)) !== 'hot') await restore(id);
          expect(await rowsOf(id)).toEqual(before[n]);
        }
      }
      expect(interrupted).toContain('57P01');
    });

    it('when it ends between packing and committing', async () => {
      const id = await full();
      const before = await rowsOf(id);
      const client = await database.pool('worker').connect();
      client.on('error', () => {});
      await client.query('begin');
      const { rows } = await client.query(
        `select *, pg_backend_pid() as pid from app_hidden.archive_old_conversations('0', 1)`,
      );
      expect(rows.map((row) => row.conversation_id)).toContain(id);
      await superuser().query('select pg_terminate_backend($1)', [rows[0].pid]);
      await until(
        async () =>
          (await one('select count(*)::int as n from pg_stat_activity where pid = $1', rows[0].pid)).n === 0,
      );
      client.release(true);
      expect(await tierOf(id)).toBe('hot');
      expect(await rowsOf(id)).toEqual(before);
    });

    it('when somebody writes while it is packed, or it is packed while somebody writes', async () => {
      const id = await full();
      const count = (await conversationOf(id)).message_count;
      const packing = await database.pool('worker').connect();
      const waits = () => until(async () => (await lockWaiters(database)).length > 0);
      try {
        await packing.query('begin');
        const { rows } = await packing.query(`select * from app_hidden.archive_old_conversations('0', 1)`);
        expect(rows.map((row) => row.conversation_id)).toContain(id);
        const posted = post(id, 'meanwhile');
        await waits();
        await packing.query('commit');
        expect(await posted).toMatchObject({ sequence_number: count + 1 });
      } finally {
        packing.release();
      }
      expect(await conversationOf(id)).toMatchObject({ storage_tier: 'hot', message_count: count + 1 });
      await indexed(id);
      // the other way round: the writer has the row, the owner waits to archive it, and the worker does not wait
      let archiving: Promise<unknown> | undefined;
      await asUser(database, ann, async (client) => {
        await client.query(`select app_public.post_message($1, 'and more')`, [id]);
        await client.query('reset role');
        expect((await archiveAll()).map((row) => row.conversation_id)).not.toContain(id);
        archiving = archive(id).catch((error) => error.code);
        await waits();
      });
      expect(await archiving).toBe('CQ261');
      await indexed(id);
      await archive(id);
      expect((await shown(id)).filter((row) => row.startsWith('message'))).toHaveLength(count + 2);
    });

    it('when many post and pack at once', async () => {
      const id = await start();
      await Promise.all([
        ...Array.from({ length: 4 }, async (_, w) => {
          for (let n = 0; n < 15; n++) await post(id, `${w}:${n}`);
        }),
        (async () => {
          for (let n = 0; n < 25; n++) {
            await indexed(id);
            await archiveAll();
            await shown(id);
          }
        })(),
      ]);
      const contents = (await call(
        'select content, sequence_number from app_public.conversation_messages($1, null, 1000)',
        id,
      )) as { content: string; sequence_number: number }[];
      expect(new Set(contents.map((row) => row.content)).size).toBe(60);
      expect(contents.map((row) => row.sequence_number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 60 }, (_, n) => n + 1),
      );
    });

    const damages: [string, string][] = [
      [
        'changed',
        `update app_hidden.conversation_archive_parts set document = replace(document, 'a!', 'b!') where conversation_id = $1`,
      ],
      [
        'changed with its checksum',
        `update app_hidden.conversation_archive_parts set document = replace(document, 'a!', 'b!'), sha256 = sha256(convert_to(replace(document, 'a!', 'b!'), 'UTF8')) where conversation_id = $1`,
      ],
      [
        'cut off',
        `update app_hidden.conversation_archive_parts set document = left(document, -10) where conversation_id = $1`,
      ],
      [
        'gone in part',
        `delete from app_hidden.conversation_archive_parts where conversation_id = $1 and part = 0`,
      ],
      ['gone', 'delete from app_hidden.conversation_archives where conversation_id = $1'],
    ];
    it.each(damages)('when a document is %s: it is not restored, and nothing changes', async (_, damage) => {
      const id = await full();
      await archive(id);
      const copy = (
        await tables().query(
          'select to_json(p) as row from app_hidden.conversation_archive_parts p where p.conversation_id = $1 order by p.packed, p.part',
          [id],
        )
      ).rows;
      await tables().query(damage, [id]);
      const stored = () =>
        tables().query(
          'select p::text as row from app_hidden.conversation_archive_parts p where p.conversation_id = $1 order by 1',
          [id],
        );
      const damaged = (await stored()).rows;
      await expect(restore(id)).rejects.toMatchObject({ code: 'CQ260' });
      await expect(post(id, 'more')).rejects.toMatchObject({ code: 'CQ260' });
      expect((await stored()).rows).toEqual(damaged);
      expect(await tierOf(id)).toBe('warm');
      const cooled = (await worker().query(`select * from app_hidden.compress_old_conversations('0', 10000)`))
        .rows;
      expect(cooled.find((row) => row.conversation_id === id)?.problem ?? 'CQ260').toMatch(/^CQ260/);
      expect(await tierOf(id)).toBe('warm');
      expect(copy.length).toBeGreaterThan(0);
      // the others are not kept waiting by this one
      await tables().query('delete from app_public.conversations where id = $1', [id]);
    });

    it('whatever is done, in any order', async () => {
      const step = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            op: fc.constant('post' as const),
            text: fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ unit: 'grapheme', maxLength: 40 })),
          }),
        },
        { weight: 2, arbitrary: fc.record({ op: fc.constant('turn' as const), cites: fc.nat(4) }) },
        { weight: 2, arbitrary: fc.record({ op: fc.constant('edit' as const), at: fc.nat(50) }) },
        {
          weight: 3,
          arbitrary: fc.record({
            op: fc.constant('feedback' as const),
            at: fc.nat(50),
            type: fc.constantFrom('positive', 'neutral', 'negative'),
          }),
        },
        { weight: 1, arbitrary: fc.record({ op: fc.constant('withdraw' as const), at: fc.nat(50) }) },
        {
          weight: 3,
          arbitrary: fc.record({
            op: fc.constantFrom(
              'archive' as const,
              'archive old' as const,
              'compress' as const,
              'restore' as const,
            ),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ op: fc.constantFrom('partitions' as const, 'roll back' as const) }),
        },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 14 }),
          fc.integer({ min: 1, max: 9 }),
          async (steps, first) => {
            const id = await start();
            /** What was put in: rows as the database gave them back, by what they are. */
            const put = new Map<string, string>();
            const ids: string[] = [];
            const said = async (rows: pg.QueryResult['rows']) => {
              for (const row of rows) {
                ids.push(row.id);
                put.set(`message ${row.id}`, `message ${row.row}`);
              }
            };
            for (const s of steps) {
              const at = 'at' in s && ids.length > 0 ? ids[s.at % ids.length]! : undefined;
              if (s.op === 'post') {
                const clean = s.text.replaceAll('\0', '').toWellFormed();
                await said(
                  await call(
                    'select m.id, m::text as row from app_public.post_message($1, $2) as m',
                    id,
                    clean,
                  ),
                );
              } else if (s.op === 'turn') {
                const cited = chunks
                  .slice(0, s.cites)
                  .map((chunkId) => ({ chunkId, similarityScore: 0.123456 }));
                const rows = await call(
                  `select m.id, m::text as row from app_public.record_turn($1, 'q', 'a', chunks => $2) as m`,
                  id,
                  JSON.stringify(cited),
                );
                await said(rows);
                for (const { row } of await call(
                  'select k::text as row from app_public.message_chunks k where k.message_id = $1',
                  rows[1].id,
                ))
                  put.set(`citation ${row}`, `citation ${row}`);
              } else if (s.op === 'edit' && at) {
                await said(
                  await call(
                    'select m.id, m::text as row from app_public.edit_message($1, $2) as m',
                    at,
                    'edited',
                  ),
                );
              } else if (s.op === 'feedback' && at) {
                const [{ row }] = await call(
                  'select f::text as row from app_public.give_feedback($1, $2) as f',
                  at,
                  s.type,
                );
                put.set(`feedback ${at}`, `feedback ${row}`);
              } else if (s.op === 'withdraw' && at && put.delete(`feedback ${at}`)) {
                await call('select app_public.withdraw_feedback($1)', at);
              } else if (s.op === 'archive') {
                await indexed(id);
                await archive(id);
              } else if (s.op === 'archive old') {
                await indexed(id);
                await archiveAll();
              } else if (s.op === 'compress') {
                await worker().query(`select app_hidden.compress_old_conversations('0', 10000)`);
              } else if (s.op === 'restore') {
                await restore(id);
              } else if (s.op === 'partitions') {
                await worker().query('select app_hidden.ensure_partitions()');
              } else if (s.op === 'roll back') {
                await indexed(id);
                const client = await worker().connect();
                await client.query('begin');
                await client.query(`select app_hidden.archive_old_conversations('0', 1)`);
                await client.query('rollback');
                client.release();
              }
              expect(await shown(id, ann, first)).toEqual([...put.values()].sort());
            }
            const { message_count, last_sequence_number, positive_feedback, negative_feedback } =
              await conversationOf(id);
            expect([message_count, last_sequence_number]).toEqual([ids.length, ids.length]);
            const given = [...put.values()].filter((row) => row.startsWith('feedback'));
            expect([positive_feedback, negative_feedback]).toEqual(
              ['positive', 'negative'].map((type) => given.filter((row) => row.includes(`,${type},`)).length),
            );
          },
        ),
        { numRuns: 40, endOnFailure: true },
      );
    });
  });
});
