import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { asUser } from '../../support/users.ts';
import {
  ann,
  database,
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
    expect(rows.map((row) => row.name)).toEqual(['app_partitions.messages_history']);
  });

  /** A message a month. */
  const overMonths = (source: string, count: number) => {
    const payload = history(source, count);
    for (const [index, message] of payload.messages.entries())
      message.createdAt = new Date(Date.UTC(2012, index, 15)).toISOString();
    return { ...payload, createdAt: '2012-01-01T00:00:00Z' };
  };
  const partitions = async () =>
    (
      await owner().query(
        `select i.inhrelid::regclass::text as name from pg_inherits i where i.inhparent = 'app_public.messages'::regclass order by 1`,
      )
    ).rows.map((row) => row.name);

  it('of ten years makes no partition and takes no lock that others need', async () => {
    const before = await partitions();
    const { rows } = await asUser(database, ann, async (client) => {
      const { rows: loaded } = await client.query('select * from app_public.import_conversation($1)', [
        overMonths('ten years', 120),
      ]);
      expect(loaded[0]).toMatchObject({ is_new: true, added: 120 });
      return database.pool('admin').query(
        `select l.mode, l.relation::regclass::text as relation from pg_locks l
         where l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())
           and l.pid <> pg_backend_pid() and l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`,
      );
    });
    expect(rows).toEqual([]);
    expect(await partitions()).toEqual(before);
  });

  it.each([
    ['CQ206', 'import_max_messages', 11],
    ['CQ207', 'import_max_months', 11],
  ])('is bounded: %s', async (code, name, most) => {
    const set = (value: string) =>
      owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
    const { rows } = await owner().query('select value from app_private.settings where name = $1', [name]);
    await set(String(most));
    try {
      await expect(load(overMonths(code, most + 1))).rejects.toMatchObject({ code });
      expect(await load(overMonths(code, most))).toMatchObject({ added: most });
    } finally {
      await set(rows[0].value);
    }
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
