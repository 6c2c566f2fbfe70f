import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { env } from '../../../lib/env.ts';
import { readCatalogue } from '../../../operations/backup/catalogue.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { until } from '../../../operations/postmaster.ts';
import { asking, restore } from '../../../operations/restore/restore.ts';
import { segmentName, USUAL_SEGMENT_SIZE } from '../../../operations/restore/wal-names.ts';
import { type Cluster, createCluster } from '../../../tools/postgres/cluster.ts';
import { type Server, startServer } from '../../../tools/postgres/server.ts';
import { LONG, sized } from '../../support/limits.ts';
import { describeWithBinaries, one, openTemporaryFolder } from '../../tools/postgres/support.ts';
import { ops } from '../backup/support.ts';

/** A commit that was acknowledged, and where the log was before it and after it. */
interface Acknowledged {
  n: number;
  before: bigint;
  after: bigint;
}

const SECONDS = sized(1.5, 30);
const WRITERS = 4;
const position = (lsn: string): bigint => {
  const [high, low] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

await describeWithBinaries('a data folder that is deleted under load', (binaries) => {
  const folder = openTemporaryFolder();
  let cluster: Cluster;
  /** The server's data as it was when the backup was taken. */
  const saved = join(folder, 'saved');
  const target = join(folder, 'target');
  const own = (path: string): void => {
    mkdirSync(path, { recursive: true });
    if (cluster.user) chownSync(path, cluster.user.uid, cluster.user.gid);
  };
  const start = (settings: Record<string, string>): Promise<Server> =>
    startServer(cluster, { binaries, settings: { summarize_wal: 'on', jit: 'off', ...settings } });

  beforeAll(async () => {
    env.PG_BIN = binaries.bin;
    cluster = await createCluster(join(folder, 'server'), { binaries });
    const server = await start({});
    await one(server.url, 'create schema kept create table kept.notes (n integer primary key, text text)');
    for (const sql of [
      'create role colloquy_backup login replication bypassrls',
      'grant pg_read_all_data to colloquy_backup',
      'create schema graphile_migrate create table migrations (filename text)',
    ])
      await one(server.url, sql);
    const taken = await ops(['backup', 'full', '--without-files'], {
      DATABASE_URL: server.url,
      PG_BIN: binaries.bin,
      DATA_DIR: join(folder, 'app'),
      BACKUP_TARGET: target,
    });
    expect(taken.code, taken.stderr).toBe(0);
    await server.stop('fast');
    execFileSync('cp', ['-a', cluster.dataDir, saved]);
  }, LONG);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The server as it was backed up, its own folder and its own place for the log. */
  const anew = async (settings: Record<string, string>): Promise<{ server: Server; wal: string }> => {
    rmSync(cluster.dataDir, { recursive: true, force: true });
    execFileSync('cp', ['-a', saved, cluster.dataDir]);
    const wal = join(folder, 'wal');
    rmSync(wal, { recursive: true, force: true });
    own(wal);
    return { server: await start(settings), wal };
  };
  /** Writes until the server is gone. */
  const load = (url: string): { acknowledged: Acknowledged[]; ended: Promise<unknown> } => {
    const acknowledged: Acknowledged[] = [];
    let next = 0;
    const write = async (): Promise<void> => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      await client.connect();
      try {
        for (;;) {
          const n = next++;
          const before = await client.query(
            `insert into kept.notes values ($1, repeat('x', 2000)) returning pg_current_wal_insert_lsn()::text as lsn`,
            [n],
          );
          const entry = { n, before: position(before.rows[0].lsn), after: -1n };
          acknowledged.push(entry);
          entry.after = position(
            (await client.query('select pg_current_wal_flush_lsn()::text as lsn')).rows[0].lsn,
          );
        }
      } catch {
        await client.end().catch(() => {});
      }
    };
    return { acknowledged, ended: Promise.all(Array.from({ length: WRITERS }, write)) };
  };

  /** Kills the server and deletes its data, restores, and says what of the acknowledged is there. */
  const burn = async (
    server: Server,
    wal: string,
    { acknowledged, ended }: ReturnType<typeof load>,
    { receiver, isEnough = () => true }: { receiver?: ChildProcess; isEnough?: () => boolean } = {},
  ): Promise<{ kept: Set<number>; lost: Acknowledged[]; known: Acknowledged[] }> => {
    const enough = Date.now() + SECONDS * 1000;
    expect(await until(() => Date.now() > enough && acknowledged.length > 100 && isEnough(), LONG)).toBe(
      true,
    );
    await server.kill();
    await ended;
    if (receiver && receiver.exitCode === null) {
      receiver.kill('SIGINT');
      await new Promise((resolve) => receiver.once('exit', resolve));
    }
    await until(() => !existsSync(join(cluster.dataDir, 'postmaster.pid')) || !server.running(), 10_000);
    rmSync(cluster.dataDir, { recursive: true, force: true, maxRetries: 20 });
    const source = { target: folderTarget(target), keys: { identities: [] } };
    const restored = await restore({
      source,
      sets: (await readCatalogue(source.target)).sets,
      to: join(folder, 'restored'),
      goal: { to: 'latest' },
      wal: [wal],
      durable: false,
      say: () => {},
    });
    const { rows } = await asking(restored.server, 'postgres', (client) =>
      client.query('select n from kept.notes'),
    );
    await restored.server.stop();
    restored.folder.release();
    rmSync(restored.folder.path, { recursive: true });
    const kept = new Set<number>(rows.map(({ n }) => n));
    const known = acknowledged.filter(({ after }) => after >= 0n);
    return { kept, known, lost: acknowledged.filter(({ n }) => !kept.has(n)) };
  };
  const tell = (mode: string, all: number, lost: number): void =>
    void process.stdout.write(`${mode}: ${lost} of ${all} acknowledged commits are lost\n`);

  it(
    'has with basic_archive what was archived, and nothing else',
    async () => {
      const { server, wal } = await anew({
        archive_mode: 'on',
        archive_library: 'basic_archive',
        'basic_archive.archive_directory': join(folder, 'wal'),
      });
      const writing = load(server.url);
      expect(await until(() => writing.acknowledged.length > 100, LONG)).toBe(true);
      await one(server.url, 'select pg_switch_wal()');
      const segments = (): string[] =>
        readdirSync(wal)
          .filter((name) => /^[0-9A-F]{24}$/.test(name))
          .sort();
      const { kept, known, lost } = await burn(server, wal, writing, {
        isEnough: () => segments().length > 0,
      });
      tell('basic_archive', writing.acknowledged.length, lost.length);
      const newest = segments().at(-1)!;
      const end =
        (BigInt(`0x${newest.slice(8, 16)}`) * 256n + BigInt(`0x${newest.slice(16)}`) + 1n) *
        BigInt(USUAL_SEGMENT_SIZE);
      expect(newest).toBe(
        segmentName({ timeline: 1, number: end / BigInt(USUAL_SEGMENT_SIZE) - 1n }, USUAL_SEGMENT_SIZE),
      );
      expect(known.filter(({ after }) => after <= end).length).toBeGreaterThan(0);
      for (const { n, before, after } of known) {
        if (after <= end) expect(kept.has(n), `commit ${n}, archived`).toBe(true);
        if (before >= end) expect(kept.has(n), `commit ${n}, not archived`).toBe(false);
      }
    },
    LONG,
  );

  /** pg_receivewal, once the server sees it. */
  const receive = async (server: Server, wal: string, args: string[]): Promise<ChildProcess> => {
    const child = spawn(
      join(binaries.bin, 'pg_receivewal'),
      ['--dbname', server.url, '--directory', wal, '--no-loop', '--status-interval=1', ...args],
      {
        env: { PGAPPNAME: 'colloquy_receive' },
        stdio: 'ignore',
      },
    );
    expect(
      await until(
        async () =>
          (await one(
            server.url,
            `select count(*)::int from pg_stat_replication where state = 'streaming'`,
          )) === 1,
        LONG,
      ),
    ).toBe(true);
    return child;
  };

  it(
    'has with pg_receivewal what it had received',
    async () => {
      const { server, wal } = await anew({});
      const receiver = await receive(server, wal, []);
      const writing = load(server.url);
      let received = 0n;
      const watch = new pg.Client({ connectionString: server.url });
      watch.on('error', () => {});
      await watch.connect();
      const watching = (async () => {
        try {
          for (;;) {
            const { rows } = await watch.query(
              'select write_lsn::text as lsn, pg_sleep(0.05) from pg_stat_replication',
            );
            if (rows[0]?.lsn) received = position(rows[0].lsn);
          }
        } catch {
          await watch.end().catch(() => {});
        }
      })();
      const { kept, known, lost } = await burn(server, wal, writing, { receiver });
      await watching;
      tell('pg_receivewal', writing.acknowledged.length, lost.length);
      expect(known.filter(({ after }) => after <= received).length).toBeGreaterThan(0);
      for (const { n, after } of known)
        if (after <= received) expect(kept.has(n), `commit ${n}, received`).toBe(true);
    },
    LONG,
  );

  it(
    'has with synchronous pg_receivewal every acknowledged commit',
    async () => {
      const { server, wal } = await anew({});
      const receiver = await receive(server, wal, ['--synchronous']);
      for (const sql of [
        `alter system set synchronous_standby_names = 'colloquy_receive'`,
        'select pg_reload_conf()',
      ])
        await one(server.url, sql);
      expect(
        await until(
          async () => (await one(server.url, 'select sync_state from pg_stat_replication')) === 'sync',
          LONG,
        ),
      ).toBe(true);
      const writing = load(server.url);
      const { lost } = await burn(server, wal, writing, { receiver });
      tell('pg_receivewal --synchronous', writing.acknowledged.length, lost.length);
      expect(lost).toEqual([]);
    },
    LONG,
  );
});
