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
});
