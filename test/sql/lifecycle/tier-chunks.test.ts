import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { ann, bob, database, endScene, owner, setScene, worker } from '../../support/two-users.ts';
import { asUser } from '../../support/users.ts';

describeReal('tier_chunks', () => {
  beforeAll(setScene);
  afterAll(endScene);

  /** Makes the n-th chunk of Ann so old, so often read, so long ago, and so important. */
  const make = (
    n: number,
    days: number,
    reads = 0,
    readDaysAgo: number | null = null,
    importance = 0.5,
  ): Promise<unknown> =>
    owner().query(
      `with aged as (
         delete from app_public.chunks c where c.workspace_id = $1 and c.content = 'chunk ' || $2::int returning c.*
       )
       insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset,
         end_offset, token_count, content_hash, tier, access_count, last_accessed_at, importance_score)
       select app_hidden.uuidv7_at(now() - make_interval(days => $3)), a.workspace_id, a.source_type, a.document_id, a.owner_id, a.visibility,
         a.chunk_index, a.content, 0, 1, 1, a.content_hash, 'hot', $4, now() - make_interval(days => $5), $6 from aged a`,
      [ann.workspaceId, n, days, reads, readDaysAgo, importance],
    );
  const tiers = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (
        await owner().query(
          `select c.content, c.tier from app_public.chunks c where c.workspace_id = $1 order by 1`,
          [ann.workspaceId],
        )
      ).rows.map((row) => [row.content, row.tier]),
    );

  it('goes by age, use and importance, and writes only what changes', async () => {
    await make(0, 3); // young
    await make(1, 20); // not so young
    await make(2, 90); // old
    await make(3, 400, 200, 2); // old, but read the day before yesterday
    await make(4, 400, 100, 20, 1); // old, read often, three weeks ago, and important
    await make(5, 400, 0, null, 1); // old and important, but nobody reads it
    const before = await owner().query(
      `select c.ctid::text, c.content from app_public.chunks c where c.workspace_id = $1`,
      [ann.workspaceId],
    );
    const { rows } = await worker().query('select tier, moved::int from app_hidden.tier_chunks()');
    expect(rows).toEqual([
      { tier: 'warm', moved: 1 },
      { tier: 'cold', moved: 2 },
    ]);
    expect(await tiers()).toEqual({
      'chunk 0': 'hot',
      'chunk 1': 'warm',
      'chunk 2': 'cold',
      'chunk 3': 'hot',
      'chunk 4': 'hot',
      'chunk 5': 'cold',
      'chunk 6': 'hot',
      'chunk 7': 'hot',
    });
    const after = await owner().query(
      `select c.ctid::text, c.content from app_public.chunks c where c.workspace_id = $1`,
      [ann.workspaceId],
    );
    const moved = after.rows.filter(
      (row) => !before.rows.some((old) => old.content === row.content && old.ctid === row.ctid),
    );
    expect(moved.map((row) => row.content).sort()).toEqual(['chunk 1', 'chunk 2', 'chunk 5']);
  });

  it('has nothing to do a second time, and goes on where a limit stopped it', async () => {
    expect((await worker().query('select * from app_hidden.tier_chunks()')).rows).toEqual([]);
    await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
      bob.workspaceId,
    ]);
    let moved = 0;
    for (let run = 1; ; run++) {
      const { rows } = await worker().query('select moved::int from app_hidden.tier_chunks(max_chunks => 3)');
      if (rows.length === 0) break;
      expect(rows[0].moved).toBeLessThanOrEqual(3);
      moved += rows[0].moved;
      expect(run).toBeLessThan(10);
    }
    expect(moved).toBe(8);
  });

  it('leaves the work to the one that is at it', async () => {
    await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
      bob.workspaceId,
    ]);
    const busy = await worker().connect();
    try {
      await busy.query('begin');
      expect((await busy.query('select * from app_hidden.tier_chunks()')).rows).toHaveLength(1);
      expect((await worker().query('select * from app_hidden.tier_chunks()')).rows).toEqual([]);
      await busy.query('rollback');
      expect((await worker().query('select * from app_hidden.tier_chunks()')).rows).toHaveLength(1);
    } finally {
      busy.release();
    }
  });

  it('is for the worker alone', async () => {
    await expect(
      asUser(database, ann, (client) => client.query('select * from app_hidden.tier_chunks()')),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
