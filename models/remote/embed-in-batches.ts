import { countTokens } from '../../chunking/tokens.ts';
import { ProviderError } from '../error.ts';
import type { Embedded } from '../provider.ts';
import { emptyText, isBlank, unitVector } from '../vectors.ts';

/** What one request brought, unchecked. */
export interface RawEmbeddings {
  vectors: readonly ArrayLike<number>[];
  /** As the provider counts them, when it says so. */
  tokens?: number | undefined;
}

export interface BatchOptions {
  dimensions: number;
  /** Most texts, and most tokens of all of them, in one request. */
  batchSize: number;
  batchTokens: number;
}

/** Texts that must fail one by one, while none succeeds, before it is believed that none ever will. */
const ENOUGH_FAILURES = 4;

/** Positions of the texts, in batches that a provider takes. */
function plan(texts: readonly string[], positions: number[], options: BatchOptions): number[][] {
  const batches: number[][] = [];
  let tokens = 0;
  for (const position of positions) {
    const more = countTokens(texts[position]!);
    const batch = batches.at(-1);
    if (batch && batch.length < options.batchSize && tokens + more <= options.batchTokens) {
      batch.push(position);
      tokens += more;
    } else {
      batches.push([position]);
      tokens = more;
    }
  }
  return batches;
}

/** A batch that is refused for what is in it is halved until the texts at fault are found. */
function isOfBatch(error: ProviderError): boolean {
  return error.kind === 'bad_input' || error.kind === 'bad_output';
}

/**
 * Embeds texts batch by batch, and keeps what succeeded, whatever became of the rest: it is paid for.
 * @param call  makes one request and brings a vector per text; throws ProviderError
 * @throws ProviderError when nothing succeeded for a reason that is not the texts'
 */
export async function embedInBatches(
  texts: readonly string[],
  call: (batch: string[]) => Promise<RawEmbeddings>,
  options: BatchOptions,
): Promise<Embedded> {
  const vectors = new Array<Float32Array | undefined>(texts.length).fill(undefined);
  const failures: ProviderError[] = [];
  let tokens = 0;
  let succeeded = 0;
  let failedAlone = 0;

  async function embed(batch: number[]): Promise<void> {
    const sent = batch.map((position) => texts[position]!);
    try {
      if (succeeded === 0 && failedAlone >= ENOUGH_FAILURES) {
        throw new ProviderError(
          'misconfigured',
          `Every text so far was refused, the last one so: ${failures.at(-1)?.message}`,
        );
      }
      const { vectors: found, tokens: counted } = await call(sent);
      // some say that they counted nothing
      tokens += counted || sent.reduce((sum, text) => sum + countTokens(text), 0);
      accept(batch, found);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (isOfBatch(error) && batch.length > 1) {
        const middle = batch.length >> 1;
        await embed(batch.slice(0, middle));
        await embed(batch.slice(middle));
        return;
      }
      if (isOfBatch(error)) failedAlone += 1;
      for (const position of batch) failures.push(error.at(position));
    }
  }

  function accept(batch: number[], found: readonly ArrayLike<number>[]): void {
    for (const [i, position] of batch.entries()) {
      try {
        vectors[position] = unitVector(found[i]!, options.dimensions, position);
        succeeded += 1;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        failures.push(error);
      }
    }
  }

  const positions: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (isBlank(text)) failures.push(emptyText(i, texts.length));
    else positions.push(i);
  }
  const outcomes = await Promise.allSettled(plan(texts, positions, options).map(embed));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  failures.sort((a, b) => a.index! - b.index!);
  const whole = failures.find((failure) => !failure.isOfText);
  if (succeeded === 0 && whole) throw whole.withFailures(failures);
  return { vectors, tokens, failures };
}
