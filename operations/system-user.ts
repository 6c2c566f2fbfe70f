import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ColloquyError } from '../lib/errors.ts';

/** A user of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
}

const run = promisify(execFile);

async function byName(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * PostgreSQL refuses to run as root: as root, programs run as the owner of the data folder, or of the folder around it, else as
 * postgres or nobody. Undefined for everybody else.
 * @throws ColloquyError CQ629 when there is no such user
 */
export async function serverUser(data: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const folder of [data, dirname(data)]) {
    const owner = existsSync(folder) ? statSync(folder) : undefined;
    if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  }
  const user = (await byName('postgres')) ?? (await byName('nobody'));
  if (user) return user;
  throw new ColloquyError(
    'CQ629',
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody.',
    {
      hint: 'Create one (useradd --system postgres), or run this as the user that the server runs as.',
    },
  );
}
