import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../lib/errors.ts';

/** What a running server writes into its data folder (postmaster.pid). */
export interface Postmaster {
  pid: number;
  port: number;
  socketDir: string;
}

/** Whether a process runs; one that has ended but was not yet collected by its parent does not. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    if (errorCode(error) !== 'EPERM') throw error;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return !existsSync('/proc/self/stat');
  }
}

/** Whether a process may be the server of a data folder: that is where it works. */
function worksIn(pid: number, dataDir: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir);
  } catch {
    // no /proc, or another user's process: the pid has to do
    return true;
  }
}

/** The server that runs on a data folder, or undefined. A pid that by now belongs to another program is not one. */
export function runningPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !processRuns(pid)) return undefined;
  if (!worksIn(pid, dataDir)) return undefined;
  return { pid, port: Number(lines[3]), socketDir: lines[4] ?? '' };
}

/** Polls until a condition holds. False when it did not within the time. */
export async function until(condition: () => boolean | Promise<boolean>, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  for (let pause = 5; ; pause = Math.min(pause * 2, 50)) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await delay(pause);
  }
}

export type StopMode = 'smart' | 'fast' | 'immediate';

const STEPS: { mode: StopMode; signal: NodeJS.Signals; patience: number }[] = [
  { mode: 'smart', signal: 'SIGTERM', patience: 2_000 },
  { mode: 'fast', signal: 'SIGINT', patience: 30_000 },
  { mode: 'immediate', signal: 'SIGQUIT', patience: 10_000 },
];

/**
 * Stops a server: politely (waits for its clients), then by ending their sessions, then at once, and in the end by
 * SIGKILL. `mode` says where to begin. Returns the step that did it.
 * @param patience  milliseconds for the first step; the checkpoint at an end in order takes as long as there is to write
 */
export async function stopPostmaster(
  pid: number,
  mode: StopMode = 'smart',
  patience?: number,
): Promise<StopMode | 'killed'> {
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  };
  for (const step of STEPS.slice(STEPS.findIndex((each) => each.mode === mode))) {
    send(step.signal);
    const limit = step.mode === mode ? (patience ?? step.patience) : step.patience;
    if (await until(() => !processRuns(pid), limit)) return step.mode;
  }
  send('SIGKILL');
  await until(() => !processRuns(pid), 10_000);
  return 'killed';
}
