import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

describeReal('monthly quotas of users', () => {
  let database: Database;
  let n = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const code = async (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );
  const reserve = (user: TestUser, tokens: number, cost = 0) =>
    call(user, 'select id from app_public.reserve_usage($1, $2)', tokens, cost);
  const settle = (user: TestUser, id: string, tokens: number, cost = 0) =>
    call(user, 'select app_public.settle_usage($1, $2, $3)', id, tokens, cost);
  const turn = (user: TestUser, conversation: string, tokens: number | null, cost: number | null = null) =>
    call(
      user,
      `select id from app_public.record_turn($1, 'why?', 'so', prompt_tokens => $2, cost_usd => $3)`,
      conversation,
      tokens,
      cost,
    );

  async function person(
    tokens: number | null,
    cost: number | null = null,
  ): Promise<TestUser & { conversation: string }> {
    n += 1;
    const user = await registerUser(database, `user${n}@example.org`);
    await sql(
      'update app_public.users set monthly_token_quota = $2, monthly_cost_quota_usd = $3 where id = $1',
      user.id,
      tokens,
      cost,
    );
    const [{ id }] = await call(user, 'select id from app_public.start_conversation()');
    return { ...user, conversation: id };
  }

  it('let through what fits, record what goes over with the last piece, and then refuse', async () => {
    const ann = await person(100);
    await turn(ann, ann.conversation, 60);
    expect(await code(reserve(ann, 41))).toBe('CQ221');
    const [{ id }] = await reserve(ann, 40);
    await turn(ann, ann.conversation, 60);
    await settle(ann, id, 60);
    expect(await code(reserve(ann, 0))).toBe('CQ221');
    expect(await code(turn(ann, ann.conversation, 1))).toBe('CQ221');
    expect(
      await code(
        call(
          ann,
          `select app_public.post_message($1, 'so', 'assistant', total_tokens => 1)`,
          ann.conversation,
        ),
      ),
    ).toBe('CQ221');
    expect(
      await sql('select sum(total_tokens)::int as n from app_public.usage_logs where user_id = $1', ann.id),
    ).toEqual([{ n: 120 }]);
    // nothing of a refused turn is there, and words that cost nothing are free
    expect(
      await sql('select message_count from app_public.conversations where id = $1', ann.conversation),
    ).toEqual([{ message_count: 4 }]);
    await turn(ann, ann.conversation, null);
    await call(ann, `select app_public.post_message($1, 'hello')`, ann.conversation);
  });

  it('say when they begin anew', async () => {
    const ann = await person(0);
    const error = await reserve(ann, 1).catch((reason) => reason);
    const now = new Date();
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))
      .toISOString()
      .replace('.000Z', 'Z');
    expect([error.code, error.hint]).toEqual([
      'CQ221',
      `It begins anew at ${next}. Ask for less, or ask an administrator for a larger one.`,
    ]);
  });

  it('are about cost, too, images included', async () => {
    const ann = await person(null, 1);
    const image = (cost: number) =>
      call(
        ann,
        `select app_public.record_image($1, 'a cat', 'a/b.png', 1, 1, cost_usd => $2)`,
        ann.conversation,
        cost,
      );
    await image(0.6);
    expect(await code(reserve(ann, 0, 0.41))).toBe('CQ221');
    await reserve(ann, 1_000_000, 0.4);
    await image(0.5);
    expect(await code(image(0.1))).toBe('CQ221');
    expect(await code(turn(ann, ann.conversation, 5, 0.1))).toBe('CQ221');
    await image(0);
  });

  it('count a piece of work once, whether it was logged, settled, or both', async () => {
    const ann = await person(100);
    const [{ id: first }] = await reserve(ann, 30);
    await turn(ann, ann.conversation, 30);
    await settle(ann, first, 30);
    await settle(ann, first, 30);
    // settled and never logged
    const [{ id: second }] = await reserve(ann, 70);
    await settle(ann, second, 50);
    expect(await code(reserve(ann, 21))).toBe('CQ221');
    expect((await reserve(ann, 20)).length).toBe(1);
  });

  it('count all workspaces of a person, and nobody else', async () => {
    const [ann, bob] = [await person(100), await person(100)];
    await turn(ann, ann.conversation, 100);
    const [{ id }] = await call(ann, `select id from app_public.create_workspace('Team')`);
    expect(await code(reserve({ ...ann, workspaceId: id }, 1))).toBe('CQ221');
    expect((await reserve(bob, 100)).length).toBe(1);
    const free = await person(null);
    expect((await reserve(free, 1_000_000, 1000)).length).toBe(1);
  });

  it('begin anew with the month, and forget what was set aside and never used', async () => {
    const ann = await person(100);
    await turn(ann, ann.conversation, 100);
    await sql(
      `update app_private.user_usage_months set period_start = period_start - interval '1 month' where user_id = $1`,
      ann.id,
    );
    await reserve(ann, 100);
    expect(await code(reserve(ann, 1))).toBe('CQ221');
    await sql(`update app_public.usage_reservations set expires_at = now() where user_id = $1`, ann.id);
    expect((await reserve(ann, 100)).length).toBe(1);
  });

  it('are never exceeded together by requests at the same time', async () => {
    const ann = await person(100, 10);
    const answers = await Promise.all(Array.from({ length: 16 }, () => code(reserve(ann, 9, 0.9))));
    expect(answers.filter((answer) => answer === 'nothing').length).toBe(11);
    expect(answers.filter((answer) => answer === 'CQ221').length).toBe(5);
    const turns = await person(100);
    const others = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const [{ id }] = await call(turns, 'select id from app_public.start_conversation()');
        return code(turn(turns, id, 10));
      }),
    );
    expect(others.filter((answer) => answer === 'nothing').length).toBe(10);
    expect(
      await sql('select logged_tokens::int from app_private.user_usage_months where user_id = $1', turns.id),
    ).toEqual([{ logged_tokens: 100 }]);
  });
});
