import type { IncomingMessage, ServerResponse } from 'node:http';
import { traced } from '../../lib/tracing.ts';
import { requestIds } from './request-ids.ts';

/** The others have ids in them, or are what clients make up. */
const PATHS = new Set(['/graphql', '/files', '/my-data', '/mcp', '/']);

/** Asked again and again by who watches: no trace tells anything. */
export const isWatched = (path: string): boolean => ['/healthz', '/readyz', '/metrics'].includes(path);

/** Answers a request in a span of its own, which continues the trace that the client names. */
export function tracedRequest(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  answer: () => Promise<void>,
): Promise<void> {
  const route = PATHS.has(path) ? path : path.startsWith('/files/') ? '/files/{id}' : 'other';
  const method = request.method === 'GET' || request.method === 'POST' ? request.method : 'OTHER';
  return traced(
    {
      name: `${method} ${route}`,
      kind: 'SERVER',
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'colloquy.request_id': requestIds(request).id,
      },
      parent: request.headers.traceparent,
    },
    async (set) => {
      try {
        await answer();
      } finally {
        set({ 'http.response.status_code': response.statusCode });
      }
    },
  );
}
