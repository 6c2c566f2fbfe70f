import { expect } from 'vitest';
import { codeAt, protect } from '../../support/second-factor.ts';
import { asVisitor, PASSWORD } from '../../support/users.ts';
import { type Attacks, call, database, fails, nobody, tenants } from './scene.ts';

const visit = async (sql: string, ...values: unknown[]) =>
  (await asVisitor(database, (client) => client.query(sql, values))).rows[0];
const factors = async () =>
  (await database.pool('owner').query('select f::text from app_private.second_factors f order by 1')).rows;
const challengeOf = async (email: string): Promise<string> =>
  (await visit('select challenge from app_public.sign_in($1, $2)', email, PASSWORD)).challenge;

/** Attacks on the functions of the second factor. */
export const secondFactor: Attacks = {
  'app_public.add_second_factor': async () => {
    await nobody('select app_public.add_second_factor()');
    const before = await factors();
    for (const challenge of ['', `cqc_${'0'.repeat(64)}`, tenants.bob.token])
      expect(
        await fails(call(tenants.ann, 'select app_public.add_second_factor($1)', challenge)),
      ).toMatchObject({
        code: 'CQ144',
      });
    expect(await factors()).toEqual(before);
  },
  'app_public.confirm_second_factor': async () => {
    const { ann, bob } = tenants;
    await call(bob, 'select app_public.add_second_factor()');
    // somebody else's secret is confirmed by nobody
    expect(await fails(call(ann, `select app_public.confirm_second_factor('000000')`))).toMatchObject({
      code: 'CQ146',
    });
    await nobody(`select app_public.confirm_second_factor('000000')`);
    await database.pool('owner').query('delete from app_private.second_factors where user_id = $1', [bob.id]);
  },
  'app_public.confirm_sign_in': async () => {
    const { ann, bob } = tenants;
    const [{ app }, { recoveryCodes }] = [await protect(database, ann), await protect(database, bob)];
    try {
      // a code of one account with the challenge of another
      const challenge = await challengeOf('bob@example.org');
      const confirm = (given: string) =>
        visit('select token from app_public.confirm_sign_in($1, $2)', challenge, given);
      expect(await confirm(codeAt(app))).toEqual({ token: null });
      expect((await confirm(recoveryCodes[0]!)).token).toMatch(/^cqs_/);
      for (const none of [null, '', `cqc_${'0'.repeat(64)}`, bob.token])
        expect(
          await fails(visit('select app_public.confirm_sign_in($1, $2)', none, recoveryCodes[1])),
        ).toMatchObject({ code: 'CQ144' });
    } finally {
      await database.pool('owner').query('delete from app_private.second_factors');
    }
  },
  'app_public.make_recovery_codes': async () => {
    const { ann, bob } = tenants;
    await protect(database, bob);
    try {
      expect(await fails(call(ann, 'select app_public.make_recovery_codes()'))).toMatchObject({
        code: 'CQ146',
      });
      await nobody('select app_public.make_recovery_codes()');
    } finally {
      await database.pool('owner').query('delete from app_private.second_factors');
    }
  },
  'app_public.prove_identity': async () => {
    await nobody(`select app_public.prove_identity('${PASSWORD}')`);
    expect(await fails(call(tenants.ann, `select app_public.prove_identity('a guess')`))).toMatchObject({
      code: 'CQ142',
    });
  },
  'app_public.remove_second_factor': async () => {
    const { ann, bob } = tenants;
    const { app } = await protect(database, bob);
    try {
      const before = await factors();
      expect(await fails(call(ann, 'select app_public.remove_second_factor($1)', codeAt(app)))).toMatchObject(
        { code: 'CQ146' },
      );
      await nobody(`select app_public.remove_second_factor('000000')`);
      expect(await factors()).toEqual(before);
    } finally {
      await database.pool('owner').query('delete from app_private.second_factors');
    }
  },
  'app_public.second_factor': async () => {
    const { ann, bob } = tenants;
    await protect(database, bob);
    try {
      expect((await call(ann, 'select is_active from app_public.second_factor()')).rows).toEqual([
        { is_active: false },
      ]);
      await nobody('select app_public.second_factor()');
    } finally {
      await database.pool('owner').query('delete from app_private.second_factors');
    }
  },
};
