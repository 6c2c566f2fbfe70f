import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import {
  activeVersion,
  addChunks,
  asAdministrator,
  registerAdministrator,
  vectorOf,
} from '../support/versions.ts';

const KILLS = sized(10, 100);
const WORKSPACES = 20;
const CHUNKS = sized(200, 500);
/** Documents that are edited meanwhile. */
const EDITS = 5;
/** Workers at a time. */
const SLOTS = 3;
const DIMENSIONS = 8;

describeReal('a back-fill whose workers are killed', () => {
  let database: Database;
  let admin: TestUser;
  let users: TestUser[];
  let version: string;
  let edited: { user: TestUser; id: string }[];
  const children = new Set<ChildProcess>();

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const embedded = async (): Promise<number> =>
    (
      await one(
        'select coalesce(sum(embedding_count), 0)::int as n from app_hidden.embedding_counts where version_id = $1',
        version,
      )
    ).n;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    admin = await registerAdministrator(database, 'admin@example.org');
    users = [];
    edited = [];
    for (let n = 0; n < WORKSPACES; n += 1) {
      const user = await registerUser(database, `user${n}@example.org`);
      users.push(user);
      await addChunks(database, user, CHUNKS, `Book ${n}`);
      if (n < EDITS) edited.push({ user, id: await addChunks(database, user, 1, `Note ${n}`) });
    }
    // what the active version says does not matter here
    await owner().query(
      `insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
       select $1, c.workspace_id, c.id, (array_fill(0.0, array[511]) || 1.0)::extensions.halfvec from app_public.chunks c`,
      [await activeVersion(database)],
    );
    // what a killed worker had in hand is soon free again
    await owner().query(
      `update app_private.settings set value = '2'
       where name in ('embedding_backfill_seconds', 'embedding_claim_seconds', 'embedding_retry_seconds')`,
    );
    const made = await asAdministrator(database, admin, (client) =>
      client.query(`select id from app_public.create_embedding_version('next', 'test', 'next', $1)`, [
        DIMENSIONS,
      ]),
    );
    version = made.rows[0].id;
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database?.close();
  });

  /** How often each worker has begun to compute vectors. */
  const batches = new WeakMap<ChildProcess, number>();
  /** A worker whose provider takes so many milliseconds for a batch. */
  async function spawnWorker(milliseconds: number): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/embedding-worker-process.ts', import.meta.url))],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, LOG_LEVEL: 'error' },
      },
    );
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdin!.write(`${JSON.stringify({ url: database.url('admin'), milliseconds })}\n`);
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line === 'ready') resolve();
        if (line === 'embedding') batches.set(child, (batches.get(child) ?? 0) + 1);
      });
      child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
    });
    return child;
  }
  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  it(`is complete after ${KILLS} kills at random points: no vector is missing, doubled or stale`, {
    timeout: LONG,
  }, async () => {
    // one that ends by itself leaves its compiled modules to the others
    const whole = await spawnWorker(100);
    const ended = once(whole, 'exit');
    whole.stdin!.end();
    await ended;
    let kills = 0;
    let atWork = 0;
    const progress: number[] = [];
    const slot = async (): Promise<void> => {
      while (kills < KILLS) {
        kills += 1;
        const turn = kills;
        const child = await spawnWorker(100);
        if (turn % (KILLS / EDITS) === 0) {
          const { user, id } = edited[(turn * EDITS) / KILLS - 1]!;
          await asUser(database, user, (client) =>
            client.query(`update app_public.documents set content = content || ' And more.' where id = $1`, [
              id,
            ]),
          );
        }
        // a slow machine takes its time before it gets to work: most die in the middle of a batch, some before or between
        const wanted = Math.floor(Math.random() * 4);
        for (let waited = 0; (batches.get(child) ?? 0) < wanted && waited < 20_000; waited += 20)
          await delay(20);
        await delay(Math.random() * 150);
        if ((batches.get(child) ?? 0) > 0) atWork += 1;
        progress.push(await embedded());
        await kill(child);
      }
    };
    await Promise.all(Array.from({ length: SLOTS }, slot));
    // they were killed at work: some vectors came from them, and some were still to come
    const left = await embedded();
    expect(progress).toHaveLength(KILLS);
    expect(atWork).toBeGreaterThan(KILLS / 4);
    expect(new Set(progress).size).toBeGreaterThan(KILLS / 5);
    expect(left).toBeGreaterThan(25 * KILLS);
    expect(left).toBeLessThan(WORKSPACES * CHUNKS);

    const survivors = [await spawnWorker(0), await spawnWorker(0)];
    await until(async () => {
      const state = await one(
        `select (select count(*)::int from app_public.documents where chunked_hash is distinct from content_hash) as uncut,
           (select count(*)::int from app_public.chunks) - (select count(*)::int from app_public.embeddings where version_id = $1) as missing`,
        version,
      );
      if (state.uncut === 0 && state.missing === 0) return true;
      await sweep(database);
      await delay(200);
      return false;
    });
    // and its index, by itself
    await until(async () => {
      const { rows } = await owner().query(
        'select is_complete from app_public.embedding_version_progress($1)',
        [version],
      );
      if (!rows[0].is_complete) await sweep(database);
      return rows[0].is_complete;
    });
    for (const child of survivors) child.stdin!.end();

    const { rows } = await owner().query(
      `select c.id, concat_ws(E'\\n', c.heading, c.content) as text, array_agg(e.embedding::text) as vectors
       from app_public.chunks c left join app_public.embeddings e on e.version_id = $1 and e.workspace_id = c.workspace_id and e.chunk_id = c.id
       group by c.workspace_id, c.id`,
      [version],
    );
    expect(rows.length).toBeGreaterThanOrEqual(WORKSPACES * CHUNKS);
    let wrong = 0;
    for (const { text, vectors } of rows) {
      const expected = vectorOf(text, 'next', DIMENSIONS);
      const stored: number[] = JSON.parse(vectors[0] ?? '[]');
      if (vectors.length !== 1 || !stored.every((value, index) => Math.abs(value - expected[index]!) < 0.001))
        wrong += 1;
    }
    expect(wrong).toBe(0);
    // the counts that everything is decided by are the real ones
    const counted = await one(
      `select (select count(*) from app_public.embeddings where version_id = $1) as vectors,
         (select sum(embedding_count) from app_hidden.embedding_counts where version_id = $1) as counted,
         (select sum(chunk_count) from app_hidden.chunk_counts) as chunks`,
      version,
    );
    expect(counted).toEqual({
      vectors: String(rows.length),
      counted: String(rows.length),
      chunks: String(rows.length),
    });
    const activated = await asAdministrator(database, admin, (client) =>
      client.query('select status from app_public.activate_embedding_version($1, accept => true)', [version]),
    );
    expect(activated.rows).toEqual([{ status: 'active' }]);
  });
});
