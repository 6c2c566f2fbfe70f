import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  code,
  database,
  emailOf,
  endScene,
  newcomer,
  owner,
  request,
  setScene,
  team,
  visit,
} from '../../support/accounts.ts';
import { codeAt, forgetSteps, protect, wrongCode } from '../../support/second-factor.ts';
import { describeReal } from '../../support/server.ts';
import { asRole, PASSWORD } from '../../support/users.ts';

/** Acts that a session which was left open must not do. */
const ACTS = [
  `create_api_key('mine')`,
  `delete_workspace('no such name')`,
  `transfer_ownership('01890000-0000-7000-8000-000000000000')`,
  `change_member_role('01890000-0000-7000-8000-000000000000', 'owner')`,
  `request_email_change('other@example.org', '${PASSWORD}')`,
  'add_second_factor()',
  `confirm_second_factor('000000')`,
  'make_recovery_codes()',
  'add_passkey()',
  `confirm_passkey('{}')`,
  `remove_passkey('01890000-0000-7000-8000-000000000000')`,
];

describeReal('a recent proof', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const age = (interval: string) =>
    owner().query('update app_private.user_sessions set proved_at = proved_at - $1::interval', [interval]);
  const prove = async (token: string, password: string | null, given: string | null = null) =>
    (await request(token, 'select app_public.prove_identity($1, $2) as proved', password, given))[0].proved;

  it.each(ACTS)('is asked for by %s', async (act) => {
    const { token } = await newcomer();
    const attempt = () => code(request(token, `select app_public.${act}`));
    await age('14 minutes');
    expect(await attempt()).not.toBe('CQ142');
    await age('2 minutes');
    expect(await attempt()).toBe('CQ142');
    await owner().query('update app_private.user_sessions set proved_at = null');
    expect(await attempt()).toBe('CQ142');
    expect(await prove(token, PASSWORD)).toBe(true);
    expect(await attempt()).not.toBe('CQ142');
  });

  it('is given by the password for this session alone, and wrong ones are counted', async () => {
    const ann = await newcomer();
    const [{ token: other }] = await visit(
      'select token from app_public.sign_in($1, $2)',
      await emailOf(ann),
      PASSWORD,
    );
    await age('1 hour');
    for (let n = 1; n <= 4; n++) expect(await prove(ann.token, 'a guess')).toBe(false);
    expect(await prove(ann.token, null)).toBe(false);
    expect(await code(prove(ann.token, PASSWORD))).toBe('CQ103');
    expect(await prove(other, PASSWORD)).toBe(true);
    expect(await code(request(ann.token, `select app_public.create_api_key('mine')`))).toBe('CQ142');
    expect(await code(request(other, `select app_public.create_api_key('mine')`))).toBe('allowed');
  });

  it('takes a code where the account has a second factor, and the password is not enough', async () => {
    const ann = await newcomer();
    const { app } = await protect(database, ann);
    const [{ challenge }] = await visit(
      'select challenge from app_public.sign_in($1, $2)',
      await emailOf(ann),
      PASSWORD,
    );
    const [{ token }] = await visit(
      'select token from app_public.confirm_sign_in($1, $2)',
      challenge,
      codeAt(app),
    );
    await forgetSteps(database);
    await age('1 hour');
    expect(await code(prove(token, PASSWORD))).toBe('CQ140');
    expect(await prove(token, PASSWORD, wrongCode(app))).toBe(false);
    expect(await prove(token, null, codeAt(app))).toBe(true);
    expect(await prove(token, null, codeAt(app))).toBe(false);
    expect(await code(request(token, 'select app_public.make_recovery_codes()'))).toBe('allowed');
  });

  it('is the sign-in for a token of an identity provider, and nothing where none is stated', async () => {
    const ann = await newcomer();
    const since = (signedInAt: string) =>
      code(
        asRole(
          database,
          'colloquy_user',
          { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner', signedInAt },
          (client) => client.query(`select app_public.create_api_key('mine')`),
        ),
      );
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    expect(await since(minutesAgo(1))).toBe('allowed');
    expect(await since(minutesAgo(16))).toBe('CQ142');
    expect(await since('')).toBe('CQ142');
    expect(await code(call(ann, 'select app_public.prove_identity($1)', PASSWORD))).toBe('CQ142');
  });

  it('is no way for an API key, nor is a second factor', async () => {
    const ann = await newcomer();
    const [{ secret }] = await request(
      ann.token,
      `select secret from app_public.create_api_key('all', array['read', 'write', 'search', 'admin'])`,
    );
    for (const act of [
      ...ACTS,
      `prove_identity('${PASSWORD}')`,
      `remove_second_factor('000000')`,
      'second_factor()',
    ])
      expect(await code(request(secret, `select app_public.${act}`)), act).toBe('CQ110');
  });

  it('is not asked for of who makes a member something less than an owner', async () => {
    const { id, owner: boss, member } = await team();
    await age('1 hour');
    const change = (role: string) =>
      code(
        asRole(
          database,
          'colloquy_user',
          { userId: boss.id, workspaceId: id, memberRole: 'owner', signedInAt: '' },
          (client) => client.query(`select app_public.change_member_role($1, '${role}')`, [member.id]),
        ),
      );
    expect(await change('admin')).toBe('allowed');
    expect(await change('owner')).toBe('CQ142');
  });
});
