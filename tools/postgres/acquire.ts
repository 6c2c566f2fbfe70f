import { env } from '../../lib/env.ts';
import { ColloquyError, describeError } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import { installedBinaries, installedServers } from './binaries.ts';
import { checkServer, withoutPassword } from './check.ts';
import { type Binaries, packagedPostgres } from './packages.ts';
import { run } from './run.ts';
import { scratchServer } from './scratch.ts';

export interface TestServer {
  /** The superuser (or the role of TEST_DATABASE_URL), over TCP, in the database to create others from. */
  adminUrl: string;
  version: string;
  /** Which way it was had, for people. */
  how: string;
  /** Set when the server's folder can be kept for a look. */
  dir?: string;
  /** Gives it back: what was started ends, what was found stays. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/** Why there is no server: what was tried, and why each way failed. */
export interface NoServer {
  reason: string;
}

export interface AcquireOptions {
  /** Default: TEST_DATABASE_URL. */
  url?: string | undefined;
  /** Told which way was taken, once. */
  say?: (message: string) => void;
  /** For a server that is started here. */
  settings?: Record<string, string>;
}

const IMAGE = 'pgvector/pgvector:pg18';

/**
 * The binaries to start servers from: this machine's own PostgreSQL 18 with pgvector, else Debian's packages,
 * unpacked privately.
 */
export async function findBinaries(say?: (message: string) => void): Promise<Binaries> {
  return (await installedBinaries()) ?? packagedPostgres(say ? { say } : {});
}

async function fromBinaries(
  binaries: Binaries,
  how: string,
  settings: Record<string, string>,
): Promise<TestServer> {
  const scratch = await scratchServer(binaries, { settings });
  return {
    adminUrl: scratch.server.url,
    version: binaries.version,
    how,
    dir: scratch.server.cluster.dir,
    stop: scratch.stop,
  };
}

/** The version of the Docker engine that answers, if one does. */
async function dockerEngine(): Promise<string | undefined> {
  const answer = await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 });
  return answer.code === 0 ? answer.stdout.trim() : undefined;
}

async function fromDocker(settings: Record<string, string>): Promise<TestServer> {
  // Loaded only here: it is large, and a development dependency.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const wanted = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    jit: 'off',
    ...settings,
  };
  const container = await new PostgreSqlContainer(IMAGE)
    .withUsername('postgres')
    .withDatabase('postgres')
    .withEnvironment({ POSTGRES_INITDB_ARGS: '-E UTF8 --locale-provider=builtin --locale=C.UTF-8' })
    .withCommand(['postgres', ...Object.entries(wanted).flatMap(([key, value]) => ['-c', `${key}=${value}`])])
    .start();
  const adminUrl = container.getConnectionUri();
  try {
    const version = await checkServer(adminUrl, `The container of ${IMAGE}`);
    return {
      adminUrl,
      version,
      how: `Docker (${IMAGE})`,
      async stop() {
        await container.stop();
      },
    };
  } catch (error) {
    await container.stop();
    throw error;
  }
}

/**
 * A PostgreSQL 18 with pgvector on which databases and roles may be created and dropped, in the first way that
 * works: TEST_DATABASE_URL, this machine's own binaries, Docker, Debian's packages. With none of them the answer
 * says why, and is no error: who needs a server decides what that means.
 * @throws ColloquyError CQ024–CQ027 when TEST_DATABASE_URL is set and cannot be used
 */
export async function acquireTestServer(options: AcquireOptions = {}): Promise<TestServer | NoServer> {
  const say = options.say ?? ((message: string) => log.info(message));
  const settings = options.settings ?? {};
  const url = 'url' in options ? options.url : env.TEST_DATABASE_URL;
  if (url) {
    const version = await checkServer(url, 'TEST_DATABASE_URL');
    say(`PostgreSQL ${version} of TEST_DATABASE_URL (${withoutPassword(url)}): it is set, and it fits`);
    return { adminUrl: url, version, how: 'TEST_DATABASE_URL', stop: async () => {} };
  }
  const tried = ['TEST_DATABASE_URL is not set'];

  const installed = await installedServers();
  const own = installed.find((candidate) => !candidate.lacks);
  if (own) {
    const how = `this machine's own binaries (${own.bin})`;
    say(`PostgreSQL ${own.version} from ${how}: ${tried.join('; ')}`);
    return fromBinaries({ bin: own.bin, version: own.version, source: 'machine' }, how, settings);
  }
  const unfit = installed.map(({ version, bin, lacks }) => `the ${version} in ${bin} ${lacks}`);
  tried.push(unfit.length > 0 ? unfit.join(', ') : 'no PostgreSQL is installed');

  const engine = await dockerEngine();
  if (engine) {
    try {
      const server = await fromDocker(settings);
      say(`PostgreSQL ${server.version} from ${server.how}, engine ${engine}: ${tried.join('; ')}`);
      return server;
    } catch (error) {
      tried.push(`Docker ${engine} could not start ${IMAGE} (${describeError(error).split('\n')[0]})`);
    }
  } else tried.push('no Docker engine answers');

  let binaries: Binaries;
  try {
    binaries = await packagedPostgres({ say });
  } catch (error) {
    if (!(error instanceof ColloquyError) || !['CQ020', 'CQ021', 'CQ022'].includes(error.code)) throw error;
    return { reason: [...tried, describeError(error)].join('; ') };
  }
  const how = "Debian's packages, unpacked privately";
  say(`PostgreSQL ${binaries.version} from ${how}: ${tried.join('; ')}`);
  return fromBinaries(binaries, how, settings);
}
