import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  answerRequests,
  call,
  code,
  database,
  emailOf,
  endScene,
  forgetMails,
  lastToken,
  newcomer,
  one,
  owner,
  setScene,
  team,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD, type TestUser } from '../../support/users.ts';

describeReal('the limits of mail', () => {
  beforeAll(setScene);
  afterAll(endScene);
  beforeEach(async () => {
    await owner().query('delete from app_private.mail_outbox');
    await set('mail_delivery', 'on');
  });

  const set = (name: string, value: string | number) =>
    owner().query('update app_private.settings set value = $2 where name = $1', [name, `${value}`]);
  const verify = (user: TestUser) =>
    owner().query('update app_public.users set is_email_verified = true where id = $1', [user.id]);
  const invite = async (by: TestUser, email: string) =>
    (await call(by, 'select * from app_public.invite_member($1)', email))[0];
  const mails = async (like = '%') =>
    (await one('select count(*)::int as n from app_private.mail_outbox where recipient like $1', like)).n;

  it('hold for a stranger, however many workspaces and +tags invite', async () => {
    const teams = [await team(), await team(), await team()];
    for (let round = 0; round < 5; round++)
      for (const { owner: by } of teams)
        for (let alias = 0; alias < 4; alias++) await invite(by, `Victim+${alias}@example.net`);
    expect(await mails()).toBe(3);
    const { rows } = await owner().query(
      'select extract(epoch from not_before - lag(not_before) over (order by not_before))::int as pause from app_private.mail_outbox',
    );
    expect(rows.map(({ pause }) => pause)).toEqual([null, 60, 60]);
    // nothing of these goes out before its turn
    const taken = async () =>
      (await database.pool('worker').query('select id from app_hidden.take_mail(10)')).rowCount;
    expect(await taken()).toBe(1);
    await owner().query(`update app_private.mail_outbox set not_before = not_before - interval '1 hour'`);
    for (const { owner: by } of teams) await invite(by, 'victim@example.net');
    // five a day
    expect(await mails()).toBe(5);
    await forgetMails();
    await invite(teams[0]!.owner, 'victim@example.net');
    expect(await mails()).toBe(6);
  });

  it('hold for two at once', async () => {
    const teams = await Promise.all([team(), team(), team(), team(), team(), team(), team()]);
    await Promise.all(teams.map(({ owner: by }) => invite(by, 'crowd@example.net')));
    expect(await mails()).toBe(5);
    const { n } = await one(
      `select count(*)::int as n from app_private.mail_outbox a join app_private.mail_outbox b
       on a.id < b.id and abs(extract(epoch from a.not_before - b.not_before)) < 59`,
    );
    expect(n).toBe(0);
  });

  it('count each kind that strangers cause for itself: nobody uses up the notices or the resets of another', async () => {
    const [victim, other] = [await newcomer(), await newcomer()];
    const email = await emailOf(victim);
    await verify(victim);
    await set('require_verified_email', 'on');
    try {
      for (let n = 0; n < 8; n++) {
        await visit('select app_public.register($1, $2)', email, 'the guess of a stranger');
        await answerRequests();
        await call(other, 'select app_public.request_email_change($1, $2)', email, PASSWORD);
        // a pause later, and the tokens of that account are gone
        await owner().query(
          `update app_private.mail_outbox set not_before = not_before - interval '2 minutes'`,
        );
        await owner().query('delete from app_private.mail_tokens');
      }
    } finally {
      await set('require_verified_email', 'off');
    }
    const kinds = async () =>
      (
        await owner().query(
          'select kind, count(*)::int as n from app_private.mail_outbox where recipient = $1 group by kind order by kind',
          [email],
        )
      ).rows.map(({ kind, n }) => `${kind} ${n}`);
    expect(await kinds()).toEqual(['already_registered 5', 'new_address 5']);
    await visit('select app_public.request_password_reset($1)', email);
    await answerRequests();
    await call(victim, 'select app_public.change_password($1, $2)', PASSWORD, 'another good password');
    expect(await kinds()).toEqual(['already_registered 5', 'new_address 5', 'notice 1', 'password_reset 1']);
  });

  it('never take from a person what it asked for itself', async () => {
    const ann = await newcomer('ann');
    const email = await emailOf(ann);
    for (let n = 0; n < 7; n++) await invite((await team()).owner, email);
    await visit('select app_public.request_password_reset($1)', email);
    await answerRequests();
    expect(
      await one(
        `select count(*)::int as n, max(not_before) <= clock_timestamp() + interval '61 seconds' as soon
         from app_private.mail_outbox where kind = 'password_reset'`,
      ),
    ).toEqual({ n: 1, soon: true });
    await owner().query(`select app_private.send_mail($1, 'Your password was changed', 'Text')`, [email]);
    expect(await mails()).toBe(7);
  });

  it('of resets leave the token that is on its way as it is', async () => {
    const ann = await newcomer('ann');
    const email = await emailOf(ann);
    const ask = async () => {
      const answer = await visit('select app_public.request_password_reset($1) as accepted', email);
      await answerRequests();
      return answer;
    };
    await ask();
    const token = await lastToken(email);
    for (let n = 0; n < 5; n++) expect(await ask()).toEqual([{ accepted: true }]);
    expect(await mails()).toBe(1);
    expect(await code(visit(`select app_public.reset_password($1, 'a new password')`, token))).toBe(
      'allowed',
    );
  });

  it('of a day hold for resets, without an answer of their own', async () => {
    await set('account_mails_per_day', 2);
    const email = await emailOf(await newcomer('ann'));
    for (let n = 0; n < 4; n++) {
      await owner().query(`update app_private.mail_outbox set not_before = not_before - interval '1 hour'`);
      expect(await visit('select app_public.request_password_reset($1) as accepted', email)).toEqual([
        { accepted: true },
      ]);
      await answerRequests();
    }
    expect(await mails()).toBe(2);
    await set('account_mails_per_day', 20);
  });

  it('of a day hold for who invites (CQ150) and for the workspace (CQ151)', async () => {
    const all = await team();
    await set('invitation_mails_per_inviter', 3);
    for (let n = 0; n < 3; n++) await invite(all.owner, `friend${n}@example.net`);
    expect(await code(invite(all.owner, 'friend3@example.net'))).toBe('CQ150');
    // once more to the same one takes no mail, so it is no matter
    expect(await code(invite(all.owner, 'friend1@example.net'))).toBe('allowed');
    await set('invitation_mails_per_workspace', 4);
    await invite(all.admin, 'friend4@example.net');
    expect(await code(invite(all.admin, 'friend5@example.net'))).toBe('CQ151');
    await forgetMails();
    expect(await code(invite(all.owner, 'friend3@example.net'))).toBe('allowed');
    await set('invitation_mails_per_inviter', 100);
    await set('invitation_mails_per_workspace', 200);
  });

  it('let an invitation stand that is not mailed again, with the token of the mail', async () => {
    const all = await team();
    const guest = await newcomer('guest');
    const email = await emailOf(guest);
    const first = await invite(all.owner, email);
    expect(first.mailed_at).not.toBeNull();
    const token = await lastToken(email);
    const again = await invite(all.owner, email);
    expect(again).toMatchObject({ id: first.id, mailed_at: first.mailed_at });
    expect(await code(call(guest, 'select app_public.accept_invitation($1)', token))).toBe('allowed');
  });

  it('leave out the words of somebody whose address is not verified', async () => {
    const all = await team();
    await invite(all.owner, 'first@example.net');
    await verify(all.admin);
    await owner().query(`update app_public.users set display_name = 'Ada' where id = $1`, [all.admin.id]);
    await invite(all.admin, 'second@example.net');
    const { rows } = await owner().query(`select data from app_private.mail_outbox order by id`);
    expect(Object.keys(rows[0].data).sort()).toEqual(['days', 'role', 'token']);
    expect(rows[1].data).toMatchObject({ inviter: 'Ada', workspace: expect.stringMatching(/^Team/) });
  });

  it('are nothing at all where no worker can deliver: what needs mail is refused (CQ152)', async () => {
    const worker = database.pool('worker');
    const report = async (can: boolean) =>
      (await worker.query('select app_hidden.report_mail($1) as changed', [can])).rows[0].changed;
    expect(await report(true)).toBe(false);
    expect(await report(false)).toBe(true);
    const ann = await newcomer('ann');
    for (const email of [await emailOf(ann), 'nobody@example.net'])
      expect(await code(visit('select app_public.request_password_reset($1)', email))).toBe('CQ152');
    expect(await code(call(ann, 'select app_public.request_email_verification()'))).toBe('CQ152');
    const all = await team();
    expect(await invite(all.owner, await emailOf(ann))).toMatchObject({ mailed_at: null });
    await owner().query(`select app_private.send_mail('ann@example.net', 'Hello', 'Text')`);
    expect(await mails()).toBe(0);
    expect(await code(call(ann, 'select app_hidden.report_mail(true)'))).toBe('42501');
  });
});
