import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSql } from 'pgvector';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { createEmbedded } from '../support/embedded.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import { activeVersion, hashProvider, vectorOf } from '../support/versions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'colloquy-versions-'));
let database: Database | undefined;
let worker: Worker | undefined;
let ann: TestUser;

beforeAll(async () => {
  if (env.DATABASE_URL) return;
  database = await createEmbedded(join(scratch, 'data'));
  ann = await registerUser(database, 'ann@example.org');
  worker = await startWorker({
    pool: database.pool('worker'),
    pollingIntervalSeconds: 0.5,
    openProvider: (version) => hashProvider(version),
  });
});
afterAll(async () => {
  await worker?.stop();
  await database?.close();
  rmSync(scratch, { recursive: true, force: true });
});

// with DATABASE_URL, openDatabase takes that server: nothing here may touch it
it.skipIf(env.DATABASE_URL)(
  'the embedded database fills, indexes, switches, compares, goes back and archives, in its one session',
  async () => {
    const embedded = database!;
    const owner = embedded.pool('owner');
    const one = async (sql: string, ...values: unknown[]) => (await owner.query(sql, values)).rows[0];
    const add = (title: string) =>
      asUser(embedded, ann, (client) =>
        client.query('select app_public.create_document($1, $2)', [title, `All about ${title}.`]),
      );
    const best = async (dimensions: number, model: string) =>
      asUser(embedded, ann, async (client) => {
        const { rows } = await client.query(
          `select (s.results[1]).title from app_public.search('', $1::extensions.halfvec, mode => 'vector') as s`,
          [toSql([...vectorOf('tea\nAll about tea.', model, dimensions)])],
        );
        return rows[0].title;
      });
    const isComplete = async (id: string): Promise<boolean> => {
      const progress = await one('select * from app_public.embedding_version_progress($1)', id);
      return progress.is_complete && Number(progress.chunks) > 0;
    };

    const first = await activeVersion(embedded);
    for (const title of ['tea', 'lighthouses', 'bicycles']) await add(title);
    await until(
      async () =>
        Number(
          (await one('select coalesce(sum(embedding_count), 0) as n from app_hidden.embedding_counts')).n,
        ) === 3,
    );

    const { id: next } = await one(
      `select id from app_public.create_embedding_version('next', 'test', 'next', 64)`,
    );
    await expect(
      owner.query('select app_public.activate_embedding_version($1, accept => true)', [next]),
    ).rejects.toMatchObject({
      code: 'CQ303',
    });
    await until(async () => {
      if (await isComplete(next)) return true;
      await owner.query(`select app_hidden.enqueue('sweep-unindexed', '{}')`);
      return false;
    });
    expect(
      await one('select queries, k from app_public.compare_embedding_versions($1, $2, 2, 3)', first, next),
    ).toEqual({
      queries: 3,
      k: 2,
    });
    await owner.query('select app_public.activate_embedding_version($1, accept => true)', [next]);
    expect(await best(64, 'next')).toBe('tea');

    // what comes in now is found by both
    await add('kites');
    const vectors = async () =>
      (await owner.query('select count(*)::int as n from app_public.embeddings')).rows[0].n;
    await until(async () => (await vectors()) === 8);
    await owner.query('select app_public.activate_embedding_version($1, accept => true)', [first]);
    expect(await best(512, 'universal-sentence-encoder-lite')).toBe('tea');
    await owner.query('select app_public.archive_embedding_version($1)', [next]);
    expect(await vectors()).toBe(4);
  },
);
