import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { registerUser } from '../../support/users.ts';
import {
  ann,
  call,
  conversation,
  database,
  endScene,
  expectCountersRight,
  history,
  MINUTE,
  messages,
  owner,
  post,
  setScene,
  start,
  uuidAt,
} from './scene.ts';

describeReal('posted messages', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
        Array.from({ length: 16 }, () =>
          inRequest((client) =>
            client.query(`select * from app_public.post_message($1, 'attempt', idempotency_key => 'once')`, [
              id,
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
});
