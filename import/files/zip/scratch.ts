import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../../lib/errors.ts';

const PREFIX = `colloquy-import-${hostname().replace(/[^\w.-]/g, '')}-`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as somebody else.
    return errorCode(error) === 'EPERM';
  }
}

/** What imports of this machine left behind that were killed. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(PREFIX) ? Number(/^\d+/.exec(name.slice(PREFIX.length))?.[0]) : Number.NaN;
    // One of another user's cannot be removed, and need not be.
    if (pid > 0 && pid !== process.pid && !isRunning(pid))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** A place on the disk for what is unpacked, made when it is asked for. */
export interface Scratch {
  /** A new empty folder, which only this user may enter. */
  folder(): Promise<string>;
  remove(): Promise<void>;
}

/** Below the system's folder for temporary files (`TMPDIR`). A run that was killed leaves its folder to the next one. */
export function scratchSpace(parent = tmpdir()): Scratch {
  let own: Promise<string> | undefined;
  let count = 0;
  const make = async () => {
    await removeLeftovers(parent);
    return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  };
  return {
    async folder() {
      own ??= make();
      return join(await own, String(++count));
    },
    async remove() {
      if (own !== undefined) await rm(await own, { recursive: true, force: true });
    },
  };
}
