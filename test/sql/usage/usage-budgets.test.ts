import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { asRole, registerUser, type TestUser } from '../../support/users.ts';
import {
  ann,
  as,
  database,
  endScene,
  first,
  one,
  owner,
  second,
  setScene,
} from '../conversations/dialogue.ts';

describeReal('budgets', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const reserve = (user: TestUser, tokens: number, cost = 0) =>
    as(user, 'select * from app_public.reserve_usage($1, $2)', tokens, cost);
  const settle = (user: TestUser, id: string, tokens: number) =>
    as(user, 'select * from app_public.settle_usage($1, $2)', id, tokens);

  it('are never exceeded by 8 reservations at once, of one member or two', async () => {
    await as(first, `select app_public.set_usage_budget('month', 1000)`);
    await as(first, `select app_public.set_usage_budget('day', 500, user_id => $1)`, second.id);
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, (_, index) => reserve(index % 2 ? first : second, 150)),
    );
    const held = await one(
      `select sum(h.tokens) filter (where b.user_id is null)::int as all, sum(h.tokens) filter (where b.user_id is not null)::int as member
       from app_hidden.usage_holds h join app_public.usage_budgets b on b.id = h.budget_id where h.workspace_id = $1`,
      first.workspaceId,
    );
    expect(held.all).toBe(900);
    expect(held.member ?? 0).toBeLessThanOrEqual(450);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(6);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CQ220' });
  });

  it('give back what was reserved and not used, once', async () => {
    const bob = await registerUser(database, 'bob@example.org');
    await as(bob, `select app_public.set_usage_budget('day', 100, 1)`);
    const [held] = await reserve(bob, 100);
    await expect(reserve(bob, 1)).rejects.toMatchObject({ code: 'CQ220' });
    await settle(bob, held.id, 40);
    expect((await settle(bob, held.id, 99))[0]).toMatchObject({ settled_tokens: '40' });
    await expect(reserve(bob, 61)).rejects.toMatchObject({ code: 'CQ220' });
    await expect(reserve(bob, 1, 2)).rejects.toMatchObject({ code: 'CQ220' });
    const [again] = await reserve(bob, 60);
    await expect(settle(ann, again.id, 1)).rejects.toMatchObject({ code: 'CQ204' });
    await expect(reserve(bob, -1)).rejects.toMatchObject({ code: 'CQ200' });
    // never settled: counts no longer when it has expired
    await owner().query(
      `update app_hidden.usage_holds set expires_at = now() - interval '1 second' where reservation_id = $1`,
      [again.id],
    );
    expect(await reserve(bob, 60)).toHaveLength(1);
    // more than was set aside: it happened
    await settle(bob, again.id, 80);
    await expect(reserve(bob, 0, 0.5)).rejects.toMatchObject({ code: 'CQ220' });
  });

  it('are not spent by what a member says it used', async () => {
    const [held] = await reserve(second, 10, 1);
    const limit = async () =>
      as(first, `select * from app_public.set_usage_budget('month', 1000000)`).then(() => reserve(first, 1));
    await expect(settle(second, held.id, 1_000_000_000)).rejects.toMatchObject({ code: 'CQ122' });
    await expect(as(second, 'select app_public.settle_usage($1, 1, 2.01)', held.id)).rejects.toMatchObject({
      code: 'CQ122',
    });
    expect(await limit()).toHaveLength(1);
    // twice what was reserved: an estimate may be wrong
    expect((await settle(second, held.id, 20))[0]).toMatchObject({ settled_tokens: '20' });
    const [nothing] = await reserve(second, 0);
    await expect(settle(second, nothing.id, 1)).rejects.toMatchObject({ code: 'CQ122' });

    // whoever is believed about usage settles for others, and what it says
    const [big] = await reserve(second, 10);
    const meter = (user: TestUser, scopes: string, sql: string, ...values: unknown[]) =>
      asRole(
        database,
        'colloquy_user',
        { userId: user.id, workspaceId: user.workspaceId, memberRole: user.memberRole, scopes },
        async (client) => (await client.query(sql, values)).rows,
      );
    const report = 'select settled_tokens::int as n from app_public.settle_usage($1, 500)';
    await expect(meter(second, 'read,write,meter', report, big.id)).rejects.toMatchObject({ code: 'CQ122' });
    await expect(meter(first, 'read,write', report, big.id)).rejects.toMatchObject({ code: 'CQ204' });
    await expect(meter(first, 'read,admin', report, big.id)).rejects.toMatchObject({ code: 'CQ110' });
    await expect(meter(second, 'read,meter', report, big.id)).rejects.toMatchObject({ code: 'CQ110' });
    expect(await meter(first, 'read,meter', report, big.id)).toEqual([{ n: 500 }]);
    expect(
      await meter(first, 'read,meter', 'select tokens::int as n from app_public.reserve_usage(3)'),
    ).toEqual([{ n: 3 }]);
  });

  it('count what the parts of a message say, whatever total a client names', async () => {
    const bob = await registerUser(database, 'parts@example.org');
    const [conversation] = await as(bob, 'select id from app_public.start_conversation()');
    const post = (total: number | null) =>
      as(
        bob,
        `select app_public.post_message($1, 'x', prompt_tokens => 70, completion_tokens => 30, total_tokens => $2)`,
        conversation.id,
        total,
      );
    for (const total of [0, 5, 100, null, 120]) await post(total);
    const used = await one(
      'select logged_tokens::int as n from app_private.user_usage_months where user_id = $1',
      bob.id,
    );
    expect(used.n).toBe(520);
    await expect(post(-1)).rejects.toMatchObject({ code: '23514' });
  });

  it('are set by those who manage the workspace alone', async () => {
    const set = (user: TestUser) => as(user, `select app_public.set_usage_budget('month', 5)`);
    await expect(set(second)).rejects.toMatchObject({ code: '42501' });
    // again replaces it
    expect([...(await set(first)), ...(await set(first))]).toHaveLength(2);
    expect(
      await as(first, `select token_limit from app_public.usage_budgets where period = 'month'`),
    ).toEqual([{ token_limit: '5' }]);
    await expect(as(first, `select app_public.set_usage_budget('day')`)).rejects.toMatchObject({
      code: '23514',
    });
    expect(await as(second, 'update app_public.usage_budgets set token_limit = 1 returning id')).toEqual([]);
    expect(await as(second, 'delete from app_public.usage_budgets returning id')).toEqual([]);
    await expect(
      as(first, `select app_public.set_usage_budget('day', 5, user_id => $1)`, ann.id),
    ).rejects.toMatchObject({
      code: '23503',
    });
  });
});
