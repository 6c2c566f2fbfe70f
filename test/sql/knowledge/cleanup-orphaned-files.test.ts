import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockWaiters } from '../../support/locks.ts';
import { describeReal } from '../../support/server.ts';
import { ann, bob, database, endScene, owner, setScene, worker } from '../../support/two-users.ts';
import { asUser, type TestUser, until } from '../../support/users.ts';

describeReal('cleanup_orphaned_files', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const upload = async (user: TestUser, name: string, content: string): Promise<string> =>
    (
      await asUser(database, user, (client) =>
        client.query(`select id from app_hidden.register_file($1, 'text/plain', 3, sha256($2::bytea))`, [
          name,
          content,
        ]),
      )
    ).rows[0].id;
  const age = (id: string, days: number) =>
    owner().query(
      'update app_public.files set updated_at = now() - make_interval(days => $2) where id = $1',
      [id, days],
    );
  const clean = async () =>
    (await worker().query('select workspace_id, file_id from app_hidden.cleanup_orphaned_files()')).rows;
  const discarded = async () =>
    (await owner().query('select workspace_id, storage_path from app_hidden.discarded_contents')).rows;

  it('removes uploads that came to nothing, and remembers their bytes', async () => {
    const young = await upload(ann, 'young.txt', 'aaa');
    const old = await upload(ann, 'old.txt', 'bbb');
    const read = await upload(ann, 'read.txt', 'ccc');
    const others = await upload(bob, 'others.txt', 'bbb');
    for (const id of [old, read]) await age(id, 8);
    await owner().query(`update app_public.files set processing_status = 'completed' where id = $1`, [read]);
    await age(read, 8);
    expect(await clean()).toEqual([{ workspace_id: ann.workspaceId, file_id: old }]);
    // equal bytes of another tenant have another path
    expect(await discarded()).toEqual([
      { workspace_id: ann.workspaceId, storage_path: expect.stringContaining(ann.workspaceId) },
    ]);
    const { rows } = await owner().query('select id from app_public.files');
    expect(rows.map((row) => row.id).sort()).toEqual([young, read, others].sort());
    expect(await clean()).toEqual([]);
  });

  it('sees a hold that is placed at the same moment, and holds up who places one only for a moment', async () => {
    const wanted = await upload(ann, 'wanted.txt', 'eee');
    await age(wanted, 30);
    const placing = await owner().connect();
    try {
      // a hold that is placed and not committed yet
      await placing.query('begin');
      await placing.query('select app_private.lock_holds($1, true)', [ann.workspaceId]);
      await placing.query(
        `insert into app_public.legal_holds (workspace_id, kind, reason, placed_by) values ($1, 'files', 'a case', $2)`,
        [ann.workspaceId, ann.id],
      );
      const cleaning = clean();
      await until(async () => (await lockWaiters(database, 'advisory')).length > 0);
      await placing.query('commit');
      expect(await cleaning).toEqual([]);
    } finally {
      placing.release();
    }
    await owner().query('update app_public.legal_holds set released_at = now(), released_by = $1', [ann.id]);
    expect(await clean()).toEqual([{ workspace_id: ann.workspaceId, file_id: wanted }]);
  });

  it('leaves what a legal hold keeps, and refuses to look at what is on its way', async () => {
    const kept = await upload(bob, 'kept.txt', 'ddd');
    await age(kept, 30);
    await asUser(database, bob, (client) =>
      client.query(`select app_public.place_legal_hold('a case', 'files')`),
    );
    expect(await clean()).toEqual([]);
    await expect(
      worker().query(`select * from app_hidden.cleanup_orphaned_files('5 minutes')`),
    ).rejects.toMatchObject({ code: 'CQ200' });
    await expect(
      asUser(database, ann, (client) => client.query('select * from app_hidden.cleanup_orphaned_files()')),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
