import { countTokens } from '../chunking/tokens.ts';
import { ThreadPool } from '../lib/thread-pool.ts';
import { ProviderError, type ProviderErrorKind } from './error.ts';
import type { Embedded } from './provider.ts';
import { emptyText, isBlank, unitVector } from './vectors.ts';

/** What the thread of a model answers: the vectors one after the other, or why there are none. */
export type ModelReply = { vectors: Float32Array } | { kind: ProviderErrorKind; message: string };

/** A request to a thread holds at most this much, so that a search query never waits long behind a back-fill. */
const BATCH_TEXTS = 16;
const BATCH_CHARACTERS = 4_000;

/** Positions of texts in batches, shortest text first: the model pads a batch to its longest text. */
function toBatches(texts: readonly string[]): number[][] {
  const lengths = texts.map((text) => text.length);
  const batches: number[][] = [];
  let characters = 0;
  for (const position of [...texts.keys()].sort((a, b) => lengths[a]! - lengths[b]!)) {
    const length = lengths[position]!;
    const batch = batches.at(-1);
    if (batch && batch.length < BATCH_TEXTS && characters + length <= BATCH_CHARACTERS) {
      batch.push(position);
      characters += length;
    } else {
      batches.push([position]);
      characters = length;
    }
  }
  return batches;
}

/** A model of this machine, one copy per thread. Callers take turns, one batch each; one alone has all the threads. */
export class ModelThreads {
  readonly #pool: ThreadPool<string[], ModelReply>;
  readonly #dimensions: number;
  readonly #threads: number;

  /**
   * @param entry  the thread's end: a threadTask() from texts to a ModelReply
   * @param options.data  its workerData
   */
  constructor(
    entry: URL,
    dimensions: number,
    { data, threads = 1 }: { data?: unknown; threads?: number } = {},
  ) {
    this.#dimensions = dimensions;
    this.#threads = threads;
    this.#pool = new ThreadPool(entry, {
      threads,
      data,
      outlivesCaller: true,
      died: (reason, cause) =>
        new ProviderError(
          'unavailable',
          `The thread of the embedding model stopped (${reason}); the next request starts it again`,
          { cause },
        ),
    });
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const batches = toBatches(texts);
    const vectors = new Array<Float32Array>(texts.length);
    const work = async () => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        const reply = await this.#pool.run(
          batch.map((position) => texts[position]!),
          signal,
        );
        for (const [i, vector] of this.#vectorsOf(reply, batch).entries()) vectors[batch[i]!] = vector;
      }
    };
    signal?.throwIfAborted();
    try {
      await Promise.all(Array.from({ length: this.#threads }, work));
    } finally {
      // of what failed, no more is sent
      batches.length = 0;
    }
    return vectors;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #vectorsOf(reply: ModelReply, batch: readonly number[]): Float32Array[] {
    if ('kind' in reply) throw new ProviderError(reply.kind, reply.message);
    const dimensions = this.#dimensions;
    if (reply.vectors.length !== batch.length * dimensions) {
      const message = `The model returned ${reply.vectors.length} numbers for ${batch.length} texts of ${dimensions} dimensions`;
      throw new ProviderError('bad_output', message);
    }
    return batch.map((position, i) =>
      unitVector(reply.vectors.subarray(i * dimensions, (i + 1) * dimensions), dimensions, position),
    );
  }
}

/** Embeds with a model of this machine, all texts but the empty ones. */
export async function embedInThreads(
  threads: ModelThreads,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Embedded> {
  const result: Embedded = { vectors: new Array(texts.length).fill(undefined), tokens: 0, failures: [] };
  const positions: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (isBlank(text)) result.failures.push(emptyText(i, texts.length));
    else positions.push(i);
  }
  const vectors = await threads.embed(
    positions.map((i) => texts[i]!),
    signal,
  );
  for (const [i, position] of positions.entries()) {
    result.vectors[position] = vectors[i];
    result.tokens += countTokens(texts[position]!);
  }
  return result;
}
