import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import {
  ann,
  as,
  call,
  contents,
  conversation,
  endScene,
  first,
  owner,
  post,
  second,
  setScene,
  start,
} from './dialogue.ts';

describeReal('branches', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
