import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { endedCookie, forwarded, tokenOf } from './session.ts';

/** What a browser may ask the API for through this server. */
const PATHS = /^\/api(\/graphql(?:\/stream)?|\/files(?:\/[\w-]+)?)(\?.*)?$/;
const TO_API = ['accept', 'content-type', 'content-length', 'range'];
const TO_PAGE = [
  'content-type',
  'content-length',
  'content-disposition',
  'content-range',
  'content-security-policy',
  'x-content-type-options',
  'retry-after',
  'cache-control',
];

const pick = (headers: Headers, names: string[]): Headers =>
  new Headers(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : [])));

const unreachable = () =>
  Response.json(
    { errors: [{ message: 'The API cannot be reached.', extensions: { code: 'CQ503' } }] },
    { status: 503 },
  );

/** Hands a request of the page to the API, with the token of the cookie, and the answer back as it comes. */
export async function forward(
  api: string,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const [, path, query = ''] = PATHS.exec(request.url ?? '') ?? [];
  if (!path) return undefined;
  const method = request.method ?? 'GET';
  const hasBody = method === 'POST';
  const given = new Headers(Object.entries(request.headers) as [string, string][]);
  const headers = forwarded(request, pick(given, TO_API));
  // as it comes, so that its length is what the API says
  headers.set('accept-encoding', 'identity');
  const token = tokenOf(request);
  if (token) headers.set('authorization', `Bearer ${token}`);
  const init = { method, headers, signal, body: hasBody ? Readable.toWeb(request) : null, duplex: 'half' };
  const {
    status,
    body,
    headers: got,
  } = await fetch(`${api}${path}${query}`, init as unknown as RequestInit).catch(unreachable);
  const answered = pick(got, TO_PAGE);
  // the session is over: the page asks to sign in
  if (status === 401 && token) answered.set('set-cookie', endedCookie(request));
  return new Response(body, { status, headers: answered });
}
