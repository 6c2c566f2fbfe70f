import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { registerUser, type TestUser } from '../../support/users.ts';
import {
  ann,
  as,
  call,
  conversation,
  database,
  endScene,
  first,
  owner,
  post,
  second,
  setScene,
  start,
} from './dialogue.ts';

describeReal('feedback', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
