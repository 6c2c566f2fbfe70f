import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { addAged } from '../support/aged.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser, type TestUser, until } from '../support/users.ts';

describeReal('npm run ops -- retention', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
  });
  afterAll(() => database?.close());

  const environment = () => ({ ...process.env, DATABASE_URL: database.url('admin'), LOG_LEVEL: 'silent' });
  const command = (...words: string[]) => ['scripts/ops.ts', 'retention', ...words];
  const retention = (...words: string[]) =>
    run(process.execPath, command(...words), { cwd: projectFolder, env: environment() });
  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;

  it('says what goes and why, and then deletes exactly that', { timeout: LONG }, async () => {
    for (const days of [91, 400])
      await addAged(database, ann, 'raw_events', `now() - interval '${days} days'`);
    await addAged(database, bob, 'memory_items', `now() - interval '40 days'`);
    await sql(
      `insert into app_public.legal_holds (workspace_id, kind, reason) values ($1, 'usage_logs', 'a case')`,
      ann.workspaceId,
    );
    const planned = await retention('--dry-run', '--json');
    expect(planned.code).toBe(0);
    const due = planned.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(due).toMatchObject([
      {
        workspace: ann.workspaceId,
        kind: 'raw_events',
        rows: 2,
        keepDays: 90,
        decidedBy: 'system',
        partitions: 1,
      },
      { workspace: bob.workspaceId, kind: 'memory_items', rows: 1, partitions: null },
    ]);
    const one = await retention('--dry-run', '--workspace', ann.workspaceId);
    expect(one.stdout).toMatch(/^raw_events +2 .* 90 days \(system\)$/m);
    expect(one.stdout).toMatch(/^usage_logs +0 .* legal hold$/m);
    expect(one.stdout).toMatch(/^documents +0 .* no policy$/m);
    expect((await retention('--dry-run')).stdout).toMatch(/^raw_events +2 .* 1$/m);

    const ran = await retention('--json');
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
      0,
      {
        deleted: { rawEvents: 2, memoryItems: 1 },
        bytes: due.reduce((sum, { bytes }) => sum + bytes, 0),
        workspaces: 2,
        problems: [],
        isDone: true,
      },
    ]);
    expect(
      await sql(
        `select outcome, details -> 'deleted' as deleted from app_hidden.maintenance_runs where task = 'retention'`,
      ),
    ).toEqual([{ outcome: 'succeeded', deleted: { rawEvents: 2, memoryItems: 1 } }]);
    expect(await retention('--kind', 'messages')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ702)'),
    });
    expect(await retention('--workspace', crypto.randomUUID())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ703)'),
    });
  });

  it('goes on where one that was killed had ended', { timeout: LONG }, async () => {
    const rows = 400;
    await sql(`update app_private.settings set value = '2' where name = 'retention_batch_rows'`);
    await sql(
      `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, processing_status)
       select app_hidden.uuidv7_at(now() - interval '100 days' + n * interval '1 second'), $1, $2, 'zoo', 'birth', '{}', 'completed'
       from generate_series(1, $3::int) as n`,
      ann.workspaceId,
      ann.id,
      rows,
    );
    const left = async (): Promise<number> =>
      (await sql('select count(*)::int as n from app_public.raw_events'))[0].n;
    for (let kill = 0; kill < sized(2, 10); kill += 1) {
      const before = await left();
      const child = spawn(process.execPath, command(), { cwd: projectFolder, env: environment() });
      const ended = once(child, 'exit');
      const enough = 1 + Math.floor(Math.random() * 20);
      await until(async () => (await left()) <= before - enough || child.exitCode !== null);
      child.kill('SIGKILL');
      await ended;
    }
    // no time is no run
    expect((await retention('--minutes', '0')).code).toBe(2);
    const short = await retention('--minutes', '0.000001', '--json');
    expect([short.code, JSON.parse(short.stdout)]).toMatchObject([1, { deleted: {}, isDone: false }]);
    const rest = await left();
    const ran = await retention('--json');
    expect(JSON.parse(ran.stdout).deleted).toEqual(rest > 0 ? { rawEvents: rest } : {});
    expect(await left()).toBe(0);
    // whatever was deleted is counted, and in the log, by whom ever
    expect(
      await sql(
        `select sum((new_values ->> 'removed')::int)::int as n from app_public.audit_logs
         where action = 'retention.applied' and (new_values ->> 'removed')::int = 2 and new_values ->> 'kind' = 'raw_events' and workspace_id = $1`,
        ann.workspaceId,
      ),
    ).toEqual([{ n: rows + 2 }]);
    expect(
      await sql(
        `select sum(row_count)::int as n from app_private.workspace_storage where workspace_id = $1`,
        ann.workspaceId,
      ),
    ).toEqual([{ n: 0 }]);
  });
});
