import { afterAll, beforeAll, expect, it } from 'vitest';
import { computeAnalytics } from '../../jobs/compute-analytics.ts';
import { refreshAnalytics } from '../../jobs/refresh-analytics.ts';
import { queues } from '../../jobs/registry.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

describeReal('the jobs of the analytics', () => {
  let database: Database;
  let worker: Worker | undefined;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
  });

  const total = async (): Promise<number> =>
    Number(
      (
        await asUser(database, ann, (client) =>
          client.query('select sum(message_count) as n from app_public.conversation_summary_stats()'),
        )
      ).rows[0].n ?? 0,
    );
  const post = () =>
    asUser(database, ann, async (client) => {
      const { rows } = await client.query(`select id from app_public.start_conversation('Talk')`);
      await client.query(`select app_public.post_message($1, 'Hello?')`, [rows[0].id]);
    });

  it('compute at two and refresh at three, one at a time', async () => {
    const { rows } = await database
      .pool('owner')
      .query(`select name, cron, timezone from pgboss.schedule where name like '%-analytics' order by name`);
    expect(rows).toEqual([
      { name: 'compute-analytics', cron: '0 2 * * *', timezone: 'UTC' },
      { name: 'refresh-analytics', cron: '0 3 * * *', timezone: 'UTC' },
    ]);
    for (const { queue } of [computeAnalytics, refreshAnalytics]) {
      expect(queues.find(({ name }) => name === queue.name)).toMatchObject({
        policy: 'exclusive',
        expireInSeconds: 3600,
      });
    }
  });

  it('catch up when a worker starts, refresh what changed, and say what they did', async () => {
    // its hour may come just now
    await database.pool('owner').query(`delete from pgboss.schedule where name like '%-analytics'`);
    await post();
    worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5 });
    await until(async () => (await total()) === 1);
    await post();
    // as the indexing of that message does, which may still be at it
    const holder = await database.pool('owner').connect();
    try {
      await holder.query('begin');
      await holder.query('select from app_public.conversations for no key update');
      await worker.boss.send(computeAnalytics.queue.name, {});
      await until(
        async () =>
          (
            await database.pool('admin').query(
              `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                   and query like '%compute_conversation_analytics%'`,
            )
          ).rowCount === 1,
      );
      await holder.query('commit');
    } finally {
      holder.release();
    }
    await until(async () => (await total()) === 2);
    const outputs = async (type: string) =>
      (
        await database
          .pool('worker')
          .query(
            `select output from app_public.processing_jobs() where type = $1 and status = 'completed' order by completed_at`,
            [type],
          )
      ).rows.map((row) => row.output);
    await until(async () => (await outputs('refresh-analytics')).length === 2);
    const done = { conversations: 1, days: 1, changed: 1, removed: 0 };
    expect(await outputs('compute-analytics')).toEqual([done, done]);
    expect(await outputs('refresh-analytics')).toEqual([
      { changed: 2, removed: 0, summaryRows: 1, isSkipped: false },
      { changed: 2, removed: 0, summaryRows: 1, isSkipped: false },
    ]);
  });
});
