import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ColloquyError, errorCode } from './errors.ts';

/** What the file of a lock holds: who has it, since when, and whatever the holder wants others to know. */
export interface LockRecord {
  pid: number;
  /** When the holder took the lock, ISO 8601. */
  startedAt: string;
  /** When the process itself began, in the kernel's own words: tells a reused pid from the holder. */
  process?: string;
  host: string;
  /** Names this one acquisition. */
  token: string;
  data?: Record<string, unknown>;
}

export interface LockOptions {
  /** What is locked, for messages: 'the data folder data/', 'the PostgreSQL cache'. */
  what: string;
  /** Milliseconds to wait for a live holder; 0, the default, fails at once. */
  wait?: number;
  /** Written into the lock for others to read: a socket, a port. */
  data?: Record<string, unknown>;
}

export interface FileLock {
  readonly record: LockRecord;
  /** Replaces what others read in `data`: a port that is known only once the holder listens. */
  update(data: Record<string, unknown>): void;
  /** Gives the lock back. May be called twice. */
  release(): void;
}

/** Milliseconds after which an unreadable lock file cannot be one that is just being written. */
const HALF_WRITTEN = 2_000;
const POLL = 50;

/** The start of a process as the kernel counts it (boot id and ticks), where there is a /proc. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything: the fields are counted from the last ')'.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return 'zombie';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}-${fields[19]}`;
  } catch {
    return undefined;
  }
}

function alive(record: LockRecord): boolean {
  try {
    process.kill(record.pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    if (errorCode(error) !== 'EPERM') throw error;
  }
  const start = processStart(record.pid);
  return start === undefined || record.process === undefined || start === record.process;
}

type Found =
  | { state: 'free' }
  | { state: 'live'; record: LockRecord }
  /** The lock of a process that is gone. `token` names it, so that only one successor can clear it. */
  | { state: 'stale'; token: string }
  | { state: 'unclear' };

function inspect(path: string): Found {
  let text: string;
  let written: number;
  try {
    text = readFileSync(path, 'utf8');
    written = statSync(path).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { state: 'free' };
    throw error;
  }
  try {
    const record = JSON.parse(text) as LockRecord;
    if (Number.isInteger(record.pid) && record.pid > 0 && /^\w{1,32}$/.test(record.token)) {
      return alive(record) ? { state: 'live', record } : { state: 'stale', token: record.token };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (Date.now() - written < HALF_WRITTEN) return { state: 'unclear' };
  return { state: 'stale', token: `unreadable${Math.round(written)}` };
}

/** Creates the lock with its content in one step: nobody ever reads half a record. False when it exists. */
function create(path: string, record: LockRecord): boolean {
  const text = `${JSON.stringify(record)}\n`;
  const draft = `${path}.${record.token}.new`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o644 });
    try {
      linkSync(draft, path);
    } finally {
      unlinkSync(draft);
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    // A file system without hard links: the content then follows the name, and readers allow for it.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o644 });
    } catch (again) {
      if (errorCode(again) === 'EEXIST') return false;
      throw again;
    }
  }
  return true;
}

/**
 * Removes the lock of a dead process. Two successors may find the same one: whoever holds the lock that is named
 * after the dead record's token may remove it, after looking again; nobody else ever removes it, so a lock that
 * was taken anew in the meantime cannot be removed by mistake.
 */
function clearStale(path: string, token: string): void {
  const claim = tryAcquire(`${path}.${token}`, {});
  if (!('token' in claim)) return;
  try {
    const now = inspect(path);
    if (now.state === 'stale' && now.token === token) unlinkSync(path);
  } finally {
    release(`${path}.${token}`, claim);
  }
}

function release(path: string, record: LockRecord): void {
  const now = inspect(path);
  if (now.state === 'live' && now.record.token === record.token) unlinkSync(path);
}

function tryAcquire(path: string, options: { data?: Record<string, unknown> }): LockRecord | { held: Found } {
  const own = processStart(process.pid);
  const record: LockRecord = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    ...(own ? { process: own } : {}),
    host: hostname(),
    token: randomBytes(4).toString('hex'),
    ...(options.data ? { data: options.data } : {}),
  };
  if (create(path, record)) return record;
  const found = inspect(path);
  if (found.state === 'stale') {
    clearStale(path, found.token);
    if (create(path, record)) return record;
  } else if (found.state === 'free' && create(path, record)) return record;
  return { held: inspect(path) };
}

function heldError(path: string, what: string, found: Found): ColloquyError {
  if (found.state !== 'live') {
    return new ColloquyError('CQ010', `${what} is being taken by another process at this moment (${path})`, {
      hint: 'Try again.',
    });
  }
  const { pid, startedAt, host } = found.record;
  const own = pid === process.pid ? ', which is this process itself' : '';
  return new ColloquyError(
    'CQ010',
    `${what} is in use by process ${pid}${own} since ${startedAt} (host ${host}; lock ${path})`,
    { hint: `Wait for it to end, or stop it (kill ${pid}). Never delete the lock of a process that runs.` },
  );
}

/**
 * Takes an exclusive lock: a file that names its holder. The lock of a process that is gone is taken over.
 * It protects processes of one machine (one pid namespace), not of several that share a network folder.
 * @throws ColloquyError CQ010 when a live process holds it for longer than `wait`
 */
export async function acquireFileLock(path: string, options: LockOptions): Promise<FileLock> {
  const deadline = Date.now() + (options.wait ?? 0);
  // Half-made states pass by themselves within moments: even a caller that does not wait outlasts them.
  const grace = Math.max(deadline, Date.now() + 2 * HALF_WRITTEN);
  for (;;) {
    const result = tryAcquire(path, options);
    if ('token' in result) {
      let held = true;
      return {
        record: result,
        update(data) {
          if (!held) return;
          result.data = data;
          const draft = `${path}.${result.token}.new`;
          writeFileSync(draft, `${JSON.stringify(result)}\n`, { mode: 0o644 });
          renameSync(draft, path);
        },
        release() {
          if (held) release(path, result);
          held = false;
        },
      };
    }
    if (Date.now() >= (result.held.state === 'live' ? deadline : grace))
      throw heldError(path, options.what, result.held);
    await delay(POLL);
  }
}

/** Runs `fn` under the lock and gives it back, whatever happens. */
export async function withFileLock<T>(
  path: string,
  what: string | LockOptions,
  fn: (lock: FileLock) => Promise<T>,
): Promise<T> {
  const lock = await acquireFileLock(path, typeof what === 'string' ? { what } : what);
  try {
    return await fn(lock);
  } finally {
    lock.release();
  }
}

/** The record of the live process that holds a lock, or undefined when nobody does. */
export function readLock(path: string): LockRecord | undefined {
  const found = inspect(path);
  return found.state === 'live' ? found.record : undefined;
}
