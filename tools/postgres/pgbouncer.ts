import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ColloquyError } from '../../lib/errors.ts';
import { processRuns, until } from '../../operations/postmaster.ts';
import { asServer } from './cluster.ts';
import { serverUser } from './places.ts';
import { tail } from './run.ts';
import { freePort } from './server.ts';
import { type PackageOptions, type Recipe, unpacked } from './unpack.ts';

/** The oldest one that Debian still has, and a new one. */
const SUITES = { '1.18': 'bookworm', '1.26': 'forky' } as const;
export type PgbouncerVersion = keyof typeof SUITES;

const recipe = (version: PgbouncerVersion): Recipe => ({
  name: `pgbouncer-${version}`,
  what: 'PgBouncer',
  suite: SUITES[version],
  packages: ['pgbouncer'],
  bin: 'usr/sbin',
});

/**
 * PgBouncer, unpacked from Debian's packages into a private folder: the path of its program.
 * @throws ColloquyError CQ020 where it cannot be done, CQ021 where fetching or unpacking failed
 */
export const packagedPgbouncer = (version: PgbouncerVersion, options: PackageOptions = {}): Promise<string> =>
  unpacked(recipe(version), options, (root) => join(root, recipe(version).bin, 'pgbouncer'));

export interface PgbouncerOptions {
  version: PgbouncerVersion;
  /** The port of the server behind it, on 127.0.0.1. */
  behind: number;
  /** Who may log in, with the passwords that the server knows. */
  logins: Record<string, string>;
  /** Further lines of the section [pgbouncer]. */
  settings?: Record<string, string | number>;
  /** A file of settings that is there, with the port that it names: none is written. */
  ini?: { path: string; port: number };
  say?: (message: string) => void;
}

export interface Pgbouncer {
  readonly port: number;
  /** The connection string of a login, in a database. */
  url(login: string, database: string): string;
  /** Ends it and starts another on the same port: what was connected is cut off. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });

/** PgBouncer in transaction mode, as docs/pooler.md configures it, on a free port of 127.0.0.1. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer> {
  const { version, behind, logins, settings = {} } = options;
  const program = await packagedPgbouncer(version, options.say ? { say: options.say } : {});
  // it refuses to run as root, as the server does
  const user = await serverUser();
  const dir = mkdtempSync(join(tmpdir(), 'colloquy-pgbouncer-'));
  chmodSync(dir, 0o700);
  const port = options.ini?.port ?? (await freePort());
  const write = (name: string, lines: string[]): string => {
    const path = join(dir, name);
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
    if (user) chownSync(path, user.uid, user.gid);
    return path;
  };
  if (user) chownSync(dir, user.uid, user.gid);
  const userlist = write(
    'userlist.txt',
    Object.entries(logins).map(([name, password]) => `"${name}" "${password}"`),
  );
  const log = join(dir, 'pgbouncer.log');
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: userlist,
    pool_mode: 'transaction',
    stats_users: 'colloquy_authenticator',
    logfile: log,
    ...settings,
  };
  const ini =
    options.ini?.path ??
    write('pgbouncer.ini', [
      '[databases]',
      `* = host=127.0.0.1 port=${behind}`,
      '[pgbouncer]',
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
    ]);
  if (options.ini && user) {
    const folder = dirname(ini);
    for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))])
      chownSync(path, user.uid, user.gid);
  }
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(program, ['-q', ini], { ...asServer({ dir, user }), stdio: 'ignore' });
    let failure: string | undefined;
    child.once('error', (error) => (failure = error.message));
    const isUp = await until(
      async () => failure !== undefined || child.exitCode !== null || (await answers(port)),
      30_000,
    );
    if (isUp && failure === undefined && child.exitCode === null) return;
    throw new ColloquyError(
      'CQ023',
      `PgBouncer did not start: ${failure ?? (existsSync(log) ? tail(readFileSync(log, 'utf8')) : 'it said nothing')}`,
    );
  };
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await until(() => !child.pid || !processRuns(child.pid), 10_000);
  };
  await start();
  const stopWithProcess = (): void => void child.kill('SIGKILL');
  process.once('exit', stopWithProcess);
  return {
    port,
    url: (login, database) =>
      `postgres://${login}:${encodeURIComponent(logins[login] ?? '')}@127.0.0.1:${port}/${database}`,
    async restart() {
      await end();
      await start();
    },
    async stop() {
      process.off('exit', stopWithProcess);
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
