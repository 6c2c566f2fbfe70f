import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { openQueryModels, type QueryModels } from '../../models/query-models.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { LONG } from '../support/limits.ts';
import { untilUnlocked } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import { activeVersion, asAdministrator, hashProvider, registerAdministrator } from '../support/versions.ts';

describeReal('a switch of the embedding version', () => {
  let database: Database;
  /** A pool of its own for each worker, as in processes of their own. */
  const databases: Database[] = [];
  const workers: Worker[] = [];
  let api: TestApi;
  let embedder: QueryModels;
  let admin: TestUser;
  let users: TestUser[];
  let first: string;
  /** Called while a query is embedded. */
  let during: (() => Promise<void>) | undefined;

  const title = (n: number): string => `Known ${n}`;
  const content = (n: number): string => `The lamp number ${n} is lit at dusk.`;
  const rows = async (sql: string, ...values: unknown[]) =>
    (await database.pool('owner').query(sql, values)).rows;
  const asAdmin = async (sql: string, ...values: unknown[]) =>
    asAdministrator(database, admin, async (client) => (await client.query(sql, values)).rows[0]);
  const create = async (name: string, dimensions: number): Promise<string> =>
    (
      await asAdmin(
        `select id from app_public.create_embedding_version($1, 'test', $1, $2)`,
        name,
        dimensions,
      )
    ).id;
  const sweep = () => workers[0]!.boss.send('sweep-unindexed', {});
  const progress = (id: string) => asAdmin('select * from app_public.embedding_version_progress($1)', id);
  /**
   * As an operator does: again while it is refused because rows come in.
   * @returns how many of the chunks that could be found before the switch cannot be found after it
   */
  async function activate(id: string): Promise<number> {
    let found: string[] = [];
    await until(async () => {
      const before = await rows(
        'select chunk_id from app_public.embeddings where version_id = $1',
        await activeVersion(database),
      );
      found = before.map((row) => row.chunk_id);
      try {
        await asAdmin('select app_public.activate_embedding_version($1, accept => true)', id);
        return true;
      } catch (error) {
        if (!['CQ302', 'CQ303', '55P03'].includes(errorCode(error) ?? '')) throw error;
        await sweep();
        return false;
      }
    });
    expect(found.length).toBeGreaterThan(100);
    const lost = await rows(
      `select from app_public.chunks c where c.id = any ($1) and not exists (
         select from app_public.embeddings e where e.version_id = $2 and e.workspace_id = c.workspace_id and e.chunk_id = c.id)`,
      found,
      id,
    );
    return lost.length;
  }
  /** Chunks that the first version has and the second has not. */
  const missing = async (than: string, id: string): Promise<number> =>
    (
      await rows(
        `select count(*)::int as n from app_public.embeddings a where a.version_id = $1 and not exists (
           select from app_public.embeddings b where b.version_id = $2 and b.workspace_id = a.workspace_id and b.chunk_id = a.chunk_id)`,
        than,
        id,
      )
    )[0].n;

  beforeAll(async () => {
    const { url } = await createTestDatabase();
    database = serverDatabase(url);
    embedder = openQueryModels(database.pool('authenticator'), (version) =>
      hashProvider(version, async () => {
        await during?.();
        await delay(Math.random() * 10);
      }),
    );
    api = await startTestApi({
      database,
      embedQuery: (text, versionId) => embedder.embed(text, versionId),
      // all searches are of one workspace, and none may go on by words alone
      queryTurns: { tokens: 256, each: 8, patience: 60_000 },
      activeVersion: () => embedder.activeVersion(),
    });
    admin = await registerAdministrator(database, 'admin@example.org');
    users = [
      await registerUser(database, 'ann@example.org'),
      await registerUser(database, 'bob@example.org'),
      await registerUser(database, 'carol@example.org'),
    ];
    first = await activeVersion(database);
    for (const user of users) {
      await asUser(database, user, async (client) => {
        for (let n = 0; n < 60; n += 1)
          await client.query('select app_public.create_document($1, $2)', [title(n), content(n)]);
      });
    }
    for (let n = 0; n < 2; n += 1) {
      const own = serverDatabase(url);
      databases.push(own);
      workers.push(
        await startWorker({
          pool: own.pool('worker'),
          pollingIntervalSeconds: 0.5,
          openProvider: (version) => hashProvider(version, () => delay(5)),
        }),
      );
    }
    await until(
      async () =>
        Number((await progress(first)).missing_chunks) === 0 && Number((await progress(first)).chunks) >= 180,
    );
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    for (const one of databases) await one.close();
    await api?.close();
    await embedder?.close();
    await database?.close();
  });

  it('fails no search and loses no row, under load, through filling, indexing, switching, going back and archiving', {
    timeout: LONG,
  }, async () => {
    const ending = new AbortController();
    const failures: unknown[] = [];
    const seen = new Map<string, number>();
    let inserted = 0;
    let slowest = 0;
    /** What is being done to the versions: named where a search fails. */
    let phase = 'created';

    /** Asks by meaning for what has been there from the beginning: it must be the best hit, by the right model. */
    const searching = async (user: TestUser): Promise<void> => {
      for (let n = 0; !ending.signal.aborted; n = (n + 7) % 60) {
        const began = performance.now();
        const reply = await api.ask(
          `query ($q: String!) { search(query: $q, mode: VECTOR, maxResults: 5) {
            returned path embeddingVersionId legs { leg state reason hits } results { title content vectorScore } } }`,
          { q: `${title(n)}\n${content(n)}` },
          { token: user.token },
        );
        slowest = Math.max(slowest, performance.now() - began);
        const { search } = reply.data ?? {};
        const best = search?.results[0];
        if (
          reply.errors.length > 0 ||
          best?.title !== title(n) ||
          best.vectorScore < 0.99 ||
          search.returned !== 5
        )
          failures.push({ n, phase, errors: reply.errors, search });
        else seen.set(search.embeddingVersionId, (seen.get(search.embeddingVersionId) ?? 0) + 1);
      }
    };
    const inserting = async (user: TestUser, name: string): Promise<void> => {
      for (let n = 0; !ending.signal.aborted; n += 1) {
        try {
          await asUser(database, user, async (client) => {
            const { rows: made } = await client.query('select id from app_public.create_document($1, $2)', [
              `${name} ${n}`,
              `Something new from ${name}, for the ${n}th time.`,
            ]);
            // every tenth is edited, every twentieth goes again
            if (n % 20 === 0)
              await client.query('delete from app_public.documents where id = $1', [made[0].id]);
            else if (n % 10 === 0)
              await client.query(
                `update app_public.documents set content = content || ' Edited.' where id = $1`,
                [made[0].id],
              );
          });
          inserted += 1;
        } catch (error) {
          failures.push(error);
        }
        await delay(50);
      }
    };
    const load = Promise.all([
      searching(users[0]!),
      searching(users[1]!),
      searching(users[2]!),
      inserting(users[0]!, 'one'),
      inserting(users[1]!, 'two'),
    ]);

    try {
      // another dimension, then the same dimension by another model: the vectors could be mistaken for each other
      phase = 'filled and switched to another dimension';
      const wide = await create('wide', 768);
      expect(await activate(wide)).toBe(0);
      phase = 'filled and switched to a twin';
      const twin = await create('twin', 768);
      expect(await activate(twin)).toBe(0);
      // back, at once, and forth
      phase = 'back and forth';
      const began = performance.now();
      expect(await activate(wide)).toBe(0);
      expect(await activate(twin)).toBe(0);
      expect(performance.now() - began).toBeLessThan(60_000);
      // what nobody needs any more goes, while searches go on
      phase = 'archived';
      await untilUnlocked(() => asAdmin('select app_public.archive_embedding_version($1)', first));
      phase = 'searched after it';
      const before = seen.get(twin) ?? 0;
      await until(async () => (seen.get(twin) ?? 0) > before + 20 || failures.length > 0);
      expect([...seen.keys()].sort()).toEqual([first, wide, twin].sort());
    } finally {
      ending.abort();
      await load;
    }
    expect(failures).toEqual([]);
    expect(inserted).toBeGreaterThan(50);
    expect(slowest).toBeLessThan(20_000);

    // everything that came in is found by both: what is active, and what one could go back to
    await sweep();
    await until(async () => {
      const facts = await rows(
        `select (select count(*) from app_public.documents where chunked_hash is distinct from content_hash) as uncut,
           (select count(*) from app_public.chunks) as chunks,
           (select array_agg((select count(*) from app_public.embeddings e where e.version_id = v.id) order by v.id) from app_hidden.maintained_versions() v) as vectors`,
      );
      const { uncut, chunks, vectors } = facts[0];
      if (uncut !== '0' || vectors.some((n: string) => n !== chunks)) {
        await sweep();
        return false;
      }
      return vectors.length === 2;
    });
    // none doubled, none of another model
    const { rows: stray } = await database.pool('owner').query(
      `select v.name, extensions.vector_dims(e.embedding) as dimensions, count(*)::int as n, count(distinct e.chunk_id)::int as chunks
       from app_public.embeddings e join app_public.embedding_versions v on v.id = e.version_id group by 1, 2 order by 1`,
    );
    expect(stray.map((row) => [row.name, row.dimensions])).toEqual([
      ['twin', 768],
      ['wide', 768],
    ]);
    for (const row of stray) expect(row.n).toBe(row.chunks);
  });

  it('between the embedding of a query and its search makes the API embed it again', async () => {
    const [wide, twin] = [
      (await rows(`select id from app_public.embedding_versions where name = 'wide'`))[0].id,
      (await rows(`select id from app_public.embedding_versions where name = 'twin'`))[0].id,
    ];
    expect(await activeVersion(database)).toBe(twin);
    // nobody has asked for it yet: its vector is in no cache
    await asUser(database, users[0]!, (client) =>
      client.query(`select app_public.create_document('Late', 'A lamp that came late.')`),
    );
    await until(
      async () =>
        (await missing(twin, wide)) === 0 &&
        (
          await rows(
            `select from app_public.embeddings e join app_public.chunks c on c.id = e.chunk_id where c.heading = 'Late' and e.version_id in ($1, $2)`,
            wide,
            twin,
          )
        ).length === 2,
    );
    const ask = async (field: string) => {
      let switched = 0;
      during = async () => {
        during = undefined;
        switched += 1;
        await activate(wide);
      };
      const reply = await api.ask(`{ ${field} }`, {}, { token: users[0]!.token });
      during = undefined;
      expect(switched).toBe(1);
      expect(reply.errors).toEqual([]);
      await activate(twin);
      return reply.data;
    };
    // both have 768 dimensions: nothing but the version tells them apart
    const found = await ask(
      `search(query: "Late\\nA lamp that came late.", mode: VECTOR, maxResults: 1) { embeddingVersionId results { title vectorScore } }`,
    );
    expect(found.search).toMatchObject({ embeddingVersionId: wide, results: [{ title: 'Late' }] });
    expect(found.search.results[0].vectorScore).toBeGreaterThan(0.99);
    expect(await ask('recall(query: "a lamp that nobody has asked for") { embeddingVersionId }')).toEqual({
      recall: { embeddingVersionId: wide },
    });
  });

  it('is told to a client that brings a vector of another length, and to it alone', async () => {
    const reply = await api.ask(
      `{ search(query: "", queryEmbedding: [1, 2, 3], mode: VECTOR) { returned } }`,
      {},
      { token: users[0]!.token },
    );
    expect(reply.errors[0]?.extensions.code).toBe('CQ301');
    const { rows: guard } = await database
      .pool('owner')
      .query(
        'select app_hidden.require_query_version(null) as unknown, app_hidden.require_query_version($1) as active',
        [await activeVersion(database)],
      );
    expect(guard).toEqual([{ unknown: true, active: true }]);
    await expect(
      asUser(database, users[0]!, (client) =>
        client.query('select app_hidden.require_query_version($1)', [first]),
      ),
    ).rejects.toMatchObject({ code: 'CQ301' });
  });
});
