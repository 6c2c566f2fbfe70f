import { ColloquyError } from '../../lib/errors.ts';

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
