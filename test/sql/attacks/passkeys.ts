import { expect } from 'vitest';
import { makePasskey, usePasskey } from '../../support/authenticator.ts';
import { asVisitor } from '../../support/users.ts';
import { type Attacks, call, database, fails, NOWHERE, nobody, tenants } from './scene.ts';

const sql = async (text: string, ...values: unknown[]) =>
  (await database.pool('owner').query(text, values)).rows;
const visit = async (text: string, ...values: unknown[]) =>
  (await asVisitor(database, (client) => client.query(text, values))).rows[0];
/** A passkey of bob, as the functions find it. */
const ofBob = async (): Promise<string> =>
  (
    await sql(
      `insert into app_private.passkeys (user_id, credential_id, public_key, counter, transports, name)
       values ($1, uuid_send(gen_random_uuid()), '\\x00', 0, '{}', 'his') returning id`,
      tenants.bob.id,
    )
  )[0].id;
const stored = () => sql('select p::text from app_private.passkeys p order by 1');

async function changesNothing(statement: string, code: string): Promise<void> {
  const id = await ofBob();
  try {
    const before = await stored();
    for (const passkey of [id, NOWHERE])
      expect(await fails(call(tenants.ann, statement, passkey))).toMatchObject({ code });
    await nobody(statement.replace('$1', `'${id}'`));
    expect(await stored()).toEqual(before);
  } finally {
    await sql('delete from app_private.passkeys');
  }
}

/** Attacks on the functions of passkeys. What they are for needs the API: test/api/passkeys.test.ts. */
export const passkeys: Attacks = {
  'app_public.add_passkey': async () => {
    await nobody('select app_public.add_passkey()');
    // a token of an identity provider has no session
    expect(await fails(call(tenants.ann, 'select app_public.add_passkey()'))).toMatchObject({
      code: 'CQ142',
    });
  },
  'app_public.challenge_passkey': async () => {
    const { options } = await visit('select app_public.challenge_passkey() as options');
    expect(Object.keys(options).sort()).toEqual([
      'allowCredentials',
      'challenge',
      'timeout',
      'userVerification',
    ]);
    expect(options.allowCredentials).toEqual([]);
  },
  'app_public.confirm_passkey': async () => {
    const { options } = await visit('select app_public.challenge_passkey() as options');
    const made = JSON.stringify(makePasskey(options).answer);
    expect(await fails(call(tenants.ann, 'select app_public.confirm_passkey($1)', made))).toMatchObject({
      code: 'CQ142',
    });
    await nobody(`select app_public.confirm_passkey('{}')`);
    expect(await stored()).toEqual([]);
  },
  'app_public.my_passkeys': async () => {
    await ofBob();
    try {
      expect((await call(tenants.ann, 'select * from app_public.my_passkeys()')).rows).toEqual([]);
      await nobody('select * from app_public.my_passkeys()');
    } finally {
      await sql('delete from app_private.passkeys');
    }
  },
  'app_public.remove_passkey': () => changesNothing('select app_public.remove_passkey($1)', 'CQ142'),
  'app_public.rename_passkey': () => changesNothing(`select app_public.rename_passkey($1, 'mine')`, 'CQ204'),
  'app_public.sign_in_with_passkey': async () => {
    const { options } = await visit('select app_public.challenge_passkey() as options');
    const { passkey } = makePasskey(options);
    // signed, but nobody has verified it
    for (const none of [
      usePasskey(passkey, options),
      {},
      [],
      'x',
      null,
      { response: { clientDataJSON: '!' } },
    ])
      expect(
        await fails(visit('select app_public.sign_in_with_passkey($1)', JSON.stringify(none))),
      ).toMatchObject({ code: 'CQ144' });
  },
};
