import type { IncomingMessage, ServerResponse } from 'node:http';
import { ColloquyError } from '../../lib/errors.ts';
import { AuthenticationError } from '../authentication.ts';
import { isUnavailable, type PublicError, publicError, RETRY_AFTER, type RequestInfo } from '../errors.ts';
import { RateLimited } from '../limits/limiter.ts';

/** What a client is told of an error outside of GraphQL; an error of this program says itself what it means. */
export function toldError(error: unknown, info: RequestInfo): PublicError {
  if (!(error instanceof ColloquyError)) return publicError(error, info);
  return { message: error.message, code: error.code, ...(error.hint ? { hint: error.hint } : {}) };
}

/**
 * The HTTP status of a refusal.
 * @param statuses  of codes, where they are not 503 because the service is unavailable
 */
export function statusOf(
  error: unknown,
  code: string,
  statuses: Readonly<Record<string, number>>,
  otherwise = 500,
): number {
  if (error instanceof AuthenticationError || error instanceof RateLimited) return error.status;
  return statuses[code] ?? (isUnavailable(code) ? 503 : otherwise);
}

/** Says with a refusal when to try again, how to sign in, and what becomes of the connection. */
export function prepareRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  challenge = 'Bearer realm="colloquy", error="invalid_token"',
): void {
  if (status === 503) response.setHeader('retry-after', RETRY_AFTER);
  if (status === 401) response.setHeader('www-authenticate', challenge);
  // the rest of a body that nobody reads must not be taken for the next request
  if (!request.complete) response.setHeader('connection', 'close');
}
