import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  call,
  code,
  database,
  endScene,
  NOWHERE,
  newcomer,
  one,
  owner,
  race,
  roleOf,
  setScene,
  team,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import type { TestUser } from '../../support/users.ts';

describeReal('members', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('see each other by name, handle and picture only', async () => {
    const { member, viewer } = await team();
    await call(
      member,
      `update app_public.users set display_name = 'Mia', username = 'mia', first_name = 'Maria' where id = $1`,
      member.id,
    );
    const rows = await call(viewer, 'select * from app_public.workspace_member_names()');
    expect(rows.map((row) => row.role)).toEqual(['owner', 'admin', 'member', 'viewer']);
    expect(rows[2]).toEqual({
      user_id: member.id,
      username: 'mia',
      display_name: 'Mia',
      avatar_url: null,
      role: 'member',
      joined_at: expect.any(Date),
    });
    expect(await call(viewer, 'select id from app_public.users')).toEqual([{ id: viewer.id }]);
  });

  it('get and lose roles by rank: an admin manages members and viewers, an owner everybody', async () => {
    const all = await team();
    const change = (by: TestUser, user: TestUser, role: string) =>
      code(call(by, 'select app_public.change_member_role($1, $2)', user.id, role));
    expect(await change(all.admin, all.member, 'viewer')).toBe('allowed');
    expect(await change(all.admin, all.viewer, 'member')).toBe('allowed');
    expect(await change(all.admin, all.member, 'admin')).toBe('CQ114');
    expect(await change(all.admin, all.owner, 'member')).toBe('CQ114');
    expect(await change(all.admin, all.admin, 'owner')).toBe('CQ114');
    expect(await change(all.member, all.viewer, 'viewer')).toBe('CQ114');
    expect(await change(all.owner, all.member, 'admin')).toBe('allowed');
    expect(await change(all.owner, all.owner, 'member')).toBe('CQ111');
    expect(await change(all.owner, all.member, 'owner')).toBe('allowed');
    expect(await change(all.owner, all.owner, 'member')).toBe('allowed');
    // the claims of the request still say owner
    expect(await change(all.owner, all.member, 'viewer')).toBe('CQ114');
    expect(await roleOf(all.id, all.member)).toBe('owner');
  });

  it('are removed and leave, and their access ends with the next request', async () => {
    const all = await team();
    const remove = (by: TestUser, user: { id: string }) =>
      code(call(by, 'select app_public.remove_member($1)', user.id));
    expect(await remove(all.viewer, all.member)).toBe('CQ114');
    expect(await remove(all.admin, all.owner)).toBe('CQ114');
    expect(await remove(all.owner, { id: NOWHERE })).toBe('CQ204');
    expect(await remove(all.owner, all.owner)).toBe('CQ111');
    expect(await remove(all.admin, all.member)).toBe('allowed');
    expect(await code(authenticate(all.member.token, all.id))).toBe('CQ107');
    const leave = (user: TestUser) => code(call(user, 'select app_public.leave_workspace()'));
    expect(await leave(all.viewer)).toBe('allowed');
    expect(await leave(all.viewer)).toBe('CQ107');
    expect(await leave(all.owner)).toBe('CQ111');
  });

  it('hand ownership over', async () => {
    const all = await team();
    const transfer = (by: TestUser, to: TestUser) =>
      code(call(by, 'select app_public.transfer_ownership($1)', to.id));
    expect(await transfer(all.admin, all.admin)).toBe('CQ114');
    expect(await transfer(all.owner, all.viewer)).toBe('allowed');
    expect([await roleOf(all.id, all.viewer), await roleOf(all.id, all.owner)]).toEqual(['owner', 'admin']);
    expect(await transfer(all.owner, all.owner)).toBe('CQ114');
  });

  it('do not come to a personal workspace', async () => {
    const ann = await newcomer();
    for (const sql of [
      `select app_public.invite_member('friend@example.org')`,
      'select app_public.leave_workspace()',
      `select app_public.remove_member('${ann.id}')`,
      `select app_public.transfer_ownership('${ann.id}')`,
    ])
      expect(await code(call(ann, sql)), sql).toBe('CQ113');
  });

  it('make workspaces, and name them', async () => {
    const ann = await newcomer();
    const [made] = await call(ann, `select * from app_public.create_workspace('  Lab ', 'Lab-1')`);
    expect(made).toMatchObject({ name: 'Lab', slug: 'lab-1', is_personal: false });
    expect(await roleOf(made.id, ann)).toBe('owner');
    const there = { ...ann, workspaceId: made.id };
    expect(
      await call(there, `select name, slug from app_public.rename_workspace('Laboratory')`),
    ).toMatchObject([{ name: 'Laboratory', slug: 'lab-1' }]);
    const [other] = await call(ann, `select id from app_public.create_workspace('Other')`);
    expect(
      await code(
        call({ ...ann, workspaceId: other.id }, `select app_public.rename_workspace('Other', 'LAB-1')`),
      ),
    ).toBe('CQ116');
    expect(await code(call(ann, `select app_public.create_workspace('')`))).toBe('23514');
    const guest = await join(database, await newcomer(), made.id, 'viewer');
    expect(await code(call(guest, `select app_public.rename_workspace('Mine')`))).toBe('CQ114');
  });

  it('always leave an owner, whatever writes', async () => {
    const all = await team();
    for (const sql of [
      'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
      `update app_public.workspace_members set role = 'viewer' where workspace_id = $1 and user_id = $2`,
    ])
      expect(await code(owner().query(sql, [all.id, all.owner.id])), sql).toBe('CQ111');
    expect(await code(owner().query('delete from app_public.users where id = $1', [all.owner.id]))).toBe(
      'CQ111',
    );
    // a workspace that goes takes its owner along
    expect(await code(owner().query('delete from app_public.workspaces where id = $1', [all.id]))).toBe(
      'allowed',
    );
    // and so does an account, out of a workspace of its own
    expect(await code(owner().query('delete from app_public.users where id = $1', [all.viewer.id]))).toBe(
      'allowed',
    );
  });

  it('do not both leave as the last two owners, through the functions', async () => {
    const all = await team();
    await call(all.owner, `select app_public.change_member_role($1, 'owner')`, all.admin.id);
    const leave = 'select app_public.leave_workspace()';
    expect(await race([all.owner, leave, []], [{ ...all.admin, memberRole: 'owner' }, leave, []])).toEqual([
      'allowed',
      'CQ111',
    ]);
    expect(await roleOf(all.id, all.admin)).toBe('owner');
  });

  it.each(['read committed', 'repeatable read'])(
    'do not both leave past the functions (%s)',
    async (level) => {
      const all = await team();
      await call(all.owner, `select app_public.change_member_role($1, 'owner')`, all.admin.id);
      const clients = [await owner().connect(), await owner().connect()];
      try {
        for (const [index, user] of [all.owner, all.admin].entries()) {
          await clients[index]!.query(`begin isolation level ${level}`);
          await clients[index]!.query(
            'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
            [all.id, user.id],
          );
        }
        const codes = await Promise.all(clients.map((client) => code(client.query('commit'))));
        expect(codes.sort()).toEqual(
          level === 'read committed' ? ['CQ111', 'allowed'] : ['40001', 'allowed'],
        );
      } finally {
        for (const client of clients) client.release();
      }
      const { n } = await one(
        `select count(*)::int as n from app_public.workspace_members where workspace_id = $1 and role = 'owner'`,
        all.id,
      );
      expect(n).toBe(1);
    },
  );
});
