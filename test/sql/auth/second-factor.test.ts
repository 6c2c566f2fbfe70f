import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerRequests,
  authenticate,
  call,
  code,
  database,
  emailOf,
  endScene,
  lastToken,
  newcomer,
  one,
  owner,
  race,
  request,
  setScene,
  visit,
  visitFrom,
} from '../../support/accounts.ts';
import {
  appOf,
  codeAt,
  forgetSteps,
  inOneStep,
  protect,
  rfcApp,
  wrongCode,
} from '../../support/second-factor.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD, type TestUser } from '../../support/users.ts';
import { workFor } from '../../support/work.ts';

const SIGN_IN = 'select token, challenge from app_public.sign_in($1, $2)';
const CONFIRM = 'select token from app_public.confirm_sign_in($1, $2)';
const HOME = { ip: '192.0.2.1', client: 'curl/8.0' };
const ATTACKER = { ip: '198.51.100.7', client: 'curl/8.0' };

describeReal('a second factor', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const set = (name: string, value: string) =>
    owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
  const signIn = async (user: TestUser, place = HOME, password = PASSWORD) =>
    (await visitFrom(place, SIGN_IN, await emailOf(user), password))[0];
  const challengeOf = async (user: TestUser, place = HOME): Promise<string> =>
    (await signIn(user, place)).challenge;
  /** "right", "wrong", or the code of the error. */
  const confirm = async (challenge: string, given: string | null, place = HOME) => {
    let token: string | null = null;
    const outcome = await code(
      visitFrom(place, CONFIRM, challenge, given).then((rows) => {
        token = rows[0].token;
      }),
    );
    return outcome === 'allowed' ? (token ? 'right' : 'wrong') : outcome;
  };
  const noticesOf = async (user: TestUser): Promise<string[]> =>
    (
      await owner().query('select kind from app_private.account_notices where user_id = $1 order by id', [
        user.id,
      ])
    ).rows.map((row) => row.kind);
  const proved = async (): Promise<TestUser> => {
    const user = await newcomer();
    await owner().query('update app_public.users set is_email_verified = true where id = $1', [user.id]);
    return user;
  };

  it('makes the codes of RFC 6238', async () => {
    for (const seconds of [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000])
      expect(
        (
          await one(
            `select app_private.totp_code('12345678901234567890'::bytea, $1) as c`,
            Math.floor(seconds / 30),
          )
        ).c,
      ).toBe(rfcApp(6).generate({ timestamp: seconds * 1000 }));
    // from the table in its appendix, eight digits there
    expect((await one(`select app_private.totp_code('12345678901234567890'::bytea, 1) as c`)).c).toBe(
      '287082',
    );
  });

  describe('is added', () => {
    it('when a code of the app proves it, with ten recovery codes, and is said by mail', async () => {
      const ann = await proved();
      const [made] = await call(ann, 'select * from app_public.add_second_factor()');
      expect(made.secret).toMatch(/^[A-Z2-7]{32}$/);
      const app = appOf(made.uri);
      expect(app.secret.base32).toBe(made.secret);
      expect([app.issuer, app.label]).toEqual(['Colloquy', await emailOf(ann)]);
      // until then it counts for nothing
      expect((await signIn(ann)).token).toMatch(/^cqs_/);
      const [{ codes }] = await call(
        ann,
        'select app_public.confirm_second_factor($1) as codes',
        codeAt(app),
      );
      expect(codes).toHaveLength(10);
      expect(new Set(codes).size).toBe(10);
      for (const each of codes) expect(each).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
      expect(await call(ann, 'select * from app_public.second_factor()')).toMatchObject([
        { is_active: true, recovery_codes_left: 10, is_required: false },
      ]);
      expect(await noticesOf(ann)).toContain('second_factor_added');
      expect(await authenticate(ann.token)).toBeUndefined();
      const stored = await owner().query(
        `select t::text from app_private.recovery_codes t where t.user_id = '${ann.id}'`,
      );
      expect(JSON.stringify(stored.rows)).not.toContain(codes[0]);
    });

    it('not by a wrong code, not over another, and not to be confirmed twice', async () => {
      const ann = await newcomer();
      expect(await code(call(ann, `select app_public.confirm_second_factor('000000')`))).toBe('CQ146');
      const [{ uri }] = await call(ann, 'select uri from app_public.add_second_factor()');
      const app = appOf(uri);
      expect(await call(ann, 'select app_public.confirm_second_factor($1) as codes', wrongCode(app))).toEqual(
        [{ codes: null }],
      );
      expect((await call(ann, 'select is_active from app_public.second_factor()'))[0].is_active).toBe(false);
      await call(ann, 'select app_public.confirm_second_factor($1)', codeAt(app));
      expect(await code(call(ann, 'select app_public.add_second_factor()'))).toBe('CQ145');
      expect(await code(call(ann, 'select app_public.confirm_second_factor($1)', codeAt(app, 1)))).toBe(
        'CQ146',
      );
    });

    it('with an address that has signs of its own in a URI', async () => {
      const ann = await newcomer();
      await owner().query(`update app_public.users set email = 'ännchen+a&b=c@example.org' where id = $1`, [
        ann.id,
      ]);
      const [{ uri }] = await call(ann, 'select uri from app_public.add_second_factor()');
      expect(appOf(uri).label).toBe('ännchen+a&b=c@example.org');
    });
  });

  describe('at a sign-in', () => {
    it('is asked for after the right password, and gives the session', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const { token, challenge } = await signIn(ann);
      expect(token).toBeNull();
      expect(challenge).toMatch(/^cqc_[0-9a-f]{64}$/);
      expect(await authenticate(challenge)).toBeUndefined();
      const [{ token: session }] = await visit(CONFIRM, challenge, codeAt(app));
      expect((await authenticate(session)).user_id).toBe(ann.id);
      // once
      expect(await confirm(challenge, codeAt(app, 1))).toBe('CQ144');
    });

    it('takes each code once, and none from before the last one', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const [before, now] = [codeAt(app, -1), codeAt(app)];
      expect(await confirm(await challengeOf(ann), now)).toBe('right');
      const challenge = await challengeOf(ann);
      expect(await confirm(challenge, now)).toBe('wrong');
      expect(await confirm(challenge, before)).toBe('wrong');
      expect(await confirm(challenge, codeAt(app, 1))).toBe('right');
    });

    it('takes codes of one step around, and no others', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const challenge = await challengeOf(ann);
      for (const given of [wrongCode(app), codeAt(app, -4), '', null])
        expect(await confirm(challenge, given)).toBe('wrong');
      const late = () => confirm(challenge, ` ${codeAt(app, -1).replace(/^.../, '$& ')}`);
      expect(await inOneStep(late)).toBe('right');
    });

    it('gives one session when two come at once with the same code', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const given = codeAt(app);
      const challenges = [await challengeOf(ann), await challengeOf(ann)];
      const outcomes = await Promise.all(
        challenges.map((challenge, n) => confirm(challenge, given, { ...HOME, ip: `192.0.2.${10 + n}` })),
      );
      expect(outcomes.sort()).toEqual(['right', 'wrong']);
    });

    it('takes a recovery code once, told by mail', async () => {
      const ann = await proved();
      const { recoveryCodes } = await protect(database, ann);
      const [first, second] = recoveryCodes as [string, string];
      expect(await confirm(await challengeOf(ann), first)).toBe('right');
      const challenge = await challengeOf(ann);
      expect(await confirm(challenge, first)).toBe('wrong');
      expect(await confirm(challenge, second.toUpperCase().replaceAll('-', ''))).toBe('right');
      expect((await call(ann, 'select recovery_codes_left as n from app_public.second_factor()'))[0].n).toBe(
        8,
      );
      expect((await noticesOf(ann)).filter((kind) => kind === 'recovery_code_used')).toHaveLength(2);
    });

    it('wants a challenge of the same account, that is not too old', async () => {
      const [ann, bob] = [await newcomer(), await newcomer()];
      const { app } = await protect(database, ann);
      const { recoveryCodes } = await protect(database, bob);
      const challenge = await challengeOf(bob);
      expect(await confirm(challenge, codeAt(app))).toBe('wrong');
      await owner().query('update app_private.sign_in_challenges set expires_at = clock_timestamp()');
      expect(await confirm(challenge, recoveryCodes[0]!)).toBe('CQ144');
      for (const none of ['', `cqc_${'0'.repeat(64)}`, 'x'.repeat(10_000), bob.token])
        expect(await confirm(none, recoveryCodes[0]!)).toBe('CQ144');
      expect(
        (await database.pool('worker').query('select app_hidden.clear_expired_tokens() as n')).rows[0].n,
      ).toBeGreaterThan(0);
      expect(await one('select count(*)::int as n from app_private.sign_in_challenges')).toEqual({ n: 0 });
    });

    it('takes five codes per challenge, and says by mail that somebody has the password', async () => {
      const ann = await proved();
      const { app } = await protect(database, ann);
      await set('sign_in_attempts', '100');
      try {
        const challenge = await challengeOf(ann, ATTACKER);
        for (let n = 1; n <= 5; n++) expect(await confirm(challenge, wrongCode(app), ATTACKER)).toBe('wrong');
        expect(await confirm(challenge, codeAt(app), ATTACKER)).toBe('CQ144');
        expect(await noticesOf(ann)).toContain('codes_wrong');
      } finally {
        await set('sign_in_attempts', '5');
      }
    });

    it('is not guessed with a password that is right, nor is its owner locked out', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      expect(await confirm(await challengeOf(ann), codeAt(app))).toBe('right');
      await forgetSteps(database);
      const seen: (string | undefined)[] = [];
      // a right password in between clears nothing
      for (let n = 1; n <= 8; n++)
        seen.push(await confirm(await challengeOf(ann, ATTACKER), wrongCode(app), ATTACKER));
      expect(seen).toEqual([...Array(5).fill('wrong'), ...Array(3).fill('CQ103')]);
      expect(await confirm(await challengeOf(ann, ATTACKER), codeAt(app), ATTACKER)).toBe('CQ103');
      expect(await confirm(await challengeOf(ann), codeAt(app))).toBe('right');
    });

    it('does the same work for a wrong password with it and without, and says nothing of it', async () => {
      const [ann, bob] = [await newcomer(), await newcomer()];
      await protect(database, ann);
      expect(await signIn(ann, ATTACKER, 'a guess')).toEqual(await signIn(bob, ATTACKER, 'a guess'));
      await owner().query('truncate app_private.sign_in_failures');
      const [withIt, without] = await workFor(
        database,
        SIGN_IN,
        [
          [await emailOf(ann), 'a guess'],
          [await emailOf(bob), 'a guess'],
        ],
        { 'colloquy.client_ip': '198.51.100.77' },
      );
      expect(withIt).toEqual(without);
    });

    it('is asked for after a new password by mail, too, and ends sign-ins with the old one', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const challenge = await challengeOf(ann);
      await visitFrom(ATTACKER, 'select app_public.request_password_reset($1)', await emailOf(ann));
      await answerRequests();
      const token = await lastToken(await emailOf(ann));
      await visitFrom(ATTACKER, `select app_public.reset_password($1, 'a new password')`, token);
      expect(await confirm(challenge, codeAt(app))).toBe('CQ144');
      const after = await signIn(ann, ATTACKER, 'a new password');
      expect(after.token).toBeNull();
      expect(await confirm(after.challenge, wrongCode(app), ATTACKER)).toBe('wrong');
      expect(
        await one('select count(*)::int as n from app_private.sign_in_places where user_id = $1', ann.id),
      ).toEqual({ n: 0 });
      expect(await confirm(after.challenge, codeAt(app), ATTACKER)).toBe('right');
    });

    it('opens no account that was switched off in the meantime', async () => {
      const ann = await newcomer();
      const { app } = await protect(database, ann);
      const challenge = await challengeOf(ann);
      await owner().query('update app_public.users set is_active = false where id = $1', [ann.id]);
      expect(await confirm(challenge, codeAt(app))).toBe('CQ108');
    });
  });

  describe('is removed', () => {
    it('by a code, and not by a wrong one; then a password is enough', async () => {
      const ann = await proved();
      const { app } = await protect(database, ann);
      const remove = async (given: string) =>
        (await call(ann, 'select app_public.remove_second_factor($1) as removed', given))[0].removed;
      expect(await remove(wrongCode(app))).toBe(false);
      expect(await remove(codeAt(app))).toBe(true);
      expect(await noticesOf(ann)).toContain('second_factor_removed');
      expect((await signIn(ann)).token).toMatch(/^cqs_/);
      expect(await code(remove(codeAt(app, 1)))).toBe('CQ146');
    });

    it('by an administrator or the owner of the database for who lost it, on record, and by nobody else', async () => {
      const [ann, bob, admin] = [await newcomer(), await newcomer(), await newcomer()];
      await owner().query(`update app_public.users set role = 'admin' where id = $1`, [admin.id]);
      const sql = 'select app_public.remove_second_factor_of($1) as removed';
      await protect(database, ann);
      const session = (await visit(SIGN_IN, await emailOf(bob), PASSWORD))[0].token;
      expect(await code(request(session, sql, ann.id))).toBe('42501');
      expect(await request(admin.token, sql, ann.id)).toEqual([{ removed: true }]);
      expect(await request(admin.token, sql, ann.id)).toEqual([{ removed: false }]);
      expect(
        await one(
          `select user_id from app_public.audit_logs where action = 'account.second_factor_removed' and entity_id = $1`,
          ann.id,
        ),
      ).toEqual({ user_id: admin.id });
      expect((await signIn(ann)).token).toMatch(/^cqs_/);
      expect(await code(request(admin.token, sql, admin.id))).toBe('CQ147');
      await owner().query(`update app_private.user_sessions set proved_at = null where user_id = $1`, [
        admin.id,
      ]);
      expect(await code(request(admin.token, sql, ann.id))).toBe('CQ142');
      await protect(database, ann);
      expect((await owner().query(sql, [ann.id])).rows).toEqual([{ removed: true }]);
    });
  });

  it('has new recovery codes when they are asked for, and the old ones end', async () => {
    const ann = await proved();
    expect(await code(call(ann, 'select app_public.make_recovery_codes()'))).toBe('CQ146');
    const { recoveryCodes } = await protect(database, ann);
    const [{ codes }] = await call(ann, 'select app_public.make_recovery_codes() as codes');
    expect(codes).toHaveLength(10);
    const challenge = await challengeOf(ann);
    expect(await confirm(challenge, recoveryCodes[0]!)).toBe('wrong');
    expect(await confirm(challenge, codes[0])).toBe('right');
    expect(await noticesOf(ann)).toContain('recovery_codes_made');
  });

  it('is confirmed once of two at a time', async () => {
    const ann = await newcomer();
    const [{ uri }] = await call(ann, 'select uri from app_public.add_second_factor()');
    const sql = 'select app_public.confirm_second_factor($1)';
    const given = [codeAt(appOf(uri))];
    expect(await race([ann, sql, given], [ann, sql, given])).toEqual(['allowed', 'CQ146']);
  });

  describe('that the installation wants', () => {
    it.each(['all', 'admins'])(
      'of %s is added with the challenge of a sign-in, and no session works before',
      async (whose) => {
        const [ann, bob] = [await newcomer(), await newcomer()];
        await owner().query(`update app_public.users set role = 'admin' where id = $1`, [ann.id]);
        await set('require_second_factor', whose);
        try {
          expect(await code(authenticate(ann.token))).toBe('CQ141');
          expect(await code(authenticate(bob.token))).toBe(whose === 'all' ? 'CQ141' : 'allowed');
          const { token, challenge } = await signIn(ann);
          expect(token).toBeNull();
          expect(challenge).toMatch(/^cqe_/);
          expect(await confirm(challenge, '000000')).toBe('wrong');
          const [{ uri }] = await visit('select uri from app_public.add_second_factor($1)', challenge);
          const [{ token: session }] = await visitFrom(HOME, CONFIRM, challenge, codeAt(appOf(uri)));
          expect((await authenticate(session)).user_id).toBe(ann.id);
          expect(await request(session, 'select app_public.make_recovery_codes() as codes')).toMatchObject([
            { codes: { length: 10 } },
          ]);
          // its challenges add no other
          const later = await challengeOf(ann);
          expect(later).toMatch(/^cqc_/);
          expect(await code(visit('select app_public.add_second_factor($1)', later))).toBe('CQ145');
          expect(await code(visit('select app_public.add_second_factor($1)', challenge))).toBe('CQ144');
        } finally {
          await set('require_second_factor', 'off');
        }
      },
    );
  });

  it('is read by nobody but the owner of the database', async () => {
    for (const table of [
      'second_factors',
      'recovery_codes',
      'sign_in_challenges',
      'passkeys',
      'passkey_challenges',
    ])
      for (const role of ['authenticator', 'worker'] as const)
        expect(await code(database.pool(role).query(`select from app_private.${table}`))).toBe('42501');
  });
});
