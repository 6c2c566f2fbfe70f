import type { FileHandle } from 'node:fs/promises';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Hashing, hashing } from './hashing.ts';
import type { Written } from './target.ts';

/** Milliseconds between two looks at what was written. */
const LOOK = 50;
const PIECE = 1024 * 1024;

interface Growing {
  handle: FileHandle;
  hash: Hashing;
}

/**
 * Hashes files while another program writes them, from the first byte to the last, so that it takes no time of its own afterwards. Only of
 * files that are appended to, and never written over.
 */
export async function hashGrowing<T>(
  folder: string,
  isWanted: (name: string) => boolean,
  write: () => Promise<T>,
): Promise<{ result: T; written: Map<string, Written> }> {
  const files = new Map<string, Growing>();
  const piece = Buffer.allocUnsafe(PIECE);
  const readOn = async (): Promise<void> => {
    for (const name of (await readdir(folder).catch(() => [])).filter(isWanted)) {
      if (!files.has(name)) files.set(name, { handle: await open(join(folder, name)), hash: hashing() });
      const { handle, hash } = files.get(name)!;
      for (;;) {
        const { bytesRead } = await handle.read(piece, 0, PIECE);
        if (bytesRead === 0) break;
        hash.add(piece.subarray(0, bytesRead));
      }
    }
  };
  const ended = new AbortController();
  const reading = (async () => {
    while (!ended.signal.aborted) {
      await readOn();
      await delay(LOOK, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  // an error of it is thrown below
  reading.catch(() => {});
  try {
    const result = await write();
    ended.abort();
    await reading;
    await readOn();
    return { result, written: new Map([...files].map(([name, { hash }]) => [name, hash.result()])) };
  } finally {
    ended.abort();
    await reading.catch(() => {});
    for (const { handle } of files.values()) await handle.close();
  }
}
