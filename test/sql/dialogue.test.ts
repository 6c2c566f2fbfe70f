import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { createWorkspace, indexAll, join } from '../support/tenants.ts';
import { asUser, asVisitor, registerUser, type TestUser } from '../support/users.ts';

describeReal('dialogue', () => {
  let database: Database;
  let ann: TestUser;
  /** Two members of one workspace, the first of whom owns it. */
  let first: TestUser;
  let second: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    const team = await createWorkspace(database, 'Team');
    first = await join(database, await registerUser(database, 'first@example.org'), team, 'owner');
    second = await join(database, await registerUser(database, 'second@example.org'), team, 'member');
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  /** Each on a connection of its own, of which there are ten: so many run at the same time. */
  const as = async (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult['rows']> =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const call = (sql: string, ...values: unknown[]) => as(ann, sql, ...values);
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const start = async (user = ann, visibility = 'private'): Promise<string> =>
    (await as(user, `select id from app_public.start_conversation('Talk', $1)`, visibility))[0].id;
  const post = async (conversation: string, content: string, more: Record<string, unknown> = {}) =>
    (
      await call(
        `select * from app_public.post_message($1, $2${Object.keys(more)
          .map((name, index) => `, ${name} => $${index + 3}`)
          .join('')})`,
        conversation,
        content,
        ...Object.values(more),
      )
    )[0];
  const contents = async (conversation: string): Promise<string[]> =>
    (
      await owner().query(
        'select content from app_public.messages where conversation_id = $1 order by sequence_number',
        [conversation],
      )
    ).rows.map((row) => row.content);
  const conversation = (id: string) => one('select * from app_public.conversations where id = $1', id);

  describe('configurations', () => {
    it('come with every workspace, one default each', async () => {
      const { rows } = await owner().query(
        `select w.id from app_public.workspaces w left join app_public.rag_configurations r on r.workspace_id = w.id and r.is_default
         group by w.id having count(r) <> 1`,
      );
      expect(rows).toEqual([]);
    });

    it('keep what they were before an edit', async () => {
      const [{ id }] = await as(first, `select id from app_public.create_rag_configuration('Careful')`);
      await as(first, 'update app_public.rag_configurations set temperature = 0.1 where id = $1', id);
      await as(first, 'update app_public.rag_configurations set temperature = 0.1 where id = $1', id);
      const versions = await as(
        second,
        'select old_values, replaced_by from app_public.rag_configuration_versions where rag_configuration_id = $1',
        id,
      );
      expect(versions).toEqual([
        { old_values: expect.objectContaining({ temperature: 0.7, name: 'Careful' }), replaced_by: first.id },
      ]);
    });

    it('are changed by those who manage the workspace alone, and the default cannot go', async () => {
      const [{ id }] = await as(second, 'select id from app_public.rag_configurations where is_default');
      const change = `update app_public.rag_configurations set name = 'Ours' where id = $1 returning id`;
      expect(await as(second, change, id)).toEqual([]);
      expect(await as(first, change, id)).toHaveLength(1);
      const remove = 'delete from app_public.rag_configurations where id = $1 returning id';
      expect(await as(first, remove, id)).toEqual([]);
      await expect(
        as(first, 'update app_public.rag_configurations set is_active = false where id = $1', id),
      ).rejects.toMatchObject({ code: '23514' });
      const [other] = await as(first, `select id from app_public.create_rag_configuration('Other')`);
      const used = await start(first);
      await as(
        first,
        'update app_public.conversations set rag_configuration_id = $1 where id = $2',
        id,
        used,
      );
      const both = [id, other.id].map((wanted) =>
        as(first, 'select id from app_public.set_default_rag_configuration($1)', wanted),
      );
      await Promise.all(both);
      await as(first, 'select app_public.set_default_rag_configuration($1)', other.id);
      expect(await as(first, 'select id from app_public.rag_configurations where is_default')).toEqual([
        other,
      ]);
      // a conversation outlives its configuration
      expect(await as(first, remove, id)).toHaveLength(1);
      expect((await conversation(used)).rag_configuration_id).toBeNull();
    });

    it('of another tenant cannot be used', async () => {
      const [theirs] = await as(first, 'select id from app_public.rag_configurations where is_default');
      const id = await start();
      await expect(
        call('update app_public.conversations set rag_configuration_id = $1 where id = $2', theirs.id, id),
      ).rejects.toMatchObject({ code: '23503' });
    });

    it('go with their workspace', async () => {
      const gone = await createWorkspace(database, 'Gone');
      const { id } = await one('select id from app_public.rag_configurations where workspace_id = $1', gone);
      await owner().query(
        'insert into app_public.conversations (workspace_id, owner_id, rag_configuration_id) values ($1, $2, $3)',
        [gone, ann.id, id],
      );
      await owner().query('delete from app_public.workspaces where id = $1', [gone]);
      expect(
        (await owner().query('select from app_public.rag_configurations where id = $1', [id])).rowCount,
      ).toBe(0);
    });
  });

  describe('the size limit', () => {
    const chain = async (id: string) =>
      (
        await owner().query(
          `with recursive chain as (
             select c.* from app_public.conversations c where c.id = $1
             union all select n.* from chain join app_public.conversations n on n.continued_from_id = chain.id
           ) select id, message_count, is_archived, is_auto_archived from chain order by id`,
          [id],
        )
      ).rows;
    const limited = async (most: number) => {
      const id = await start();
      await owner().query('update app_public.conversations set max_messages = $1 where id = $2', [most, id]);
      return id;
    };

    it('crossed by one message, returns it in the one continuation', async () => {
      const id = await limited(2);
      const [a, b, c, d] = [
        await post(id, 'a'),
        await post(id, 'b'),
        await post(id, 'c', { idempotency_key: 'c' }),
        await post(id, 'd'),
      ];
      expect([a.conversation_id, b.conversation_id]).toEqual([id, id]);
      expect(c.conversation_id).not.toBe(id);
      expect(d.conversation_id).toBe(c.conversation_id);
      expect(await conversation(c.conversation_id)).toMatchObject({ continued_from_id: id, title: 'Talk' });
      // the retry finds its message where it went, and the chain grows on
      expect((await post(id, 'again', { idempotency_key: 'c' })).id).toBe(c.id);
      const e = await post(id, 'e', { parent_id: b.id });
      expect(e.parent_id).toBeNull();
      expect(
        (await chain(id)).map((row) => [row.message_count, row.is_archived, row.is_auto_archived]),
      ).toEqual([
        [2, true, true],
        [2, true, true],
        [1, false, false],
      ]);
    });

    it('takes an id that the client made before the continuation was there', async () => {
      const id = await limited(1);
      await post(id, 'a');
      const own = (await one('select uuidv7() as id')).id;
      const b = await post(id, 'b', { id: own });
      expect([b.id, b.conversation_id === id]).toEqual([own, false]);
    });

    it('keeps a turn together', async () => {
      const id = await limited(3);
      await post(id, 'a');
      await post(id, 'b');
      const turn = await call(`select conversation_id from app_public.record_turn($1, 'q', 'a')`, id);
      expect(new Set(turn.map((row) => row.conversation_id)).size).toBe(1);
      expect((await chain(id)).map((row) => row.message_count)).toEqual([2, 2]);
    });

    it('crossed by 8 writers at once, loses nothing and makes one continuation', async () => {
      const id = await limited(20);
      const texts = Array.from({ length: 32 }, (_, index) => `message ${index}`);
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (const text of texts.filter((_, index) => index % 8 === writer)) {
            await as(ann, 'select app_public.post_message($1, $2)', id, text);
          }
        }),
      );
      const all = await chain(id);
      expect(all.map((row) => row.message_count)).toEqual([20, 12]);
      const said = (await Promise.all(all.map((row) => contents(row.id)))).flat();
      expect(said.sort()).toEqual(texts.sort());
      const { rows } = await owner().query(
        'select from app_public.conversations where continued_from_id = $1',
        [id],
      );
      expect(rows).toHaveLength(1);
    });
  });

  describe('a turn', () => {
    const turn = (id: string, more = '') =>
      `select * from app_public.record_turn('${id}', 'Why?', 'Because.'${more})`;

    it('is stored whole: messages, citations, tool calls, usage and counters', async () => {
      await call(`select app_public.create_document('Zebras', 'zebras have stripes')`);
      await indexAll(database);
      const [chunk] = await call('select id from app_public.chunks where document_id is not null limit 1');
      const id = await start();
      const before = await one(
        'select total_tokens_used, total_cost_usd from app_public.users where id = $1',
        ann.id,
      );
      const [question, answer] = await call(
        `select * from app_public.record_turn($1, 'Why?', 'Because.', chunks => $2, tool_calls => $3, model => 'm', prompt_tokens => 30,
           completion_tokens => 12, cost_usd => 0.25, latency_ms => 800)`,
        id,
        JSON.stringify([{ chunkId: chunk.id, similarityScore: 0.5 }]),
        JSON.stringify([
          { name: 'a', result: 1 },
          { name: 'b', status: 'failed', error: 'no', durationMs: 4 },
        ]),
      );
      expect([question.role, answer.role, answer.total_tokens]).toEqual(['user', 'assistant', 42]);
      expect(
        await call(
          'select chunk_id, rank, similarity_score from app_public.message_chunks where message_id = $1',
          answer.id,
        ),
      ).toEqual([{ chunk_id: chunk.id, rank: 1, similarity_score: 0.5 }]);
      expect(
        await call(
          'select name, position, status from app_public.tool_calls where message_id = $1 order by position',
          answer.id,
        ),
      ).toEqual([
        { name: 'a', position: 1, status: 'succeeded' },
        { name: 'b', position: 2, status: 'failed' },
      ]);
      expect(await conversation(id)).toMatchObject({
        message_count: 2,
        total_tokens_used: '42',
        avg_response_time_ms: 800,
      });
      const after = await one(
        'select total_tokens_used, total_cost_usd from app_public.users where id = $1',
        ann.id,
      );
      expect(Number(after.total_tokens_used) - Number(before.total_tokens_used)).toBe(42);
      expect(Number(after.total_cost_usd) - Number(before.total_cost_usd)).toBeCloseTo(0.25);
      // the citation survives its chunk, and metering the conversation
      await call(`delete from app_public.documents where title = 'Zebras'`);
      expect(
        await call('select from app_public.message_chunks where message_id = $1', answer.id),
      ).toHaveLength(1);
      await call('delete from app_public.conversations where id = $1', id);
      expect(
        await call(
          'select conversation_id, total_tokens from app_public.usage_logs where message_id = $1',
          answer.id,
        ),
      ).toEqual([{ conversation_id: null, total_tokens: 42 }]);
    });

    it('leaves nothing when a part of it is refused', async () => {
      const id = await start();
      for (const more of [
        `, chunks => '[{"chunkId": "01890000-0000-7000-8000-000000000000"}]'`,
        `, chunks => '{}'`,
        `, tool_calls => '[{}]'`,
        `, idempotency_key => ''`,
      ]) {
        await expect(call(turn(id, more)), more).rejects.toMatchObject({
          code: expect.stringMatching(/^(CQ200|CQ204|23502)$/),
        });
      }
      expect(await conversation(id)).toMatchObject({ message_count: 0, last_sequence_number: 0 });
    });

    it('with one key, recorded 8 times at once, is there once', async () => {
      const id = await start();
      const results = await Promise.all(
        Array.from({ length: 8 }, () => as(ann, turn(id, `, idempotency_key => 'once', prompt_tokens => 1`))),
      );
      expect(await contents(id)).toEqual(['Why?', 'Because.']);
      expect(new Set(results.map((rows) => rows.map((row) => row.id).join())).size).toBe(1);
      expect(await call('select from app_public.usage_logs where conversation_id = $1', id)).toHaveLength(1);
    });
  });

  describe('tool calls', () => {
    it('wait for an approval, and move forward only', async () => {
      const id = await start();
      const answer = await post(id, 'let me look', { role: 'assistant' });
      const question = await post(id, 'well?');
      const request = async () =>
        (await call(`select * from app_public.request_tool_call($1, 'look', '{"at": 1}')`, answer.id))[0];
      const say = async (call_id: string, status: string, result: unknown = null) =>
        (
          await call(
            'select * from app_public.answer_tool_call($1, $2, $3)',
            call_id,
            status,
            JSON.stringify(result),
          )
        )[0];
      const [a, b] = [await request(), await request()];
      expect([a.position, b.position, a.status]).toEqual([1, 2, 'requested']);
      for (const status of ['running', 'succeeded', 'failed']) {
        await expect(say(a.id, status)).rejects.toMatchObject({ code: 'CQ210' });
      }
      expect(await say(a.id, 'approved')).toMatchObject({ status: 'approved', decided_by: ann.id });
      await expect(say(a.id, 'denied')).rejects.toMatchObject({ code: 'CQ210' });
      await say(a.id, 'running');
      expect(await say(a.id, 'succeeded', { found: true })).toMatchObject({ result: { found: true } });
      expect(await say(a.id, 'succeeded', { found: false })).toMatchObject({ result: { found: true } });
      await say(b.id, 'denied');
      await expect(say(b.id, 'approved')).rejects.toMatchObject({ code: 'CQ210' });
      await expect(
        owner().query(`update app_public.tool_calls set arguments = '{"at": 2}' where id = $1`, [b.id]),
      ).rejects.toMatchObject({ code: 'CQ210' });
      await expect(call(`select app_public.request_tool_call($1, 'x')`, question.id)).rejects.toMatchObject({
        code: 'CQ200',
      });
    });
  });

  describe('feedback', () => {
    const counters = async (id: string) => {
      const { positive_feedback, negative_feedback } = await conversation(id);
      return [positive_feedback, negative_feedback];
    };

    it('is one per reader and message, and the counters follow', async () => {
      const id = await start(first, 'workspace');
      const [message] = await as(first, `select id from app_public.post_message($1, 'x', 'assistant')`, id);
      const give = (user: TestUser, type: string, rating: number | null = null) =>
        as(user, 'select * from app_public.give_feedback($1, $2, $3)', message.id, type, rating);
      await give(first, 'positive', 5);
      await give(second, 'negative', 1);
      expect(await counters(id)).toEqual([1, 1]);
      await give(second, 'positive');
      expect(await counters(id)).toEqual([2, 0]);
      await give(second, 'neutral');
      expect(await counters(id)).toEqual([1, 0]);
      await expect(give(first, 'positive', 6)).rejects.toMatchObject({ code: '23514' });
      // nobody sees, or takes back, what another said
      expect(await as(second, 'select user_id from app_public.message_feedback')).toEqual([
        { user_id: second.id },
      ]);
      await as(second, 'select app_public.withdraw_feedback($1)', message.id);
      await expect(as(second, 'select app_public.withdraw_feedback($1)', message.id)).rejects.toMatchObject({
        code: 'CQ204',
      });
      expect(await counters(id)).toEqual([1, 0]);
      await as(first, 'select app_public.withdraw_feedback($1)', message.id);
      expect(await counters(id)).toEqual([0, 0]);
    });

    it('goes with the account that gave it, and with the conversation', async () => {
      const id = await start(first, 'workspace');
      const guest = await join(
        database,
        await registerUser(database, 'guest@example.org'),
        first.workspaceId,
        'member',
      );
      const [message] = await as(first, `select id from app_public.post_message($1, 'x', 'assistant')`, id);
      for (const user of [first, guest]) {
        await as(user, `select app_public.give_feedback($1, 'negative')`, message.id);
      }
      await owner().query('delete from app_public.users where id = $1', [guest.id]);
      expect(await counters(id)).toEqual([0, 1]);
      await as(first, 'delete from app_public.conversations where id = $1', id);
      expect(
        (await owner().query('select from app_public.message_feedback where message_id = $1', [message.id]))
          .rowCount,
      ).toBe(0);
    });

    it('given many times at once by one reader is one', async () => {
      const id = await start();
      const message = await post(id, 'x', { role: 'assistant' });
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          as(ann, 'select app_public.give_feedback($1, $2)', message.id, index % 2 ? 'positive' : 'negative'),
        ),
      );
      const rows = await call(
        'select feedback_type from app_public.message_feedback where message_id = $1',
        message.id,
      );
      expect(rows).toHaveLength(1);
      expect(await counters(id)).toEqual(rows[0].feedback_type === 'positive' ? [1, 0] : [0, 1]);
    });
  });

  describe('links', () => {
    const read = async (token: string) =>
      (
        await asVisitor(database, (client) =>
          client.query(
            'select title, to_jsonb(messages) as messages from app_public.read_shared_conversation($1)',
            [token],
          ),
        )
      ).rows[0];
    const shown = async (token: string) =>
      (await read(token)).messages?.map((m: { content: string }) => m.content);
    const share = async (id: string, until: string | null = null, expires: string | null = null) =>
      (await call('select * from app_public.share_conversation($1, $2, $3)', id, until, expires))[0];

    it('show the path to a message and nothing later, of the system, or of another branch', async () => {
      const id = await start();
      await post(id, 'be kind', { role: 'system' });
      await post(id, 'one');
      const two = await post(id, 'two', { role: 'assistant' });
      await post(id, 'three');
      const { token } = await share(id, two.id);
      expect(await shown(token)).toEqual(['one', 'two']);
      await post(id, 'secret');
      const [edited] = await call(`select * from app_public.edit_message($1, 'other two')`, two.id);
      await post(id, 'after the edit');
      const later = await share(id);
      expect(await shown(token)).toEqual(['one', 'two']);
      expect(await shown(later.token)).toEqual(['one', 'other two', 'after the edit']);
      expect(await shown((await share(id, edited.id)).token)).toEqual(['one', 'other two']);
      expect(Object.keys((await read(token)).messages[0]).sort()).toEqual([
        'content',
        'model',
        'role',
        'written_at',
      ]);
    });

    it('end when they expire, are revoked, or the conversation ends', async () => {
      const id = await start();
      const message = await post(id, 'one');
      const [a, b, c] = [await share(id, message.id), await share(id), await share(id)];
      await call('select app_public.revoke_share($1)', a.id);
      await owner().query(
        `update app_public.conversation_shares set expires_at = now() - interval '1 second' where id = $1`,
        [b.id],
      );
      expect([await shown(a.token), await shown(b.token), await shown(c.token)]).toEqual([
        undefined,
        undefined,
        ['one'],
      ]);
      await owner().query(
        `update app_public.conversations set is_temporary = true, expires_at = now() - interval '1 second' where id = $1`,
        [id],
      );
      expect(await shown(c.token)).toBeUndefined();
      await expect(share(id, null, '2020-01-01')).rejects.toMatchObject({ code: 'CQ200' });
      const other = await start();
      await expect(share(other)).rejects.toMatchObject({ code: 'CQ204' });
      await post(other, 'two');
      // up to a message of its own, not to one of another conversation
      await expect(share(other, message.id)).rejects.toMatchObject({ code: 'CQ204' });
    });

    it('are stored as hashes, which no request reads', async () => {
      const id = await start();
      await post(id, 'one');
      const { id: shareId, token } = await share(id);
      const row = await one(
        `select encode(token_hash, 'hex') as hash, to_jsonb(s)::text as text from app_public.conversation_shares s where id = $1`,
        shareId,
      );
      expect(row.text).not.toContain(token.slice(4));
      await expect(call('select token_hash from app_public.conversation_shares')).rejects.toMatchObject({
        code: '42501',
      });
      await expect(call('select ip from app_public.message_feedback')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  describe('branches', () => {
    it('begin beside an edited message, and the chosen one is continued', async () => {
      const id = await start();
      const texts = async () => {
        const { preferred_leaf_id } = await conversation(id);
        const { rows } = await owner().query(
          'select m.content from app_private.message_path($1, $2) p join app_public.messages m on m.id = p.id order by m.sequence_number',
          [id, preferred_leaf_id],
        );
        return rows.map((row) => row.content).join(' ');
      };
      const [a, b] = [await post(id, 'a'), await post(id, 'b', { role: 'assistant' })];
      const c = await post(id, 'c');
      expect((await conversation(id)).preferred_leaf_id).toBeNull();
      const [root] = await call(`select * from app_public.edit_message($1, 'A')`, a.id);
      expect(root).toMatchObject({ parent_id: null, replaces_id: a.id, author_id: ann.id });
      await post(id, 'B', { role: 'assistant' });
      expect(await texts()).toBe('A B');
      await call('select app_public.choose_branch($1)', b.id);
      expect((await conversation(id)).preferred_leaf_id).toBe(c.id);
      await post(id, 'd');
      expect(await texts()).toBe('a b c d');
      // another answer to the same question
      await post(id, 'b2', { role: 'assistant', parent_id: a.id });
      expect(await texts()).toBe('a b2');
      await call('select app_public.choose_branch($1)', root.id);
      expect(await texts()).toBe('A B');
      expect(await contents(id)).toHaveLength(7);
    });

    it('begin with another answer to the same question, with what it used and cost', async () => {
      const id = await start();
      const [asked, answered] = await call(
        `select * from app_public.record_turn($1, 'why?', 'because', prompt_tokens => 3, completion_tokens => 1)`,
        id,
      );
      await call(`select app_public.give_feedback($1, 'negative')`, answered.id);
      const again = () =>
        call(
          `select * from app_public.regenerate_answer($1, 'since', model => 'better', prompt_tokens => 3, completion_tokens => 2,
             cost_usd => 0.01, latency_ms => 500, idempotency_key => 'again', tool_calls => '[{"name": "look", "status": "succeeded"}]')`,
          answered.id,
        );
      const [other] = await again();
      expect(other).toMatchObject({
        role: 'assistant',
        parent_id: asked.id,
        replaces_id: answered.id,
        model: 'better',
        total_tokens: 5,
        processing_time_ms: 500,
      });
      // once, however often it is sent
      expect((await again())[0].id).toBe(other.id);
      expect(await conversation(id)).toMatchObject({
        message_count: 3,
        total_tokens_used: '9',
        preferred_leaf_id: other.id,
        negative_feedback: 1,
      });
      expect(await call('select name from app_public.tool_calls where message_id = $1', other.id)).toEqual([
        { name: 'look' },
      ]);
      expect(await contents(id)).toEqual(['why?', 'because', 'since']);
      // a question is edited, not regenerated; and nobody answers for others
      await expect(call(`select app_public.regenerate_answer($1, 'x')`, asked.id)).rejects.toMatchObject({
        code: 'CQ200',
      });
      await expect(
        as(second, `select app_public.regenerate_answer($1, 'x')`, answered.id),
      ).rejects.toMatchObject({
        code: 'CQ204',
      });
    });

    it('become conversations of their own, with a copy of what leads there', async () => {
      const id = await start(first, 'workspace');
      const said = [];
      for (const [content, role] of [
        ['a', 'user'],
        ['b', 'assistant'],
        ['c', 'user'],
      ]) {
        said.push(
          (
            await as(
              first,
              'select id from app_public.post_message($1, $2, $3, total_tokens => 5)',
              id,
              content,
              role,
            )
          )[0].id,
        );
      }
      const [copy] = await as(second, 'select * from app_public.branch_conversation($1)', said[1]);
      expect(copy).toMatchObject({
        owner_id: second.id,
        visibility: 'private',
        message_count: 2,
        total_tokens_used: '0',
        branched_from_message_id: said[1],
        continued_from_id: null,
      });
      expect(await contents(copy.id)).toEqual(['a', 'b']);
      await as(second, `select app_public.post_message($1, 'on')`, copy.id);
      expect(await contents(id)).toEqual(['a', 'b', 'c']);
      await as(first, `update app_public.conversations set visibility = 'private' where id = $1`, id);
      await expect(as(second, 'select app_public.branch_conversation($1)', said[1])).rejects.toMatchObject({
        code: 'CQ204',
      });
    });
  });

  describe('a conversation', () => {
    it('can be given an end by its owner', async () => {
      const id = await start(first, 'workspace');
      const end = (user: TestUser, at: string | null) =>
        as(
          user,
          'select is_temporary, expires_at is null as forever from app_public.make_temporary($1, $2)',
          id,
          at,
        );
      expect(await end(first, '2999-01-01')).toEqual([{ is_temporary: true, forever: false }]);
      expect(await end(first, null)).toEqual([{ is_temporary: false, forever: true }]);
      await expect(end(first, '2020-01-01')).rejects.toMatchObject({ code: 'CQ200' });
      await expect(end(second, '2999-01-01')).rejects.toMatchObject({ code: 'CQ204' });
    });

    it('is read by each member for itself', async () => {
      const id = await start(first, 'workspace');
      await Promise.all(Array.from({ length: 8 }, () => as(second, 'select app_public.mark_read($1)', id)));
      expect(
        await as(second, 'select user_id from app_public.conversation_reads where conversation_id = $1', id),
      ).toEqual([{ user_id: second.id }]);
      expect(
        await as(first, 'select from app_public.conversation_reads where conversation_id = $1', id),
      ).toEqual([]);
    });

    it('has images, whose paths stay inside the storage', async () => {
      const id = await start();
      const record = (path: string) =>
        call(
          `select * from app_public.record_image($1, 'a zebra', $2, 512, 512, cost_usd => 0.04)`,
          id,
          path,
        );
      const [image] = await record('images/zebra-1.png');
      expect(image).toMatchObject({ owner_id: ann.id, format: 'png' });
      expect(await call(`select action from app_public.usage_logs where conversation_id = $1`, id)).toEqual([
        { action: 'image' },
      ]);
      for (const path of ['/etc/passwd', '../x.png', 'a/../../x.png', 'a\nb', '']) {
        await expect(record(path), path).rejects.toMatchObject({ code: '23514' });
      }
    });
  });

  describe('budgets', () => {
    const reserve = (user: TestUser, tokens: number, cost = 0) =>
      as(user, 'select * from app_public.reserve_usage($1, $2)', tokens, cost);
    const settle = (user: TestUser, id: string, tokens: number) =>
      as(user, 'select * from app_public.settle_usage($1, $2)', id, tokens);

    it('are never exceeded by 8 reservations at once, of one member or two', async () => {
      await as(first, `select app_public.set_usage_budget('month', 1000)`);
      await as(first, `select app_public.set_usage_budget('day', 500, user_id => $1)`, second.id);
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) => reserve(index % 2 ? first : second, 150)),
      );
      const held = await one(
        `select sum(h.tokens) filter (where b.user_id is null)::int as all, sum(h.tokens) filter (where b.user_id is not null)::int as member
         from app_hidden.usage_holds h join app_public.usage_budgets b on b.id = h.budget_id where h.workspace_id = $1`,
        first.workspaceId,
      );
      expect(held.all).toBe(900);
      expect(held.member ?? 0).toBeLessThanOrEqual(450);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(6);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CQ220' });
    });

    it('give back what was reserved and not used, once', async () => {
      const bob = await registerUser(database, 'bob@example.org');
      await as(bob, `select app_public.set_usage_budget('day', 100, 1)`);
      const [held] = await reserve(bob, 100);
      await expect(reserve(bob, 1)).rejects.toMatchObject({ code: 'CQ220' });
      await settle(bob, held.id, 40);
      expect((await settle(bob, held.id, 99))[0]).toMatchObject({ settled_tokens: '40' });
      await expect(reserve(bob, 61)).rejects.toMatchObject({ code: 'CQ220' });
      await expect(reserve(bob, 1, 2)).rejects.toMatchObject({ code: 'CQ220' });
      const [again] = await reserve(bob, 60);
      await expect(settle(ann, again.id, 1)).rejects.toMatchObject({ code: 'CQ204' });
      await expect(reserve(bob, -1)).rejects.toMatchObject({ code: 'CQ200' });
      // never settled: counts no longer when it has expired
      await owner().query(
        `update app_hidden.usage_holds set expires_at = now() - interval '1 second' where reservation_id = $1`,
        [again.id],
      );
      expect(await reserve(bob, 60)).toHaveLength(1);
      // more than was set aside: it happened
      await settle(bob, again.id, 80);
      await expect(reserve(bob, 0, 0.5)).rejects.toMatchObject({ code: 'CQ220' });
    });

    it('are set by those who manage the workspace alone', async () => {
      const set = (user: TestUser) => as(user, `select app_public.set_usage_budget('month', 5)`);
      await expect(set(second)).rejects.toMatchObject({ code: '42501' });
      // again replaces it
      expect([...(await set(first)), ...(await set(first))]).toHaveLength(2);
      expect(
        await as(first, `select token_limit from app_public.usage_budgets where period = 'month'`),
      ).toEqual([{ token_limit: '5' }]);
      await expect(as(first, `select app_public.set_usage_budget('day')`)).rejects.toMatchObject({
        code: '23514',
      });
      expect(await as(second, 'update app_public.usage_budgets set token_limit = 1 returning id')).toEqual(
        [],
      );
      expect(await as(second, 'delete from app_public.usage_budgets returning id')).toEqual([]);
      await expect(
        as(first, `select app_public.set_usage_budget('day', 5, user_id => $1)`, ann.id),
      ).rejects.toMatchObject({
        code: '23503',
      });
    });
  });
});
