import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import {
  ann,
  as,
  call,
  contents,
  conversation,
  endScene,
  one,
  owner,
  post,
  setScene,
  start,
} from './dialogue.ts';

describeReal('the size limit', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
    expect((await post(id, 'c', { idempotency_key: 'c' })).id).toBe(c.id);
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
