import { constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ColloquyError } from '../errors.ts';

/** A copy of the embedded database's folder, made before an upgrade. */
export interface KeptCopy {
  /** Its folder, beside that of the database. */
  folder: string;
  /** Whether it was made now; else by an earlier attempt at the same upgrade, which did not come to its end. */
  isNew: boolean;
}

export interface Copies {
  /**
   * Copies the database as it is, unless an unfinished upgrade has a copy already: that one is of the state before.
   * Undefined when this upgrade has been told of its copy.
   * @throws ColloquyError CQ045 when there is no room, before anything is changed
   */
  keep(version: string): Promise<KeptCopy | undefined>;
  /** The upgrade has come to its end: its copy and the one before stay. Returns the folders of older ones, now removed. */
  settle(): Promise<string[]>;
}

/** How many copies stay. */
const KEPT = 2;

const COPY = /^postgres-before-.+-(\d{8}T\d{6})$/;
const PARTIAL = '.partial';

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) size += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return size;
}

/** A whole folder, on disk when this returns. A file system that can share blocks does. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, target);
    else if (entry.isFile()) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await sync(target);
    }
  }
  await sync(to);
}

/** In UTC, to the second, without what file systems forbid: 20261127T121503. */
const stamp = (now: Date): string => now.toISOString().replace(/[-:]|\.\d+Z/g, '');

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MB`;

async function demandRoom(dataDir: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  if (bavail * bsize >= size * 1.1) return;
  throw new ColloquyError(
    'CQ045',
    `There is no room for a copy of the embedded database in ${dataDir}: it takes ${megabytes(size * 1.1)}, and ${megabytes(bavail * bsize)} are free.`,
    {
      hint: `Nothing was changed. Free some space: an older copy there (postgres-before-…) may go; or move the data folder to a larger disk (--data).`,
    },
  );
}

/**
 * The copies of the embedded database of a data folder.
 * @param still  runs work while nothing writes, with everything that is committed on disk
 */
export function copiesOf(dataDir: string, still: <T>(work: () => Promise<T>) => Promise<T>): Copies {
  /** Names the copy of an upgrade that has not come to its end. */
  const mark = join(dataDir, 'upgrade-copy');
  let isKept = false;

  async function unfinished(): Promise<string | undefined> {
    if (!existsSync(mark)) return undefined;
    const name = readFileSync(mark, 'utf8');
    return COPY.test(name) && existsSync(join(dataDir, name)) ? name : undefined;
  }

  /** What was interrupted. */
  async function removePartial(): Promise<void> {
    for (const name of await readdir(dataDir)) {
      if (COPY.test(name.slice(0, -PARTIAL.length)) && name.endsWith(PARTIAL)) {
        await rm(join(dataDir, name), { recursive: true });
      }
    }
  }

  return {
    async keep(version) {
      if (isKept) return undefined;
      const earlier = await unfinished();
      isKept = earlier !== undefined;
      if (earlier) return { folder: join(dataDir, earlier), isNew: false };
      await removePartial();
      const name = `postgres-before-${version}-${stamp(new Date())}`;
      const folder = join(dataDir, name);
      await still(async () => {
        const source = join(dataDir, 'postgres');
        await demandRoom(dataDir, await sizeOf(source));
        await copyFolder(source, `${folder}${PARTIAL}`);
      });
      await rename(`${folder}${PARTIAL}`, folder);
      writeFileSync(mark, name, { mode: 0o600, flush: true });
      await sync(dataDir);
      isKept = true;
      return { folder, isNew: true };
    },

    async settle() {
      isKept = false;
      await rm(mark, { force: true });
      await removePartial();
      const copies = (await readdir(dataDir))
        .filter((name) => COPY.test(name))
        .sort((a, b) => COPY.exec(a)![1]!.localeCompare(COPY.exec(b)![1]!));
      const old = copies.slice(0, -KEPT).map((name) => join(dataDir, name));
      for (const folder of old) await rm(folder, { recursive: true });
      return old;
    },
  };
}
