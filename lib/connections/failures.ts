/** The SQLSTATEs and Node codes of a connection that broke, or could not be made. */
const LOST =
  /^(?:08...|57P0[1-5]|25P03|ECONN(?:REFUSED|RESET|ABORTED)|E(?:NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN))$/;

/** What node-postgres says without a code. */
const LOST_WORDS =
  /^(?:Connection terminated|Client (?:has encountered a connection error|was closed) and is not queryable|timeout expired|Query read timeout|Cannot use a pool after)/;

/** What node-postgres says when no connection of a pool became free in time. */
const BUSY_WORDS = /^timeout exceeded when trying to connect/;

/** A state of the server in which it answers, and cannot do its work. */
export type Impairment = 'read-only' | 'disk full' | 'out of memory' | 'I/O error' | 'too many connections';

const IMPAIRED: Record<string, Impairment> = {
  '25006': 'read-only',
  '53100': 'disk full',
  '53200': 'out of memory',
  '53300': 'too many connections',
  '58030': 'I/O error',
};

/** Of anything that was thrown or emitted: pg-boss copies errors into plain objects. */
interface Failure {
  message: string;
  code?: unknown;
  syscall?: unknown;
  cause?: unknown;
}

const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string';

/** A failure and what caused it, outermost first. */
function* chain(failure: unknown): Generator<Failure> {
  for (let depth = 0; isFailure(failure) && depth < 5; depth += 1) {
    yield failure;
    failure = failure.cause;
  }
}

function isLost({ code, message, syscall }: Failure): boolean {
  if (typeof code !== 'string') return LOST_WORDS.test(message);
  // the socket of a server that is not there; any other file that is missing is another matter
  return LOST.test(code) || (code === 'ENOENT' && syscall === 'connect');
}

/** Whether the database, or the way to it, is gone: nothing that is tried again on the same connection can work. */
export function isConnectionLost(error: unknown): boolean {
  return chain(error).some(isLost);
}

/** How the server is impaired, when an error says so. */
export function impairmentOf(error: unknown): Impairment | undefined {
  for (const { code, message } of chain(error)) {
    if (typeof code === 'string' && IMPAIRED[code]) return IMPAIRED[code];
    if (BUSY_WORDS.test(message)) return 'too many connections';
  }
  return undefined;
}
