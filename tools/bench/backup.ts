import { chmodSync, createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import type { Pool } from 'pg';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { readCatalogue } from '../../operations/backup/catalogue.ts';
import { folderTarget } from '../../operations/backup/folder-target.ts';
import { type TakenBackup, takeBackup } from '../../operations/backup/take.ts';
import { findProgram, runProgram } from '../../operations/programs.ts';
import { parseTime } from '../../operations/restore/goal.ts';
import { type RestoreOptions, restore } from '../../operations/restore/restore.ts';
import { findBinaries } from '../postgres/acquire.ts';
import { type Cost, measured } from './cost.ts';
import { type Bench, compare, runSql, type Scale } from './harness.ts';

/** About 1.3 KB each. */
const ROWS: Record<Scale, number> = { small: 50_000, medium: 2_000_000, large: 20_000_000 };
const ROUNDS = 3;
const SLOT = 'colloquy_bench';

const timed = async <T>(
  admin: Pool,
  work: () => Promise<T>,
): Promise<{ seconds: number; cost: Cost; result: T }> => {
  const start = performance.now();
  let seconds = 0;
  const done = await measured(admin, async () => {
    const result = await work();
    seconds = (performance.now() - start) / 1000;
    return result;
  });
  return { seconds, ...done };
};

interface Round {
  full: { ours: number; anchor: number };
  cpu: { ours: number; anchor: number };
  read: { ours: number; anchor: number };
  written: { ours: number; anchor: number };
  incremental: { ours: number; anchor: number };
  restore: { ours: number; anchor: number };
  chain: { ours: number; anchor: number };
  /** To a moment behind the full one, through the log. */
  moment: { ours: number; anchor: number };
  /** Megabytes of log that were replayed. */
  log: number;
}

const sizeOf = ({ set }: TakenBackup): number =>
  set.parts.filter(({ name }) => name.startsWith('base.tar')).reduce((sum, { size }) => sum + size, 0);

/** Changes a tenth of the rows, and says the moment behind it, with the log that it took; another commit follows. */
async function change(pool: Pool, from: number, rows: number): Promise<{ moment: string; log: number }> {
  const before = await pool.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
  await pool.query(`update bench.passages set content = content || ' again' where id between $1 and $2`, [
    from,
    from + rows / 10 - 1,
  ]);
  const { rows: after } = await pool.query<{ moment: string; log: number }>(
    `select clock_timestamp()::text as moment, (pg_current_wal_lsn() - $1)::float8 / 1e6 as log`,
    [before.rows[0]!.lsn],
  );
  await pool.query(`update bench.passages set content = content || ' later' where id = $1`, [from]);
  await pool.query('select pg_switch_wal()');
  return after[0]!;
}

/** One full and one incremental backup, and restores of them, each beside what is bare. */
async function round(database: Database, folder: string, rows: number, number: number): Promise<Round> {
  const pool = database.pool('admin');
  const { rows: facts } = await pool.query(
    `select sum(pg_database_size(oid))::float8 / 1e6 as mb, current_setting('server_version_num')::int as version,
       current_setting('data_directory') as data from pg_database`,
  );
  const { mb, version } = facts[0];
  const target = folderTarget(join(folder, 'target'));
  const context = {
    database,
    target,
    keys: { recipients: [], identities: [] },
    storage: null,
    staging: join(folder, 'staging'),
  };
  const bare = join(folder, 'bare');
  const basebackup = await findProgram('pg_basebackup', version);
  const takeBare = (): Promise<unknown> =>
    runProgram(
      basebackup,
      [
        '--pgdata',
        bare,
        '--format=tar',
        '--compress=server-zstd:3',
        '--wal-method=stream',
        '--checkpoint=fast',
      ],
      { url: database.url('backup') },
    );
  const anchor = await timed(pool, takeBare);
  const full = await timed(pool, () => takeBackup(context, 'full'));
  const from = (number * rows) / 10;
  await pool.query(`update bench.passages set content = content || ' again' where id between $1 and $2`, [
    from,
    from + rows / 100 - 1,
  ]);
  const incremental = await takeBackup(context, 'incremental');
  const { moment, log } = await change(pool, from, rows);
  const untar = await timed(pool, async () => {
    const to = join(folder, 'untarred');
    mkdirSync(to);
    await runProgram('tar', ['--extract', '--file=-', `--directory=${to}`], {
      input: createReadStream(join(bare, 'base.tar.zst')).pipe(createZstdDecompress()),
    });
  });
  const { sets } = await readCatalogue(target);
  const wal = [join(facts[0].data, 'pg_wal')];
  const restoring = async (
    set: string,
    more: Pick<RestoreOptions, 'goal' | 'wal'> = { goal: { to: 'immediate' } },
  ): Promise<number> => {
    const { seconds, result } = await timed(pool, () =>
      restore({
        source: { target, keys: { identities: [] } },
        sets,
        set,
        to: join(folder, 'restored'),
        durable: false,
        say: () => {},
        ...more,
      }),
    );
    await result.server.stop();
    result.folder.release();
    rmSync(result.folder.path, { recursive: true });
    return seconds;
  };
  const whole = await restoring(full.result.set.id);
  const chain = await restoring(incremental.set.id);
  const to = await restoring(full.result.set.id, { goal: { to: 'time', ...parseTime(moment) }, wal });
  for (const name of ['bare', 'untarred', 'target']) rmSync(join(folder, name), { recursive: true });
  return {
    full: { ours: mb / full.seconds, anchor: mb / anchor.seconds },
    cpu: { ours: full.cost.cpu, anchor: anchor.cost.cpu },
    read: { ours: full.cost.read / 1e6, anchor: anchor.cost.read / 1e6 },
    written: { ours: full.cost.written / 1e6, anchor: anchor.cost.written / 1e6 },
    incremental: { ours: sizeOf(incremental) / 1e6, anchor: sizeOf(full.result) / 1e6 },
    restore: { ours: whole, anchor: untar.seconds },
    chain: { ours: chain, anchor: untar.seconds },
    moment: { ours: to, anchor: whole },
    log,
  };
}

export const backup: Bench = {
  about: 'full and incremental backups and their restore, checked, beside bare pg_basebackup and tar',
  async run(database, scale, say) {
    env.PG_BIN ??= (await findBinaries()).bin;
    const rows = ROWS[scale];
    const admin = database.pool('admin');
    await admin.query('alter system set summarize_wal = on');
    await admin.query('select pg_reload_conf()');
    // the log of a round stays, as an archive would have it
    await admin.query('select pg_create_physical_replication_slot($1, true)', [SLOT]);
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
    chmodSync(folder, 0o755);
    try {
      await runSql(database, 'words.sql');
      say(`Writing ${rows} rows`);
      await runSql(database, 'backup_seed.sql', { rows });
      const rounds: Round[] = [];
      for (let number = 0; number <= ROUNDS; number++) {
        const one = await round(database, folder, rows, number);
        // the first one warms up
        if (number > 0) rounds.push(one);
        say(`Round ${number} of ${ROUNDS}`);
      }
      const series = (name: Exclude<keyof Round, 'log'>) => rounds.map((one) => one[name]);
      const untar = { unit: 's', anchorName: 'the same bytes unpacked by tar, unchecked, no server' };
      return {
        shape: {
          rows,
          rounds: ROUNDS,
          changed: '1 % of the rows, beside each other',
          log: `${Math.round(rounds.at(-1)!.log)} MB`,
        },
        ratios: [
          compare('full', series('full'), {
            unit: 'MB/s',
            anchorName: 'bare pg_basebackup',
            goal: { least: 0.9 },
          }),
          compare('full, processor', series('cpu'), {
            unit: 's of CPU',
            anchorName: 'bare pg_basebackup and its server',
          }),
          compare('full, read', series('read'), { unit: 'MB', anchorName: 'the same' }),
          compare('full, written', series('written'), { unit: 'MB', anchorName: 'the same' }),
          compare('incremental after a change of 1 %', series('incremental'), {
            unit: 'MB',
            anchorName: 'the full one',
            goal: { most: 0.1 },
          }),
          compare('restore of a full one', series('restore'), { ...untar, goal: { most: 1.2 } }),
          compare('restore of a full and an incremental one', series('chain'), untar),
          compare('restore to a moment, through the log of a tenth of the rows', series('moment'), {
            unit: 's',
            anchorName: 'the full one alone',
          }),
        ],
        notes: [
          'A backup has the SHA-256 of each part and is on the disk when it ends. A restore compares each part with it, and every file with its CRC-32C, and ends with a server that answers.',
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await admin.query('select pg_drop_replication_slot($1)', [SLOT]);
      await admin.query('alter system reset summarize_wal');
      await admin.query('select pg_reload_conf()');
    }
  },
};
