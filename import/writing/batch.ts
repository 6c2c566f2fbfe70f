/** One transaction's worth of items: large enough that the round trip costs nothing, small enough to lose. */
const BATCH_BYTES = 4 * 1024 * 1024;

export interface Batch<T> {
  add(item: T, bytes: number): Promise<void>;
  flush(): Promise<void>;
}

/** Collects items and writes them together. */
export function createBatch<T>(most: number, write: (items: T[]) => Promise<void>): Batch<T> {
  let waiting: T[] = [];
  let waitingBytes = 0;
  const flush = async (): Promise<void> => {
    const items = waiting;
    waiting = [];
    waitingBytes = 0;
    if (items.length > 0) await write(items);
  };
  return {
    async add(item, bytes) {
      if (waitingBytes + bytes > BATCH_BYTES) await flush();
      waiting.push(item);
      waitingBytes += bytes;
      if (waiting.length >= most) await flush();
    },
    flush,
  };
}
