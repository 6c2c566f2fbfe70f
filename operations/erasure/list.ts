import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Pool } from 'pg';
import { z } from 'zod';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { syncFolder } from '../../lib/sync-folder.ts';
import type { BackupTarget } from '../backup/target.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const entrySchema = z.object({
  id: z.uuid(),
  reason: z.string().min(1).max(200),
  subject_key: hex,
  subject_hash: hex,
  requested_at: z.string(),
  finished_at: z.string().nullable(),
  counts: z.record(z.string(), z.number()),
  number: z.number().int().positive().nullable(),
  previous_hash: hex.nullable(),
  hash: hex.nullable(),
});

/** An erasure that is known outside of the database: it names nobody. Without a number it was begun, and not finished. */
export type ListedErasure = z.infer<typeof entrySchema>;

/** Where lists of erasures are kept: a file for each, so that nothing is ever written over but by its own certificate. */
export interface ErasureStore {
  readonly description: string;
  write(erasure: ListedErasure): Promise<void>;
  read(): Promise<ListedErasure[]>;
  /** The names of what it has, which is a look at the folder and at no record. */
  names(): Promise<string[]>;
}

const PREFIX = 'erasures/';
const nameOf = ({ id, number }: ListedErasure): string => `${id}${number === null ? '' : '.done'}.json`;

function parse(text: string, where: string): ListedErasure {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ColloquyError('CQ764', `${where} is no record of an erasure.`, {
      hint: 'Have it brought back from a backup, or take it away if it is not yours. docs/leaving.md',
      cause,
    });
  }
}

/** Those of a file with one of them a line. @throws ColloquyError CQ764 */
export const parseErasures = (text: string, where: string): ListedErasure[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parse(line, where));

/** In the data folder: it survives a restore of the database. */
export function erasureFolder(dataDir: string): ErasureStore {
  const folder = join(dataDir, 'erasures');
  async function names(): Promise<string[]> {
    const found = await readdir(folder).catch((error) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    return found.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  }
  return {
    description: folder,
    async write(erasure) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, nameOf(erasure));
      const arriving = join(folder, `.${nameOf(erasure)}.${process.pid}`);
      await writeFile(arriving, `${JSON.stringify(erasure)}\n`, { mode: 0o600, flush: true });
      await rename(arriving, path);
      await syncFolder(folder);
    },
    async read() {
      return Promise.all(
        (await names()).map(async (name) =>
          parse(await readFile(join(folder, name), 'utf8'), join(folder, name)),
        ),
      );
    },
    names,
  };
}

/** Beside the backups, unencrypted: who restores them needs it, and it names nobody. */
export function erasuresOfTarget(target: BackupTarget): ErasureStore {
  return {
    description: target.description,
    async write(erasure) {
      const text = Buffer.from(`${JSON.stringify(erasure)}\n`);
      await target.put(PREFIX + nameOf(erasure), Readable.from([text]), text.length);
    },
    async read() {
      const found: ListedErasure[] = [];
      for await (const { key } of target.list(PREFIX))
        found.push(parse((await buffer(await target.get(key))).toString('utf8'), key));
      return found;
    },
    async names() {
      const found: string[] = [];
      for await (const { key } of target.list(PREFIX)) found.push(key.slice(PREFIX.length));
      return found;
    },
  };
}

/** One of each erasure, the finished ones in the order of their chain. */
export function mergeErasures(lists: ListedErasure[][]): ListedErasure[] {
  const byId = new Map<string, ListedErasure>();
  for (const erasure of lists.flat()) {
    if (byId.get(erasure.id)?.number == null) byId.set(erasure.id, erasure);
  }
  const last = Number.MAX_SAFE_INTEGER;
  return [...byId.values()].sort((one, other) => (one.number ?? last) - (other.number ?? last));
}

/**
 * What the database knows of erasures.
 * @param pool  acts as colloquy_worker or colloquy_owner
 */
export async function readErasures(pool: Pick<Pool, 'query'>): Promise<ListedErasure[]> {
  const { rows } = await pool.query<{ erasure: unknown }>(
    'select to_jsonb(l) as erasure from app_hidden.erasure_list() as l',
  );
  return rows.map(({ erasure }) => entrySchema.parse(erasure));
}

/** Writes what the database knows and a store does not. */
export async function keepErasures(
  pool: Pick<Pool, 'query'>,
  stores: readonly ErasureStore[],
): Promise<number> {
  if (stores.length === 0) return 0;
  const known = await readErasures(pool);
  if (known.length === 0) return 0;
  let written = 0;
  for (const store of stores) {
    const kept = new Set(await store.names());
    for (const erasure of known) {
      if (kept.has(nameOf(erasure))) continue;
      await store.write(erasure);
      written += 1;
    }
  }
  return written;
}
