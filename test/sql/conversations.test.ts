import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { indexAll } from '../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

/** A UUID version 7 for a time. */
function uuidAt(time: number, seed = String(time)): string {
  const hash = createHash('sha256').update(seed).digest('hex');
  const hex = `${time.toString(16).padStart(12, '0')}7${hash.slice(0, 3)}8${hash.slice(3, 18)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
const MINUTE = 60_000;

describeReal('conversations', () => {
  let database: Database;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const call = async (sql: string, ...values: unknown[]): Promise<pg.QueryResult['rows']> =>
    (await asUser(database, ann, (client) => client.query(sql, values))).rows;
  const start = async (): Promise<string> =>
    (await call('select id from app_public.start_conversation()'))[0].id;
  const post = async (conversation: string, options: Record<string, unknown> = {}) => {
    const names = Object.keys(options);
    const extra = names.map((name, index) => `, ${name} => $${index + 2}`).join('');
    return (
      await call(
        `select * from app_public.post_message(conversation_id => $1${names.includes('content') ? '' : `, content => 'hello'`}${extra})`,
        conversation,
        ...Object.values(options),
      )
    )[0];
  };
  const messages = async (conversation: string) =>
    (
      await owner().query(
        'select * from app_public.messages where conversation_id = $1 order by sequence_number',
        [conversation],
      )
    ).rows;
  const conversation = async (id: string) =>
    (await owner().query('select * from app_public.conversations where id = $1', [id])).rows[0];

  /** The counters say what the messages say. */
  async function expectCountersRight(id: string): Promise<void> {
    const { rows } = await owner().query(
      `select c.message_count = count(m) as message_count, c.last_sequence_number = count(m) as last_sequence_number,
         c.total_tokens_used = coalesce(sum(m.total_tokens), 0) as tokens, c.total_cost_usd = coalesce(sum(m.cost_usd), 0) as cost,
         c.total_response_time_ms = coalesce(sum(m.processing_time_ms), 0) as time, c.response_count = count(m.processing_time_ms) as responses,
         c.last_message_id is not distinct from max(m.id::text)::uuid as last_id,
         coalesce(array_agg(m.sequence_number order by m.sequence_number) filter (where m.id is not null), '{}') = array(select generate_series(1, count(m)::int)) as gapless
       from app_public.conversations c left join app_public.messages m on m.conversation_id = c.id
       where c.id = $1 group by c.id`,
      [id],
    );
    expect(rows[0]).toEqual({
      message_count: true,
      last_sequence_number: true,
      tokens: true,
      cost: true,
      time: true,
      responses: true,
      last_id: true,
      gapless: true,
    });
  }

  describe('writers at the same time', () => {
    let pool: pg.Pool;
    beforeAll(() => {
      pool = new pg.Pool({ connectionString: database.url('authenticator'), max: 16 });
    });
    afterAll(async () => {
      await pool?.end();
    });
    const inRequest = async (work: (client: pg.PoolClient) => Promise<pg.QueryResult>) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query(
          `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
          [ann.id, ann.workspaceId],
        );
        const { rows } = await work(client);
        await client.query('commit');
        return rows;
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    };

    it('give numbers without gaps, rising ids and right totals', async () => {
      const ids = [await start(), await start()];
      await Promise.all(
        Array.from({ length: 160 }, (_, index) =>
          inRequest((client) =>
            client.query(
              `select app_public.post_message($1, $2, role => $3, total_tokens => 7, cost_usd => 0.001, processing_time_ms => $4)`,
              [
                ids[index % 2],
                `message ${index}`,
                index % 4 < 2 ? 'user' : 'assistant',
                index % 3 === 0 ? 100 : null,
              ],
            ),
          ),
        ),
      );
      for (const id of ids) {
        const all = await messages(id);
        expect(all.map((message) => message.sequence_number)).toEqual(
          Array.from({ length: 80 }, (_, index) => index + 1),
        );
        expect(all.map((message) => message.id)).toEqual(all.map((message) => message.id).sort());
        await expectCountersRight(id);
      }
    });

    it('keep the numbers gapless when some of them fail', async () => {
      const id = await start();
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) =>
          inRequest(async (client) => {
            const result = await client.query('select app_public.post_message($1, $2)', [
              id,
              `message ${index}`,
            ]);
            if (index % 2 === 1) throw new Error('the client went away');
            return result;
          }),
        ),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(20);
      expect(await messages(id)).toHaveLength(20);
      await expectCountersRight(id);
    });

    it('with the same key write one message, and all get it', async () => {
      const id = await start();
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          inRequest((client) =>
            client.query(`select * from app_public.post_message($1, $2, idempotency_key => 'once')`, [
              id,
              `attempt ${index}`,
            ]),
          ),
        ),
      );
      const [first] = await messages(id);
      expect(await messages(id)).toHaveLength(1);
      expect(new Set(results.map((rows) => rows[0].id))).toEqual(new Set([first.id]));
      expect(new Set(results.map((rows) => rows[0].content))).toEqual(new Set([first.content]));
      await expectCountersRight(id);
    });

    it('waits for the one before it: a rolled-back key is free again', async () => {
      const id = await start();
      await expect(
        inRequest(async (client) => {
          await client.query(`select app_public.post_message($1, 'lost', idempotency_key => 'k')`, [id]);
          throw new Error('gone');
        }),
      ).rejects.toThrow('gone');
      expect((await post(id, { content: 'kept', idempotency_key: 'k' })).content).toBe('kept');
      // the key belongs to one conversation
      expect((await post(await start(), { content: 'other', idempotency_key: 'k' })).content).toBe('other');
    });

    it('import the same conversation once', async () => {
      const payload = history('race', 20);
      const results = await Promise.all(
        Array.from({ length: 6 }, () =>
          inRequest((client) => client.query('select * from app_public.import_conversation($1)', [payload])),
        ),
      );
      expect(new Set(results.map((rows) => rows[0].id)).size).toBe(1);
      expect(results.filter((rows) => rows[0].is_new)).toHaveLength(1);
      expect(results.reduce((sum, rows) => sum + rows[0].added, 0)).toBe(20);
      await expectCountersRight(results[0]![0].id);
    });
  });

  describe('ids', () => {
    it('still rise when the clock went back', async () => {
      const id = await start();
      const future = uuidAt(Date.now() + 60 * MINUTE);
      // as owner: the newest message comes from a clock an hour ahead
      await owner().query(
        `insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content) values ($1, $2, $3, $4, 1, 'user', 'from the future')`,
        [future, id, ann.workspaceId, ann.id],
      );
      const next = [(await post(id)).id, (await post(id)).id, (await post(id)).id];
      expect([future, ...next]).toEqual([future, ...next].sort());
      expect(new Set(next).size).toBe(3);
      await expectCountersRight(id);
      expect(
        (await call('select id from app_public.conversation_messages($1)', id)).map((row) => row.id),
      ).toEqual([...next].reverse().concat(future));
    });

    it('of a client are taken when they fit', async () => {
      const id = await start();
      const own = uuidAt(Date.now() + MINUTE);
      expect((await post(id, { id: own })).id).toBe(own);
      await expectCountersRight(id);
    });

    it.each([
      ['older than the conversation', () => uuidAt(Date.now() - 60 * MINUTE)],
      ['in the future', () => uuidAt(Date.now() + 10 * MINUTE)],
      ['of version 4', () => '9b2d1f5e-7c3a-4f6b-9a51-3c1de5f0a7b2'],
      ['of another variant', () => uuidAt(Date.now()).replace(/^(.{19})./, '$1c')],
      ['nil', () => '00000000-0000-0000-0000-000000000000'],
      ['greatest', () => 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ])('of a client are refused when they are %s', async (_, make) => {
      const id = await start();
      await expect(post(id, { id: make() })).rejects.toMatchObject({ code: 'CQ200' });
      expect(await messages(id)).toHaveLength(0);
    });

    it('of a client are refused when they are taken', async () => {
      const id = await start();
      const first = await post(id);
      await expect(post(id, { id: first.id })).rejects.toMatchObject({ code: 'CQ200' });
      await expect(post(await start(), { id: (await post(id)).id })).rejects.toMatchObject({ code: 'CQ200' });
    });
  });

  describe('what cannot be written', () => {
    const insert = (conversationId: string, numbers: number[]) =>
      owner().query(
        `insert into app_public.messages (conversation_id, workspace_id, owner_id, sequence_number, role, content)
         select $1, $2, $3, n, 'user', 'direct' from unnest($4::int[]) as n`,
        [conversationId, ann.workspaceId, ann.id, numbers],
      );

    it.each([
      ['a gap before it', [2]],
      ['a gap inside', [1, 3]],
      ['a number twice', [1, 1]],
      ['a number twice, hiding a gap', [1, 1, 3]],
    ])('%s, also by the owner of the table', async (_, numbers) => {
      const id = await start();
      await expect(insert(id, numbers)).rejects.toMatchObject({ code: 'CQ205' });
      expect((await conversation(id)).message_count).toBe(0);
    });

    it('is not what continues the numbers, in any order', async () => {
      const id = await start();
      await insert(id, [3, 1, 2]);
      await insert(id, [4]);
      await expect(insert(id, [4])).rejects.toMatchObject({ code: 'CQ205' });
      expect((await conversation(id)).message_count).toBe(4);
    });

    it('a text that is too long, none, or a parent of another conversation', async () => {
      const [id, other] = [await start(), await start()];
      const parent = await post(other);
      await expect(post(id, { content: null })).rejects.toMatchObject({ code: 'CQ200' });
      await expect(post(id, { content: 'x'.repeat(1_000_001) })).rejects.toMatchObject({ code: 'CQ200' });
      await expect(post(id, { parent_id: parent.id })).rejects.toMatchObject({ code: 'CQ204' });
      await expect(post(id, { idempotency_key: '' })).rejects.toMatchObject({ code: '23514' });
      await expect(post(id, { idempotency_key: 'k'.repeat(201) })).rejects.toMatchObject({ code: '23514' });
      expect((await post(other, { parent_id: parent.id })).parent_id).toBe(parent.id);
      expect((await post(id, { content: '' })).content).toBe('');
    });

    it('a message of a tenant in a conversation of another, by constraint', async () => {
      const bob = await registerUser(database, 'bob@example.org');
      const id = await start();
      await expect(
        owner().query(
          `insert into app_public.messages (conversation_id, workspace_id, owner_id, sequence_number, role, content) values ($1, $2, $3, 1, 'user', 'x')`,
          [id, bob.workspaceId, bob.id],
        ),
      ).rejects.toMatchObject({ code: '23503' });
    });
  });

  describe('deleting', () => {
    it('a conversation removes its messages, chunks and vectors, and the counts are right', async () => {
      const [gone, kept] = [await start(), await start()];
      for (const id of [gone, gone, gone, kept])
        await post(id, { idempotency_key: `k${(await messages(id)).length}` });
      await indexAll(database);
      const counts = async () =>
        (
          await owner().query(
            `select (select sum(chunk_count)::int from app_hidden.chunk_counts where workspace_id = $1) as chunk_counts,
               (select count(*)::int from app_public.chunks where workspace_id = $1) as chunks,
               (select sum(embedding_count)::int from app_hidden.embedding_counts where workspace_id = $1) as embedding_counts,
               (select count(*)::int from app_public.embeddings where workspace_id = $1) as embeddings`,
            [ann.workspaceId],
          )
        ).rows[0];
      const before = await counts();
      expect(before.chunk_counts).toBe(before.chunks);
      expect(before.embedding_counts).toBe(before.embeddings);
      await asUser(database, ann, (client) =>
        client.query('delete from app_public.conversations where id = $1', [gone]),
      );
      expect(await messages(gone)).toEqual([]);
      expect(await messages(kept)).toHaveLength(1);
      expect(await counts()).toEqual({
        chunk_counts: before.chunks - 3,
        chunks: before.chunks - 3,
        embedding_counts: before.embeddings - 3,
        embeddings: before.embeddings - 3,
      });
      const keys = await owner().query(
        'select from app_hidden.message_idempotency_keys where conversation_id = $1',
        [gone],
      );
      expect(keys.rowCount).toBe(0);
    });

    it('one with branches works, and so does deleting the account', async () => {
      const carl = await registerUser(database, 'carl@example.org');
      const as = (sql: string, ...values: unknown[]) =>
        asUser(database, carl, (client) => client.query(sql, values));
      const tree = async () => {
        const id = (await as('select id from app_public.start_conversation()')).rows[0].id;
        const root = (await as(`select id from app_public.post_message($1, 'root')`, id)).rows[0].id;
        for (const text of ['a', 'b'])
          await as('select app_public.post_message($1, $2, parent_id => $3)', id, text, root);
        return id;
      };
      const [first] = [await tree(), await tree()];
      expect((await as('delete from app_public.conversations where id = $1', first)).rowCount).toBe(1);
      await as(`select app_public.create_document('d', 'of carl')`);
      await indexAll(database);
      await owner().query('delete from app_public.users where id = $1', [carl.id]);
      const { rows } = await owner().query(
        `select (select count(*)::int from app_public.messages where owner_id = $1) + (select count(*)::int from app_public.chunks where owner_id = $1)
           + (select count(*)::int from app_public.documents where owner_id = $1) + (select count(*)::int from app_private.user_secrets where user_id = $1) as left`,
        [carl.id],
      );
      expect(rows).toEqual([{ left: 0 }]);
    });

    it('is waited for by nobody else: another conversation is written meanwhile', async () => {
      const [gone, kept] = [await start(), await start()];
      await post(gone);
      await asUser(database, ann, async (client) => {
        await client.query('delete from app_public.conversations where id = $1', [gone]);
        await post(kept);
        await until(async () => (await messages(kept)).length === 1);
      });
    });
  });

  /** A payload of an import: a chain of messages an hour apart, from 2024-03-31T20:00:00Z on, over the end of a month. */
  function history(source: string, count: number, more: Record<string, unknown> = {}) {
    return {
      source,
      title: 'History',
      createdAt: '2024-03-31T20:00:00Z',
      model: 'old-model',
      messages: Array.from({ length: count }, (_, index) => ({
        externalId: `m${index}`,
        parentExternalId: index > 0 ? `m${index - 1}` : undefined,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `message ${index}`,
        createdAt: new Date(Date.UTC(2024, 2, 31, 20) + index * 60 * MINUTE).toISOString(),
        model: index % 2 === 0 ? undefined : 'old-model',
      })),
      ...more,
    };
  }
  const load = async (payload: object) =>
    (await call('select * from app_public.import_conversation($1)', payload))[0];

  describe('import of history', () => {
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
});
