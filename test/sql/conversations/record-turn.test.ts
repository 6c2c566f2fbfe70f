import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { indexAll } from '../../support/tenants.ts';
import {
  ann,
  as,
  call,
  contents,
  conversation,
  database,
  endScene,
  one,
  setScene,
  start,
} from './dialogue.ts';

describeReal('a turn', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
    expect(await call('select from app_public.message_chunks where message_id = $1', answer.id)).toHaveLength(
      1,
    );
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

  it('with a key that was used for something else is refused, whatever differs', async () => {
    const id = await start();
    const refused = (sql: string) => expect(call(sql), sql).rejects.toMatchObject({ code: 'CQ810' });
    const first = (
      await call(turn(id, `, idempotency_key => 'k', model => 'm', tool_calls => '[{"name": "a"}]'`))
    ).map((m) => m.id);
    const again = await call(
      turn(id, `, idempotency_key => 'k', model => 'm', tool_calls => '[{"name": "a"}]', latency_ms => 5`),
    );
    expect(again.map((m) => m.id)).toEqual(first);
    for (const more of [
      '',
      `, model => 'm', tool_calls => '[{"name": "b"}]'`,
      `, model => 'm', cost_usd => 1`,
      `, model => 'm', chunks => '[{"chunkId": "01890000-0000-7000-8000-000000000000"}]'`,
    ])
      await refused(turn(id, `, idempotency_key => 'k'${more}`));
    await refused(
      `select app_public.record_turn('${id}', 'Who?', 'Because.', idempotency_key => 'k', model => 'm')`,
    );
    const say = (content: string, more = '') =>
      `select id from app_public.post_message('${id}', '${content}', idempotency_key => 'p'${more})`;
    const [said] = await call(say('one', `, cost_usd => 0.1, parts => '[{"type": "text"}]'`));
    expect(await call(say('one', `, cost_usd => 0.10, parts => '[{"type":"text"}]'`))).toEqual([said]);
    for (const other of [
      say('two'),
      say('one'),
      say('one', `, role => 'tool', cost_usd => 0.1, parts => '[{"type": "text"}]'`),
    ])
      await refused(other);
    const regenerate = (answer: string) =>
      `select id from app_public.regenerate_answer('${first[1]}', '${answer}', idempotency_key => 'r')`;
    const [other] = await call(regenerate('So.'));
    expect(await call(regenerate('So.'))).toEqual([other]);
    await refused(regenerate('Not so.'));
    const begin = (question: string) =>
      `select id from app_public.start_answer('${id}', '${question}', idempotency_key => 's')`;
    const begun = await call(begin('What?'));
    await call(`select app_public.finish_message($1, content => 'That.')`, begun[1]!.id);
    expect(await call(begin('What?'))).toEqual(begun);
    await refused(begin('Which?'));
    // the same in a conversation that was packed meanwhile
    await indexAll(database);
    await call('select app_public.archive_conversation($1)', id);
    await refused(say('two'));
    expect(await contents(id)).toEqual([]);
    const event = (payload: object) =>
      call(`select id from app_public.ingest_event('s', 't', $1, 'e')`, JSON.stringify(payload));
    expect(await event({ a: 1 })).toEqual(await event({ a: 1 }));
    await expect(event({ a: 2 })).rejects.toMatchObject({ code: 'CQ810' });
    // eight clients with eight texts and one key: one is there, the others are told
    const raced = await start();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        as(
          ann,
          `select id from app_public.post_message($1, $2, idempotency_key => 'k')`,
          raced,
          `text ${index}`,
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await contents(raced)).toHaveLength(1);
  });
});
