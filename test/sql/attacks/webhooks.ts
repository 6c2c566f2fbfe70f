import { expect } from 'vitest';
import { asRole, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, NOWHERE, nobody, tenants } from './scene.ts';

const webhookOf = async ({ workspaceId }: TestUser): Promise<string> =>
  (
    await database
      .pool('owner')
      .query('select id from app_public.webhooks where workspace_id = $1 order by id limit 1', [workspaceId])
  ).rows[0].id;

/** Somebody else's webhook is as one that is not there; members, viewers and keys that lack a right are refused. */
async function guardedWebhook(name: string, isOfSessions: boolean): Promise<void> {
  const { ann, bob, owner, member, viewer } = tenants;
  const state = async () =>
    (
      await database.pool('owner').query(
        `select md5(string_agg(w::text || s::text, '|' order by w.id)) from app_public.webhooks w
           join app_private.webhook_secrets s on s.webhook_id = w.id`,
      )
    ).rows;
  const sql = `select app_public.${name}($1)`;
  const before = await state();
  const missing = await fails(call(ann, sql, NOWHERE));
  expect(missing.code).toBe('CQ204');
  expect(await fails(call(ann, sql, await webhookOf(bob)))).toEqual(missing);
  expect(await fails(call(member, sql, await webhookOf(owner)))).toMatchObject({ code: 'CQ114' });
  expect(await fails(call(viewer, sql, await webhookOf(owner)))).toMatchObject({ code: 'CQ109' });
  for (const [scopes, code] of [
    ['read', 'CQ110'],
    ['read,write', isOfSessions ? 'CQ110' : 'CQ114'],
    ...(isOfSessions ? [['read,write,admin', 'CQ110']] : []),
  ]) {
    const claims = { userId: owner.id, workspaceId: owner.workspaceId, memberRole: 'owner', scopes: scopes! };
    const id = await webhookOf(owner);
    expect(
      await fails(asRole(database, 'colloquy_user', claims, (client) => client.query(sql, [id]))),
    ).toMatchObject({ code });
  }
  await nobody(`select app_public.${name}('${await webhookOf(bob)}')`);
  expect(await state()).toEqual(before);
}

/** Attacks on what happens being told elsewhere. */
export const webhooks: Attacks = {
  'app_public.create_webhook': async () => {
    const { member, viewer } = tenants;
    const sql = `select app_public.create_webhook('https://receiver.example/', '{*}')`;
    expect(await fails(call(member, sql))).toMatchObject({ code: 'CQ114' });
    expect(await fails(call(viewer, sql))).toMatchObject({ code: 'CQ109' });
    await nobody(sql);
  },
  'app_public.delete_webhook': () => guardedWebhook('delete_webhook', false),
  'app_public.redeliver_webhooks': () => guardedWebhook('redeliver_webhooks', false),
  'app_public.rotate_webhook_secret': () => guardedWebhook('rotate_webhook_secret', true),
  'app_public.test_webhook': () => guardedWebhook('test_webhook', false),
  'app_public.update_webhook': () => guardedWebhook('update_webhook', true),
};
