import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { run } from './run.ts';

/** The operating system's user that the server runs as, when that is not the user we are. */
export interface ServerUser {
  uid: number;
  gid: number;
  name: string;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * PostgreSQL refuses to run as root: as root, the server runs as postgres where that user exists, else as nobody.
 * Undefined for everybody else: the server then runs as they do.
 */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout), name };
  }
  throw new ColloquyError(
    'CQ022',
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody',
    {
      hint: 'Create one (useradd --system postgres), or run this as an ordinary user.',
    },
  );
}

/**
 * Where unpacked binaries and scratch servers live: COLLOQUY_CACHE_DIR, else the user's cache folder. Root's home
 * is closed to the user that the server runs as, so root's is a folder of the system.
 */
export function cacheDir(): string {
  if (env.COLLOQUY_CACHE_DIR) return resolve(env.COLLOQUY_CACHE_DIR);
  if (isRoot()) return '/var/cache/colloquy';
  return process.platform === 'darwin'
    ? join(homedir(), 'Library/Caches/colloquy')
    : join(homedir(), '.cache/colloquy');
}

/** Whether the server's user can reach a folder: asked of the kernel, as that user. */
export async function reachable(folder: string, user: ServerUser | undefined): Promise<boolean> {
  let existing = resolve(folder);
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  if (!user) return true;
  return (await run('test', ['-x', existing], { uid: user.uid, gid: user.gid, cwd: '/' })).code === 0;
}

/** Makes a folder that every user may enter (whatever the umask), and proves that the server's user can. */
export async function openFolder(folder: string, user: ServerUser | undefined): Promise<void> {
  const made = mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (made) {
    for (let each = resolve(folder); each.length >= made.length; each = dirname(each)) chmodSync(each, 0o755);
  }
  if (await reachable(folder, user)) return;
  throw new ColloquyError(
    'CQ022',
    `The user ${user?.name}, whom PostgreSQL runs as here, cannot enter ${folder}`,
    {
      hint: 'Choose a folder outside the home of root: COLLOQUY_CACHE_DIR=/var/tmp/colloquy, or --dir for a server.',
    },
  );
}

/** Where a Debian machine keeps its time zones. */
export const HOST_ZONEINFO = '/usr/share/zoneinfo';

export function hostHasZoneinfo(): boolean {
  return existsSync(HOST_ZONEINFO) && readdirSync(HOST_ZONEINFO).includes('UTC');
}
