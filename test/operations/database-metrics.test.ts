import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { registry } from '../../lib/metrics.ts';
import { databaseMetrics, gauges, questions } from '../../operations/metrics/database-gauges.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser } from '../support/users.ts';

describeReal('the metrics of the database', () => {
  let database: Database;
  let worker: Worker;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    // as a deployment has it: jobs have run
    worker = await startWorker({ pool: database.pool('worker'), mailer: null });
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
  });

  const shown = async (name: string): Promise<Map<string, number>> => {
    const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    return new Map(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  };

  it('are asked by statements that know no other metrics, and no other labels', async () => {
    for (const { name, sql } of questions) {
      const { rows } = await database.pool('monitor').query(sql);
      expect(rows.length, name).toBeGreaterThan(0);
      for (const { metric, labels, value } of rows) {
        const gauge = gauges.get(metric) as unknown as { labelNames: string[] } | undefined;
        expect(Object.keys(labels).sort(), `${name}: ${metric}`).toEqual([...gauge!.labelNames].sort());
        expect(Number.isFinite(value), `${metric} ${value}`).toBe(true);
      }
    }
  });

  it('are measured as the worker, and once for all that read them within 15 seconds', async () => {
    const measure = databaseMetrics(database.pool('worker'));
    await Promise.all([measure(), measure()]);
    expect((await shown('colloquy_run_success_timestamp_seconds')).get('backup')).toBe(0);
    await database.pool('worker').query(`select app_hidden.record_run('backup', now(), 'succeeded', '{}')`);
    await measure();
    expect((await shown('colloquy_run_success_timestamp_seconds')).get('backup')).toBe(0);
    await databaseMetrics(database.pool('worker'))();
    const backup = (await shown('colloquy_run_success_timestamp_seconds')).get('backup');
    expect(backup).toBeGreaterThan(Date.now() / 1000 - 3600);
    expect((await shown('colloquy_queue_oldest_due_seconds')).has('index-source')).toBe(true);
    expect((await shown('colloquy_database_bytes')).get('')).toBeGreaterThan(1_000_000);
    expect((await shown('colloquy_webhook_deliveries')).get('dead')).toBe(0);
    expect((await shown('colloquy_database_measured_timestamp_seconds')).get('')).toBeGreaterThan(0);
  });

  it('name no tenant', async () => {
    const ann = await registerUser(database, 'ann-of-gauges@example.org');
    await databaseMetrics(database.pool('worker'))();
    const text = await registry.metrics();
    for (const word of [ann.id, ann.workspaceId, 'ann-of-gauges']) expect(text).not.toContain(word);
  });

  it('are left out, and not the old ones, when the database cannot be asked', async () => {
    const gone = new pg.Pool({ connectionString: database.url('worker') });
    await gone.end();
    await databaseMetrics(gone)();
    expect([...(await shown('colloquy_database_bytes')).keys()]).toEqual([]);
    expect((await shown('colloquy_database_measured_timestamp_seconds')).get('')).toBe(0);
    await expect(
      database.pool('worker').query('select * from app_hidden.metric_totals()'),
    ).rejects.toMatchObject({
      code: '42501',
    });
  });
});
