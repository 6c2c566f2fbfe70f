import { ColloquyError } from '../lib/errors.ts';
import { ThreadPool } from '../lib/thread-pool.ts';
import type { ChunkSizes, ChunkSource } from './chunk.ts';
import { type ChunkWithLanguage, chunkWithLanguages } from './chunk-with-languages.ts';

/** What the thread is asked for. */
export interface ChunkRequest {
  source: ChunkSource;
  sizes: ChunkSizes;
}

/** A text of at most so many characters is chunked in place: that takes a few milliseconds, like the way to the thread. */
export const INLINE_CHARACTERS = 10_000;
/** 20 MB of the worst there is take some minutes. */
const TIMEOUT = 900_000;

const tooHard = (reason: string) =>
  new ColloquyError('CQ316', `The text could not be cut into passages: ${reason}`, {
    hint: 'Split the document, or leave out what is not prose or code.',
  });

let thread: ThreadPool<ChunkRequest, ChunkWithLanguage[]> | undefined;

/**
 * chunkWithLanguages() that does not block the event loop: larger texts go to a thread, one per process, which lets the process exit.
 * @throws ColloquyError CQ311 for sizes that cannot be, CQ316 when it takes too long, or the signal's reason
 */
export async function chunkInThread(
  source: ChunkSource,
  sizes: ChunkRequest['sizes'],
  signal?: AbortSignal,
): Promise<ChunkWithLanguage[]> {
  if (source.content.length <= INLINE_CHARACTERS) return chunkWithLanguages(source, sizes);
  thread ??= new ThreadPool<ChunkRequest, ChunkWithLanguage[]>(
    new URL('./chunk-worker.ts', import.meta.url),
    {
      timeout: TIMEOUT,
      memory: 4096,
      tooLong: () => tooHard(`it took more than ${TIMEOUT / 60_000} minutes`),
      died: tooHard,
    },
  );
  return thread.run({ source, sizes }, signal);
}
