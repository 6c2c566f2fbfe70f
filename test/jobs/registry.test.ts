import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { Job, PgBoss } from 'pg-boss';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobContext } from '../../jobs/job.ts';
import { jobs, queues } from '../../jobs/registry.ts';
import { runJob } from '../../jobs/worker/run-job.ts';
import { didSomething } from '../../jobs/worker/run-record.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { openQueue } from '../../lib/queue.ts';
import { localStorage } from '../../lib/storage.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser } from '../support/users.ts';

const scheduled = jobs.filter(({ queue }) => queue.schedules);
const named = scheduled.map((definition) => [definition.queue.name, definition] as const);
/** These take down what they see, every time. */
const ALWAYS = new Set(['doctor', 'measure-sizes']);

it('is what the guide of jobs says', () => {
  const guide = readFileSync(join(projectFolder, 'docs/operations/jobs.md'), 'utf8');
  const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| `([^`]+)` \|/gm)].map(([, name, cron]) => [name, cron]);
  const registered = scheduled.flatMap(({ queue }) =>
    Object.values(queue.schedules!).map(({ cron }) => [queue.name, cron]),
  );
  expect(rows.toSorted()).toEqual(registered.toSorted());
});

it.each(named)('%s ends by itself, and one that was left is tried again or found by the next', (name) => {
  const queue = queues.find((one) => one.name === name)!;
  expect(queue.expireInSeconds).toBeGreaterThan(0);
  expect(queue.expireInSeconds).toBeLessThan(86_400);
  expect(queue.heartbeatSeconds).toBe(60);
  expect(queue.deleteAfterSeconds).toBeGreaterThan(0);
});

describeReal('scheduled jobs', () => {
  let database: Database;
  let boss: PgBoss;
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-schedule-'));
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    await registerUser(database, 'ann@example.org');
    boss = openQueue(database.pool('worker'), { supervise: false, schedule: false });
    await boss.start();
  });
  afterAll(async () => {
    await boss?.stop({ graceful: false });
    rmSync(folder, { recursive: true, force: true });
    await database?.close();
  });

  const unused = (): never => {
    throw new Error('it is not to be used here');
  };
  const context = (given: Partial<JobContext> = {}): JobContext => ({
    pool: database.pool('worker'),
    boss,
    log,
    provider: unused,
    mailer: undefined,
    storage: localStorage(folder),
    extractor: {} as JobContext['extractor'],
    summariser: unused,
    signal: new AbortController().signal,
    ...given,
  });
  const jobOf = (name: string, id: string = randomUUID()) =>
    ({ id, name, data: {}, expireInSeconds: 60, heartbeatSeconds: null }) as unknown as Job<unknown>;
  const owner = () => database.pool('owner');
  const outcomes = async (task: string): Promise<string[]> =>
    (
      await owner().query('select outcome from app_hidden.maintenance_runs where task = $1 order by id', [
        task,
      ])
    ).rows.map(({ outcome }) => outcome);

  describe.each(named)('%s', (name, definition) => {
    it('does nothing a second time', async () => {
      expect(await runJob(definition, jobOf(name), context())).toMatchObject({ status: 'completed' });
      const again = await runJob(definition, jobOf(name), context());
      expect(again).toMatchObject({ status: 'completed' });
      const { isDone, isSkipped, summaryRows, ...figures } = again.output as Record<string, unknown>;
      if (!ALWAYS.has(name) && !('skipped' in figures))
        expect([figures, didSomething(figures)]).toEqual([figures, false]);
      expect(new Set(await outcomes(name))).not.toContain('failed');
    });

    it('is refused while another runs, unless each takes what no other has', async () => {
      const { rows } = await owner().query<{ id: string }>(
        `insert into pgboss.job (name, state, policy) values ($1, 'active', 'standard') returning id`,
        [name],
      );
      await database.pool('worker').query('select app_hidden.begin_run($1, $2)', [name, rows[0]!.id]);
      const result = await runJob(definition, jobOf(name), context());
      if (definition.mayOverlap) expect(result.output).not.toHaveProperty('skipped');
      else
        expect(result).toMatchObject({ status: 'completed', output: { skipped: 'another run is at work' } });
      // its worker was killed: the job is no longer active, and holds up nobody
      await owner().query('delete from pgboss.job where id = $1', [rows[0]!.id]);
      const next = await runJob(definition, jobOf(name), context());
      expect(next.output).not.toMatchObject({ skipped: 'another run is at work' });
      expect(await outcomes(name)).toContain('stopped');
    });

    it('begins nothing when the process ends', async () => {
      const signal = AbortSignal.abort(new Error('this process ends'));
      const result = await runJob(definition, jobOf(name), context({ signal }));
      expect(result).toMatchObject({ status: 'failed', output: { error: 'this process ends' } });
      expect((await outcomes(name)).at(-1)).toBe('stopped');
    });

    it('is quiet where nothing can be written, as on a replica', async () => {
      const client: pg.PoolClient = await database.pool('worker').connect();
      lines.length = 0;
      try {
        await client.query('set default_transaction_read_only = on');
        const pool = {
          query: (sql: string, values?: unknown[]) => client.query(sql, values),
        } as unknown as JobContext['pool'];
        const result = await runJob(definition, jobOf(name), context({ pool }));
        expect(result).toMatchObject({
          status: 'failed',
          output: { error: expect.stringContaining('25006') },
        });
      } finally {
        client.release(true);
      }
      expect(lines.filter(({ level }) => level > 40)).toEqual([]);
    });
  });
});
