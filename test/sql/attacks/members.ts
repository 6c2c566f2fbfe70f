import { expect } from 'vitest';
import { asRole, registerUser, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, lastToken, NOWHERE, nobody, tenants } from './scene.ts';

/** With a key of the user, whatever its scopes are. */
const withKey = ({ id, workspaceId, memberRole }: TestUser, sql: string, ...values: unknown[]) =>
  asRole(
    database,
    'colloquy_user',
    { userId: id, workspaceId, memberRole, scopes: 'read,write,admin' },
    (client) => client.query(sql, values),
  );

/** An invitation to somebody else is as one that does not exist, also to those who made it; and to a claimed address nothing is given. */
async function strangersInvitation(name: string): Promise<void> {
  const { bob, owner, member } = tenants;
  const { rows } = await call(
    owner,
    `select id from app_public.invite_member('${name}@example.org', 'viewer')`,
  );
  const { id } = rows[0];
  const attempt = (user: TestUser, which = id) => call(user, `select app_public.${name}($1)`, which);
  const verify = (isVerified: boolean) =>
    database
      .pool('owner')
      .query('update app_public.users set is_email_verified = $1 where id = any ($2)', [
        isVerified,
        [bob.id, owner.id, member.id],
      ]);
  await verify(false);
  expect(await fails(attempt(bob))).toMatchObject({ code: 'CQ153' });
  await verify(true);
  const missing = await fails(attempt(bob, NOWHERE));
  expect(missing.code).toBe('CQ204');
  for (const user of [bob, owner, member]) expect(await fails(attempt(user))).toEqual(missing);
  expect(await fails(withKey(bob, `select app_public.${name}($1)`, id))).toMatchObject({ code: 'CQ110' });
  await verify(false);
  await nobody(`select app_public.${name}('${id}')`);
}

/** Attacks on the functions of workspaces and their members. */
export const members: Attacks = {
  'app_public.accept_invitation': async () => {
    const { ann, bob, owner } = tenants;
    const unknown = await fails(
      call(ann, 'select app_public.accept_invitation($1)', `cqi_${'0'.repeat(64)}`),
    );
    expect(unknown.code).toBe('CQ112');
    await call(owner, `select app_public.invite_member('bob@example.org', 'viewer')`);
    const token = await lastToken('bob@example.org');
    // sent to somebody else: the same words as for one that does not exist
    expect(await fails(call(ann, 'select app_public.accept_invitation($1)', token))).toEqual(unknown);
    expect(await fails(call(ann, 'select app_public.accept_invitation(null)'))).toEqual(unknown);
    const { rows } = await database
      .pool('owner')
      .query('select from app_public.workspace_members where user_id = any ($1)', [[ann.id, bob.id]]);
    expect(rows.length).toBe(2);
    await nobody(`select app_public.accept_invitation('${token}')`);
  },
  'app_public.export_workspace': async () => {
    const { owner, member, viewer, bob } = tenants;
    const ask = 'select * from app_public.export_workspace()';
    expect(await fails(call(member, ask))).toMatchObject({ code: 'CQ114' });
    expect(await fails(call(viewer, ask))).toMatchObject({ code: 'CQ109' });
    expect(await fails(withKey(owner, ask))).toMatchObject({ code: 'CQ110' });
    // one at a time, and each sees those of the workspace of the request alone
    expect(await fails(call(bob, ask))).toMatchObject({ code: 'CQ794' });
    for (const user of [owner, bob, tenants.ann]) {
      const { rows } = await call(user, 'select workspace_id from app_public.workspace_exports');
      expect(rows).toEqual([{ workspace_id: user.workspaceId }]);
    }
    expect((await call(member, 'select from app_public.workspace_exports')).rowCount).toBe(0);
    await nobody(ask);
  },
  'app_public.my_invitations': async () => {
    const { ann, bob, owner } = tenants;
    const { rows } = await call(
      owner,
      `select id from app_public.invite_member('ann@example.org', 'viewer')`,
    );
    const seen = async (user: TestUser) =>
      (await call(user, 'select * from app_public.my_invitations() where id = $1', rows[0].id)).rowCount;
    const verify = (isVerified: boolean) =>
      database
        .pool('owner')
        .query('update app_public.users set is_email_verified = $1 where id = any ($2)', [
          isVerified,
          [ann.id, bob.id],
        ]);
    // an address that was only claimed reads nothing, and another's not at all
    await verify(false);
    expect(await seen(ann)).toBe(0);
    await verify(true);
    expect(await seen(ann)).toBe(1);
    for (const user of [bob, owner]) expect(await seen(user)).toBe(0);
    expect(await fails(withKey(ann, 'select app_public.my_invitations()'))).toMatchObject({
      code: 'CQ110',
    });
    await verify(false);
    await nobody('select app_public.my_invitations()');
  },
  'app_public.accept_my_invitation': () => strangersInvitation('accept_my_invitation'),
  'app_public.decline_invitation': () => strangersInvitation('decline_invitation'),
  'app_public.hand_over_invitation': async () => {
    const { ann, owner, member, viewer } = tenants;
    const { rows } = await call(
      owner,
      `select id from app_public.invite_member('over@example.org', 'admin')`,
    );
    const handOver = (user: TestUser, id = rows[0].id) =>
      call(user, 'select app_public.hand_over_invitation($1)', id);
    for (const user of [member, viewer, { ...viewer, memberRole: 'owner' }])
      expect(await fails(handOver(user))).toMatchObject({ code: 'CQ114' });
    expect(await fails(handOver({ ...ann, workspaceId: owner.workspaceId }))).toMatchObject({
      code: 'CQ107',
    });
    const other = await registerUser(database, 'founder3@example.org');
    const { rows: others } = await call(other, `select id from app_public.create_workspace('Third')`);
    const foreign = await fails(handOver({ ...other, workspaceId: others[0].id }));
    expect(foreign.code).toBe('CQ204');
    expect(await fails(handOver({ ...other, workspaceId: others[0].id }, NOWHERE))).toEqual(foreign);
    expect(
      await fails(withKey(owner, 'select app_public.hand_over_invitation($1)', rows[0].id)),
    ).toMatchObject({ code: 'CQ110' });
    await nobody(`select app_public.hand_over_invitation('${rows[0].id}')`);
  },
  'app_public.change_member_role': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const change = (user: TestUser, id: string) =>
      call(user, `select app_public.change_member_role($1, 'owner')`, id);
    expect(await fails(change(member, member.id))).toMatchObject({ code: 'CQ114' });
    expect(await fails(change({ ...viewer, memberRole: 'owner' }, viewer.id))).toMatchObject({
      code: 'CQ114',
    });
    const outside = await fails(change(owner, '01890000-0000-7000-8000-000000000000'));
    expect(outside.code).toBe('CQ204');
    for (const { id } of [ann, bob]) expect(await fails(change(owner, id))).toEqual(outside);
    expect(await fails(change({ ...ann, workspaceId: owner.workspaceId }, ann.id))).toMatchObject({
      code: 'CQ107',
    });
    await nobody(`select app_public.change_member_role('${member.id}', 'viewer')`);
  },
  'app_public.create_workspace': async () => {
    const { bob } = tenants;
    const ann = await registerUser(database, 'founder@example.org');
    const { rows } = await call(ann, `select id from app_public.create_workspace('Mine', 'anns')`);
    const visible = (user: TestUser) =>
      call(user, 'select from app_public.workspaces where id = $1', rows[0].id);
    expect([(await visible(ann)).rowCount, (await visible(bob)).rowCount]).toEqual([1, 0]);
    expect(await fails(call(bob, `select app_public.create_workspace('Mine', 'Anns')`))).toMatchObject({
      code: 'CQ116',
    });
    await nobody(`select app_public.create_workspace('Mine')`);
  },
  'app_public.invite_member': async () => {
    const { ann, owner, member, viewer } = tenants;
    const invite = (user: TestUser) =>
      call(user, `select app_public.invite_member('friend@example.org', 'admin')`);
    for (const user of [member, viewer, { ...viewer, memberRole: 'owner' }])
      expect(await fails(invite(user))).toMatchObject({ code: 'CQ114' });
    expect(await fails(invite({ ...ann, workspaceId: owner.workspaceId }))).toMatchObject({
      code: 'CQ107',
    });
    await nobody(`select app_public.invite_member('friend@example.org')`);
  },
  'app_public.leave_workspace': async () => {
    const { ann, owner } = tenants;
    expect(
      await fails(call({ ...ann, workspaceId: owner.workspaceId }, 'select app_public.leave_workspace()')),
    ).toMatchObject({ code: 'CQ107' });
    await nobody('select app_public.leave_workspace()');
  },
  'app_public.remove_member': async () => {
    const { ann, owner, member, viewer } = tenants;
    const remove = (user: TestUser, id: string) => call(user, 'select app_public.remove_member($1)', id);
    expect(await fails(remove(member, viewer.id))).toMatchObject({ code: 'CQ114' });
    expect(await fails(remove(owner, ann.id))).toMatchObject({ code: 'CQ204' });
    expect(await fails(remove({ ...ann, workspaceId: owner.workspaceId }, viewer.id))).toMatchObject({
      code: 'CQ107',
    });
    await nobody(`select app_public.remove_member('${viewer.id}')`);
  },
  'app_public.rename_workspace': async () => {
    const { ann, owner, member } = tenants;
    const rename = (user: TestUser) => call(user, `select app_public.rename_workspace('Taken')`);
    expect(await fails(rename(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(rename({ ...ann, workspaceId: owner.workspaceId }))).toMatchObject({
      code: 'CQ107',
    });
    await nobody(`select app_public.rename_workspace('Taken')`);
  },
  'app_public.set_workspace_language': async () => {
    const { ann, owner, member, viewer } = tenants;
    const language = (user: TestUser, name: string | null) =>
      call(
        user,
        'select id, text_search_language::text as language from app_public.set_workspace_language($1)',
        name,
      );
    expect((await language(ann, 'danish')).rows).toEqual([{ id: ann.workspaceId, language: 'danish' }]);
    expect((await language(ann, 'english')).rows).toEqual([{ id: ann.workspaceId, language: 'english' }]);
    expect(await fails(language(member, 'danish'))).toMatchObject({ code: 'CQ114' });
    // its own, whatever is asked for: there is no argument that names another
    expect((await language(owner, 'english')).rows[0].id).toBe(owner.workspaceId);
    expect(await fails(language(viewer, 'danish'))).toMatchObject({ code: 'CQ109' });
    expect(await fails(language(ann, 'klingon'))).toMatchObject({ code: '23514' });
    expect(await fails(language(ann, null))).toMatchObject({ code: 'CQ200' });
    await nobody(`select app_public.set_workspace_language('danish')`);
  },
  'app_public.set_workspace_rules': async () => {
    const { ann, owner, member, viewer } = tenants;
    const set = (user: TestUser, ...values: unknown[]) =>
      call(user, 'select id from app_public.set_workspace_rules($1, $2, $3)', ...values);
    // its own, whatever is asked for: there is no argument that names another
    expect((await set(ann, true, 30, 0)).rows).toEqual([{ id: ann.workspaceId }]);
    expect((await set(owner, null, null, null)).rows).toEqual([{ id: owner.workspaceId }]);
    expect(await fails(set(member, false, null, null))).toMatchObject({ code: 'CQ114' });
    expect(await fails(set(viewer, false, null, null))).toMatchObject({ code: 'CQ109' });
    for (const days of [-1, 3651])
      expect(await fails(set(ann, null, days, null))).toMatchObject({ code: 'CQ200' });
    expect((await set(ann, true, 0, 0)).rows).toEqual([{ id: ann.workspaceId }]);
    await nobody('select app_public.set_workspace_rules(false)');
  },
  'app_public.revoke_invitation': async () => {
    const { owner, member } = tenants;
    const ann = await registerUser(database, 'founder2@example.org');
    const { rows } = await call(
      owner,
      `select id from app_public.workspace_invitations where email = 'invited@example.org'`,
    );
    const revoke = (user: TestUser) => call(user, 'select app_public.revoke_invitation($1)', rows[0].id);
    expect(await fails(revoke(member))).toMatchObject({ code: 'CQ114' });
    const { rows: others } = await call(ann, `select id from app_public.create_workspace('Other')`);
    expect(await fails(revoke({ ...ann, workspaceId: others[0].id }))).toMatchObject({ code: 'CQ204' });
    await nobody(`select app_public.revoke_invitation('${rows[0].id}')`);
  },
  'app_public.transfer_ownership': async () => {
    const { ann, owner, member } = tenants;
    const transfer = (user: TestUser, id: string) =>
      call(user, 'select app_public.transfer_ownership($1)', id);
    expect(await fails(transfer(member, member.id))).toMatchObject({ code: 'CQ114' });
    expect(await fails(transfer(owner, ann.id))).toMatchObject({ code: 'CQ204' });
    await nobody(`select app_public.transfer_ownership('${member.id}')`);
  },
  'app_public.workspace_member_names': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const names = async (user: TestUser) =>
      (await call(user, 'select user_id from app_public.workspace_member_names()')).rows.map(
        (row) => row.user_id,
      );
    expect(await names(ann)).toEqual([ann.id]);
    expect((await names(viewer)).sort()).toEqual([owner.id, member.id, viewer.id].sort());
    // claims of somebody who was removed meanwhile
    expect(await names({ ...bob, workspaceId: owner.workspaceId })).toEqual([]);
    await nobody('select app_public.workspace_member_names()');
  },
  'app_public.delete_workspace': async () => {
    const { ann, owner, member, viewer } = tenants;
    const remove = (user: TestUser) => call(user, `select app_public.delete_workspace('Team')`);
    for (const user of [member, viewer, { ...viewer, memberRole: 'owner' }])
      expect(await fails(remove(user))).toMatchObject({ code: 'CQ114' });
    // by a name that somebody guessed, as by one that nobody has
    const foreign = await fails(remove({ ...ann, workspaceId: owner.workspaceId }));
    expect(foreign.code).toBe('CQ107');
    expect(await fails(remove({ ...ann, workspaceId: NOWHERE }))).toEqual(foreign);
    await nobody(`select app_public.delete_workspace('Team')`);
  },
};
