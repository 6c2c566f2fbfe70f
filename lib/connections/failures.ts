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

const fieldOf = (error: object, name: string): string | undefined => {
  const value: unknown = name in error ? error[name as keyof typeof error] : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** An error and what caused it, outermost first. */
function* chain(error: unknown): Generator<Error> {
  for (let depth = 0; error instanceof Error && depth < 5; depth += 1) {
    yield error;
    error = error.cause;
  }
}

function isLost(error: Error): boolean {
  const code = fieldOf(error, 'code');
  if (code === undefined) return LOST_WORDS.test(error.message);
  // the socket of a server that is not there; any other file that is missing is another matter
  return LOST.test(code) || (code === 'ENOENT' && fieldOf(error, 'syscall') === 'connect');
}

/** Whether the database, or the way to it, is gone: nothing that is tried again on the same connection can work. */
export function isConnectionLost(error: unknown): boolean {
  return chain(error).some(isLost);
}

/** How the server is impaired, when an error says so. */
export function impairmentOf(error: unknown): Impairment | undefined {
  for (const one of chain(error)) {
    const impairment =
      IMPAIRED[fieldOf(one, 'code') ?? ''] ?? (BUSY_WORDS.test(one.message) && 'too many connections');
    if (impairment) return impairment;
  }
  return undefined;
}
