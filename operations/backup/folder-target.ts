import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { syncFolder } from '../../lib/sync-folder.ts';
import { processRuns } from '../postmaster.ts';
import { hashing, hashOf } from './hashing.ts';
import type { BackupTarget, TargetObject } from './target.ts';

/** What is on its way into the target; nothing in it is an object. */
const INCOMING = 'incoming';
const KEY = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Another file system: a file can be copied there, not moved. */
const ELSEWHERE = 'EXDEV';
/** A day: what was not written to for so long belongs to no process of another machine. */
const ABANDONED = 86_400_000;

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');

/** The error of a file system in the words of a target. */
export function ofFolder(error: unknown, what: string): unknown {
  const code = errorCode(error) ?? '';
  if (error instanceof ColloquyError || !/^E[A-Z]+$/.test(code)) return error;
  if (NO_ROOM.has(code)) {
    return new ColloquyError('CQ601', `There is no room left in ${what}.`, {
      hint: 'Make room (npm run ops -- backup prune), or give BACKUP_TARGET a larger place. Nothing half was left.',
      cause: error,
    });
  }
  return new ColloquyError('CQ602', `${what} cannot be used: ${(error as Error).message}`, {
    hint: 'Is it mounted, and does this user own it? BACKUP_TARGET names it.',
    cause: error,
  });
}

/** A name in a folder for what is on its way, from which can be told whose it was. */
export const nameOfOwn = (): string => `${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}`;

/** Removes what killed processes left in a folder of things on their way. */
export async function sweepFolder(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const [, host, pid] = /^(.*)\.(\d+)\.[0-9a-f]{8}$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    const isLeft = host === hostname() ? !processRuns(Number(pid)) : age > ABANDONED;
    if (!isLeft) continue;
    await rm(path, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}

/** Files and folders by name, as keys sort: of a folder, its name with the slash. */
async function* walk(folder: string, prefix: string): AsyncIterable<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  for (const name of names) {
    if (prefix === '' && name === `${INCOMING}/`) continue;
    if (name.endsWith('/')) yield* walk(join(folder, name), `${prefix}${name}`);
    else yield `${prefix}${name}`;
  }
}

/** A folder as a target. What is written goes under a name of its own first, to the disk, and then to its place. */
export function folderTarget(folder: string): BackupTarget {
  const root = resolve(folder);
  const incoming = join(root, INCOMING);
  const description = `the folder ${root}`;
  const placeOf = (key: string): string => {
    if (!KEY.test(key) || key.startsWith(`${INCOMING}/`)) throw new Error(`"${key}" is no key of a backup`);
    return join(root, key);
  };
  const fail = (error: unknown): never => {
    throw ofFolder(error, description);
  };

  const moveTo = async (path: string, key: string): Promise<void> => {
    const place = placeOf(key);
    const parent = dirname(place);
    const made = await mkdir(parent, { recursive: true, mode: 0o700 });
    await rename(path, place);
    await syncFolder(parent);
    // each folder that was made is a name in the one above it
    for (let each = parent; made !== undefined && each.length >= made.length; each = dirname(each))
      await syncFolder(dirname(each));
  };

  const put = async (key: string, source: Readable): ReturnType<BackupTarget['put']> => {
    const path = join(incoming, nameOfOwn());
    try {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const handle = await open(path, 'wx', 0o600);
      try {
        const hash = hashing();
        await handle.writeFile(hash.of(source));
        await handle.sync();
        await moveTo(path, key);
        return hash.result();
      } finally {
        await handle.close();
      }
    } catch (error) {
      source.destroy();
      await rm(path, { force: true }).catch(() => {});
      return fail(error);
    }
  };

  return {
    description,
    incoming,
    put,
    async putFile(key, path, known) {
      try {
        const written = known ?? (await hashOf(createReadStream(path)));
        const handle = await open(path, 'r');
        await handle.sync().finally(() => handle.close());
        await moveTo(path, key);
        return written;
      } catch (error) {
        if (errorCode(error) !== ELSEWHERE) return fail(error);
        const written = await put(key, createReadStream(path));
        await rm(path, { force: true });
        return written;
      }
    },
    async get(key) {
      try {
        const stream = createReadStream(placeOf(key));
        await once(stream, 'open');
        return stream;
      } catch (error) {
        if (!isMissing(error)) return fail(error);
        throw new ColloquyError('CQ603', `There is no ${key} in ${description}.`, {
          hint: 'npm run ops -- backup list shows what there is; verify names what is missing.',
        });
      }
    },
    async stat(key) {
      try {
        const { size, mtime } = await stat(placeOf(key));
        return { key, size, modifiedAt: mtime };
      } catch (error) {
        return isMissing(error) ? null : fail(error);
      }
    },
    async *list(prefix) {
      const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      try {
        for await (const key of walk(join(root, parent), parent)) {
          if (!key.startsWith(prefix)) continue;
          const found = await stat(join(root, key)).catch(() => undefined);
          if (found) yield { key, size: found.size, modifiedAt: found.mtime } satisfies TargetObject;
        }
      } catch (error) {
        fail(error);
      }
    },
    async remove(key) {
      const place = placeOf(key);
      try {
        await rm(place, { force: true });
        // a folder that is empty by now is no object
        for (let each = dirname(place); each.length > root.length; each = dirname(each)) {
          const isGone = await rmdir(each).then(
            () => true,
            () => false,
          );
          if (!isGone) break;
        }
      } catch (error) {
        fail(error);
      }
    },
  };
}
