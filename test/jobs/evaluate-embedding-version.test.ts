import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { ProviderError } from '../../models/error.ts';
import { vectorOfWords } from '../support/fake-openai.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, until } from '../support/users.ts';
import { asAdministrator, hashProvider, registerAdministrator } from '../support/versions.ts';

describeReal('a worker that has filled a version', () => {
  let database: Database;
  let worker: Worker;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
  });

  it('evaluates it beside the active one, again when a model was away, and GraphQL’s administrator may activate it', async () => {
    const admin = await registerAdministrator(database, 'admin@example.org');
    const ann = await registerUser(database, 'ann@example.org');
    await asUser(database, ann, async (client) => {
      for (let n = 0; n < 25; n += 1)
        await client.query('select app_public.create_document($1, $2)', [
          `Note ${n}`,
          `The note of number${n} tells of colour${n}, of animal${n} and of river${n}.`,
        ]);
    });
    const asAdmin = (sql: string, ...values: unknown[]) =>
      asAdministrator(database, admin, async (client) => (await client.query(sql, values)).rows[0]);
    const { id } = await asAdmin(
      `select id from app_public.create_embedding_version('next', 'test', 'next', 512, query_prefix => 'question: ', passage_prefix => 'text: ')`,
    );
    const seen: string[] = [];
    let isAway = true;
    worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      openProvider: (version) => ({
        ...hashProvider(version),
        async embed(texts) {
          if (version.model === 'next') seen.push(...texts);
          if (isAway && texts.some((text) => text.startsWith('question: '))) {
            isAway = false;
            throw new ProviderError('unavailable', 'it is away');
          }
          const vectors = texts.map((text) =>
            Float32Array.from(vectorOfWords(text.replace(/^\w+: /, ''), version.dimensions)),
          );
          return { vectors, tokens: texts.length, failures: [] };
        },
      }),
    });
    const evaluation = () => asAdmin('select * from app_public.embedding_version_evaluation($1)', id);
    // the sweep of every minute would find it; here it is called
    await until(async () => {
      await worker.boss.send('sweep-unindexed', {});
      // what was asked too early is asked again, after a while
      await database
        .pool('owner')
        .query(
          `update app_hidden.embedding_evaluations set evaluated_at = now() - interval '11 minutes' where questions < 20`,
        );
      return (await evaluation()).questions === 25;
    });
    expect(isAway).toBe(false);
    expect(await evaluation()).toMatchObject({ source: 'passages', questions: 25 });
    expect(seen.filter((text) => text.startsWith('text: Note'))).toHaveLength(25);
    expect(seen.filter((text) => text.startsWith('question: ')).length).toBeGreaterThanOrEqual(25);
    expect((await evaluation()).verdict).not.toBe('worse');
    expect(await asAdmin('select status from app_public.activate_embedding_version($1)', id)).toEqual({
      status: 'active',
    });
  });
});
