import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { measureRecall } from '../../../jobs/measure-recall.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { untilUnlocked } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asRole, asUser, asVisitor, registerUser, type TestUser, until } from '../../support/users.ts';
import { asAdministrator, registerAdministrator } from '../../support/versions.ts';

const DIMENSIONS = 64;
const NOWHERE = '01890000-0000-7000-8000-000000000000';

describeReal('the recall of searches', () => {
  let database: Database;
  let version: string;
  /** Few passages, searched exactly. */
  let ann: TestUser;
  /** Many passages, searched by the index. */
  let bob: TestUser;
  let admin: TestUser;

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const set = (settings: Record<string, string | number>) =>
    sql(
      'update app_private.settings s set value = x.value from jsonb_each_text($1::jsonb) as x (name, value) where s.name = x.name',
      JSON.stringify(settings),
    );
  const code = async (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );
  const chunkIds = async (user: TestUser, count: number): Promise<string[]> =>
    (
      await sql(
        'select id from app_public.chunks where workspace_id = $1 order by id limit $2',
        user.workspaceId,
        count,
      )
    ).map((row) => row.id);
  const search = (user: TestUser, more: object = {}) => ({
    workspace_id: user.workspaceId,
    user_id: user.id,
    version_id: version,
    path: 'index',
    requested: 10,
    returned: 10,
    is_plain: true,
    scan_limit_hit: false,
    chunk_ids: [] as string[],
    ...more,
  });
  const record = async (searches: unknown) =>
    (
      await database
        .pool('authenticator')
        .query('select * from app_hidden.record_searches($1::jsonb)', [JSON.stringify(searches)])
    ).rows[0];
  const uses = async (ids: string[]): Promise<number[]> =>
    (
      await sql(
        'select access_count from app_public.chunks where id = any ($1) order by array_position($1, id)',
        ids,
      )
    ).map((row) => row.access_count);
  const vectorOf = async (id: string): Promise<string> =>
    (await sql('select embedding::text as v from app_public.embeddings where chunk_id = $1', id))[0].v;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    version = await activateTestVersion(database.pool('owner'), DIMENSIONS);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    admin = await registerAdministrator(database, 'admin@example.org');
    for (const [user, count, seed] of [
      [ann, 300, 0.1],
      [bob, 4_000, 0.2],
    ] as const)
      await addChunks(database.pool('owner'), {
        version,
        workspaceId: user.workspaceId,
        ownerId: user.id,
        dimensions: DIMENSIONS,
        count,
        seed,
        spread: 100,
      });
    await createIndex(database.pool('owner'), version);
    await database.pool('admin').query('analyze app_public.chunks, app_public.embeddings');
  });
  afterAll(() => database?.close());

  describe('counts', () => {
    beforeEach(async () => {
      await sql('delete from app_hidden.search_statistics');
      await sql('delete from app_hidden.search_samples');
      await sql(
        'update app_public.chunks set access_count = 0, last_accessed_at = null where access_count > 0',
      );
    });

    it('what searches answered, by version, size and path', async () => {
      await record([
        search(bob),
        search(bob, { path: 'index, then exact', scan_limit_hit: true }),
        search(bob, { returned: 9, is_plain: false }),
        search(bob, { returned: 9 }),
        search(ann, { path: 'exact', returned: 3 }),
        search(ann, { path: 'none', version_id: null }),
        search(ann, { path: 'none', version_id: NOWHERE }),
      ]);
      await record([search(bob)]);
      const rows = await sql(
        `select version_id is null as unknown, size_class, path, searches::int, short_returns::int, lost_returns::int, scan_limit_hits::int
         from app_hidden.search_statistics order by path`,
      );
      const of = (unknown: boolean, size_class: string, path: string, ...counts: number[]) => ({
        unknown,
        size_class,
        path,
        searches: counts[0],
        short_returns: counts[1],
        lost_returns: counts[2],
        scan_limit_hits: counts[3],
      });
      expect(rows).toEqual([
        of(false, 'tiny', 'exact', 1, 1, 0, 0),
        of(false, 'small', 'index', 4, 2, 1, 0),
        of(false, 'small', 'index, then exact', 1, 0, 0, 1),
        of(true, 'tiny', 'none', 2, 0, 0, 0),
      ]);
      // only what nothing but the index can have lost is an alarm
      const check = readFileSync(new URL('../../../sql/doctor/short_returns.sql', import.meta.url), 'utf8');
      expect(await sql(check)).toMatchObject([
        {
          subject: 'embedding version test, small workspaces',
          detail: expect.stringContaining('1 of 5 searches of the last 7 days returned less than there is'),
        },
      ]);
    });

    it('reads of chunks, of the tenant of the search alone', async () => {
      const [mine, others] = [await chunkIds(ann, 3), await chunkIds(bob, 2)];
      await record([
        search(ann, { chunk_ids: [...mine, mine[0], ...others, NOWHERE] }),
        search(ann, { chunk_ids: [mine[0]] }),
        search(bob, { chunk_ids: mine }),
      ]);
      expect(await uses(mine)).toEqual([3, 1, 1]);
      expect(await uses(others)).toEqual([0, 0]);
      const rows = await sql(
        'select count(*)::int as n from app_public.chunks where last_accessed_at is not null',
      );
      expect(rows).toEqual([{ n: 3 }]);
    });

    it('keeps samples of members alone, and words only when the setting says so', async () => {
      const embedding = await vectorOf((await chunkIds(ann, 1))[0]!);
      const sampled = { embedding, kinds: Array(50).fill('document'), query: 'secret' };
      const searches = [
        search(ann, sampled),
        search(ann, { ...sampled, workspace_id: bob.workspaceId }),
        search(ann, { ...sampled, version_id: NOWHERE }),
        search(ann),
      ];
      const kept = () =>
        sql('select workspace_id, user_id, version_id, query from app_hidden.search_samples order by id');
      const mine = { workspace_id: ann.workspaceId, user_id: ann.id, version_id: version };
      expect(await record(searches)).toEqual({ sample_share: 1, keeps_text: false });
      expect(await kept()).toEqual([{ ...mine, query: null }]);
      await set({ search_sample_keeps_text: 'on', search_sample_minimum: 2, search_sample_share: 0.25 });
      expect(await record([searches[0]])).toEqual({ sample_share: 0.25, keeps_text: true });
      expect(await kept()).toEqual([
        { ...mine, query: null },
        { ...mine, query: 'secret' },
      ]);
      await set({ search_sample_keeps_text: 'off', search_sample_minimum: 100, search_sample_share: 0.01 });

      // filters are kept as they count, and those of somebody's words only with words
      const filters = () =>
        sql('select filters from app_hidden.search_samples where filters is not null order by id');
      const nothing = { document_id: null, metadata: null };
      const plain = { tag_ids: [NOWHERE], include_archived: true, created_after: '2026-01-02T03:04:05Z' };
      const some = [
        nothing,
        { ...nothing, ...plain },
        { ...plain, tags: ['secret'] },
        { metadata: { topic: 'secret', open: null } },
        { content_types: ['secret'] },
        { code_languages: ['secret'] },
        { text_search_languages: ['danish', 'secret'] },
      ];
      await sql('delete from app_hidden.search_samples');
      await record(some.map((one) => search(ann, { embedding, filters: one })));
      expect(await kept()).toHaveLength(2);
      expect(await filters()).toEqual([
        { filters: { ...plain, created_after: expect.stringMatching(/^2026-01-02T03:04:05/) } },
      ]);
      await set({ search_sample_keeps_text: 'on' });
      await record(some.slice(2).map((one) => search(ann, { embedding, filters: one })));
      expect((await filters()).slice(1)).toMatchObject([
        { filters: { tags: ['secret'] } },
        ...some.slice(3).map((one) => ({ filters: one })),
      ]);
      await set({ search_sample_keeps_text: 'off' });
      await sql('delete from app_hidden.search_samples');
      await record([searches[0], searches[0]]);

      // they go with the membership
      const guest = await join(database, ann, bob.workspaceId, 'member');
      await record([search(guest, { embedding })]);
      expect(await kept()).toHaveLength(3);
      await sql(
        'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
        guest.workspaceId,
        guest.id,
      );
      expect(await kept()).toHaveLength(2);
    });

    it('is called by the server alone, with a batch', async () => {
      const forged = JSON.stringify([search(bob, { chunk_ids: await chunkIds(bob, 1) })]);
      const call = `select app_hidden.record_searches('${forged}')`;
      const before = await sql('select sum(access_count)::int as n from app_public.chunks');
      for (const role of [
        'colloquy_user',
        'colloquy_admin',
        'colloquy_visitor',
        'colloquy_worker',
        'colloquy_monitor',
      ]) {
        const client = await database.pool('admin').connect();
        try {
          await client.query(`begin; set local role ${role}`);
          expect(await code(client.query(call)), role).toBe('42501');
        } finally {
          await client.query('rollback');
          client.release();
        }
      }
      // with the claims of somebody, in a request
      expect(await code(asUser(database, bob, (client) => client.query(call)))).toBe('42501');
      expect(await sql('select sum(access_count)::int as n from app_public.chunks')).toEqual(before);
      for (const wrong of [{}, null, 'x', Array(1001).fill(search(ann))])
        expect(await code(record(wrong))).toBe('CQ200');
      expect(await record([])).toMatchObject({ keeps_text: false });
    });

    it('tells no tenant about another: not by samples, statistics or measurements, nor by its facts', async () => {
      for (const table of ['search_samples', 'search_statistics', 'recall_measurements']) {
        for (const role of ['colloquy_user', 'colloquy_admin', 'colloquy_visitor'])
          expect(
            await code(
              asRole(database, role, { userId: ann.id, workspaceId: ann.workspaceId }, (client) =>
                client.query(`select from app_hidden.${table}`),
              ),
            ),
          ).toBe('42501');
        expect(await code(database.pool('worker').query(`select from app_hidden.${table}`))).toBe('42501');
        expect(await code(database.pool('authenticator').query(`select from app_hidden.${table}`))).toBe(
          '42501',
        );
      }
      const facts = (user: TestUser) =>
        asUser(database, user, async (client) => {
          const { rows } = await client.query(
            `select app_hidden.search_facts(r) as facts from app_public.search(query => 'chunk', mode => 'text', max_results => 2) as r`,
          );
          return rows[0].facts;
        });
      expect(await facts(ann)).toMatchObject({
        workspace_id: ann.workspaceId,
        user_id: ann.id,
        path: 'none',
        returned: 2,
      });
      expect((await facts(bob)).workspace_id).toBe(bob.workspaceId);
    });

    it('takes batches of several servers at once, and loses none', async () => {
      const ids = await chunkIds(ann, 40);
      const forwards = Array.from({ length: 20 }, () => search(ann, { chunk_ids: ids }));
      const backwards = forwards.map((one) => ({ ...one, chunk_ids: [...ids].reverse() }));
      // one that is not taken in time is handed over again, as the server does
      await Promise.all(
        Array.from({ length: 8 }, (_, n) => untilUnlocked(() => record(n % 2 === 0 ? forwards : backwards))),
      );
      expect(new Set(await uses(ids))).toEqual(new Set([160]));
      const rows = await sql('select searches::int from app_hidden.search_statistics');
      expect(rows).toEqual([{ searches: 160 }]);
    });

    it('waits for nobody who writes, and holds nobody up in a circle', async () => {
      const ids = await chunkIds(ann, 3);
      const embedding = await vectorOf(ids[0]!);
      const team = await createWorkspace(database, 'Team');
      const guest = await join(database, ann, team, 'owner');
      const client = await database.pool('owner').connect();
      try {
        await client.query('begin');
        await client.query('update app_public.chunks set metadata = metadata where id = $1', [ids[1]]);
        await client.query('delete from app_public.workspaces where id = $1', [team]);
        await record([search(ann, { chunk_ids: ids, embedding }), search(guest, { embedding })]);
        await client.query('commit');
      } finally {
        client.release();
      }
      // what was being written was not counted, the rest was
      expect(await uses(ids)).toEqual([1, 0, 1]);
      expect(await sql('select count(*)::int as n from app_hidden.search_samples')).toEqual([{ n: 1 }]);
    });

    it('are removed when they are old, and the latest measurement never', async () => {
      const old = "app_hidden.uuidv7_at(now() - interval '500 days')";
      await record([search(ann, { embedding: await vectorOf((await chunkIds(ann, 1))[0]!) })]);
      await sql(
        `insert into app_hidden.search_samples (id, workspace_id, user_id, version_id, embedding)
         select app_hidden.uuidv7_at(now() - interval '15 days'), workspace_id, user_id, version_id, embedding from app_hidden.search_samples`,
      );
      await sql(`insert into app_hidden.search_statistics (day, size_class, path, searches, short_returns, lost_returns, scan_limit_hits)
        values (current_date - 500, 'tiny', 'none', 1, 0, 0, 0)`);
      await sql(
        `insert into app_hidden.recall_measurements (id, version_id, size_class, source, k, queries, index_queries, recall, objective, short_returns, scan_limit_hits, exact_p50_ms, exact_p95_ms, ef_search)
         select ${old}, $1, s::app_public.search_size_class, 'stored', 10, 1, 0, 1, 0.98, 0, 0, 1, 1, 200 from unnest(array['giant', 'giant', 'big']) as s`,
        version,
      );
      const removed = async () =>
        (await database.pool('worker').query('select app_hidden.delete_search_history() as n')).rows[0].n;
      expect(await removed()).toBe(3);
      expect(await removed()).toBe(0);
      expect(await sql('select size_class from app_hidden.recall_measurements order by 1')).toEqual([
        { size_class: 'big' },
        { size_class: 'giant' },
      ]);
      await sql('delete from app_hidden.recall_measurements');
    });
  });

  describe('is measured', () => {
    const lines: { level: string; facts: Record<string, unknown> }[] = [];
    const log = {
      warn: (facts: Record<string, unknown>) => void lines.push({ level: 'warn', facts }),
      error: (facts: Record<string, unknown>) => void lines.push({ level: 'error', facts }),
    };
    const run = (signal = new AbortController().signal) =>
      measureRecall.handle({ pool: database.pool('worker'), log, signal } as never, {});
    const measurements = () => sql('select * from app_hidden.recall_measurements order by size_class, id');
    const inForce = async (): Promise<number> =>
      (
        await sql(
          'select app_private.search_ef_search(v) as ef from app_public.embedding_versions v where id = $1',
          version,
        )
      )[0].ef;
    const quality = () =>
      asAdministrator(database, admin, async (client) => {
        const { rows } = await client.query('select to_jsonb(app_public.search_quality()) as q');
        return rows[0].q;
      });

    beforeEach(async () => {
      lines.length = 0;
      await sql('delete from app_hidden.recall_measurements');
      await sql('delete from app_hidden.search_samples');
      await sql('update app_public.embedding_versions set search_ef_search = null');
      await set({
        search_exact_limit: 1000,
        search_ef_search: 200,
        search_ef_search_max: 800,
        search_ef_search_auto: 'on',
        search_recall_seconds: 60,
        search_recall_queries: 40,
        search_recall_objective: 0.98,
      });
    });

    it('by stored passages, where nobody has asked yet: exact for the small, by the index for the large', async () => {
      expect(await run()).toEqual({ measured: 2, below: 0 });
      expect(lines).toEqual([]);
      expect(await measurements()).toMatchObject([
        {
          size_class: 'tiny',
          source: 'stored',
          queries: 40,
          index_queries: 0,
          recall: 1,
          short_returns: 0,
          index_p50_ms: null,
          suggested_ef_search: null,
        },
        { size_class: 'small', source: 'stored', queries: 40, index_queries: 40, k: 10, ef_search: 200 },
      ]);
      expect(await inForce()).toBe(200);
    });

    it('leaves ef_search alone where nothing is searched by the index', async () => {
      await set({ search_exact_limit: 1_000_000 });
      expect(await run()).toEqual({ measured: 2, below: 0 });
      expect(await measurements()).toMatchObject([
        { index_queries: 0, suggested_ef_search: null },
        { index_queries: 0, suggested_ef_search: null },
      ]);
      expect(await inForce()).toBe(200);
    });

    it('finds that the index misses, warns, and sets what meets the objective', async () => {
      await set({ search_ef_search: 1 });
      expect(await run()).toEqual({ measured: 2, below: 1 });
      const [, low] = await measurements();
      expect(low.recall).toBeLessThan(0.98);
      expect(low.recall).toBeGreaterThan(0);
      expect(low.suggested_recall).toBeGreaterThanOrEqual(0.98);
      expect(low.suggested_ef_search).toBeGreaterThan(1);
      expect(lines).toMatchObject([
        {
          level: 'warn',
          facts: {
            event: 'recall_below_objective',
            version: 'test',
            size: 'small',
            ef_search: 1,
            suggested_ef_search: low.suggested_ef_search,
          },
        },
      ]);
      expect(await inForce()).toBe(low.suggested_ef_search);
      const before = await quality();
      expect(before.objective).toBeCloseTo(0.98);
      expect(before.recall[0]).toMatchObject({
        version_id: version,
        version_name: 'test',
        size_class: 'small',
        meets_objective: false,
        ef_search: 1,
        ef_search_in_force: low.suggested_ef_search,
      });

      lines.length = 0;
      expect(await run()).toEqual({ measured: 2, below: 0 });
      expect(lines).toEqual([]);
      const latest = (await measurements()).at(-1);
      expect(latest.ef_search).toBe(low.suggested_ef_search);
      expect(latest.recall).toBeGreaterThanOrEqual(0.98);
      expect((await quality()).recall[0]).toMatchObject({ meets_objective: true });

      // what an administrator sets is the least, and enough: what was measured gives way to it
      await set({ search_ef_search: 500 });
      expect(await inForce()).toBe(500);
      await run();
      expect(await inForce()).toBe(500);
    });

    it('only suggests when it may not set, and sets no more than it may', async () => {
      await set({ search_ef_search: 1, search_ef_search_auto: 'off' });
      await run();
      const [, low] = await measurements();
      expect(low.suggested_ef_search).toBeGreaterThan(20);
      expect(await inForce()).toBe(1);
      expect(
        await sql('select search_ef_search as ef from app_public.embedding_versions where id = $1', version),
      ).toEqual([{ ef: null }]);
      await set({ search_ef_search_auto: 'on', search_ef_search_max: 20 });
      await run();
      expect(await inForce()).toBe(20);
      // off again: the setting alone counts, whatever was measured
      await set({ search_ef_search_auto: 'off' });
      expect(await inForce()).toBe(1);
    });

    it('asks what was really asked, once there is enough of it, as who asked it', async () => {
      const ids = await chunkIds(bob, 25);
      const searches = [];
      for (const id of ids)
        searches.push(search(bob, { embedding: await vectorOf(id), kinds: ['document'] }));
      // of somebody who sees nothing there
      const guest = await join(database, ann, bob.workspaceId, 'viewer');
      searches.push(search(guest, { embedding: await vectorOf(ids[0]!) }));
      await record(searches);
      // one that says nothing is not kept
      await record([search(bob, { embedding: JSON.stringify(Array(DIMENSIONS).fill(0)) })]);
      await run();
      const [tiny, small] = await measurements();
      expect(tiny).toMatchObject({ source: 'stored' });
      expect(small).toMatchObject({ source: 'sample', queries: 25, index_queries: 25 });
      await sql(
        'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
        guest.workspaceId,
        guest.id,
      );
    });

    it('asks with the filters that were asked with, and tells how those fare', async () => {
      // a quarter of what bob has; it lies anywhere
      await sql(
        `update app_public.chunks set text_search_language = 'danish' where workspace_id = $1 and ('x' || left(md5(id::text), 1))::bit(4)::int < 4`,
        bob.workspaceId,
      );
      const danish = { text_search_languages: ['danish'] };
      const stored = (await Promise.all((await chunkIds(bob, 56)).map(vectorOf))).map(
        (text) => JSON.parse(text) as number[],
      );
      // between two of them: what is stored itself is found too easily
      const vectors = stored
        .slice(1)
        .map((vector, n) => JSON.stringify(vector.map((value, place) => value + stored[n]![place]!)));
      await record([
        ...vectors.slice(0, 30).map((embedding) => search(bob, { embedding, filters: danish })),
        ...vectors.slice(30, 50).map((embedding) => search(bob, { embedding })),
        // what nothing fits says nothing, as that of a document that is gone
        ...vectors
          .slice(50)
          .map((embedding) => search(bob, { embedding, filters: { ...danish, document_id: NOWHERE } })),
      ]);
      const measured = async () => (await measurements()).at(-1);
      await set({ search_recall_queries: 100 });
      await run();
      expect(await measured()).toMatchObject({
        source: 'sample',
        queries: 50,
        index_queries: 50,
        filtered_queries: 30,
      });
      expect((await measured()).filtered_recall).toBeGreaterThan(0.9);
      // with so little of the graph, less is found of what fits, and the rest of the queries is not blamed for it
      await set({ search_ef_search: 1, search_ef_search_auto: 'off' });
      await run();
      const low = await measured();
      expect(low.filtered_recall).toBeLessThan(1);
      expect(low.suggested_recall).toBeGreaterThanOrEqual(0.98);
      expect((await quality()).recall[0]).toMatchObject({
        filtered_queries: 30,
        filtered_recall: low.filtered_recall,
      });
      await sql(
        `update app_public.chunks set text_search_language = 'english' where text_search_language = 'danish'`,
      );
    });

    it('takes nothing for an answer of the index that few passages fit, or none', async () => {
      const vectors = await Promise.all((await chunkIds(bob, 25)).map(vectorOf));
      const none = { created_before: '2000-01-01T00:00:00Z' };
      await record(vectors.map((embedding) => search(bob, { embedding, filters: none })));
      await run();
      // as if nobody had asked
      expect((await measurements()).at(-1)).toMatchObject({ source: 'stored', filtered_queries: 0 });

      await sql(
        `update app_public.chunks set text_search_language = 'danish' where id = any ($1)`,
        await chunkIds(bob, 5),
      );
      await record([
        ...vectors.map((embedding) => search(bob, { embedding })),
        ...vectors.map((embedding) =>
          search(bob, { embedding, filters: { text_search_languages: ['danish'] } }),
        ),
      ]);
      await set({ search_recall_queries: 100 });
      await run();
      expect((await measurements()).at(-1)).toMatchObject({
        source: 'sample',
        queries: 50,
        index_queries: 25,
        filtered_queries: 25,
        filtered_recall: 1,
      });
      await sql(
        `update app_public.chunks set text_search_language = 'english' where text_search_language = 'danish'`,
      );
    });

    it('is bounded by time and by queries', async () => {
      await set({ search_recall_queries: 3 });
      await run();
      expect((await measurements()).map((row) => row.queries)).toEqual([3, 3]);
      await sql('delete from app_hidden.recall_measurements');
      await set({ search_recall_queries: 40, search_recall_seconds: 0, search_ef_search: 1 });
      await run();
      const [tiny, small] = await measurements();
      expect([tiny.queries, small.queries]).toEqual([1, 1]);
      // no time to look for a better one, if one query tells that there must be one
      if (small.recall < 0.98) expect(small.suggested_ef_search).toBeNull();
    });

    it('is not measured twice at once, nor by halves', async () => {
      const client = await database.pool('worker').connect();
      try {
        await client.query('begin');
        const { rows } = await client.query(`select id from app_hidden.measure_recall($1, 'small')`, [
          version,
        ]);
        expect(rows).toHaveLength(1);
        expect(await run()).toEqual({ measured: 0, below: 0 });
        expect(await measurements()).toEqual([]);
        // killed before it ended
        const { rows: pids } = await client.query('select pg_backend_pid() as pid');
        client.on('error', () => {});
        await database.pool('admin').query('select pg_terminate_backend($1)', [pids[0].pid]);
        await until(
          async () =>
            (await database.pool('admin').query('select from pg_stat_activity where pid = $1', [pids[0].pid]))
              .rows.length === 0,
        );
      } finally {
        client.release(true);
      }
      expect(await measurements()).toEqual([]);
      expect(await inForce()).toBe(200);
      expect(await run()).toEqual({ measured: 2, below: 0 });

      const both = await Promise.all([run(), run()]);
      expect(
        both.map((one) => (one as { measured: number }).measured).reduce((a, b) => a + b),
      ).toBeGreaterThanOrEqual(2);
      const aborted = new AbortController();
      aborted.abort();
      expect(await run(aborted.signal)).toEqual({ measured: 0, below: 0 });
    });

    it('says which limit of exact search would do, where that is no slower', async () => {
      // a scan that is given up at once costs the index and the exact search
      await set({ search_exact_limit: 1 });
      await run();
      const rows = await measurements();
      for (const row of rows)
        if (row.suggested_exact_limit !== null)
          expect(Number(row.suggested_exact_limit)).toBe(row.size_class === 'tiny' ? 300 : 4000);
        else expect(row.index_p50_ms).toBeLessThan(row.exact_p50_ms);
    });

    it('of a version that is being built, as soon as its index is whole', async () => {
      await sql(
        `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap) values ('next', 'test', 'next', ${DIMENSIONS}, 100, 0)`,
      );
      const [{ id }] = await sql(`select id from app_public.embedding_versions where name = 'next'`);
      await sql('select app_private.create_embedding_partitions($1)', id);
      await sql(
        'insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding) select $2, workspace_id, chunk_id, embedding from app_public.embeddings where version_id = $1',
        version,
        id,
      );
      expect(await run()).toMatchObject({ measured: 2 });
      await createIndex(database.pool('owner'), id);
      expect(await run()).toMatchObject({ measured: 4 });
      expect((await quality()).recall.map((one: { version_name: string }) => one.version_name)).toEqual([
        'test',
        'test',
        'next',
        'next',
      ]);
      expect(
        await code(database.pool('worker').query(`select app_hidden.measure_recall($1, 'tiny')`, [NOWHERE])),
      ).toBe('CQ204');
    });

    it('daily, by one job at a time', async () => {
      expect(await sql(`select cron from pgboss.schedule where name = 'measure-recall'`)).toEqual([
        { cron: '10 3 * * *' },
      ]);
      expect(await sql(`select policy from pgboss.queue where name = 'measure-recall'`)).toEqual([
        { policy: 'exclusive' },
      ]);
    });

    it('is for administrators of the installation', async () => {
      const ask = (days: string) => `select app_public.search_quality(${days})`;
      for (const days of ['0', '401'])
        expect(await code(asAdministrator(database, admin, (client) => client.query(ask(days))))).toBe(
          'CQ200',
        );
      expect(await code(asUser(database, ann, (client) => client.query(ask('7'))))).toBe('42501');
      expect(await code(asVisitor(database, (client) => client.query(ask('7'))))).toBe('42501');
      expect(await code(asAdministrator(database, ann, (client) => client.query(ask('7'))))).toBe('CQ121');
    });
  });
});
