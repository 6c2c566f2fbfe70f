import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { acquireFileLock } from '../../lib/lock.ts';
import { runningPostmaster, stopPostmaster } from '../postmaster.ts';
import { runProgram } from '../programs.ts';
import { type SystemUser, serverUser } from '../system-user.ts';

/** A folder that a restore works in, and leaves a server's data in. */
export interface RestoreFolder {
  path: string;
  /** The data folder of the restored server. */
  data: string;
  /** What is there only until it ends: the log, the sets of a chain, the socket. */
  wal: string;
  sets: string;
  log: string;
  user: SystemUser | undefined;
  /** Makes a folder that belongs to the server's user and to nobody else. */
  make(path: string): string;
  /** Gives a file to the server's user. */
  own(path: string): void;
  /** Writes down that it ended, and removes what was there only until then. */
  finish(report: object): Promise<void>;
  /** Removes whatever was made, and the folder itself when it was not there before. */
  abandon(): Promise<void>;
  /** Lets another run have it. */
  release(): void;
}

const MARK = 'restore.json';
const LOCK = 'restore.lock';

interface Mark {
  format: 1;
  state: 'unfinished' | 'finished';
  startedAt: string;
  finishedAt?: string;
  report?: object;
}

function readMark(folder: string): Mark | undefined {
  try {
    const mark = JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as Mark;
    return mark.format === 1 ? mark : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whole or not at all, and lasting. */
async function writeMark(folder: string, mark: Mark): Promise<void> {
  const path = join(folder, MARK);
  const handle = await open(`${path}.new`, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(mark, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

const notUsable = (message: string): ColloquyError =>
  new ColloquyError('CQ620', message, {
    hint: 'Choose a folder that is empty or not there yet: a restore never writes over anything.',
  });

/**
 * Takes a folder for a restore, which is marked as unfinished until the restore ends.
 * @param force  begin anew in a folder that an unfinished restore has left
 * @throws ColloquyError CQ620 when it is not empty, or of a server; CQ621 when a restore there did not end
 */
export async function claimFolder(
  to: string,
  { force = false }: { force?: boolean } = {},
): Promise<RestoreFolder> {
  const path = resolve(to);
  const data = join(path, 'data');
  refuseServer(path);
  refuseServer(dirname(path));
  const user = await serverUser(path);
  const isNew = !existsSync(path);
  const own = (file: string): void => {
    if (user) chownSync(file, user.uid, user.gid);
  };
  if (isNew) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    own(path);
  }
  const ours = (name: string): boolean => name === LOCK || name.startsWith(`${LOCK}.`);
  const holds = (): string[] => readdirSync(path).filter((name) => !ours(name));
  const mark = readMark(path);
  if (mark?.state === 'finished')
    throw notUsable(`${path} holds what a restore has made, at ${mark.finishedAt}.`);
  if (!mark && holds().length > 0)
    throw notUsable(`${path} is not empty: it holds ${holds().slice(0, 3).join(', ')}.`);
  const lock = await acquireFileLock(join(path, LOCK), { what: `the folder ${path}` });
  try {
    // read again under the lock
    if (readMark(path)?.state === 'unfinished') {
      if (!force) {
        throw new ColloquyError(
          'CQ621',
          `A restore into ${path}, begun at ${mark?.startedAt}, did not end. What is there is no database.`,
          {
            hint: 'Run it again with --force: it begins anew there, and removes what the other has left.',
          },
        );
      }
      const running = runningPostmaster(data);
      if (running) await stopPostmaster(running.pid, 'immediate');
      for (const name of holds())
        if (name !== MARK) rmSync(join(path, name), { recursive: true, force: true });
    }
    // one that root has made for this is given to the user that the server runs as
    if (user && statSync(path).uid === 0) own(path);
    await requireReachable(path, user);
    const startedAt = new Date().toISOString();
    await writeMark(path, { format: 1, state: 'unfinished', startedAt });
    const folder = {
      path,
      data,
      wal: join(path, 'wal'),
      sets: join(path, 'sets'),
      log: join(path, 'server.log'),
    };
    return {
      ...folder,
      user,
      own,
      make(each) {
        mkdirSync(each, { mode: 0o700 });
        own(each);
        return each;
      },
      async finish(report) {
        for (const each of [folder.wal, folder.sets]) rmSync(each, { recursive: true, force: true });
        await writeMark(path, {
          format: 1,
          state: 'finished',
          startedAt,
          finishedAt: new Date().toISOString(),
          report,
        });
      },
      async abandon() {
        for (const name of holds()) rmSync(join(path, name), { recursive: true, force: true });
        lock.release();
        if (isNew) rmSync(path, { recursive: true, force: true });
      },
      release: () => lock.release(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** As the server's user: a folder above may be closed to it. */
async function requireReachable(path: string, user: SystemUser | undefined): Promise<void> {
  if (!user) return;
  try {
    await runProgram('test', ['-x', path], { user, cwd: '/' });
  } catch (error) {
    throw new ColloquyError('CQ620', `The user that the server runs as (${user.uid}) cannot enter ${path}.`, {
      hint: 'PostgreSQL does not run as root. Choose a folder that is not in the home of root, as /var/tmp/restored.',
      cause: error,
    });
  }
}

/** A folder of a server is never touched, whether it runs or not. */
function refuseServer(path: string): void {
  if (!existsSync(join(path, 'PG_VERSION'))) return;
  const pid = runningPostmaster(path)?.pid;
  throw notUsable(
    `${path} is the data folder of a PostgreSQL server${pid === undefined ? '' : `, which runs (process ${pid})`}.`,
  );
}
