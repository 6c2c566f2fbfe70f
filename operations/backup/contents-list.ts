import { createInterface } from 'node:readline';
import { ColloquyError } from '../../lib/errors.ts';
import { keyOfSet } from './catalogue.ts';
import type { StoredContent } from './contents.ts';
import { type BackupKeys, openObject } from './sealing.ts';
import type { BackupSet } from './set.ts';
import type { BackupTarget } from './target.ts';

const NAME = 'files.ndjson';

/** The contents that a set refers to, by path. */
export async function* contentsOf(
  target: BackupTarget,
  set: BackupSet,
  keys: Pick<BackupKeys, 'identities'>,
): AsyncIterable<StoredContent> {
  const part = set.parts.find(({ name }) => name.startsWith(NAME));
  if (!part) return;
  const source = await openObject(target, keyOfSet(set.id, part.name), keys, { unpack: true });
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  // the interface does not hand on an error of what it reads
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  source.once('error', (error) => {
    failed.reject(error);
    lines.close();
  });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as StoredContent;
  if (source.errored) await failed.promise;
}

/** Tells whether a sorted list has a name; names must be asked for in the same order. */
export interface SortedFinder {
  /** @throws ColloquyError CQ609 where the list is not sorted, and the answer would be wrong */
  has(wanted: string): Promise<boolean>;
  /** Lets go of what the list is read from. */
  close(): Promise<void>;
}

/** Goes through a sorted list once, however long it is. */
export function sortedFinder(names: AsyncIterable<string>): SortedFinder {
  const all = names[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<string>> | undefined;
  let last = '';
  return {
    async has(wanted) {
      for (;;) {
        next ??= all.next();
        const { done, value } = await next;
        if (done || value > wanted) return false;
        if (value < last) {
          throw new ColloquyError('CQ609', `A list of files is not in order at ${value}.`, {
            hint: 'npm run ops -- backup verify says which set it is.',
          });
        }
        if (value === wanted) return true;
        last = value;
        next = undefined;
      }
    },
    async close() {
      await next?.catch(() => {});
      await all.return?.();
    },
  };
}
