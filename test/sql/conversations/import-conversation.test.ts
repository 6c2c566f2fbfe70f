import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import {
  ann,
  endScene,
  expectCountersRight,
  history,
  load,
  messages,
  owner,
  post,
  setScene,
} from './scene.ts';

describeReal('import of history', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('keeps the tree, the times, the roles and the order', async () => {
    const result = await load(history('tree', 8));
    expect(result).toMatchObject({ is_new: true, added: 8, unchanged: 0 });
    const all = await messages(result.id);
    expect(all.map((message) => message.content)).toEqual(
      Array.from({ length: 8 }, (_, index) => `message ${index}`),
    );
    expect(all.map((message) => message.created_at.toISOString())).toEqual(
      history('', 8).messages.map((message) => message.createdAt),
    );
    expect(all.map((message) => message.parent_id)).toEqual([
      null,
      ...all.slice(0, 7).map((message) => message.id),
    ]);
    expect(all.map((message) => message.author_id)).toEqual(
      all.map((message) => (message.role === 'user' ? ann.id : null)),
    );
    await expectCountersRight(result.id);
    const { rows } = await owner().query(
      'select distinct tableoid::regclass::text as name from app_public.messages where conversation_id = $1 order by 1',
      [result.id],
    );
    expect(rows.map((row) => row.name)).toEqual([
      'app_partitions.messages_2024_03',
      'app_partitions.messages_2024_04',
    ]);
  });

  it('again changes nothing, and a longer one adds what is new', async () => {
    const first = await load(history('again', 5));
    const before = await messages(first.id);
    expect(await load(history('again', 5))).toMatchObject({
      id: first.id,
      is_new: false,
      added: 0,
      unchanged: 5,
    });
    expect(await messages(first.id)).toEqual(before);
    expect(await load(history('again', 9))).toMatchObject({
      id: first.id,
      is_new: false,
      added: 4,
      unchanged: 5,
    });
    expect((await messages(first.id)).slice(0, 5)).toEqual(before);
    await expectCountersRight(first.id);
    // and then somebody goes on by hand
    expect((await post(first.id)).sequence_number).toBe(10);
    await expectCountersRight(first.id);
  });

  it('knows a message by its external id, whatever time a later export gives it', async () => {
    const first = await load(history('moved', 3));
    const before = await messages(first.id);
    const later = history('moved', 3);
    for (const message of later.messages) message.createdAt = message.createdAt.replace(':00:00', ':00:01');
    expect(await load(later)).toMatchObject({ added: 0, unchanged: 3 });
    expect(await messages(first.id)).toEqual(before);
  });

  it('puts a message that claims to be older than the conversation after its start', async () => {
    const first = await load(history('older', 2));
    const payload = history('older', 2);
    payload.messages.push({
      externalId: 'old',
      parentExternalId: undefined,
      role: 'user',
      content: 'long before',
      createdAt: '2019-01-01T00:00:00Z',
      model: undefined,
    });
    expect(await load(payload)).toMatchObject({ added: 1, unchanged: 2 });
    const added = (await messages(first.id)).at(-1);
    expect(added).toMatchObject({ content: 'long before', sequence_number: 3 });
    expect(added.id > first.id).toBe(true);
  });

  it.each<[string, (payload: ReturnType<typeof history>) => void]>([
    ['no source', (payload) => Object.assign(payload, { source: undefined })],
    ['no messages', (payload) => Object.assign(payload, { messages: [] })],
    ['messages that are no list', (payload) => Object.assign(payload, { messages: {} })],
    ['an unknown role', (payload) => Object.assign(payload.messages[1]!, { role: 'robot' })],
    [
      'a time that is none',
      (payload) => Object.assign(payload.messages[1]!, { createdAt: 'yesterday, tea time' }),
    ],
    [
      'a time far away',
      (payload) => Object.assign(payload.messages[1]!, { createdAt: '2999-01-01T00:00:00Z' }),
    ],
    [
      'a time before 1970',
      (payload) => Object.assign(payload.messages[1]!, { createdAt: '1969-01-01T00:00:00Z' }),
    ],
    ['no content', (payload) => Object.assign(payload.messages[1]!, { content: null })],
    ['an external id twice', (payload) => Object.assign(payload.messages[1]!, { externalId: 'm0' })],
    [
      'an external id that is too long',
      (payload) => Object.assign(payload.messages[2]!, { externalId: 'x'.repeat(191) }),
    ],
    [
      'a parent that is missing',
      (payload) => Object.assign(payload.messages[1]!, { parentExternalId: 'nobody' }),
    ],
    [
      'a parent that is younger',
      (payload) => Object.assign(payload.messages[0]!, { parentExternalId: 'm2' }),
    ],
  ])('refuses %s, and writes nothing', async (_, spoil) => {
    const payload = history('bad', 3);
    spoil(payload);
    const before = await owner().query('select count(*)::int as n from app_public.conversations');
    await expect(load(payload)).rejects.toMatchObject({ code: 'CQ200' });
    expect((await owner().query('select count(*)::int as n from app_public.conversations')).rows).toEqual(
      before.rows,
    );
  });
});
