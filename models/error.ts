/**
 * What went wrong with a provider, in the terms a job decides by:
 * rate_limited   the provider asks for patience: not a failure, wait `retryAfter` and try the same again
 * unavailable    the provider cannot be reached or died: try again later
 * misconfigured  it refuses whatever it is sent, until a setting is changed: the message says which
 * bad_input      the text at `index` can never be embedded: leave it out, keep the rest of the batch
 * bad_output     the provider answered with something that is not a vector of the promised kind
 */
export type ProviderErrorKind = 'rate_limited' | 'unavailable' | 'misconfigured' | 'bad_input' | 'bad_output';

export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  /** Seconds to wait before the next attempt, when they are known. */
  readonly retryAfter: number | undefined;
  /** Position, in the texts given to embed(), of the one at fault, when it is known. */
  readonly index: number | undefined;
  #failures: readonly ProviderError[] | undefined;

  constructor(
    kind: ProviderErrorKind,
    message: string,
    options: { retryAfter?: number | undefined; index?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = kind;
    this.retryAfter = options.retryAfter;
    this.index = options.index;
  }

  /** When it ended the embedding of several texts: what is known of each of them. */
  get failures(): readonly ProviderError[] | undefined {
    return this.#failures;
  }

  /** The same, as the end of embedding several texts. */
  withFailures(failures: readonly ProviderError[]): ProviderError {
    const { kind, message, retryAfter, index, cause } = this;
    const error = new ProviderError(kind, message, { retryAfter, index, cause });
    error.#failures = failures;
    return error;
  }

  /** The same about the text at `index`. */
  at(index: number): ProviderError {
    const { kind, message, retryAfter, cause } = this;
    return new ProviderError(kind, message, { retryAfter, index, cause });
  }

  /** Whether it says something about one text, and nothing about the next one. */
  get isOfText(): boolean {
    return this.index !== undefined && (this.kind === 'bad_input' || this.kind === 'bad_output');
  }
}

/** Why no provider is asked: the database is a copy that nobody has adopted. */
class QuarantineError extends Error {}

/** It waits as for a provider that asks for patience. */
export function quarantined(provider: string): ProviderError {
  return new ProviderError(
    'rate_limited',
    `"${provider}" is left alone: this database is a copy in quarantine (CQ635)`,
    { retryAfter: 60, cause: new QuarantineError('the database was not adopted') },
  );
}

export const isQuarantined = (error: unknown): boolean =>
  error instanceof ProviderError && error.cause instanceof QuarantineError;
