import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import type { Binaries } from './packages.ts';
import { openFolder, type ServerUser, serverUser } from './places.ts';
import { run, tail } from './run.ts';

/** A folder with one server: its data, its log, its socket, and the superuser's password. */
export interface Cluster {
  dir: string;
  dataDir: string;
  logFile: string;
  password: string;
  /** The port of the last start, taken again at the next. */
  port?: number;
  user: ServerUser | undefined;
}

const SETTINGS = 'cluster.json';
/** A socket's path ends at 107 bytes (103 on macOS), its name included. */
const SOCKET_PATH_LIMIT = 100;

export const dataDirOf = (dir: string): string => join(resolve(dir), 'data');

/**
 * What the server and its tools see of the environment: none of the caller's PG*, LC_* or LD_* variables. GMT is the
 * one time zone that is known without any file; `startServer` sets UTC.
 */
export function serverEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, LC_ALL: 'C', TZ: 'GMT' } as NodeJS.ProcessEnv;
}

/** How to start a program as the server's user. */
export function asServer(cluster: { dir: string; user: ServerUser | undefined }) {
  return {
    cwd: cluster.dir,
    env: serverEnvironment(cluster.dir),
    ...(cluster.user ? { uid: cluster.user.uid, gid: cluster.user.gid } : {}),
  };
}

function own(path: string, user: ServerUser | undefined): void {
  if (user) chownSync(path, user.uid, user.gid);
}

/** Remembers password and port, readable by nobody else. */
export function saveCluster(cluster: Cluster): void {
  const path = join(cluster.dir, SETTINGS);
  const text = JSON.stringify({
    password: cluster.password,
    ...(cluster.port ? { port: cluster.port } : {}),
  });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** The cluster in a folder, or undefined when none was made there (or its making did not end). */
export async function openCluster(folder: string): Promise<Cluster | undefined> {
  const dir = resolve(folder);
  let saved: { password: string; port?: number };
  try {
    saved = JSON.parse(readFileSync(join(dir, SETTINGS), 'utf8')) as typeof saved;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new ColloquyError('CQ023', `${join(dir, SETTINGS)} cannot be read`, {
      hint: 'It holds the password of the server in this folder. Restore it, or use another --dir.',
      cause: error,
    });
  }
  return {
    dir,
    dataDir: dataDirOf(dir),
    logFile: join(dir, 'server.log'),
    user: await serverUser(),
    ...saved,
  };
}

/** Character classes and full-text search need UTF-8 there; the C.UTF-8 of the C library is missing on macOS. */
const LOCALE =
  process.platform === 'darwin'
    ? ['--locale=C', '--lc-ctype=en_US.UTF-8', '--builtin-locale=C.UTF-8']
    : ['--locale=C.UTF-8'];

/**
 * Makes a new cluster in an empty or missing folder. Nobody gets in without a password, except over the socket,
 * which lies in a folder that only the server's user (and root) may enter.
 */
export async function createCluster(
  folder: string,
  options: { binaries: Binaries; durable?: boolean },
): Promise<Cluster> {
  const dir = resolve(folder);
  const user = await serverUser();
  await openFolder(dirname(dir), user);
  if (existsSync(dataDirOf(dir))) {
    throw new ColloquyError(
      'CQ023',
      `${dataDirOf(dir)} exists already, but it was not completed as a server's folder`,
      {
        hint: `Look at what it holds; when it is nothing, delete ${dir} and try again.`,
      },
    );
  }
  mkdirSync(dir, { recursive: true });
  own(dir, user);
  chmodSync(dir, 0o700);
  const cluster: Cluster = {
    dir,
    dataDir: dataDirOf(dir),
    logFile: join(dir, 'server.log'),
    password: randomBytes(18).toString('base64url'),
    user,
  };
  const passwordFile = join(dir, 'password.tmp');
  writeFileSync(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
  own(passwordFile, user);
  try {
    const made = await run(
      join(options.binaries.bin, 'initdb'),
      [
        ...['-D', cluster.dataDir, '-U', 'postgres', '-E', 'UTF8', '--locale-provider=builtin', ...LOCALE],
        ...['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`],
        // A scratch server's password lives for minutes: hashing it 4096 times would only slow each connection.
        ...(options.durable === false ? ['--no-sync', '--set', 'scram_iterations=1'] : []),
      ],
      asServer(cluster),
    );
    if (made.code !== 0) {
      throw new ColloquyError('CQ023', `initdb could not make ${cluster.dataDir}: ${tail(made.stderr)}`, {
        hint: 'Is the disk full, or the folder not writable? Otherwise choose another folder.',
      });
    }
  } catch (error) {
    rmSync(cluster.dataDir, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
  saveCluster(cluster);
  return cluster;
}

/** The folder of a cluster's socket: the cluster's own, unless its path is too long for a socket. */
export function socketFolder(cluster: Cluster): string {
  if (Buffer.byteLength(join(cluster.dir, '.s.PGSQL.65535.lock')) < SOCKET_PATH_LIMIT) return cluster.dir;
  const short = mkdtempSync('/tmp/colloquy-');
  chmodSync(short, 0o700);
  own(short, cluster.user);
  return short;
}

/** Gives the data folder its link to time zones of its own, where the server was made to use it. */
export function linkZoneinfo(cluster: Cluster, binaries: Binaries): void {
  if (!binaries.zoneinfo) return;
  const link = join(cluster.dataDir, 'zoneinfo');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(link);
  symlinkSync(binaries.zoneinfo, link);
}
