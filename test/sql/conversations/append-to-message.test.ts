import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorCode } from '../../../lib/errors.ts';
import { describeReal } from '../../support/server.ts';
import { indexAll } from '../../support/tenants.ts';
import { asRole } from '../../support/users.ts';
import {
  ann,
  as,
  call,
  conversation,
  database,
  endScene,
  first,
  one,
  owner,
  post,
  second,
  setScene,
  start,
} from './dialogue.ts';

describeReal('an answer that comes in pieces', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const fails = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'nothing',
      (error) => errorCode(error),
    );
  const begin = async (id: string, more = '') =>
    (await call(`select * from app_public.start_answer('${id}'${more})`)).at(-1)!;
  const append = async (id: string, text: string, at: number, user = ann): Promise<number> =>
    (await as(user, 'select app_public.append_to_message($1, $2, $3) as length', id, text, at))[0].length;
  const finish = async (id: string, more = '', user = ann) =>
    (await as(user, `select * from app_public.finish_message($1${more})`, id))[0];
  const streamed = async (id: string, from = 0, user = ann) =>
    (await as(user, 'select app_hidden.streamed_text($1, $2) as text', id, from))[0].text;
  const message = (id: string) => one('select * from app_public.messages where id = $1', id);

  it('is begun with its question, read while it is written, and ended once with what it used', async () => {
    await call(`select app_public.create_document('Zebras', 'zebras have stripes')`);
    await indexAll(database);
    const [chunk] = await call('select id from app_public.chunks where document_id is not null limit 1');
    const id = await start();
    const both = await call(
      `select * from app_public.start_answer($1, 'Why?', model => 'm', idempotency_key => 'k', metadata => '{"a": 1}')`,
      id,
    );
    expect(both.map((m) => [m.role, m.status, m.content])).toEqual([
      ['user', 'complete', 'Why?'],
      ['assistant', 'streaming', ''],
    ]);
    const answer = both[1].id;
    // a retry of the beginning makes no second answer
    const again = await call(
      `select id from app_public.start_answer($1, 'Why?', model => 'm', idempotency_key => 'k', metadata => '{"a": 1}')`,
      id,
    );
    expect(again.map((m) => m.id)).toEqual(both.map((m) => m.id));

    expect(await append(answer, 'Because 🦓', 0)).toBe(9);
    expect(await append(answer, ' zebras', 9)).toBe(16);
    expect(await streamed(answer)).toBe('Because 🦓 zebras');
    expect([await streamed(answer, 9), await streamed(answer, 12), await streamed(answer, 16)]).toEqual([
      ' zebras',
      'bras',
      '',
    ]);
    const done = `, chunks => '[{"chunkId": "${chunk.id}"}]', tool_calls => '[{"name": "look"}]', parts => '[{"type": "text"}]',
      prompt_tokens => 30, completion_tokens => 12, cost_usd => 0.25, latency_ms => 800, metadata => '{"b": 2}'`;
    const ended = await finish(answer, done);
    expect(ended).toMatchObject({
      status: 'complete',
      content: 'Because 🦓 zebras',
      model: 'm',
      total_tokens: 42,
      metadata: { a: 1, b: 2 },
      parts: [{ type: 'text' }],
    });
    expect(await finish(answer, done)).toEqual(ended);
    expect(await conversation(id)).toMatchObject({
      message_count: 2,
      total_tokens_used: '42',
      avg_response_time_ms: 800,
    });
    const count = (table: string) =>
      one(`select count(*)::int as n from ${table} where message_id = $1`, answer).then(({ n }) => n);
    expect([
      await count('app_public.message_chunks'),
      await count('app_public.tool_calls'),
      await count('app_public.usage_logs'),
      await count('app_hidden.streaming_messages'),
      await count('app_hidden.streaming_parts'),
    ]).toEqual([1, 1, 1, 0, 0]);
    // and never again otherwise
    for (const more of [`, 'failed'`, `, content => 'other'`, ', prompt_tokens => 31'])
      expect(await fails(finish(answer, more))).toBe('CQ812');
    expect(await fails(append(answer, 'more', 16))).toBe('CQ812');
    expect(await streamed(answer)).toBeNull();
  });

  it('takes each piece once, whatever is repeated, and refuses a gap and another text', async () => {
    const { id } = await begin(await start());
    expect(await append(id, 'one two', 0)).toBe(7);
    expect(await append(id, 'one two', 0)).toBe(7);
    // the same and more of it, since an answer to the first try did not come
    expect(await append(id, ' two three', 3)).toBe(13);
    expect(await append(id, 'two', 4)).toBe(13);
    // a sign of life
    expect(await append(id, '', 13)).toBe(13);
    for (const [text, at] of [
      ['gap', 14],
      ['tow', 4],
      ['one two three fore', 1],
    ] as const)
      await expect(append(id, text, at)).rejects.toMatchObject({
        code: 'CQ811',
        message: expect.stringContaining('13'),
        hint: expect.stringContaining('13'),
      });
    for (const at of [-1, null]) expect(await fails(append(id, 'x', at as number))).toBe('CQ200');
    expect(await fails(append(id, 'x'.repeat(1_000_000), 13))).toBe('CQ200');
    expect((await finish(id)).content).toBe('one two three');
    // the whole text may be another one than what was appended
    const other = await begin(await start());
    await append(other.id, 'so f', 0);
    expect((await finish(other.id, `, 'failed', content => 'So far.'`)).content).toBe('So far.');
  });

  it('comes whole from eight clients that all send all pieces', async () => {
    const { id } = await begin(await start());
    const pieces = Array.from({ length: 12 }, (_, index) => `${index}.`.padEnd(7, '·'));
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const [index, piece] of pieces.entries()) await append(id, piece, index * 7);
      }),
    );
    expect(await streamed(id)).toBe(pieces.join(''));
    const ends = await Promise.all(Array.from({ length: 8 }, () => finish(id, ', prompt_tokens => 5')));
    expect(new Set(ends.map((end) => end.content))).toEqual(new Set([pieces.join('')]));
    expect(
      await one('select count(*)::int as n from app_public.usage_logs where message_id = $1', id),
    ).toEqual({ n: 1 });
  });

  it('is written by who began it and by the owner of the conversation, and by nobody else', async () => {
    const shared = await start(first, 'workspace');
    const [{ id }] = await as(second, 'select id from app_public.start_answer($1)', shared);
    expect(await append(id, 'a', 0, second)).toBe(1);
    expect(await append(id, 'b', 1, first)).toBe(2);
    const [mine] = await as(first, 'select id from app_public.start_answer($1)', shared);
    await as(first, 'select app_public.append_to_message($1, $2, 0)', mine.id, 'hers');
    expect(await fails(append(mine.id, 'x', 4, second))).toBe('CQ813');
    expect(await fails(finish(mine.id, '', second))).toBe('CQ813');
    // who reads the conversation reads it
    expect(await streamed(mine.id, 0, second)).toBe('hers');
    expect(await fails(append(mine.id, 'x', 4))).toBe('CQ204');
    expect(await fails(finish(mine.id))).toBe('CQ204');
    expect(await streamed(mine.id)).toBeNull();
    const scoped = (scopes: string) =>
      asRole(
        database,
        'colloquy_user',
        { userId: first.id, workspaceId: first.workspaceId, memberRole: 'owner', scopes },
        (client) => client.query(`select app_public.append_to_message($1, 'x', 4)`, [mine.id]),
      );
    expect(await fails(scoped('read'))).toBe('CQ110');
    await scoped('read,write');
    await as(first, `update app_public.conversations set visibility = 'private' where id = $1`, shared);
    expect(await fails(append(id, 'c', 2, second))).toBe('CQ204');
  });

  it('is indexed, told and put away when it has ended, and not before', async () => {
    const id = await start();
    await post(id, 'A question.');
    const { id: answer } = await begin(id);
    await post(id, 'Something behind it.');
    await append(answer, 'Zanzibar is striped.', 0);
    await indexAll(database);
    const passages = async () =>
      (
        await owner().query(
          'select content from app_public.chunks where conversation_id = $1 order by message_id',
          [id],
        )
      ).rows.map(({ content }) => content);
    expect(await passages()).toEqual(['A question.']);
    expect(
      (await owner().query('select source_id from app_hidden.find_unindexed(1000)')).rows.map(
        (row) => row.source_id,
      ),
    ).not.toContain(id);
    expect((await call('select (app_public.indexing_progress()).pending_conversations as n'))[0].n).toBe('0');
    expect(await fails(call('select app_public.archive_conversation($1)', id))).toBe('CQ814');
    expect(await fails(call('select app_public.branch_conversation($1)', answer))).toBe('CQ814');
    const link = (await call('select * from app_public.share_conversation($1)', id))[0];
    const shown = async () =>
      (await call('select (app_public.read_shared_conversation($1)).messages as m', link.token))[0].m;
    expect(JSON.stringify(await shown())).not.toContain('Zanzibar');
    expect(await fails(call('select app_public.give_feedback($1, $2)', answer, 'positive'))).toBe('nothing');

    await finish(answer);
    await indexAll(database);
    expect(await passages()).toEqual(['A question.', 'Zanzibar is striped.', 'Something behind it.']);
    expect(JSON.stringify(await shown())).toContain('Zanzibar');
    await call('select app_public.archive_conversation($1)', id);
    expect((await call('select content from app_hidden.find_message($1)', answer))[0].content).toBe(
      'Zanzibar is striped.',
    );
    expect(await fails(append(answer, 'x', 20))).toBe('CQ812');
  });

  it('is another version of an answer, beside it', async () => {
    const id = await start();
    const [question, answer] = await call(`select * from app_public.record_turn($1, 'Why?', 'Because.')`, id);
    const other = await begin(id, `, replaces_id => '${answer.id}'`);
    expect(other).toMatchObject({ replaces_id: answer.id, parent_id: question.id });
    expect((await conversation(id)).preferred_leaf_id).toBe(other.id);
    expect(await fails(begin(id, `, replaces_id => '${question.id}'`))).toBe('CQ200');
    expect(await fails(begin(await start(), `, replaces_id => '${answer.id}'`))).toBe('CQ204');
  });

  it('ends as failed with its text so far when its writer is gone', async () => {
    const [left, alive] = [await begin(await start()), await begin(await start())];
    // a writer that is killed between two pieces
    const writer = new pg.Client({ connectionString: database.url('owner') });
    writer.on('error', () => {});
    await writer.connect();
    await append(left.id, 'Half an ans', 0);
    await writer.query('begin');
    await writer.query('select from app_hidden.streaming_messages where message_id = $1 for no key update', [
      left.id,
    ]);
    const { rows } = await writer.query('select pg_backend_pid() as pid');
    const sweep = async () =>
      (await database.pool('worker').query('select app_hidden.fail_left_answers() as n')).rows[0].n;
    await owner().query(
      `update app_hidden.streaming_messages set written_at = now() - interval '6 minutes' where message_id = $1`,
      [alive.id],
    );
    await append(alive.id, '', 0);
    expect(await sweep()).toBe(0);
    await database.pool('admin').query('select pg_terminate_backend($1, 10000)', [rows[0].pid]);
    await owner().query(
      `update app_hidden.streaming_messages set written_at = now() - interval '6 minutes' where message_id = $1`,
      [left.id],
    );
    // what came back of one that has ended is no answer to end
    const { id: over } = await begin(await start());
    await finish(over);
    await owner().query(
      `insert into app_hidden.streaming_messages (message_id, workspace_id, conversation_id, sequence_number, written_at)
       select id, workspace_id, conversation_id, sequence_number, now() - interval '6 minutes' from app_public.messages where id = $1`,
      [over],
    );
    expect(await sweep()).toBe(1);
    expect(
      await one('select from app_hidden.streaming_messages where message_id = $1', over),
    ).toBeUndefined();
    expect(await message(left.id)).toMatchObject({
      status: 'failed',
      content: 'Half an ans',
      metadata: { failure: 'timeout' },
    });
    expect((await message(alive.id)).status).toBe('streaming');
    expect(await fails(append(left.id, 'wer', 11))).toBe('CQ812');
  });

  it('counts in what the workspace stores, and is gone from there with its conversation', async () => {
    const stored = async () =>
      Number(
        (
          await one(
            'select sum(bytes) as bytes from app_private.workspace_storage where workspace_id = $1',
            ann.workspaceId,
          )
        ).bytes,
      );
    const before = await stored();
    const id = await start();
    const { id: answer } = await begin(id);
    await append(answer, 'x'.repeat(5000), 0);
    expect((await stored()) - before).toBe(5002);
    await finish(answer, `, parts => '[]', metadata => '{"a": 1}'`);
    expect((await stored()) - before).toBe(5000 + 2 + 8);
    const { id: broken } = await begin(id);
    await append(broken, 'y'.repeat(100), 0);
    await call('delete from app_public.conversations where id = $1', id);
    expect(await stored()).toBe(before);
    expect(await fails(append(broken, 'y', 100))).toBe('CQ204');
  });

  it('is not begun when the quota is spent, and ended in any case', async () => {
    const id = await start();
    const { id: answer } = await begin(id);
    await append(answer, 'x', 0);
    await owner().query('update app_public.users set monthly_token_quota = 1 where id = $1', [ann.id]);
    try {
      expect((await finish(answer, ', prompt_tokens => 1000')).total_tokens).toBe(1000);
      expect(await fails(begin(id))).toBe('CQ221');
    } finally {
      await owner().query('update app_public.users set monthly_token_quota = null where id = $1', [ann.id]);
    }
  });

  it('is ended under a legal hold, which keeps it from then on', async () => {
    const id = await start();
    const { id: answer } = await begin(id, `, metadata => '{"a": 1}'`);
    await append(answer, 'kept', 0);
    const [hold] = await call(
      `select id from app_public.place_legal_hold('a case', conversation_id => $1)`,
      id,
    );
    await append(answer, ' too', 4);
    expect((await finish(answer, `, metadata => '{"b": 2}', prompt_tokens => 1`)).content).toBe('kept too');
    expect(
      await fails(owner().query('update app_public.messages set prompt_tokens = 2 where id = $1', [answer])),
    ).toBe('CQ120');
    await call('select app_public.release_legal_hold($1)', hold.id);
  });

  it('is told to webhooks when it has ended', async () => {
    await owner().query(
      `insert into app_public.webhooks (workspace_id, responsible_id, url, kinds) values ($1, $2, 'https://hooks.example.org/', '{*}')`,
      [first.workspaceId, first.id],
    );
    const shared = await start(first, 'workspace');
    const told = async () =>
      (
        await owner().query(
          `select facts ->> 'messageId' as id from app_public.webhook_deliveries where kind = 'message.created' order by id`,
        )
      ).rows.map((row) => row.id);
    const both = await as(first, `select id from app_public.start_answer($1, 'Why?')`, shared);
    expect(await told()).toEqual([both[0].id]);
    await finish(both[1].id, '', first);
    expect(await told()).toEqual(both.map((m) => m.id));
  });

  it('is the only message that changes', async () => {
    const id = await start();
    const { id: message } = await post(id, 'said');
    for (const change of [`content = 'other'`, `parts = '[]'`, `status = 'streaming'`, `role = 'tool'`])
      expect(
        await fails(owner().query(`update app_public.messages set ${change} where id = $1`, [message])),
      ).toBe('CQ812');
  });

  it('writes as much as it says: 200 pieces of 1 KB cost no square of them', async () => {
    const { id } = await begin(await start());
    const client = await database.pool('owner').connect();
    try {
      await client.query('begin');
      for (const [name, value] of Object.entries({
        'colloquy.user_id': ann.id,
        'colloquy.workspace_id': ann.workspaceId,
        'colloquy.member_role': 'owner',
      }))
        await client.query('select set_config($1, $2, false)', [name, value]);
      await client.query('commit');
      const wal = async () => {
        await client.query('select pg_stat_force_next_flush()');
        const { rows } = await client.query(
          'select wal_bytes from pg_stat_get_backend_wal(pg_backend_pid())',
        );
        return Number(rows[0].wal_bytes);
      };
      await client.query('select app_public.append_to_message($1, $2, 0)', [id, 'first']);
      const before = await wal();
      for (let piece = 0; piece < 200; piece++)
        await client.query('select app_public.append_to_message($1, $2, $3)', [
          id,
          String.fromCharCode(33 + (piece % 90)).repeat(1024),
          5 + piece * 1024,
        ]);
      const appended = (await wal()) - before;
      await client.query('select app_public.finish_message($1)', [id]);
      const ended = (await wal()) - before - appended;
      // measured: 311 and 15 kB (230 of a text that cannot be compressed); writing the text anew each time takes 22,600
      expect(appended).toBeLessThan(800_000);
      expect(ended).toBeLessThan(400_000);
    } finally {
      client.release(true);
    }
  });
});
