import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser } from '../../support/users.ts';

describeReal('what operators see', () => {
  let database: Database;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  it('shows jobs to the worker and the monitor, newest first', async () => {
    const ann = await registerUser(database, 'ann@example.org');
    const { rows } = await asUser(database, ann, (client) =>
      client.query(`select id from app_public.create_document('a', 'b')`),
    );
    await database
      .pool('owner')
      .query(
        `update pgboss.job set state = 'completed', started_on = now() - interval '2 seconds', completed_on = now(), output = '{"chunks": 1}'`,
      );
    for (const role of ['colloquy_worker', 'colloquy_monitor']) {
      const client = await database.pool('admin').connect();
      try {
        await client.query(`begin; set local role ${role}`);
        const jobs = await client.query('select * from app_public.processing_jobs(5)');
        expect(jobs.rows[0]).toMatchObject({
          type: 'index-source',
          status: 'completed',
          attempts: 1,
          output: { chunks: 1 },
          duration: { seconds: 2 },
        });
        expect(jobs.rows[0].input.sourceId).toBe(rows[0].id);
        await expect(client.query('select app_public.processing_jobs(0)')).rejects.toMatchObject({
          code: 'CQ200',
        });
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
    await database.pool('owner').query('drop schema pgboss cascade');
    expect((await database.pool('worker').query('select * from app_public.processing_jobs()')).rows).toEqual(
      [],
    );
  });

  it('shows the monitor sizes and partitions of every table, and no content', async () => {
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin; set local role colloquy_monitor');
      const { rows } = await client.query('select * from app_public.performance_stats()');
      const chunks = rows.find((row) => row.relation === 'app_public.chunks');
      expect(chunks.partitions).toBe('16');
      expect(Number(chunks.total_bytes)).toBeGreaterThan(0);
      expect(rows.find((row) => row.relation === 'app_public.users').partitions).toBe('0');
      await expect(client.query('select from app_public.users')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
