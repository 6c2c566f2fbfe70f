import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { activateTestVersion, addChunks } from '../support/knowledge.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

describeReal('tiers and leftovers', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    const version = await activateTestVersion(owner(), 4);
    for (const user of [ann, bob]) {
      await addChunks(owner(), {
        version,
        workspaceId: user.workspaceId,
        ownerId: user.id,
        dimensions: 4,
        count: 8,
        seed: 0.5,
      });
    }
  });
  afterAll(async () => {
    await database?.close();
  });

  describe('tier_chunks', () => {
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
        const { rows } = await worker().query(
          'select moved::int from app_hidden.tier_chunks(max_chunks => 3)',
        );
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

  describe('cleanup_orphaned_files', () => {
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
      await owner().query(`update app_public.files set processing_status = 'completed' where id = $1`, [
        read,
      ]);
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
      await owner().query('update app_public.legal_holds set released_at = now(), released_by = $1', [
        ann.id,
      ]);
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
});
