import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../lib/errors.ts';

/** Whether a process runs; one that has ended and was not collected by its parent does not. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    if (errorCode(error) !== 'EPERM') throw error;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch (error) {
    return errorCode(error) === 'ENOENT' && process.platform !== 'linux';
  }
}

/** The process of the server that runs on a data folder. A number that by now belongs to another program is not one. */
export function runningPid(data: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (!Number.isInteger(pid) || pid <= 0 || !runs(pid)) return undefined;
  try {
    return /postgres/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ? pid : undefined;
  } catch {
    return pid;
  }
}

async function ended(pid: number, milliseconds: number): Promise<boolean> {
  const until = Date.now() + milliseconds;
  while (runs(pid)) {
    if (Date.now() > until) return false;
    await delay(20);
  }
  return true;
}

/** Ends the server of a data folder, if one runs: in order where that is wanted, else at once. */
export async function stopServer(data: string, how: 'in order' | 'at once' = 'at once'): Promise<void> {
  const pid = runningPid(data);
  if (pid === undefined) return;
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  };
  // a checkpoint at the end takes as long as there is to write
  send(how === 'in order' ? 'SIGINT' : 'SIGQUIT');
  if (await ended(pid, how === 'in order' ? 600_000 : 10_000)) return;
  send('SIGKILL');
  await ended(pid, 10_000);
}
