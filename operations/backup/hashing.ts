import { createHash } from 'node:crypto';
import type { Written } from './target.ts';

/** Counts and hashes bytes on their way. */
export interface Hashing {
  /** The same bytes, counted as they are read. */
  of(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  add(piece: Uint8Array): void;
  /** Of all that were read. To be asked once. */
  result(): Written;
}

export function hashing(): Hashing {
  const hash = createHash('sha256');
  let size = 0;
  const add = (piece: Uint8Array): void => {
    hash.update(piece);
    size += piece.length;
  };
  return {
    async *of(source) {
      for await (const piece of source) {
        add(piece);
        yield piece;
      }
    },
    add,
    result: () => ({ size, sha256: hash.digest('hex') }),
  };
}

/** Reads all of a source, and says what it was. */
export async function hashOf(source: AsyncIterable<Uint8Array>): Promise<Written> {
  const hash = hashing();
  for await (const _ of hash.of(source)) {
    // counted on the way
  }
  return hash.result();
}
