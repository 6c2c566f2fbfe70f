import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  code,
  emailOf,
  endScene,
  forgetMails,
  newcomer,
  one,
  owner,
  race,
  request,
  roleOf,
  setScene,
  team,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';

describeReal('my invitations', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const verify = (user: TestUser) =>
    owner().query('update app_public.users set is_email_verified = true where id = $1', [user.id]);
  const list = (user: TestUser) => call(user, 'select * from app_public.my_invitations()');
  const accept = (user: TestUser, id: string) =>
    code(call(user, 'select app_public.accept_my_invitation($1)', id));
  const decline = (user: TestUser, id: string) =>
    code(call(user, 'select app_public.decline_invitation($1)', id));
  async function invited() {
    const all = await team();
    const guest = await newcomer('guest');
    const [{ id }] = await call(
      all.owner,
      `select id from app_public.invite_member($1, 'viewer')`,
      (await emailOf(guest)).toUpperCase(),
    );
    return { all, guest, id: id as string };
  }

  it('are listed and accepted without a token once the address is verified', async () => {
    const { all, guest, id } = await invited();
    // an address that was only claimed
    expect(await list(guest)).toEqual([]);
    expect(await accept(guest, id)).toBe('CQ153');
    expect(await decline(guest, id)).toBe('CQ153');
    await verify(guest);
    expect(await list(guest)).toMatchObject([
      { id, role: 'viewer', workspace_name: expect.stringMatching(/^Team/) },
    ]);
    expect(await accept(guest, id)).toBe('allowed');
    expect(await roleOf(all.id, guest)).toBe('viewer');
    expect(await list(guest)).toEqual([]);
    expect(await accept(guest, id)).toBe('CQ204');
  });

  it("are nobody else's, nor a program's", async () => {
    const { all, guest, id } = await invited();
    const stranger = await newcomer('stranger');
    for (const user of [stranger, all.owner, all.viewer]) {
      await verify(user);
      expect(await list(user)).toEqual([]);
      expect(await accept(user, id)).toBe('CQ204');
      expect(await decline(user, id)).toBe('CQ204');
    }
    await verify(guest);
    const [{ secret }] = await call(
      guest,
      `select secret from app_public.create_api_key('robot', array['write', 'admin'])`,
    );
    for (const sql of ['my_invitations()', `accept_my_invitation('${id}')`, `decline_invitation('${id}')`])
      expect(await code(request(secret, `select app_public.${sql}`)), sql).toBe('CQ110');
    expect(await list(guest)).toHaveLength(1);
  });

  it('end when they are declined, revoked or expire', async () => {
    const [declined, revoked, expired] = [await invited(), await invited(), await invited()];
    for (const { guest } of [declined, revoked, expired]) await verify(guest);
    expect(await decline(declined.guest, declined.id)).toBe('allowed');
    expect(
      await one('select from app_public.workspace_invitations where id = $1', declined.id),
    ).toBeUndefined();
    expect(
      await one(
        `select user_id from app_public.audit_logs where entity_id = $1 and action = 'invitation.removed'`,
        declined.id,
      ),
    ).toEqual({ user_id: declined.guest.id });
    await call(revoked.all.owner, 'select app_public.revoke_invitation($1)', revoked.id);
    await owner().query('update app_public.workspace_invitations set expires_at = now() where id = $1', [
      expired.id,
    ]);
    // no mail goes out for what was taken back
    const waiting = async (user: TestUser) =>
      one(
        'select data is not null as waits, last_error from app_private.mail_outbox where recipient = $1',
        (await emailOf(user)).toUpperCase(),
      );
    for (const { guest } of [declined, revoked])
      expect(await waiting(guest)).toEqual({ waits: false, last_error: 'taken back before it was sent' });
    expect(await waiting(expired.guest)).toMatchObject({ waits: true });
    for (const { guest, id } of [declined, revoked, expired]) {
      expect(await list(guest)).toEqual([]);
      expect(await accept(guest, id)).toBe('CQ204');
    }
  });

  it('are accepted once, by two requests at once', async () => {
    const { all, guest, id } = await invited();
    await verify(guest);
    const attempt: [TestUser, string, unknown[]] = [
      guest,
      'select app_public.accept_my_invitation($1)',
      [id],
    ];
    expect(await race(attempt, attempt)).toEqual(['allowed', 'CQ204']);
    expect(await roleOf(all.id, guest)).toBe('viewer');
  });

  it('are handed over by hand, by rank and in a session, and the token before stops working', async () => {
    const { all, guest, id } = await invited();
    const handOver = async (user: TestUser) =>
      (await call(user, 'select app_public.hand_over_invitation($1) as token', id))[0].token as string;
    const first = await handOver(all.owner);
    const second = await handOver(all.admin);
    expect(second).toMatch(/^cqi_[0-9a-f]{64}$/);
    for (const user of [all.member, all.viewer]) expect(await code(handOver(user))).toBe('CQ114');
    const other = await team();
    expect(await code(handOver(other.owner))).toBe('CQ204');
    const use = (user: TestUser, token: string) =>
      code(call(user, 'select app_public.accept_invitation($1)', token));
    expect(await use(guest, first)).toBe('CQ112');
    expect(await use(await newcomer(), second)).toBe('CQ112');
    await forgetMails();
    expect(await use(guest, second)).toBe('allowed');
    const logged = await one(
      `select user_id, new_values from app_public.audit_logs where entity_id = $1 and action = 'invitation.handed_over' order by id limit 1`,
      id,
    );
    expect(logged).toEqual({ user_id: all.owner.id, new_values: null });
    // an admin hands over no admin's
    const [{ id: admins }] = await call(
      all.owner,
      `select id from app_public.invite_member('boss@example.net', 'admin')`,
    );
    expect(await code(call(all.admin, 'select app_public.hand_over_invitation($1)', admins))).toBe('CQ114');
  });
});
