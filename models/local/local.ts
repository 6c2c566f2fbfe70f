import { availableParallelism } from 'node:os';
import { ProviderError } from '../error.ts';
import { embedInThreads, ModelThreads } from '../model-threads.ts';
import type { EmbeddingProvider } from '../provider.ts';
import { MAX_WINDOWS, WINDOW_TOKENS } from './windows.ts';

export const LOCAL_MODEL = 'universal-sentence-encoder-lite';
export const LOCAL_DIMENSIONS = 512;

/** Cores from which on a second thread is worth its copy of the model: the server and the database want theirs, too. */
const CORES_FOR_TWO = 4;

/** Threads of the model unless EMBEDDING_THREADS says otherwise. */
export function defaultThreads(cores = availableParallelism()): number {
  return cores >= CORES_FOR_TWO ? 2 : 1;
}

/** The process has one copy of the model per thread (about 300 MB while loaded), however many callers there are. */
let model: ModelThreads | undefined;
let users = 0;

/** Whether at least half of the letters of a text are Latin: the vocabulary of the model has no others. */
export function isLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return 2 * latin >= letters;
}

/** The embedded provider: the weights are in node_modules, nothing leaves the machine, no key is needed. */
export function openLocal(threads = defaultThreads()): EmbeddingProvider {
  model ??= new ModelThreads(new URL('./local-worker.ts', import.meta.url), LOCAL_DIMENSIONS, { threads });
  users += 1;
  const shared = model;
  let open = true;
  return {
    name: 'local',
    model: LOCAL_MODEL,
    dimensions: LOCAL_DIMENSIONS,
    maxTokens: WINDOW_TOKENS * MAX_WINDOWS,
    price: 0,
    reads: isLatin,
    async embed(texts, signal) {
      if (!open) throw new ProviderError('unavailable', 'The local embedding provider is closed');
      return embedInThreads(shared, texts, signal);
    },
    async close() {
      if (!open) return;
      open = false;
      users -= 1;
      if (users > 0) return;
      model = undefined;
      await shared.close();
    },
  };
}
