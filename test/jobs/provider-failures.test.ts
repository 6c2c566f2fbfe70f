import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { readEnv } from '../../lib/env.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

describeReal('indexing by a service that fails in every way', () => {
  let database: Database;
  let fake: FakeOpenAi;
  let worker: Worker;
  let ann: TestUser;

  beforeAll(async () => {
    fake = await startFakeOpenAi({ dimensions: 512 });
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    await database
      .pool('owner')
      .query(
        `update app_public.embedding_versions set provider = 'openai-compatible', model = 'fake' where status = 'active'`,
      );
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
    await fake?.close();
  });

  it('drains, asks for nothing again that was answered, and leaves out the poisoned one alone', {
    timeout: LONG,
  }, async () => {
    fake.faults = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500 },
      'close',
      'hang',
      'fewer',
      'close in the middle',
      { status: 503, headers: { 'retry-after': '1' } },
    ];
    fake.judge = ({ texts }) => (texts.some((text) => text.includes('POISON')) ? { status: 400 } : undefined);
    await asUser(database, ann, async (client) => {
      for (let n = 0; n < 3; n++) {
        const sections = Array.from(
          { length: 12 },
          (_, k) =>
            `# Section ${k}\n\n${n === 1 && k === 5 ? 'POISON. ' : ''}${`Book ${n} has line ${k}. `.repeat(16)}`,
        );
        await client.query(`select app_public.create_document($1, $2, 'markdown')`, [
          `Book ${n}`,
          sections.join('\n\n'),
        ]);
      }
    });
    const env = readEnv({ EMBEDDING_BASE_URL: fake.url, EMBEDDING_BATCH_SIZE: '8' });
    const guards = openGuards(undefined, { delays: { least: 1, greatest: 5 }, timeout: 10_000 });
    worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      providers: { env, guards },
    });
    const owner = database.pool('owner');
    const missing = async () =>
      (
        await owner.query(
          `select c.content from app_public.chunks c
           where not exists (select from app_public.embeddings e where e.chunk_id = c.id)`,
        )
      ).rows;
    await until(async () => {
      const { rows } = await owner.query('select count(*)::int as chunks from app_public.chunks');
      return rows[0].chunks >= 36 && fake.faults.length === 0 && (await missing()).length === 1;
    });
    expect((await missing())[0].content).toContain('POISON');
    // every text was answered once, and none again because another one failed
    expect(fake.billed).toHaveLength(35);
    expect(new Set(fake.billed).size).toBe(35);
    const { rows } = await owner.query(
      'select count(*)::int as n, count(distinct chunk_id)::int as chunks from app_public.embeddings',
    );
    expect(rows[0]).toEqual({ n: 35, chunks: 35 });
    // the poisoned passage says why it has no vector; nobody else's does
    const failed = async () =>
      (
        await owner.query(
          `select c.content, f.code, f.error from app_hidden.embedding_failures f join app_public.chunks c on c.id = f.chunk_id`,
        )
      ).rows;
    await until(async () => (await failed()).length === 1);
    expect((await failed())[0]).toMatchObject({
      content: expect.stringContaining('POISON'),
      code: 'bad_input',
      error: expect.stringContaining('400'),
    });
    const jobs = await owner.query(
      `select count(*)::int as n from pgboss.job where name in ('index-source', 'embed-chunks') and state = 'completed'`,
    );
    expect(jobs.rows[0].n).toBeGreaterThanOrEqual(2);
  });
});
