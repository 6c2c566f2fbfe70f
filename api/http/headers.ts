import type { ServerResponse } from 'node:http';

/** Nothing of what the API answers is a page. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/** GraphiQL has its scripts and styles in the page, and its editor in workers made of strings. */
const GRAPHIQL = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Seconds that a browser remembers to come by https. */
const HSTS = 'max-age=31536000';

/** What tells a browser not to do more with an answer than it is for. */
export function setSecurityHeaders(
  response: ServerResponse,
  { isGraphiql, isHttps }: { isGraphiql: boolean; isHttps: boolean },
): void {
  response.setHeader('content-security-policy', isGraphiql ? GRAPHIQL : NO_PAGE);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  if (isGraphiql) response.setHeader('cross-origin-opener-policy', 'same-origin');
  if (isHttps) response.setHeader('strict-transport-security', HSTS);
}
