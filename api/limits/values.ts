/** What one request may ask for. docs/api.md lists these; the tests hold them. */

/** Bytes of a request's body. Imports of whole archives do not come this way: scripts/import.ts talks to the database. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Characters of a GraphQL document. Long texts belong into variables. */
export const MAX_DOCUMENT_LENGTH = 100_000;
/** Tokens of a GraphQL document: validation takes time in the square of its fields. */
export const MAX_DOCUMENT_TOKENS = 5_000;
/** Fields within fields. */
export const MAX_DEPTH = 12;
/** Fields of the operation itself, aliases counted. */
export const MAX_ROOT_FIELDS = 20;
/** Aliases anywhere in a document. */
export const MAX_ALIASES = 100;
/** Objects that an operation may return at most, as its page sizes say. */
export const MAX_COST = 25_000;
/** Objects that one event of a subscription may return at most. */
export const MAX_EVENT_COST = 1_000;
/** Bytes of one message of a websocket. */
export const MAX_MESSAGE_BYTES = 512 * 1024;
/** Fields within fields of introspection, where it is allowed: what tools ask for. */
export const MAX_INTROSPECTION_DEPTH = 30;
/** Values in the body of a request, those within lists and objects counted: 20,000 take some 30 ms of the event loop. */
export const MAX_BODY_VALUES = 20_000;
/** Objects and lists within each other in variables. */
export const MAX_VARIABLE_DEPTH = 64;

/** Conditions in `and`, `or` and `not` of all filters of an operation. */
export const MAX_FILTER_BRANCHES = 100;
/** Values in one list of a filter, as in `in`: as many as a page has rows. */
export const MAX_LIST = 1_000;
/** Values in all filters of an operation. */
export const MAX_FILTER_VALUES = 10_000;
/** Searches in one operation: of the fields of that limit in rates.ts. */
export const MAX_SEARCHES = 5;
/** Uses of a password or a token for one in one operation. */
export const MAX_CREDENTIALS = 1;

/** Rows of a connection when neither `first` nor `last` is given. */
export const DEFAULT_PAGE_SIZE = 50;
/** The largest `first` or `last`. */
export const MAX_PAGE_SIZE = 1_000;

/** Milliseconds that one SQL statement of a request may take. */
export const STATEMENT_TIMEOUT = 30_000;
/** Milliseconds that a request to /graphql may take as a whole, where the settings do not say. */
export const REQUEST_TIMEOUT = 60_000;
/** Milliseconds that a request waits for a row that another one is changing. */
export const LOCK_TIMEOUT = 10_000;
/** Milliseconds that the server keeps the locks of a transaction of which it hears nothing: its client may be gone. */
export const IDLE_TIMEOUT = 30_000;
/** Milliseconds in which the headers of a request must have come. */
export const HEADERS_TIMEOUT = 10_000;
/**
 * How fast a body must come: in each window so many bytes. What is sent to /graphql is in the hand of the client as a whole; a
 * file may come over a network that pauses.
 */
export const BODY_PACE = { window: 8_000, bytes: 2_000 };
export const FILE_PACE = { window: 30_000, bytes: 2_000 };
/** Milliseconds in which a client must take something of an answer. */
export const STALL_TIMEOUT = 30_000;
/**
 * Milliseconds that an idle connection stays open. Longer than clients and load balancers keep theirs, mostly a minute:
 * whoever gives up first decides, and a request that meets a connection just closed fails.
 */
export const KEEP_ALIVE_TIMEOUT = 75_000;
/** Milliseconds that requests in flight have to end when the server stops. */
export const CLOSE_TIMEOUT = 10_000;
