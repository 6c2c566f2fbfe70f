/**
 * What went wrong with an embedding, in the terms a job decides by:
 * rate_limited  the provider asks for patience: not a failure, wait `retryAfter` and try the same batch
 * unavailable   the provider cannot be reached or died: try again later
 * bad_input     the text at `index` can never be embedded: leave it out, keep the rest of the batch
 * bad_output    the provider answered with something that is not a vector of the promised kind
 */
export type EmbeddingErrorKind = 'rate_limited' | 'unavailable' | 'bad_input' | 'bad_output';

export class EmbeddingError extends Error {
  readonly kind: EmbeddingErrorKind;
  /** Seconds to wait before the next attempt, when the provider named them. */
  readonly retryAfter: number | undefined;
  /** Position, in the texts given to embed(), of the one at fault, when it is known. */
  readonly index: number | undefined;

  constructor(
    kind: EmbeddingErrorKind,
    message: string,
    options: { retryAfter?: number; index?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EmbeddingError';
    this.kind = kind;
    this.retryAfter = options.retryAfter;
    this.index = options.index;
  }
}
