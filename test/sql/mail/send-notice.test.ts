import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  database,
  emailOf,
  endScene,
  newcomer,
  one,
  owner,
  request,
  setScene,
  visitFrom,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD, type TestUser } from '../../support/users.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0';

describeReal('notices about an account', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const verified = async (): Promise<TestUser> => {
    const user = await newcomer();
    await owner().query('update app_public.users set is_email_verified = true where id = $1', [user.id]);
    return user;
  };
  const notices = async (user: TestUser): Promise<string[]> =>
    (
      await owner().query(`select body from app_private.mail_outbox where recipient = $1 order by id`, [
        await emailOf(user),
      ])
    ).rows.map((row) => row.body);
  const signInFrom = async (user: TestUser, ip: string, client: string, password = PASSWORD) =>
    visitFrom({ ip, client }, 'select token from app_public.sign_in($1, $2)', await emailOf(user), password);

  it('tell of a sign-in from a new network or client, once, with where and by what', async () => {
    const ann = await verified();
    await signInFrom(ann, '192.0.2.1', FIREFOX);
    expect((await notices(ann)).length).toBe(1);
    expect((await notices(ann))[0]).toMatch(
      /signed in to your account[\s\S]*When: \d{4}-\d\d-\d\d \d\d:\d\d UTC\nFrom: 192\.0\.2\.1, Firefox on Windows\n/,
    );
    await signInFrom(ann, '192.0.2.1', FIREFOX.replaceAll('141', '142'));
    expect((await notices(ann)).length).toBe(1);
    await signInFrom(ann, '192.0.2.2', FIREFOX);
    await signInFrom(ann, '192.0.2.1', 'curl/8.0');
    expect((await notices(ann)).length).toBe(3);
  });

  it('say nothing of a wrong password, nor of the first place of an account', async () => {
    const ann = await verified();
    await signInFrom(ann, '192.0.2.1', FIREFOX, 'a guess');
    expect(await notices(ann)).toEqual([]);
    await owner().query('delete from app_private.sign_in_places where user_id = $1', [ann.id]);
    await signInFrom(ann, '192.0.2.1', FIREFOX);
    expect(await notices(ann)).toEqual([]);
  });

  it('carry no text of a stranger', async () => {
    const ann = await verified();
    await signInFrom(ann, '192.0.2.1', 'Go to http://evil.example/ now');
    expect((await notices(ann))[0]).not.toContain('evil');
    await signInFrom(ann, '192.0.2.1', 'evil.example/1.0');
    expect((await notices(ann)).join()).not.toContain('evil.example');
  });

  it('tell of a changed password, a new API key and a joined identity', async () => {
    const ann = await verified();
    await call(ann, `select app_public.create_api_key('robot')`);
    await request(ann.token, 'select app_public.change_password($1, $2)', PASSWORD, 'a new password');
    await database
      .pool('authenticator')
      .query(
        `select * from app_hidden.authenticate_identity('https://id.example.org', 'ann', $1, is_email_verified => true)`,
        [await emailOf(ann)],
      );
    const said = await notices(ann);
    expect(said.length).toBe(3);
    expect(said[0]).toMatch(/An API key that acts for you was made: robot \(cqk_[0-9a-f]{8}\)/);
    expect(said[1]).toContain('The password of your account was changed.');
    expect(said[2]).toContain('joined to yours: https://id.example.org');
    expect(said.join()).not.toMatch(/cqs_|cqk_[0-9a-f]{8}_/);
  });

  it('go to proved addresses alone: nobody has a stranger mailed by registering with its address', async () => {
    const ann = await newcomer();
    await call(ann, `select app_public.create_api_key('robot')`);
    await signInFrom(ann, '192.0.2.1', FIREFOX);
    expect(await notices(ann)).toEqual([]);
  });

  it('are five of a kind in an hour at most, and none when they are switched off', async () => {
    const ann = await verified();
    for (let n = 1; n <= 7; n++) await signInFrom(ann, `192.0.2.${n}`, FIREFOX);
    expect((await notices(ann)).length).toBe(5);
    await call(ann, `select app_public.create_api_key('robot')`);
    expect((await notices(ann)).length).toBe(6);
    await owner().query(`update app_private.settings set value = 'off' where name = 'account_notices'`);
    try {
      await call(ann, `select app_public.create_api_key('another')`);
      expect((await notices(ann)).length).toBe(6);
    } finally {
      await owner().query(`update app_private.settings set value = 'on' where name = 'account_notices'`);
    }
  });

  it('are counted right when several are due at once', async () => {
    const ann = await verified();
    await Promise.all(Array.from({ length: 12 }, (_, n) => signInFrom(ann, `198.51.100.${n}`, FIREFOX)));
    expect((await notices(ann)).length).toBe(5);
    expect(
      (await one('select count(*)::int as n from app_private.account_notices where user_id = $1', ann.id)).n,
    ).toBe(5);
  });
});
