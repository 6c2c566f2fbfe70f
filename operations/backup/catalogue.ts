import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ColloquyError } from '../../lib/errors.ts';
import { type BackupSet, setSchema } from './set.ts';
import type { BackupTarget } from './target.ts';

export interface Catalogue {
  /** Finished sets, the oldest first. */
  sets: BackupSet[];
  /** Ids of what was begun and has no set.json, or one that cannot be read. */
  unfinished: string[];
}

const SET_FILE = 'set.json';

/** The key of a part of a set, or of its set.json. */
export const keyOfSet = (id: string, name: string = SET_FILE): string => `sets/${id}/${name}`;

/** An id that sorts by time. */
export function newSetId(kind: BackupSet['kind'], at: Date): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${kind}-${randomBytes(2).toString('hex')}`;
}

/** Writes what a set is: from then on it is one. */
export async function writeSet(target: BackupTarget, set: BackupSet): Promise<void> {
  const content = `${JSON.stringify(setSchema.parse(set), null, 2)}\n`;
  await target.put(keyOfSet(set.id), Readable.from([Buffer.from(content)]));
}

async function readSet(target: BackupTarget, id: string): Promise<BackupSet | undefined> {
  const content = await text(await target.get(keyOfSet(id)));
  try {
    return setSchema.parse(JSON.parse(content));
  } catch {
    // cut off or edited: what it was made of cannot be trusted either
    return undefined;
  }
}

/** Every set of a target. */
export async function readCatalogue(target: BackupTarget): Promise<Catalogue> {
  const ids = new Map<string, boolean>();
  for await (const { key } of target.list('sets/')) {
    const [, id, name] = key.split('/');
    if (id === undefined || name === undefined) continue;
    ids.set(id, ids.get(id) === true || key === keyOfSet(id));
  }
  const catalogue: Catalogue = { sets: [], unfinished: [] };
  for (const [id, isFinished] of [...ids].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const set = isFinished ? await readSet(target, id) : undefined;
    if (set) catalogue.sets.push(set);
    else catalogue.unfinished.push(id);
  }
  return catalogue;
}

/** Removes a set: first what makes it one, so that what is left of it by a kill is unfinished. */
export async function removeSet(target: BackupTarget, id: string): Promise<void> {
  await target.remove(keyOfSet(id));
  for await (const { key } of target.list(`sets/${id}/`)) await target.remove(key);
}

/** Milliseconds after which an unfinished dump is one that was killed: it is made without the lock of backups. */
const DUMP_ABANDONED = 86_400_000;

/** The unfinished sets that no running process writes, for who holds the lock of backups. */
export async function abandonedSets(target: BackupTarget, { unfinished }: Catalogue): Promise<string[]> {
  const abandoned: string[] = [];
  for (const id of unfinished) {
    if (!id.includes('-dump-')) {
      abandoned.push(id);
      continue;
    }
    let last = 0;
    for await (const { modifiedAt } of target.list(`sets/${id}/`))
      last = Math.max(last, modifiedAt.getTime());
    if (Date.now() - last > DUMP_ABANDONED) abandoned.push(id);
  }
  return abandoned;
}

/**
 * A physical set and what it builds on, the full one first.
 * @throws ColloquyError CQ609 when one of them is missing
 */
export function chainOf(sets: readonly BackupSet[], id: string): BackupSet[] {
  const chain: BackupSet[] = [];
  for (let next: string | null = id; next !== null; ) {
    const set = sets.find((one) => one.id === next);
    if (!set) {
      const what =
        chain.length === 0
          ? `There is no backup ${next}.`
          : `${chain[0]!.id} builds on ${next}, which is missing.`;
      throw new ColloquyError('CQ609', what, {
        hint: 'npm run ops -- backup list shows what there is; take a full backup.',
      });
    }
    chain.unshift(set);
    next = set.parent;
  }
  return chain;
}
