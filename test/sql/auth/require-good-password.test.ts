import { afterAll, beforeAll, expect, it } from 'vitest';
import { code, emailOf, endScene, newcomer, one, owner, setScene, visit } from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';

describeReal('a password', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const check = (password: string | null, ...own: (string | null)[]) =>
    code(owner().query('select app_private.require_good_password($1, variadic $2::text[])', [password, own]));

  it.each([
    'password',
    '12345678',
    'aaaaaaaa',
    'abcabcabcabc',
    'PASSWORD',
    'Password1!',
    '!!baseball99',
    'qwertyuiop',
    'iloveyou',
  ])('that everybody tries is refused: %s', async (password) => {
    expect(await check(password)).toBe('CQ130');
  });

  it.each([
    'ann@example.org',
    'ANN@EXAMPLE.ORG',
    'annexample',
    'example.org',
    'annlovelace',
    'Lovelace-Ann-1',
    'ada-the-2nd',
    'adathe2nd2026'.slice(0, 12),
  ])('made of the own address or name is refused: %s', async (password) => {
    expect(await check(password, 'ann@example.org', 'ada-the-2nd', 'Ann Lovelace', null)).toBe('CQ130');
  });

  it.each([
    'correct horse battery',
    'a new password',
    'Xk9-trombone-field',
    'annuity in september',
    'пароль для почты',
  ])('of several words is taken: %s', async (password) => {
    expect(await check(password, 'ann@example.org', null, 'Ann Lovelace')).toBe('allowed');
  });

  it('has eight characters and 72 bytes at most', async () => {
    expect(await check('1x-7zQp')).toBe('CQ105');
    expect(await check(null)).toBe('CQ105');
    expect(await check('1x-7zQpw')).toBe('allowed');
    expect(await check('wörd '.repeat(12))).toBe('allowed');
    expect(await check(`${'wörd '.repeat(12)}x`)).toBe('CQ105');
  });

  it('is asked for by each way to choose one, and one of before goes on', async () => {
    expect(await code(visit(`select app_public.register('weak@example.org', 'password1')`))).toBe('CQ130');
    expect(await code(visit(`select app_public.register('weak@example.org', 'weak@example.org')`))).toBe(
      'CQ130',
    );
    expect(await one(`select from app_public.users where email = 'weak@example.org'`)).toBeUndefined();
    const ann = await newcomer();
    await owner().query(
      `update app_private.user_secrets set password_hash = app_private.hash_password('password') where user_id = $1`,
      [ann.id],
    );
    const [{ token }] = (await visit(
      `select token from app_public.sign_in($1, 'password')`,
      await emailOf(ann),
    )) as [{ token: string }];
    expect(token).toMatch(/^cqs_/);
  });

  it('is compared with ten thousand common ones', async () => {
    expect((await one('select count(*)::int as n from app_private.common_passwords')).n).toBe(10_000);
  });
});
