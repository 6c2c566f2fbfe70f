import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  call,
  code,
  emailOf,
  endScene,
  newcomer,
  owner,
  request,
  setScene,
  visit,
  visitFrom,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD } from '../../support/users.ts';

describeReal('sessions', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('are listed, and end one by one or all but this', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const others: string[] = [];
    for (let n = 0; n < 3; n++)
      others.push((await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0].token);
    const sessions = () =>
      request(ann.token, 'select id, is_current from app_public.my_sessions() order by id');
    const listed = await sessions();
    expect(listed.map((row) => row.is_current)).toEqual([true, false, false, false]);
    const revoke = (id: string) => request(ann.token, 'select id from app_public.revoke_session($1)', id);
    expect(await revoke(listed[1].id)).toEqual([{ id: listed[1].id }]);
    expect(await authenticate(others[0]!)).toBeUndefined();
    expect(await code(revoke(listed[1].id))).toBe('CQ204');
    expect(await request(ann.token, 'select app_public.revoke_other_sessions() as ended')).toEqual([
      { ended: 2 },
    ]);
    expect(await authenticate(others[2]!)).toBeUndefined();
    expect(await sessions()).toEqual([listed[0]]);
  });

  it('say by which client, from where and when', async () => {
    const ann = await newcomer();
    const client =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605 Version/18.6 Mobile/15E148 Safari/604.1';
    await visitFrom(
      { ip: '192.0.2.9', client },
      'select token from app_public.sign_in($1, $2)',
      await emailOf(ann),
      PASSWORD,
    );
    const [newest] = await request(
      ann.token,
      'select client, host(ip) as ip, user_agent, abs(extract(epoch from last_active_at - created_at)) < 60 as seen from app_public.my_sessions() order by id desc',
    );
    expect(newest).toEqual({ client: 'Safari on iOS', ip: '192.0.2.9', user_agent: client, seen: true });
  });

  it('end when they are idle for too long, and at their longest age however busy', async () => {
    const ann = await newcomer();
    const set = (sql: string) =>
      owner().query(`update app_private.user_sessions set ${sql} where user_id = $1`, [ann.id]);
    const expiry = async () =>
      (
        await request(
          ann.token,
          'select round(extract(epoch from expires_at - now()) / 86400)::int as days from app_public.my_sessions()',
        )
      )[0]?.days;
    expect(await expiry()).toBe(14);
    await set(`last_active_at = now() - interval '13 days 23 hours'`);
    expect(await authenticate(ann.token)).toBeDefined();
    // that request counts
    expect(await expiry()).toBe(14);
    await set(`last_active_at = now() - interval '14 days 1 minute'`);
    expect(await authenticate(ann.token)).toBeUndefined();
    expect(await call(ann, 'select id from app_public.my_sessions()')).toEqual([]);
    await set(`last_active_at = now(), expires_at = now() - interval '1 second'`);
    expect(await authenticate(ann.token)).toBeUndefined();
  });

  it('are so many at most: a further one ends the one that was idle longest', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const enter = async (): Promise<string> =>
      (await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0].token;
    await owner().query(`update app_private.settings set value = '3' where name = 'sessions_per_account'`);
    try {
      await owner().query(
        `update app_private.user_sessions set last_active_at = now() - interval '1 day' where user_id = $1`,
        [ann.id],
      );
      const [second, third] = [await enter(), await enter()];
      expect(await code(request(ann.token, 'select 1'))).toBe('allowed');
      await owner().query(
        `update app_private.user_sessions set last_active_at = now() - interval '2 days' where token_hash = sha256(convert_to($1, 'UTF8'))`,
        [second],
      );
      const fourth = await enter();
      expect(await authenticate(second)).toBeUndefined();
      for (const token of [ann.token, third, fourth]) expect(await authenticate(token)).toBeDefined();
    } finally {
      await owner().query(`update app_private.settings set value = '50' where name = 'sessions_per_account'`);
    }
  });
});
