import { ThreadPool } from '../lib/thread-pool.ts';
import { type Extraction, type ExtractionRequest, unreadable } from './extraction.ts';

export interface FileExtractor {
  /**
   * Reads text from a file, in a thread of its own: a bad file neither blocks nor ends this process.
   * @throws ColloquyError CQ320 to CQ327 with a reason that its owner understands, or the signal's reason
   */
  extract(request: ExtractionRequest, signal?: AbortSignal): Promise<Extraction>;
  close(): Promise<void>;
}

export interface ExtractOptions {
  /** Milliseconds that one file may take. Default: two minutes. */
  timeout?: number;
  /** Mebibytes of heap. Default: 1,024. */
  memory?: number;
}

export function openExtractor({ timeout = 120_000, memory = 1024 }: ExtractOptions = {}): FileExtractor {
  const thread = new ThreadPool<ExtractionRequest, Extraction>(
    new URL('./extract-worker.ts', import.meta.url),
    {
      timeout,
      memory,
      tooLong: () => unreadable('CQ325', `The file could not be read within ${timeout / 1000} seconds`),
      died: (reason) => unreadable('CQ327', `Reading the file failed: ${reason}`),
    },
  );
  return {
    extract: (request, signal) => thread.run(request, signal),
    close: () => thread.close(),
  };
}
