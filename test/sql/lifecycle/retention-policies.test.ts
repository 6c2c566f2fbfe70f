import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, endScene, one, setScene, tenants, worker } from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';

describeReal('retention', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const effective = async (kind: string, workspace: string) =>
    (
      await worker().query('select keep_days, decided_by from app_hidden.effective_retention($1, $2)', [
        kind,
        workspace,
      ])
    ).rows[0];
  const set = (user: TestUser, kind: string, days: number | null) =>
    one(user, 'select * from app_public.set_retention_policy($1, $2)', kind, days);

  it('is decided by a hold, then the workspace, then the system, then nothing', async () => {
    const { ann, bob } = tenants;
    expect(await effective('documents', ann.workspaceId)).toEqual({
      keep_days: null,
      decided_by: 'nothing',
    });
    expect(await effective('raw_events', ann.workspaceId)).toEqual({ keep_days: 90, decided_by: 'system' });
    await set(ann, 'raw_events', 7);
    expect(await effective('raw_events', ann.workspaceId)).toEqual({
      keep_days: 7,
      decided_by: 'workspace',
    });
    expect(await effective('raw_events', bob.workspaceId)).toEqual({ keep_days: 90, decided_by: 'system' });
    await set(ann, 'usage_logs', null);
    expect(await effective('usage_logs', ann.workspaceId)).toEqual({
      keep_days: null,
      decided_by: 'workspace',
    });
    const hold = await one(ann, `select * from app_public.place_legal_hold('a case', 'raw_events')`);
    expect(await effective('raw_events', ann.workspaceId)).toEqual({ keep_days: null, decided_by: 'hold' });
    expect((await effective('memory_items', ann.workspaceId)).decided_by).toBe('system');
    const all = await one(ann, `select * from app_public.place_legal_hold('everything')`);
    expect((await effective('memory_items', ann.workspaceId)).decided_by).toBe('hold');
    expect((await effective('memory_items', bob.workspaceId)).decided_by).toBe('system');
    for (const { id } of [hold, all]) {
      const released = await one(ann, 'select * from app_public.release_legal_hold($1)', id);
      expect(released).toMatchObject({ released_by: ann.id, released_at: expect.any(Date) });
      expect(await code(call(ann, 'select app_public.release_legal_hold($1)', id))).toBe('CQ204');
    }
    expect(await effective('raw_events', ann.workspaceId)).toEqual({
      keep_days: 7,
      decided_by: 'workspace',
    });
  });

  it('is for owners and administrators, who alone see holds', async () => {
    const { owner: first, member, viewer, ann } = tenants;
    expect(await code(set(member, 'files', 1))).toBe('CQ114');
    expect(await code(set(viewer, 'files', 1))).toBe('CQ109');
    expect(await code(set(first, 'files', 0))).toBe('CQ200');
    expect(await code(call(first, `select app_public.place_legal_hold(' ')`))).toBe('CQ200');
    await set({ ...first, memberRole: 'admin' }, 'files', 30);
    await one(first, `select * from app_public.place_legal_hold('a case')`);
    const seen = async (user: TestUser) => (await call(user, 'select from app_public.legal_holds')).rowCount;
    expect([await seen(first), await seen(member), await seen(viewer)]).toEqual([1, 0, 0]);
    expect(
      (
        await call(
          ann,
          'select from app_public.retention_policies where keep_days = 30 and workspace_id is not null',
        )
      ).rowCount,
    ).toBe(0);
    expect(
      await code(call(member, `select app_hidden.effective_retention('files', $1)`, member.workspaceId)),
    ).toBe('42501');
  });
});
