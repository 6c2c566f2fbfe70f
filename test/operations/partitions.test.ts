import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { folderTarget } from '../../operations/backup/folder-target.ts';
import { exportPartition } from '../../operations/partitions/export.ts';
import { dropPartitions, ensurePartitions } from '../../operations/partitions/maintain.ts';
import { type PartitionState, readPartitions, runways } from '../../operations/partitions/read.ts';
import { run } from '../../tools/postgres/run.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

describeReal('old partitions', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-partitions-'));
  const signal = new AbortController().signal;

  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');
  const states = async (): Promise<Record<string, PartitionState>> =>
    Object.fromEntries((await readPartitions(worker())).map((one) => [one.partition, one]));
  const ensure = async (): Promise<string[]> =>
    (await Array.fromAsync(ensurePartitions({ pool: worker(), signal, rest: 0 }))).map(
      ({ partition }) => partition,
    );
  const dropAll = (options: Parameters<typeof dropPartitions>[1] = {}) =>
    Array.fromAsync(dropPartitions({ pool: worker(), signal, rest: 0 }, options));
  const drop = (name: string, rows: number | null = null, pool: Pick<pg.Pool, 'query'> = worker()) =>
    pool.query('select app_hidden.drop_partition($1, $2)', [name, rows]);
  /** What was used at some time, as only the owner of the table can write it. */
  const use = (user: TestUser, at: string, count: number) =>
    owner().query(
      `insert into app_public.usage_logs (id, workspace_id, user_id, action, total_tokens)
       select app_hidden.uuidv7_at($3::timestamptz + make_interval(secs => n)), $1, $2, 'message', 1 from generate_series(1, $4) as n`,
      [user.workspaceId, user.id, at, count],
    );
  const usedAt = async (from: string, until: string): Promise<number> =>
    (
      await owner().query(
        'select count(*)::int as n from app_public.usage_logs where id >= app_hidden.uuidv7_floor($1) and id < app_hidden.uuidv7_floor($2)',
        [from, until],
      )
    ).rows[0].n;
  const setPolicy = (user: TestUser, days: number | null) =>
    asUser(database, user, (client) =>
      client.query(`select app_public.set_retention_policy('usage_logs', $1)`, [days]),
    );
  /** A message of 2005, and one a month for two years. */
  const history = (source: string) => ({
    source,
    messages: [
      new Date('2005-06-05Z'),
      ...Array.from({ length: 24 }, (_, n) => new Date(Date.UTC(2014, n, 5))),
    ].map((at, index) => ({
      externalId: `m${index}`,
      role: 'user',
      content: `message ${index}`,
      createdAt: at.toISOString(),
    })),
  });
  const ops = (...words: string[]) =>
    run(process.execPath, ['scripts/ops.ts', 'partitions', ...words], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: database.url('admin'), LOG_LEVEL: 'silent', DATA_DIR: folder },
    });

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    await ensure();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await database?.close();
  });
  /** Ends every hold, by who placed it. */
  const releaseAll = async (): Promise<void> => {
    for (const user of [ann, bob])
      await asUser(database, user, (client) =>
        client.query(
          'select app_public.release_legal_hold(h.id) from app_public.legal_holds h where h.released_at is null',
        ),
      );
  };
  afterEach(async () => {
    await releaseAll();
    await owner().query('delete from app_public.retention_policies where workspace_id is not null');
  });

  it('of a log go when every row has had its time with its tenant, and say what keeps them before', async () => {
    await use(ann, '2023-01-05Z', 30);
    await use(bob, '2023-01-06Z', 1);
    await use(ann, '2023-02-05Z', 2);
    await ensure();
    expect((await states()).usage_logs_2023_01).toMatchObject({ verdict: 'expired', parent: 'usage_logs' });
    await setPolicy(bob, null);
    const reason = async () => (await states()).usage_logs_2023_01?.reason;
    expect(await reason()).toBe(`Workspace ${bob.workspaceId} keeps it forever.`);
    await setPolicy(bob, 3650);
    expect(await reason()).toMatch(/^Workspace [0-9a-f-]{36} keeps it until 2033-01-29\.$/);
    await setPolicy(bob, 100);
    await asUser(database, ann, (client) =>
      client.query(`select app_public.place_legal_hold('because', 'usage_logs')`),
    );
    expect(await reason()).toBe(`A legal hold of workspace ${ann.workspaceId} keeps it.`);
    await expect(drop('usage_logs_2023_01')).rejects.toMatchObject({ code: 'CQ732' });
    expect(await dropAll()).toEqual([]);
    expect(await usedAt('2023-01-01Z', '2023-03-01Z')).toBe(33);
    await releaseAll();

    // what the list says is what the run does; the audit log, which has no policy, stays
    const wouldGo = Object.values(await states()).filter(({ verdict }) => verdict === 'expired');
    const done = await dropAll({ only: ['usage_logs', 'audit_logs'] });
    expect(done).toEqual([
      { partition: 'usage_logs_2023_01', rows: 31, exportedTo: null },
      { partition: 'usage_logs_2023_02', rows: 2, exportedTo: null },
    ]);
    expect(wouldGo.map(({ partition }) => partition)).toEqual(['usage_logs_2023_01', 'usage_logs_2023_02']);
    const { rows: told } = await owner().query(
      `select l.workspace_id as workspace, l.new_values ->> 'partition' as partition, (l.new_values ->> 'removed')::int as removed
       from app_public.audit_logs l where l.action = 'retention.applied' order by 2, 3`,
    );
    expect(told).toEqual([
      { workspace: bob.workspaceId, partition: 'usage_logs_2023_01', removed: 1 },
      { workspace: ann.workspaceId, partition: 'usage_logs_2023_01', removed: 30 },
      { workspace: ann.workspaceId, partition: 'usage_logs_2023_02', removed: 2 },
    ]);
    expect(await usedAt('2023-01-01Z', '2023-03-01Z')).toBe(0);
    expect(await ensure()).toEqual([]);
    // a clock that goes wrong has its place still
    await use(ann, '2023-01-07Z', 1);
    expect(await usedAt('2023-01-01Z', '2023-03-01Z')).toBe(1);
  });

  it('are not the present, not those with rows that others hang on, and nobody else drops them', async () => {
    const now = Object.values(await states()).filter(({ verdict }) => verdict === 'current');
    expect(new Set(now.map(({ parent }) => parent))).toEqual(
      new Set(['audit_logs', 'messages', 'raw_events', 'usage_logs']),
    );
    // an error is told before the lock of its transaction is given back
    const refused = async (...what: Parameters<typeof drop>): Promise<unknown> => {
      const { code } = await drop(...what).then(
        () => ({ code: null }),
        (error) => error,
      );
      return code === 'CQ730' ? refused(...what) : code;
    };
    expect(await refused(now[0]!.partition)).toBe('CQ732');
    expect(await refused('usage_logs_default')).toBe('CQ731');
    expect(await refused('users')).toBe('CQ731');
    await expect(
      worker().query('select * from app_hidden.partition_rows($1)', [now[0]!.partition]),
    ).rejects.toMatchObject({ code: 'CQ732' });
    for (const pool of [database.pool('monitor'), database.pool('authenticator')])
      await expect(drop(now[0]!.partition, null, pool)).rejects.toMatchObject({ code: '42501' });
    await expect(
      asUser(database, ann, (client) => client.query('select * from app_hidden.partition_states()')),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('are written away before they are dropped, with a manifest, and not dropped when a row came since', async () => {
    await use(ann, '2022-05-05Z', 7);
    await ensure();
    const place = { target: folderTarget(folder), recipients: [] };
    const early = await exportPartition(worker(), 'usage_logs_2022_05', place, signal);
    expect(early.rows).toBe(7);
    await use(ann, '2022-05-25Z', 1);
    await expect(drop('usage_logs_2022_05', early.rows)).rejects.toMatchObject({ code: 'CQ733' });
    const { rows: before } = await owner().query(
      `select to_jsonb(u) as row from app_public.usage_logs u where id < app_hidden.uuidv7_floor('2022-06-01Z') order by id`,
    );
    const [done] = await dropAll({ place, only: ['usage_logs'] });
    expect(done).toMatchObject({ partition: 'usage_logs_2022_05', rows: 8 });
    const files = readdirSync(join(folder, 'partitions')).filter((name) => name.includes('2022_05'));
    expect(files).toHaveLength(2);
    const [manifest, lines] = files
      .toSorted((a) => (a.endsWith('.json') ? -1 : 1))
      .map((name) => readFileSync(join(folder, 'partitions', name)));
    const text = zstdDecompressSync(lines!).toString();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(before.map(({ row }) => row));
    expect(JSON.parse(manifest!.toString())).toMatchObject({
      rows: 8,
      sha256: createHash('sha256').update(text).digest('hex'),
      object: { sha256: createHash('sha256').update(lines!).digest('hex') },
    });
  });

  it('wait for no long reader: it goes on, and the next run drops them', async () => {
    await use(ann, '2022-07-05Z', 1);
    await ensure();
    const reader = new pg.Client({ connectionString: database.url('owner') });
    await reader.connect();
    try {
      await reader.query('begin; select count(*) from app_public.usage_logs');
      await expect(drop('usage_logs_2022_07')).rejects.toMatchObject({ code: '55P03' });
      // a hold that is placed while a drop is at work waits for it, or the drop for the hold
      const placing = asUser(database, bob, (client) =>
        client.query(`select app_public.place_legal_hold('because')`),
      );
      await placing;
      await reader.query('commit');
    } finally {
      await reader.end();
    }
    await drop('usage_logs_2022_07');
    expect((await states()).usage_logs_2022_07).toBeUndefined();
  });

  it('stay whole when the process that drops them is killed', async () => {
    await use(ann, '2022-08-05Z', 3);
    await ensure();
    const client = new pg.Client({ connectionString: database.url('worker') });
    client.on('error', () => {});
    await client.connect();
    await client.query('begin');
    await client.query(`select app_hidden.drop_partition('usage_logs_2022_08')`);
    // meanwhile a reader waits, and then sees what was there
    const reading = usedAt('2022-08-01Z', '2022-09-01Z');
    await until(async () => (await lockWaiters(database, 'relation')).length > 0);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await database.pool('admin').query('select pg_terminate_backend($1, 60000)', [rows[0].pid]);
    expect(await reading).toBe(3);
    await client.end().catch(() => {});
    expect(await dropAll({ only: ['usage_logs'] })).toMatchObject([{ partition: 'usage_logs_2022_08' }]);
  });

  it('of messages become one place for the past, which stays', async () => {
    await owner().query(
      'alter table app_public.messages detach partition app_partitions.messages_history; drop table app_partitions.messages_history',
    );
    const partitions = async () =>
      Object.values(await states()).filter(({ parent }) => parent === 'messages').length;
    const before = await partitions();
    const { rows } = await asUser(database, ann, (client) =>
      client.query('select id from app_public.import_conversation($1)', [history('ten years')]),
    );
    // a request makes none, however far its messages reach back
    expect(await partitions()).toBe(before);
    const made = await ensure();
    expect(made.length).toBeGreaterThanOrEqual(25);
    expect((await states()).messages_2015_03).toMatchObject({
      verdict: 'kept',
      reason: 'It has rows, which go one by one.',
    });
    await expect(drop('messages_2015_03')).rejects.toMatchObject({ code: 'CQ732' });
    const reading = () =>
      asUser(database, ann, (client) =>
        client.query('select from app_public.conversation_messages($1, first => 200)', [rows[0].id]),
      );
    expect((await reading()).rowCount).toBe(25);

    // a year of them is deleted: what is left is read as before, and the year is one partition with the empty ones before it
    await owner().query(
      `delete from app_public.messages m where m.id >= app_hidden.uuidv7_floor('2014-01-01Z') and m.id < app_hidden.uuidv7_floor('2015-01-01Z')`,
    );
    expect((await dropAll({ only: ['messages'] })).length).toBe(13);
    await ensure();
    expect((await states()).messages_2005_07).toMatchObject({
      endsAt: new Date('2015-01-01Z'),
      verdict: 'kept',
    });
    expect(await dropAll({ only: ['messages'] })).toEqual([]);
    expect(await ensure()).toEqual([]);
    expect((await reading()).rowCount).toBe(13);
  });

  it('are listed, and dropped, by ops partitions', async () => {
    await use(ann, '2021-03-05Z', 4);
    const listed = await ops('--json');
    const seen = JSON.parse(listed.stdout);
    // four rows have no partition yet
    expect([listed.code, seen.strays]).toEqual([1, { usage_logs: expect.any(Number) }]);
    expect(runways(await readPartitions(worker()))).toEqual(
      seen.runways.map((one: { parent: string; until: string }) => ({ ...one, until: new Date(one.until) })),
    );
    await ensure();
    const dry = await ops('--dry-run');
    expect([dry.code, dry.stdout]).toEqual([
      0,
      expect.stringMatching(/usage_logs_2021_03 .* would be dropped: Every row has had its time\./),
    ]);
    const ran = await ops('--run', '--export', '--no-rest', '--json');
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      made: [],
      busy: [],
      dropped: expect.arrayContaining([
        {
          partition: 'usage_logs_2021_03',
          rows: 4,
          exportedTo: expect.stringMatching(/^partitions\/usage_logs_2021_03-.*\.ndjson\.zst$/),
        },
      ]),
    });
    const again = await ops('--run', '--no-rest');
    expect([again.code, again.stdout]).toEqual([0, 'Nothing is to be made, moved or dropped.\n']);
    const { rows } = await owner().query(
      `select outcome, details -> 'dropped' -> 0 ->> 'partition' as partition from app_hidden.maintenance_runs where task = 'partitions' order by id`,
    );
    expect(rows).toEqual([
      { outcome: 'succeeded', partition: expect.any(String) },
      { outcome: 'succeeded', partition: null },
    ]);
  });
});
