import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { ann, call, endScene, owner, post, setScene, start } from './dialogue.ts';

describeReal('tool calls', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
