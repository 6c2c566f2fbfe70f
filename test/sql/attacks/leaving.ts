import { expect } from 'vitest';
import { type Attacks, administratorsOnly, call, fails, NOWHERE, nobody, said, tenants } from './scene.ts';

/** What is read of a person's archive: nobody reads that of another, and nobody without a proof. */
const ofAnother = async (sql: (person: string) => string): Promise<void> => {
  const { ann, bob, owner, member } = tenants;
  // not an owner of the same workspace either
  for (const [user, other] of [
    [ann, bob],
    [owner, member],
  ] as const)
    expect(await fails(call(user, `select * from ${sql(other.id)}`))).toMatchObject({ code: 'CQ204' });
  await nobody(`select * from ${sql(ann.id)}`);
};

/** Attacks on what erases and exports people. */
export const leaving: Attacks = {
  'app_public.account_erasures': () => administratorsOnly('select app_public.account_erasures()'),
  'app_public.erase_user': () => administratorsOnly(`select app_public.erase_user('${NOWHERE}', 'mine')`),
  'app_public.delete_my_account': async () => {
    // the address of another is no confirmation, and no way to another's account
    expect(
      await fails(call(tenants.ann, `select app_public.delete_my_account('bob@example.org')`)),
    ).toMatchObject({
      code: 'CQ200',
    });
    await nobody(`select app_public.delete_my_account('ann@example.org')`);
  },
  'app_public.export_my_data': () => nobody('select app_public.export_my_data()'),
  'app_hidden.begin_export': () => ofAnother((person) => `app_hidden.begin_export('${person}')`),
  'app_hidden.export_page': () => ofAnother((person) => `app_hidden.export_page('${person}', 'account')`),
  'app_hidden.export_messages': async () => {
    await ofAnother((person) => `app_hidden.export_messages('${person}', '${NOWHERE}')`);
    // of another's conversation not a word but the own ones
    const { ann, bob } = tenants;
    const { rows } = await call(
      ann,
      'select * from app_hidden.export_messages($1, $2)',
      ann.id,
      said(bob).conversation,
    );
    expect(rows).toEqual([]);
  },
  'app_hidden.export_conversations_elsewhere': () =>
    ofAnother((person) => `app_hidden.export_conversations_elsewhere('${person}')`),
  'app_hidden.export_contents': () => ofAnother((person) => `app_hidden.export_contents('${person}')`),
};
