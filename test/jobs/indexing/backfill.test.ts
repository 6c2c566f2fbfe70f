import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { backfillEmbeddings } from '../../../jobs/backfill-embeddings.ts';
import type { JobContext } from '../../../jobs/job.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import { openQueue } from '../../../lib/queue.ts';
import { localStorage } from '../../../lib/storage.ts';
import { ProviderError } from '../../../models/error.ts';
import type { EmbeddingProvider } from '../../../models/provider.ts';
import { openSummariser } from '../../../models/summary/open-summariser.ts';
import { openExtractor } from '../../../reading/extract.ts';
import { indexWhole } from '../../support/indexing.ts';
import { untilUnlocked } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { registerUser, type TestUser } from '../../support/users.ts';
import { activeVersion, addChunks, fillVersion, hashProvider } from '../../support/versions.ts';

log.level = 'silent';

describeReal('versions that are not active', () => {
  let database: Database;
  let ann: TestUser;
  let active: string;
  let building: string;
  /** Texts that each model was asked for, and what it does before it answers. */
  let asked: Record<string, string[]>;
  let before: Record<string, (texts: readonly string[]) => Promise<void> | void>;

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const vectors = async (version: string): Promise<number> =>
    (await one('select count(*)::int as n from app_public.embeddings where version_id = $1', version)).n;
  const create = async (name: string): Promise<string> =>
    (await one(`select id from app_public.create_embedding_version($1, 'test', $1, 16)`, name)).id;

  const context = (signal = new AbortController().signal): JobContext => ({
    pool: database.pool('worker'),
    boss: openQueue(database.pool('worker'), { supervise: false, schedule: false }),
    log,
    storage: localStorage('/nowhere'),
    extractor: openExtractor(),
    summariser: () => openSummariser(),
    signal,
    provider: (version): EmbeddingProvider =>
      hashProvider(version, async (texts) => {
        await before[version.model]?.(texts);
        asked[version.model] = [...(asked[version.model] ?? []), ...texts];
      }),
  });
  const index = async (document: string): Promise<object> =>
    indexWhole(context(), {
      workspaceId: ann.workspaceId,
      sourceType: 'document',
      sourceId: document,
    });
  const backfill = (versionId: string, signal?: AbortSignal) =>
    backfillEmbeddings.handle(context(signal), { versionId, workspaceId: ann.workspaceId });

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    active = await activeVersion(database);
    await owner().query(
      `update app_private.settings set value = '0.001' where name = 'embedding_retry_seconds'`,
    );
  });
  beforeEach(async () => {
    asked = {};
    before = {};
    await owner().query('delete from app_public.documents');
    await owner().query('delete from pgboss.job');
    await untilUnlocked(() =>
      owner().query(
        `select app_public.archive_embedding_version(id) from app_public.embedding_versions where status in ('building', 'retired')`,
      ),
    );
  });
  afterAll(() => database?.close());

  it('get the vectors of new text first, so that what searches find is never missing from them', async () => {
    building = await create('first');
    const document = await addChunks(database, ann, 3, 'New');
    const order: string[] = [];
    before = {
      first: async () => void order.push(`first ${await vectors(active)}`),
      'universal-sentence-encoder-lite': async () => void order.push(`active ${await vectors(building)}`),
    };
    await index(document);
    expect(order).toEqual(['first 0', 'active 3']);
    expect([await vectors(active), await vectors(building)]).toEqual([3, 3]);
    // and the back-fill has nothing left to pay for
    asked = {};
    expect(await backfill(building)).toMatchObject({ embedded: 0 });
    expect(asked).toEqual({});
  });

  it('hold nobody up when their provider is down: the back-fill makes up for it', async () => {
    building = await create('ill');
    let tries = 0;
    before = {
      ill: () => {
        tries += 1;
        throw new ProviderError('unavailable', 'It is down');
      },
    };
    await index(await addChunks(database, ann, 40, 'Urgent'));
    await index(await addChunks(database, ann, 3, 'Urgent too'));
    expect([await vectors(active), await vectors(building)]).toEqual([43, 0]);
    // asked once, then left alone for a while: not once a batch, nor once a document
    expect(tries).toBe(1);
    await expect(backfill(building)).rejects.toThrow('It is down');
    before = {};
    expect(await backfill(building)).toMatchObject({ embedded: 43 });
    expect(await vectors(building)).toBe(43);
    expect(
      await one(
        'select sum(chunks)::int as chunks, sum(tokens)::int as tokens from app_hidden.embedding_rates where version_id = $1',
        building,
      ),
    ).toEqual({ chunks: 43, tokens: 430 });
  });

  it('hold nobody up while their index is built', async () => {
    building = await create('locked');
    const { number } = await one('select number from app_public.embedding_versions where id = $1', building);
    const builder = await owner().connect();
    try {
      await builder.query(`begin; lock table app_partitions.embeddings_${number} in share mode`);
      await index(await addChunks(database, ann, 3, 'Meanwhile'));
      expect(await vectors(active)).toBe(3);
    } finally {
      await builder.query('rollback');
      builder.release();
    }
    // not a fault of the provider: the next one is tried again
    await index(await addChunks(database, ann, 2, 'Later'));
    expect([await vectors(active), await vectors(building)]).toEqual([5, 2]);
    expect(await backfill(building)).toMatchObject({ embedded: 3 });
  });

  it('are filled without a text that can never be embedded, and that one keeps them from being activated', async () => {
    await addChunks(database, ann, 5, 'Odd');
    await fillVersion(database, active);
    building = await create('picky');
    before = {
      picky: (texts) => {
        const index = texts.findIndex((text) => text.includes('number 2'));
        if (index >= 0) throw new ProviderError('bad_input', 'Not that one', { index });
      },
    };
    expect(await backfill(building)).toMatchObject({ embedded: 4 });
    await owner().query(`select app_private.create_embedding_index($1)`, [building]);
    await expect(
      owner().query('select app_public.activate_embedding_version($1, accept => true)', [building]),
    ).rejects.toMatchObject({
      code: 'CQ302',
    });
  });

  it('ask once for equal texts, and never take a vector of another workspace', async () => {
    const bob = await registerUser(database, `bob${Date.now()}@example.org`);
    for (const user of [ann, ann, bob]) await addChunks(database, user, 2, 'Same');
    await fillVersion(database, active);
    building = await create('thrifty');
    expect(await backfill(building)).toMatchObject({ embedded: 4 });
    expect(asked.thrifty).toHaveLength(2);
    await backfillEmbeddings.handle(context(), { versionId: building, workspaceId: bob.workspaceId });
    expect(asked.thrifty).toHaveLength(4);
  });

  it('let new work go first, but do not starve', async () => {
    await addChunks(database, ann, 70, 'Old');
    await fillVersion(database, active);
    building = await create('patient');
    await owner().query('delete from pgboss.job');
    const waits = async () =>
      (await database.pool('worker').query('select app_hidden.new_work_waits() as waits')).rows[0].waits;
    expect(await waits()).toBe(false);
    await owner().query(`select app_hidden.enqueue('index-source', '{}', 'one')`);
    expect(await waits()).toBe(true);
    // what has failed before does not count as new
    await owner().query(`update pgboss.job set state = 'retry'`);
    expect(await waits()).toBe(false);
    await owner().query(`update pgboss.job set state = 'created'`);

    let isDone = false;
    const began = performance.now();
    const filling = backfill(building).then((done) => {
      isDone = true;
      return done;
    });
    // the queue never empties: two batches and the look for a third wait a second each
    expect(await filling).toMatchObject({ embedded: 70 });
    expect(isDone).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(2_000);
  });

  it('are left where they were when the process ends, and go on from there', async () => {
    await addChunks(database, ann, 200, 'Long');
    await fillVersion(database, active);
    building = await create('interrupted');
    const ending = new AbortController();
    before = {
      interrupted: () => {
        if (asked.interrupted) ending.abort();
      },
    };
    await owner().query('delete from pgboss.job');
    expect(await backfill(building, ending.signal)).toMatchObject({ embedded: 128, continued: true });
    const { data } = await one(
      `select data from pgboss.job where name = 'backfill-embeddings' and state = 'created'`,
    );
    before = {};
    asked = {};
    expect(await backfillEmbeddings.handle(context(), data)).toMatchObject({ embedded: 72 });
    expect(asked.interrupted).toHaveLength(72);
    expect(await backfill(active)).toMatchObject({ skipped: expect.any(String) });
  });
});
