import { randomUUID } from 'node:crypto';
import { isSafeError } from 'postgraphile/grafast';
import { GraphQLError } from 'postgraphile/graphql';
import { type Impairment, impairmentOf } from '../lib/connections/failures.ts';
import { outage } from '../lib/connections/outage.ts';
import { ColloquyError } from '../lib/errors.ts';
import { BUSY } from '../lib/gate.ts';
import { log } from '../lib/log.ts';
import { fieldOfColumn, fieldOfConstraint, fieldOfRequest } from './error-fields.ts';

/** What a client may know about an error. Codes are listed in docs/error-codes.md. */
export interface PublicError {
  code: string;
  message: string;
  hint?: string;
  /** The argument or input field that it is about: `title`, `toolCalls[0].status`. */
  field?: string;
  /** Names the line in the log that has the rest; for masked errors only. */
  errorId?: string;
  /** What confirmSignIn takes; for CQ140 and CQ141 of signIn only. */
  challenge?: string;
}

/** An error whose message and code are meant for the client. */
export class ApiError extends GraphQLError {
  constructor(code: string, message: string, hint?: string, details: { challenge?: string } = {}) {
    super(message, { extensions: { code, ...(hint === undefined ? {} : { hint }), ...details } });
    this.name = 'ApiError';
  }
}

/** The fields of an error of PostgreSQL (pg and PGlite name them alike) that decide what a client is told. */
interface DatabaseError extends Error {
  code: string;
  severity?: string;
  hint?: string;
  schema?: string;
  table?: string;
  column?: string;
  constraint?: string;
  dataType?: string;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return (
    error instanceof Error &&
    'severity' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^[0-9A-Z]{5}$/.test(error.code)
  );
}

/** How constraints end (docs: every constraint is named), so that what stands before is the column. */
const CONSTRAINT = /^(.+?)_(?:length|format|range|positive|known|object|array|key|check)$/;
const PARTITION = /_(?:\d{4}_\d{2}|\d{2,}|default)$/;

/** The GraphQL field that a violated constraint is about, when it is one of an exposed table. */
function fieldOf(error: DatabaseError): string | undefined {
  if (error.schema !== 'app_public' && error.schema !== 'app_partitions') return undefined;
  if (error.column) return fieldOfColumn(error.column);
  const known = fieldOfConstraint(error.constraint);
  if (known) return known;
  const table = error.table?.replace(PARTITION, '');
  let name = error.constraint;
  if (!name) return undefined;
  if (table && name.startsWith(`${table}_`)) name = name.slice(table.length + 1);
  const match = CONSTRAINT.exec(name);
  return match ? fieldOfColumn(match[1]!) : undefined;
}

const unreachable: PublicError = {
  code: 'CQ503',
  message: 'The database cannot be reached.',
  hint: 'Try again in a moment.',
};
/** Of a mutation that was on its way when the connection broke. */
const UNKNOWN_OUTCOME =
  'Try again in a moment. Whether the change was made is not known: look, or send it with an idempotencyKey.';

/** What a client is told of a server that answers, and cannot do its work. */
const IMPAIRED: Record<Impairment, PublicError> = {
  'read-only': {
    code: 'CQ510',
    message: 'The database takes no changes.',
    hint: 'Reading works; try again in a moment.',
  },
  'disk full': {
    code: 'CQ511',
    message: 'The database has no room left.',
    hint: 'Reading works; changes do when an operator has made room.',
  },
  'out of memory': {
    code: 'CQ512',
    message: 'The database is out of memory.',
    hint: 'Try again in a moment, or ask for less.',
  },
  'too many connections': {
    code: 'CQ513',
    message: 'All connections to the database are in use.',
    hint: 'Try again in a moment.',
  },
  'I/O error': {
    code: 'CQ514',
    message: 'The database cannot use its disk.',
    hint: 'An operator has to look.',
  },
};

/** No connection in time, and no turn to embed a query: nothing was done, and the same request may succeed in a moment. */
export const BUSY_CODES: ReadonlySet<unknown> = new Set<unknown>([BUSY, 'CQ439']);

/** Seconds after which a client may try again what is unavailable. */
export const RETRY_AFTER = 2;

const UNAVAILABLE = new Set(['CQ503', ...BUSY_CODES, ...Object.values(IMPAIRED).map(({ code }) => code)]);

/** Whether a code says that the service is unavailable for now: HTTP 503 where the request as a whole failed. */
export function isUnavailable(code: string): boolean {
  return UNAVAILABLE.has(code);
}

const retry: PublicError = {
  code: 'CQ409',
  message: 'Another request is changing the same data.',
  hint: 'Try again.',
};

/** What of a request decides how its errors are told. */
export interface RequestInfo {
  id: string;
  isVisitor: boolean;
  /** Whether the operation is a query, which only reads. */
  isQuery?: boolean;
  /** Whether it checks or hashes a password, or sends a token for one. */
  isCredential?: boolean;
  /** Whose memory of query vectors it uses: no tenant learns from its time what another one has asked. */
  workspaceId?: string | undefined;
}

const about = (field: string | undefined, error: PublicError): PublicError =>
  field ? { ...error, field } : error;

/** What each SQLSTATE means to a client. Absent: nothing, the error is masked. */
const bySqlState: Record<string, (error: DatabaseError, request?: RequestInfo) => PublicError> = {
  '23505': (error) => {
    const field = fieldOf(error);
    const message = field ? `This ${field} is taken.` : 'There is one already.';
    return about(field, { code: 'CQ200', message, hint: 'Choose another.' });
  },
  '23514': (error) => {
    const field = fieldOf(error);
    const message = field ? `${field} is not acceptable.` : 'A value is not acceptable.';
    return about(field, { code: 'CQ200', message });
  },
  '23502': (error) => {
    const field = fieldOf(error);
    return about(field, { code: 'CQ200', message: field ? `${field} is missing.` : 'A value is missing.' });
  },
  '23503': (error) =>
    about(fieldOf(error), { code: 'CQ204', message: 'It refers to something that does not exist.' }),
  '23P01': () => ({ code: 'CQ200', message: 'There is one already.' }),
  '42501': (_, request) =>
    request?.isVisitor
      ? {
          code: 'CQ101',
          message: 'You are not signed in.',
          hint: 'Call signIn or register, then send the token as "Authorization: Bearer …".',
        }
      : {
          code: 'CQ403',
          message: 'You are not allowed to do this.',
          hint: 'Ask the owner, or an administrator.',
        },
  '22001': () => ({ code: 'CQ200', message: 'A text is too long.' }),
  '22003': () => ({ code: 'CQ200', message: 'A number is out of range.' }),
  '22021': () => ({ code: 'CQ200', message: 'A text has characters that cannot be stored.' }),
  '22P05': () => ({ code: 'CQ200', message: 'A text has characters that cannot be stored.' }),
  '54000': () => ({ code: 'CQ200', message: 'A value is too large.' }),
  '57014': () => ({ code: 'CQ408', message: 'The request took too long.', hint: 'Ask for less.' }),
  '55P03': () => retry,
  '40001': () => retry,
  '40P01': () => retry,
};

function databaseError(error: DatabaseError, request?: RequestInfo): PublicError | undefined {
  if (/^CQ[0-9]{3}$/.test(error.code)) {
    // raise … using column = 'name of the argument'
    const field = error.column && fieldOfColumn(error.column);
    const hint = error.hint ? { hint: error.hint } : {};
    return about(field, { code: error.code, message: error.message, ...hint });
  }
  const known = bySqlState[error.code];
  if (known) return known(error, request);
  // The rest of "data exception": a value of the wrong form. The message quotes it, and more than it: not passed on.
  if (error.code.startsWith('22')) return { code: 'CQ200', message: 'A value has the wrong form.' };
  return undefined;
}

/** An error without an explanation to the client. What it was is in the log, under the id that the client gets. */
function masked(error: unknown, request: RequestInfo | undefined): PublicError {
  const errorId = randomUUID();
  log.error({ errorId, requestId: request?.id, err: error }, 'Internal error');
  return { code: 'CQ500', message: 'Internal error', errorId, hint: `The log has more under "${errorId}".` };
}

/** The innermost error: GraphQL wraps what a step throws, sometimes twice. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && !(cause instanceof ApiError) && cause.originalError) {
    cause = cause.originalError;
  }
  return cause;
}

/** Messages of GraphQL itself about what the client sent: they quote nothing but that. */
const ABOUT_THE_REQUEST =
  /^(Variable "|Must provide |Unknown operation named |Argument "|Only queries may |Invalid cursor|query must be |operationName, |Invalid (variables|onError|extensions|body)|Parsing failed|No body|Could not (determine|find)|Media type |Method not |Too much data)/;

/** What a client is told about any error. Never throws, never tells SQL or the names of hidden objects. */
export function publicError(error: unknown, request?: RequestInfo): PublicError {
  const cause = rootCause(error);
  if (cause instanceof GraphQLError && typeof cause.extensions.code === 'string') {
    const { code, hint, field, errorId, challenge } = cause.extensions;
    return {
      code,
      message: cause.message,
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(typeof field === 'string' ? { field } : {}),
      ...(typeof errorId === 'string' ? { errorId } : {}),
      ...(typeof challenge === 'string' ? { challenge } : {}),
    };
  }
  if (cause instanceof ColloquyError && cause.code === BUSY) {
    return { code: BUSY, message: cause.message, ...(cause.hint ? { hint: cause.hint } : {}) };
  }
  if (outage.failed(cause, 'requests')) {
    const impairment = impairmentOf(cause);
    if (impairment) return IMPAIRED[impairment];
    return request?.isQuery === false ? { ...unreachable, hint: UNKNOWN_OUTCOME } : unreachable;
  }
  if (isDatabaseError(cause)) return databaseError(cause, request) ?? masked(cause, request);
  if (error instanceof GraphQLError && ABOUT_THE_REQUEST.test(error.message)) {
    return about(fieldOfRequest(error), { code: 'CQ400', message: error.message });
  }
  if (cause instanceof Error && /^No values were deleted /.test(cause.message)) {
    return { code: 'CQ204', message: 'There is no such row, or it is not yours to change.' };
  }
  if (
    cause instanceof Error &&
    /^(Null literals|Empty objects) are forbidden in filter /.test(cause.message)
  ) {
    return {
      code: 'CQ400',
      message: 'A filter has null or an empty object in it.',
      hint: 'Leave it out; what has no value is found by isNull.',
    };
  }
  // Graphile's own word for a message that may be shown: a cursor of another order, say.
  if (cause instanceof Error && isSafeError(cause)) return { code: 'CQ400', message: cause.message };
  return masked(cause, request);
}

/** The same as an error of GraphQL at the same place in the response. */
export function maskError(error: GraphQLError, request?: RequestInfo): GraphQLError {
  const { message, ...extensions } = publicError(error, request);
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { ...extensions },
  });
}
