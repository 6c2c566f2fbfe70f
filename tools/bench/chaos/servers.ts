import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ColloquyError } from '../../../lib/errors.ts';
import { acquireFileLock, type FileLock } from '../../../lib/lock.ts';
import { asServer, type Cluster, createCluster, dataDirOf, saveCluster } from '../../postgres/cluster.ts';
import type { Binaries } from '../../postgres/packages.ts';
import { cacheDir, openFolder, serverUser } from '../../postgres/places.ts';
import { run, tail } from '../../postgres/run.ts';
import { type Server, startServer } from '../../postgres/server.ts';

const STANDBY = 'chaos_standby';

/** A server with a standby that has every commit before its client hears of it. */
export interface Servers {
  /** The one that takes changes. */
  primary(): Server;
  /** An ordinary restart: sessions are ended with a message. */
  restart(): Promise<void>;
  /** kill -9 of the postmaster, and a start that recovers. */
  crash(): Promise<void>;
  /** kill -9 of the postmaster; the standby takes its place, and gets a standby of its own when it may be had. */
  failOver(): Promise<void>;
  /** Waits until a standby has what is committed. */
  inSync(): Promise<void>;
  stop(): Promise<void>;
}

async function ask<T extends object>(server: Server, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: server.socketUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts both. What a killed run leaves behind is removed by the next scratch server. */
export async function openServers(binaries: Binaries): Promise<Servers> {
  const parent = join(cacheDir(), 'scratch');
  const user = await serverUser();
  await openFolder(parent, user);
  const locks: FileLock[] = [];
  const folders: string[] = [];
  const newFolder = async (): Promise<string> => {
    const dir = join(parent, `${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`);
    // before the folder is there: one without a lock is removed by the next scratch server
    locks.push(await acquireFileLock(`${dir}.lock`, { what: `The server ${dir}` }));
    mkdirSync(dir, { mode: 0o700 });
    if (user) chownSync(dir, user.uid, user.gid);
    folders.push(dir);
    return dir;
  };
  const start = (cluster: Cluster): Promise<Server> =>
    startServer(cluster, {
      binaries,
      // without fsync a power cut loses commits, and kill -9 does not
      durable: false,
      settings: {
        synchronous_commit: 'on',
        max_connections: '100',
        wal_retrieve_retry_interval: '200ms',
        wal_sender_timeout: '10s',
        jit: 'off',
      },
    });

  /** A standby of a server, which waits for it from then on. */
  async function follow(leader: Server): Promise<Server> {
    const dir = await newFolder();
    const cluster: Cluster = {
      dir,
      dataDir: dataDirOf(dir),
      logFile: join(dir, 'server.log'),
      password: leader.cluster.password,
      user,
    };
    const copied = await run(
      join(binaries.bin, 'pg_basebackup'),
      [
        ...['--pgdata', cluster.dataDir, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
        ...['--dbname', `${leader.socketUrl}&application_name=${STANDBY}`],
      ],
      asServer(cluster),
    );
    if (copied.code !== 0) throw new ColloquyError('CQ023', `pg_basebackup failed: ${tail(copied.stderr)}`);
    saveCluster(cluster);
    const standby = await start(cluster);
    await ask(leader, `alter system set synchronous_standby_names = '${STANDBY}'`);
    await ask(leader, 'select pg_reload_conf()');
    return standby;
  }

  let leader = await start(await createCluster(await newFolder(), { binaries, durable: false }));
  let standby = await follow(leader);
  let following: Promise<void> = Promise.resolve();

  const servers: Servers = {
    primary: () => leader,
    async restart() {
      await leader.stop('fast');
      leader = await start(leader.cluster);
    },
    async crash() {
      await leader.kill();
      leader = await start(leader.cluster);
    },
    async failOver() {
      await servers.inSync();
      await leader.kill();
      leader = standby;
      await ask(leader, 'select pg_promote(true, 60)');
      following = follow(leader).then((next) => {
        standby = next;
      });
      following.catch(() => {});
    },
    async inSync() {
      await following;
      for (;;) {
        const rows = await ask(leader, `select from pg_stat_replication where sync_state = 'sync'`).catch(
          () => [],
        );
        if (rows.length > 0) return;
        await delay(50);
      }
    },
    async stop() {
      await following.catch(() => {});
      for (const server of [leader, standby]) await server.stop('immediate');
      for (const dir of folders) rmSync(dir, { recursive: true, force: true });
      for (const lock of locks) lock.release();
    },
  };
  await servers.inSync();
  return servers;
}
