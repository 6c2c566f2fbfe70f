import { ColloquyError } from '../lib/errors.ts';
import { Thread } from '../lib/thread.ts';
import type { ChunkSizes, ChunkSource } from './chunk.ts';
import { cutPassages, type Passage } from './passages.ts';

/** What the thread is asked for. */
export interface CutRequest {
  source: ChunkSource;
  sizes: ChunkSizes;
}

/** A text of at most so many characters is cut on the spot: that takes a few milliseconds, like the way to the thread. */
export const SMALL = 10_000;
/** 20 MB of the worst there is take some minutes. */
const TIMEOUT = 900_000;

const tooHard = (reason: string) =>
  new ColloquyError('CQ316', `The text could not be cut into passages: ${reason}`, {
    hint: 'Split the document, or leave out what is not prose or code.',
  });

let thread: Thread<CutRequest, Passage[]> | undefined;

/**
 * cutPassages() that holds up nobody: larger texts are cut in a thread, which this process shares and which lets it end.
 * @throws ColloquyError CQ311 for sizes that cannot be, CQ316 when it takes too long, or the signal's reason
 */
export async function cutText(
  source: ChunkSource,
  sizes: CutRequest['sizes'],
  signal?: AbortSignal,
): Promise<Passage[]> {
  if (source.content.length <= SMALL) return cutPassages(source, sizes);
  thread ??= new Thread<CutRequest, Passage[]>(new URL('./cut-worker.ts', import.meta.url), {
    timeout: TIMEOUT,
    memory: 4096,
    tooLong: () => tooHard(`it took more than ${TIMEOUT / 60_000} minutes`),
    died: tooHard,
  });
  return thread.run({ source, sizes }, signal);
}
