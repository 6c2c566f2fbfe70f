import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { openQueue } from '../../lib/queue.ts';
import { run } from '../../tools/postgres/run.ts';
import { freePort } from '../../tools/postgres/server.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, until } from '../support/users.ts';
import { asAdministrator, registerAdministrator } from '../support/versions.ts';

describeReal('npm run ops -- jobs', () => {
  let database: Database;
  let worker: Worker | undefined;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await worker?.stop();
    await database?.close();
  });

  const environment = () => ({
    ...process.env,
    DATABASE_URL: database.url('admin'),
    LOG_LEVEL: 'silent',
  });
  const jobs = (...words: string[]) =>
    run(process.execPath, ['scripts/ops.ts', 'jobs', ...words], { cwd: projectFolder, env: environment() });
  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const start = async () => {
    worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      ordersInterval: 100,
    });
  };
  const audit = async (action: string) =>
    (
      await owner().query('select new_values as v from app_public.audit_logs where action = $1 order by id', [
        action,
      ])
    ).rows.map(({ v }) => v);
  const steer = async (name: 'pause_job' | 'resume_job', queue: string): Promise<boolean> =>
    (await database.pool('worker').query(`select app_hidden.${name}($1) as changed`, [queue])).rows[0]
      .changed;
  const stateOf = async (id: string): Promise<string> =>
    (await one('select state::text from pgboss.job where id = $1', id)).state;
  /** Sends a job past all commands, as a trigger does. */
  const send = async (queue: string): Promise<string> => {
    await owner().query(`select app_hidden.enqueue($1, '{}')`, [queue]);
    return (
      await one(
        `select id from pgboss.job where name = $1 and state < 'active' order by created_on desc limit 1`,
        queue,
      )
    ).id;
  };

  it('lists the jobs, runs one now and tells what it did', { timeout: LONG }, async () => {
    // nobody works: it would wait for ever
    expect(await jobs('run', 'refresh-analytics', '--wait')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ639)'),
    });
    await start();
    await until(async () => (await one('select cron_on from pgboss.version')).cron_on !== null);
    const ran = await jobs('run', 'refresh-analytics', '--wait', '--json');
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringMatching(/^refresh-analytics is sent: /)]);
    const job = JSON.parse(ran.stdout);
    expect(job).toMatchObject({
      queue: 'refresh-analytics',
      state: 'completed',
      output: { isSkipped: false },
    });
    const recorded =
      await one(`select outcome, details, finished_at >= started_at as "inOrder", finished_at - started_at as took
       from app_hidden.maintenance_runs where task = 'refresh-analytics'`);
    expect(recorded).toMatchObject({ outcome: 'succeeded', details: { isSkipped: false }, inOrder: true });
    expect((await jobs('show', job.id)).stdout).toMatch(/^state\s+completed$/m);
    expect((await jobs('show', 'refresh-analytics')).stdout).toMatch(/ succeeded/);
    const listed = await jobs('list', '--json');
    expect(listed.code).toBe(0);
    const rows = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.find(({ queue }) => queue === 'refresh-analytics')).toMatchObject({
      schedules: ['0 3 * * *'],
      outcome: 'succeeded',
      pausedAt: null,
      nextAt: expect.stringMatching(/T03:00:00\.000Z$/),
    });
    expect(rows.every(({ schedules }) => schedules.length > 0)).toBe(true);
    expect((await jobs('list', '--all')).stdout).toMatch(/^index-source /m);
    // what did nothing in a minute leaves no row, and is known as having run
    expect(
      await one(`select count(*)::int as n from app_hidden.maintenance_runs where task = 'sweep-unindexed'`),
    ).toEqual({ n: 0 });
    await until(async () =>
      (await jobs('list')).stdout.split('\n').some((line) => /^sweep-unindexed .* succeeded /.test(line)),
    );
    expect(await audit('job.run')).toEqual([{ queue: 'refresh-analytics', job: job.id, login: 'postgres' }]);
    for (const [name, code] of [
      ['no-such-job', 'CQ637'],
      ['index-source', 'CQ637'],
    ] as const)
      expect(await jobs('run', name)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`(${code})`),
      });
  });

  it('pauses a job for all workers, over a migration, and resumes it', { timeout: LONG }, async () => {
    const paused = await jobs('pause', 'cleanup-files', '--reason', 'the storage is moved');
    expect([paused.code, paused.stdout]).toEqual([
      0,
      'cleanup-files is paused: workers leave it alone within a few seconds\n',
    ]);
    expect(await steer('pause_job', 'cleanup-files')).toBe(false);
    expect(await jobs('pause', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ637)'),
    });
    expect(await jobs('run', 'cleanup-files')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ638)'),
    });
    // a fair queue, which has a loop of its own, too
    expect(await steer('pause_job', 'index-source')).toBe(true);
    const shown = (await jobs('list')).stdout;
    expect(shown).toMatch(/^cleanup-files +40 \* \* \* \* +paused/m);
    expect(shown).toMatch(/^cleanup-files is paused since .* by postgres: the storage is moved$/m);
    // its schedule sends nothing, also after what each migration does
    const scheduled = async () =>
      (await owner().query(`select from pgboss.schedule where name = 'cleanup-files'`)).rowCount;
    expect(await scheduled()).toBe(0);
    const boss = openQueue(owner());
    await boss.start();
    await boss.schedule('cleanup-files', '41 * * * *', {}, { key: 'hourly', tz: 'UTC' });
    await boss.stop({ graceful: false });
    await owner().query('select app_hidden.hold_schedules()');
    expect(await scheduled()).toBe(0);
    // a worker that starts while it is paused, and one that was there, leave it alone: others are done meanwhile
    await worker!.stop();
    await start();
    const left = [await send('cleanup-files'), await send('index-source')];
    for (let n = 0; n < 3; n++) {
      const other = await send('tier-chunks');
      await until(async () => (await stateOf(other)) === 'completed');
    }
    expect(await Promise.all(left.map(stateOf))).toEqual(['created', 'created']);

    expect((await jobs('resume', 'cleanup-files')).stdout).toBe('cleanup-files is resumed\n');
    expect(await steer('resume_job', 'cleanup-files')).toBe(false);
    await until(async () => (await stateOf(left[0]!)) === 'completed');
    expect(await one(`select cron from pgboss.schedule where name = 'cleanup-files'`)).toEqual({
      cron: '41 * * * *',
    });
    expect(await stateOf(left[1]!)).toBe('created');
    expect(await steer('resume_job', 'index-source')).toBe(true);
    // without the payload that it wants
    await until(async () => (await stateOf(left[1]!)) === 'failed');
    expect((await audit('job.paused')).map(({ queue }) => queue)).toEqual(['cleanup-files', 'index-source']);
    expect((await audit('job.paused'))[0]).toEqual({
      queue: 'cleanup-files',
      reason: 'the storage is moved',
      login: 'postgres',
    });
    expect(await audit('job.resumed')).toHaveLength(2);
  });

  it('shows what failed, takes the failure down, and has it tried again', { timeout: LONG }, async () => {
    await owner().query(
      `alter function app_hidden.tier_chunks(integer, timestamptz) rename to tier_chunks_away`,
    );
    try {
      const ran = await jobs('run', 'tier-chunks', '--wait', '--timeout', '1');
      // it is tried again in a minute
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(/it is retry\. \(CQ639\)/) });
      expect(
        await one(
          `select error from app_hidden.maintenance_runs where task = 'tier-chunks' and outcome = 'failed'`,
        ),
      ).toEqual({ error: expect.stringContaining('tier_chunks') });
    } finally {
      await owner().query(
        `alter function app_hidden.tier_chunks_away(integer, timestamptz) rename to tier_chunks`,
      );
    }
    const listed = await jobs('list');
    expect(listed.code).toBe(1);
    expect(listed.stdout).toMatch(/^tier-chunks .* failed /m);
    await owner().query(
      `update pgboss.job set state = 'failed', completed_on = now() where name = 'tier-chunks' and state = 'retry'`,
    );
    const shown = await jobs('show', 'failed', '--json');
    expect(shown.code).toBe(1);
    const failed = shown.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { id } = failed.find(({ queue }) => queue === 'tier-chunks');
    expect((await jobs('retry', '--failed', '--queue', 'tier-chunks', '--dry-run')).stdout).toMatch(
      /^1 jobs would be tried again/,
    );
    expect(await stateOf(id)).toBe('failed');
    expect(await jobs('retry')).toMatchObject({ code: 2, stderr: expect.stringContaining('(CQ640)') });
    expect((await jobs('retry', id)).stdout).toBe('1 jobs are tried again.\n');
    await owner().query('update pgboss.job set start_after = now() where id = $1', [id]);
    await until(async () => (await stateOf(id)) === 'completed');
    expect(await audit('job.retried')).toEqual([
      { queue: 'tier-chunks', count: 1, jobs: [id], login: 'postgres' },
    ]);
    expect(await jobs('show', '01890000-0000-7000-8000-000000000000')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ637)'),
    });
  });

  it('takes down a job whose worker was killed, and one that was stopped', { timeout: LONG }, async () => {
    await worker!.stop();
    worker = undefined;
    // a run that lasts until it is allowed to go on
    const gate = await owner().connect();
    await gate.query('begin');
    await gate.query('lock table app_private.user_sessions in share mode');
    try {
      await owner().query(`delete from pgboss.job where name = 'remove-expired'`);
      const id = await send('remove-expired');
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
          env: { ...process.env, LOG_LEVEL: 'silent' },
        },
      );
      children.add(child);
      child.stdin!.write(`${database.url('admin')}\n`);
      await until(
        async () =>
          (await stateOf(id)) === 'active' &&
          (await one('select job_id from app_hidden.open_runs where job_id = $1', id)),
      );
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      // its sign of life has expired, which a supervisor finds
      await gate.query('rollback');
      await owner().query(`
        update pgboss.job set heartbeat_on = now() - interval '1 hour' where name = 'remove-expired';
        update pgboss.queue set monitor_on = null, monitor_claim_on = null where name = 'remove-expired'`);
      const boss = openQueue(owner());
      await boss.start();
      await boss.supervise('remove-expired');
      await boss.stop({ graceful: false });
      await until(async () => (await stateOf(id)) === 'retry');
      // what pg-boss would find out within a minute or two: its time has come, and none of its kind is active
      await owner().query(`
        update pgboss.job set start_after = now() where name = 'remove-expired';
        update pgboss.queue set singletons_active = null where name = 'remove-expired'`);
      await start();
      await until(async () => (await stateOf(id)) === 'completed');
      const { rows } = await owner().query(
        `select outcome, error, details->>'job' as job from app_hidden.maintenance_runs where task = 'remove-expired' order by id`,
      );
      expect(rows).toEqual([
        { outcome: 'stopped', error: expect.stringMatching(/^The worker was gone/), job: id },
        { outcome: 'succeeded', error: null, job: null },
      ]);
      expect(await one('select from app_hidden.open_runs where job_id = $1', id)).toBeUndefined();
      // a worker that is told to end ends between two steps, and says that there was more to do
      await gate.query('begin; lock table app_private.user_sessions in share mode');
      const stopped = await send('remove-expired');
      await until(
        async () => (await one('select from app_hidden.open_runs where job_id = $1', stopped)) !== undefined,
      );
      const ended = worker!.stop();
      worker = undefined;
      await gate.query('rollback');
      await ended;
      expect(
        await one(
          `select outcome from app_hidden.maintenance_runs where task = 'remove-expired' order by id desc limit 1`,
        ),
      ).toEqual({ outcome: 'stopped' });
    } finally {
      await gate.query('rollback');
      gate.release();
    }
  });

  it('keeps the history of runs within its bounds', async () => {
    await owner().query(`
      update app_private.settings set value = '5' where name = 'maintenance_run_rows';
      insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at)
      select 'many', 'succeeded', now() - n * interval '1 minute', now() from generate_series(1, 9) as n
      union all select 'old', 'succeeded', now() - n * interval '300 days', now() from generate_series(1, 3) as n
      union all select 'once', 'succeeded', now() - interval '3 years', now()`);
    const removed = async () =>
      (await database.pool('worker').query('select app_hidden.delete_old_runs(3) as n')).rows[0].n;
    const sums = [await removed(), await removed(), await removed(), await removed()];
    expect(sums.at(-1)).toBe(0);
    const { rows } = await owner().query(
      `select task, count(*)::int as n from app_hidden.maintenance_runs where task in ('many', 'old', 'once') group by task order by task`,
    );
    expect(rows).toEqual([
      { task: 'many', n: 5 },
      { task: 'old', n: 1 },
      { task: 'once', n: 1 },
    ]);
  });

  it('is for operators: nobody who asks through the API steers or sees jobs, and administrators read who did', async () => {
    const ann = await registerUser(database, 'ann@example.org');
    const root = await registerAdministrator(database, 'root@example.org');
    for (const sql of [
      'select * from app_hidden.job_overview()',
      'select * from app_hidden.queue_jobs()',
      `select app_hidden.pause_job('cleanup-files')`,
      `select app_hidden.resume_job('cleanup-files')`,
      `select app_hidden.run_job('cleanup-files')`,
      `select app_hidden.note_operation('job.retried')`,
      `select app_hidden.hold_schedules()`,
      'select * from app_hidden.paused_jobs',
      'select * from app_hidden.open_runs',
    ]) {
      const work = (client: PoolClient) => client.query(sql);
      await expect(asUser(database, ann, work), sql).rejects.toMatchObject({ code: '42501' });
      await expect(asAdministrator(database, root, work), sql).rejects.toMatchObject({ code: '42501' });
    }
    await expect(database.pool('worker').query('select app_hidden.hold_schedules()')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(
      database.pool('worker').query(`select app_hidden.note_operation('user.deleted')`),
    ).rejects.toMatchObject({ code: 'CQ200' });
    const { rows } = await asAdministrator(database, root, (client) =>
      client.query(`select action from app_public.installation_audit_logs() where entity_type = 'job'`),
    );
    expect(new Set(rows.map(({ action }) => action))).toEqual(
      new Set(['job.run', 'job.paused', 'job.resumed', 'job.retried']),
    );
    // the monitor sees and steers nothing
    expect(
      (await database.pool('monitor').query('select * from app_hidden.job_overview()')).rowCount,
    ).toBeGreaterThan(10);
    await expect(
      database.pool('monitor').query(`select app_hidden.pause_job('cleanup-files')`),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('serves the dashboard to whoever has its address, once, and to nobody else', {
    timeout: LONG,
  }, async () => {
    const port = String(await freePort());
    const child = spawn(process.execPath, ['scripts/ops.ts', 'dashboard', '--port', port], {
      cwd: projectFolder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    const [printed] = await once(child.stdout!, 'data');
    const enter = new URL(String(printed).trim());
    const at = (path: string, init: RequestInit = {}) =>
      fetch(new URL(path, enter), { redirect: 'manual', ...init });
    expect([enter.hostname, enter.port]).toEqual(['127.0.0.1', port]);
    const strangers = await Promise.all([
      at('/'),
      at('/enter'),
      at('/enter?token=wrong'),
      at('/', { headers: { cookie: 'colloquy_dashboard=wrong' } }),
    ]);
    expect(strangers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    // a page of another site whose name was made to lead here
    const rebound = await new Promise<number>((resolve) =>
      get(
        {
          host: '127.0.0.1',
          port: enter.port,
          path: `/enter${enter.search}`,
          headers: { host: 'evil.example' },
        },
        (answer) => resolve(answer.resume().statusCode!),
      ),
    );
    expect(rebound).toBe(421);
    const entered = await at(`/enter${enter.search}`);
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/']);
    const cookie = entered.headers.get('set-cookie')!;
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await at(`/enter${enter.search}`)).status).toBe(403);
    const headers = { cookie: cookie.split(';')[0]! };
    const page = await at('/', { headers });
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await (await at('/queues', { headers })).text()).toContain('refresh-analytics');
    expect((await at('/queues', { headers, method: 'POST', body: 'x=1' })).status).toBe(405);
    expect(await audit('job.dashboard')).toEqual([{ login: 'postgres' }]);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
  });
});
