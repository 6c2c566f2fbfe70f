import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a page sends: a token, a type, a workspace, an id for the log, and what downloads are asked for with. */
const ALLOWED_HEADERS =
  'authorization, content-type, x-workspace-id, x-request-id, range, if-range, if-none-match, last-event-id, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id';

/** What a page may read of an answer beyond its body. */
const EXPOSED_HEADERS =
  'x-request-id, retry-after, ratelimit, ratelimit-policy, location, etag, content-range, content-disposition, mcp-session-id';

/** Seconds that a browser remembers the answer to a preflight. */
const MAX_AGE = '7200';

function methodsOf(path: string): string | undefined {
  if (path === '/graphql' || path === '/graphql/stream') return 'GET, POST';
  if (path === '/files' || path === '/mcp') return 'POST';
  return path.startsWith('/files/') ? 'GET, HEAD' : undefined;
}

/**
 * Lets pages of chosen origins call the API. Never with credentials of the browser: the API knows no cookies, and a token is
 * sent by the page itself. An origin that was not chosen is answered as if there were no such thing as CORS.
 * @returns whether the request was a preflight, and is answered
 */
export function answerCors(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  origins: readonly string[],
): boolean {
  const methods = methodsOf(path);
  if (origins.length === 0 || methods === undefined) return false;
  const isOpen = origins.includes('*');
  if (!isOpen) response.setHeader('vary', 'origin');
  const { origin } = request.headers;
  if (origin === undefined || !(isOpen || origins.includes(origin))) return false;
  response.setHeader('access-control-allow-origin', isOpen ? '*' : origin);
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false;
  response.setHeader('access-control-allow-methods', methods);
  response.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
  response.setHeader('access-control-max-age', MAX_AGE);
  response.writeHead(204).end();
  return true;
}

/** Whether a request comes from a page that may call: of this server, or of a chosen origin. Programs send no origin. */
export function isOriginAllowed({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
