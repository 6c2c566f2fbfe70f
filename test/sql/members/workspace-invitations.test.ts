import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  call,
  code,
  emailOf,
  endScene,
  forgetMails,
  lastToken,
  newcomer,
  owner,
  race,
  roleOf,
  setScene,
  team,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';

describeReal('invitations', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('bring the person of the address in, once', async () => {
    const all = await team();
    const guest = await newcomer('guest');
    const email = await emailOf(guest);
    const [invited] = await call(
      all.admin,
      `select * from app_public.invite_member($1, 'viewer')`,
      email.toUpperCase(),
    );
    expect(invited).toMatchObject({ workspace_id: all.id, role: 'viewer', invited_by: all.admin.id });
    expect(JSON.stringify(invited)).not.toMatch(/cqi_/);
    const token = await lastToken(invited.email);
    const accept = (user: TestUser) => call(user, 'select * from app_public.accept_invitation($1)', token);
    expect(await code(accept(await newcomer()))).toBe('CQ112');
    expect(await accept(guest)).toMatchObject([{ workspace_id: all.id, role: 'viewer' }]);
    expect(await code(accept(guest))).toBe('CQ112');
    expect(await authenticate(guest.token, all.id)).toMatchObject({ member_role: 'viewer' });
    expect(await code(call(all.admin, 'select app_public.invite_member($1)', email))).toBe('CQ115');
  });

  it('are given by rank', async () => {
    const all = await team();
    const invite = (by: TestUser, role: string) =>
      code(call(by, `select app_public.invite_member('friend@example.org', $1)`, role));
    expect(await invite(all.viewer, 'viewer')).toBe('CQ114');
    expect(await invite(all.member, 'viewer')).toBe('CQ114');
    expect(await invite(all.admin, 'admin')).toBe('CQ114');
    expect(await invite(all.owner, 'owner')).toBe('CQ200');
    expect(await invite(all.owner, 'admin')).toBe('allowed');
    expect(await code(call(all.owner, `select app_public.invite_member('nobody')`))).toBe('23514');
  });

  it('are open to 200 at a time (CQ118)', async () => {
    const all = await team();
    await owner().query(
      `update app_private.settings set value = '1000' where name in ('invitation_mails_per_inviter', 'invitation_mails_per_workspace')`,
    );
    await call(
      all.owner,
      `select i.id from generate_series(1, 200) as n
       cross join lateral app_public.invite_member(format('friend%s@example.org', n)) as i`,
    );
    const invite = () => code(call(all.owner, `select app_public.invite_member('late@example.org')`));
    expect(await invite()).toBe('CQ118');
    await owner().query(
      `update app_public.workspace_invitations set expires_at = now() where workspace_id = $1 and email = 'friend7@example.org'`,
      [all.id],
    );
    expect(await invite()).toBe('allowed');
    expect(await invite()).toBe('CQ118');
  });

  it('stop working when they are revoked, expire or are sent again', async () => {
    const all = await team();
    const guest = await newcomer('guest');
    const email = await emailOf(guest);
    const invite = async () => {
      await forgetMails();
      return (await call(all.owner, 'select id from app_public.invite_member($1)', email))[0].id;
    };
    const accept = (token: string) => code(call(guest, 'select app_public.accept_invitation($1)', token));
    const id = await invite();
    const first = await lastToken(email);
    expect(await invite()).toBe(id);
    expect(await accept(first)).toBe('CQ112');
    const second = await lastToken(email);
    await owner().query('update app_public.workspace_invitations set expires_at = now() where id = $1', [id]);
    expect(await accept(second)).toBe('CQ112');
    await invite();
    const third = await lastToken(email);
    expect(await call(all.admin, 'select id from app_public.revoke_invitation($1)', id)).toEqual([{ id }]);
    expect(await accept(third)).toBe('CQ112');
    expect(await code(call(all.admin, 'select app_public.revoke_invitation($1)', id))).toBe('CQ204');
  });

  it('of two acceptances at once, one takes effect', async () => {
    const all = await team();
    const guest = await newcomer('guest');
    const email = await emailOf(guest);
    await call(all.owner, 'select app_public.invite_member($1)', email);
    const accept: [TestUser, string, unknown[]] = [
      guest,
      'select app_public.accept_invitation($1)',
      [await lastToken(email)],
    ];
    expect(await race(accept, accept)).toEqual(['allowed', 'CQ112']);
    expect(await roleOf(all.id, guest)).toBe('member');
  });
});
