import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { ann, bob, database, endScene, owner, setScene, worker } from '../../support/two-users.ts';
import { asUser, until } from '../../support/users.ts';

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

  interface Step {
    workspaces: number;
    looked: number;
    hot: number;
    warm: number;
    cold: number;
  }
  const step = async (rows: number | null = null, since: string | null = null): Promise<Step | undefined> =>
    (
      await worker().query<Step>(
        `select * from app_hidden.tier_chunks(max_chunks => $1, since => coalesce($2::timestamptz, now() - interval '20 hours'))`,
        [rows, since],
      )
    ).rows[0];

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
    expect(await step()).toEqual({ workspaces: 2, looked: 16, hot: 0, warm: 1, cold: 2 });
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
    expect(await step()).toBeUndefined();
    await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
      bob.workspaceId,
    ]);
    const { rows: clock } = await owner().query('select now()::text as now');
    const steps = [];
    for (let one = await step(3, clock[0].now); one; one = await step(3, clock[0].now)) {
      expect(one.looked).toBeLessThanOrEqual(3);
      expect(one.hot + one.warm + one.cold).toBeLessThanOrEqual(one.looked);
      steps.push(one);
    }
    expect(steps.reduce((sum, { looked }) => sum + looked, 0)).toBe(16);
    expect(steps.reduce((sum, { hot }) => sum + hot, 0)).toBe(8);
    expect(steps.length).toBeLessThan(10);
  });

  it('gives a small workspace its turn beside a large one, and a killed run loses one step', async () => {
    await owner().query(
      `with source as (select c.* from app_public.chunks c where c.workspace_id = $1 limit 1)
       insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset,
         end_offset, token_count, content_hash, tier)
       select app_hidden.uuidv7_at(now() - interval '1 year'), s.workspace_id, s.source_type, s.document_id, s.owner_id, s.visibility,
         1000 + n, 'much ' || n, 0, 1, 1, sha256(n::text::bytea), 'hot' from source s, generate_series(1, 400) n`,
      [ann.workspaceId],
    );
    await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
      bob.workspaceId,
    ]);
    const { rows: clock } = await owner().query('select now()::text as now');
    const cold = async (of: string): Promise<number> =>
      (
        await owner().query(
          `select count(*)::int as n from app_public.chunks c where c.workspace_id = $1 and c.tier = 'cold'`,
          [of],
        )
      ).rows[0].n;
    // two steps of 50: one of Ann's 408, and Bob's 8 with the next of hers
    await step(50, clock[0].now);
    await step(50, clock[0].now);
    expect(await cold(bob.workspaceId)).toBe(0);
    const before = await cold(ann.workspaceId);
    expect(before).toBeGreaterThan(80);
    const killed = await worker().connect();
    await killed.query('begin');
    await killed.query('select * from app_hidden.tier_chunks(50, $1)', [clock[0].now]);
    killed.release(true);
    await until(async () => (await step(50, clock[0].now)) !== undefined);
    let steps = 0;
    while (await step(50, clock[0].now)) steps += 1;
    expect(steps).toBeLessThan(8);
    expect(await cold(ann.workspaceId)).toBeGreaterThanOrEqual(400);
  });

  it('writes vectors never, and indexes not where the page has room', async () => {
    const { rows } = await owner().query(
      `select distinct a.attname from pg_index i
       cross join lateral unnest(i.indkey::int[]) as k (n)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n
       where i.indrelid = 'app_public.chunks'::regclass and a.attname in ('tier', 'access_count', 'last_accessed_at')
          or i.indrelid = 'app_public.chunks'::regclass and pg_get_expr(i.indpred, i.indrelid) ~ '(^|[( ])tier'`,
    );
    expect(rows).toEqual([]);
    const vectors = () =>
      owner().query(
        'select e.ctid::text, e.xmin::text, e.chunk_id from app_public.embeddings e order by e.chunk_id',
      );
    const before = (await vectors()).rows;
    await owner().query(`update app_public.chunks set tier = 'cold'`);
    await worker().query('select * from app_hidden.tier_chunks(since => now())');
    expect((await vectors()).rows).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
  });

  it('leaves the work to the one that is at it, and what others have locked to the next pass', async () => {
    await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
      bob.workspaceId,
    ]);
    const { rows: clock } = await owner().query('select now()::text as now');
    const [busy, reader] = [await worker().connect(), await owner().connect()];
    try {
      await reader.query('begin');
      await reader.query(
        'select from app_public.chunks c where c.workspace_id = $1 order by id limit 1 for update',
        [bob.workspaceId],
      );
      await busy.query('begin');
      const all = 'select * from app_hidden.tier_chunks(max_chunks => 10000, since => $1)';
      expect((await busy.query(all, [clock[0].now])).rows).toMatchObject([{ hot: 7 }]);
      expect(await step(10000, clock[0].now)).toBeUndefined();
      await busy.query('rollback');
      await reader.query('rollback');
      expect(await step(10000, clock[0].now)).toMatchObject({ hot: 8 });
    } finally {
      busy.release();
      reader.release();
    }
  });

  it('is for the worker alone', async () => {
    await expect(
      asUser(database, ann, (client) => client.query('select * from app_hidden.tier_chunks()')),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
