import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

describeReal('indexing', () => {
  let database: Database;
  let worker: Worker;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5 });
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
  });

  const progress = async () =>
    (await asUser(database, ann, (client) => client.query('select * from app_public.indexing_progress()')))
      .rows[0];

  it('makes a document and a conversation searchable by meaning', async () => {
    await asUser(database, ann, async (client) => {
      await client.query(
        `select app_public.create_document('Pets', '# Cats\n\nA kitten is lying on the rug.\n\n# Finance\n\nThe stock market fell.', 'markdown')`,
      );
      const { rows } = await client.query(`select id from app_public.start_conversation('Talk')`);
      await client.query(`select app_public.post_message($1, 'How do I repair a punctured bicycle tyre?')`, [
        rows[0].id,
      ]);
    });
    await until(async () => (await progress()).is_complete);
    const state = await progress();
    expect(Number(state.chunks)).toBeGreaterThanOrEqual(2);
    expect(state.embedded_chunks).toBe(state.chunks);
  });
});
