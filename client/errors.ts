/** What the API said about what it refused. `docs/error-codes.md` lists the codes. */
export interface ErrorDetails {
  code: string;
  message: string;
  hint?: string | undefined;
  /** The field of the input that it is about, where it is about one. */
  field?: string | undefined;
  /** Names the line in the server's log, where that says more. */
  errorId?: string | undefined;
  /** What confirmSignIn takes, of CQ140 and CQ141. */
  challenge?: string | undefined;
  /** HTTP status of the answer; 0 when there was none. */
  status: number;
  /** Seconds after which to try again, where the API says so. */
  retryAfter?: number | undefined;
}

/** An error of the API, or that there was no answer (`CQ503`, status 0). */
export class ColloquyError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly errorId: string | undefined;
  readonly challenge: string | undefined;
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(details: ErrorDetails, options?: ErrorOptions) {
    super(details.message, options);
    this.name = 'ColloquyError';
    this.code = details.code;
    this.hint = details.hint;
    this.field = details.field;
    this.errorId = details.errorId;
    this.challenge = details.challenge;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }

  /** Whether the same request may be answered later: the server is busy or cannot be reached, or a limit is used up for now. */
  get isTemporary(): boolean {
    return (
      this.status === 0 ||
      this.status === 503 ||
      this.status === 429 ||
      this.status === 502 ||
      this.status === 504
    );
  }
}

const secondsOf = (response: Response): number | undefined => {
  const value = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
};

interface GraphQLErrorBody {
  message?: string;
  extensions?: Record<string, string | undefined>;
}

/** The error that an answer of the API stands for. */
export function errorOf(response: Response, error: GraphQLErrorBody | undefined): ColloquyError {
  const { code, hint, field, errorId, challenge } = error?.extensions ?? {};
  return new ColloquyError({
    code: code ?? `HTTP${response.status}`,
    message: error?.message ?? `The server answered with HTTP status ${response.status}.`,
    hint,
    field,
    errorId,
    challenge,
    status: response.status,
    retryAfter: secondsOf(response),
  });
}

/** Of a request that got no answer. */
export const unreachable = (cause: unknown): ColloquyError =>
  new ColloquyError(
    { code: 'CQ503', message: 'The server cannot be reached.', hint: 'Try again in a moment.', status: 0 },
    { cause },
  );
