import type { IncomingMessage } from 'node:http';
import {
  type Client,
  ColloquyError,
  confirmSignIn,
  createClient,
  register,
  type Session,
  SignOutDocument,
  signIn,
} from '../../client/index.ts';

const NAME = 'colloquy_chat';

/** The token that the browser's cookie carries. Scripts of the page do not see it, so a script that gets into the page cannot carry it away. */
export const tokenOf = ({ headers }: IncomingMessage): string | undefined =>
  new RegExp(`(?:^|; )${NAME}=([^;]+)`).exec(headers.cookie ?? '')?.[1];

/** Strict: the browser sends it with requests of this page only, not with those that other sites make. */
function cookieOf({ headers }: IncomingMessage, value: string, seconds: number): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${NAME}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

export const endedCookie = (request: IncomingMessage): string => cookieOf(request, '', 0);

/** The API for whoever sent a request. Limits count by the address that the browser has, where the API trusts this server (TRUSTED_PROXIES). */
export const clientFor = (api: string, request: IncomingMessage, token = tokenOf(request)): Client =>
  createClient({
    url: api,
    token,
    fetch: (url, init) => fetch(url, { ...init, headers: forwarded(request, new Headers(init?.headers)) }),
  });

/** Who asked, as proxies say it. */
export function forwarded({ socket, headers }: IncomingMessage, sent: Headers): Headers {
  const before = headers['x-forwarded-for'];
  sent.set('x-forwarded-for', [before, socket.remoteAddress].filter(Boolean).join(', '));
  if (headers['user-agent']) sent.set('user-agent', headers['user-agent']);
  return sent;
}

interface Credentials {
  email: string;
  password: string;
  isNew?: boolean;
  challenge?: string;
  code?: string;
}

/** Signs in, or says what is needed for it: a code of the second factor. */
export async function beginSession(
  api: string,
  request: IncomingMessage,
  { email, password, isNew, challenge, code }: Credentials,
): Promise<Response> {
  const visitor = clientFor(api, request, '');
  let session: Session | undefined;
  if (challenge && code) session = await confirmSignIn(visitor, { challenge, code });
  else if (isNew) session = await register(visitor, { email, password });
  else {
    const { session: begun, ...needed } = await signIn(visitor, { email, password });
    if (!begun) return Response.json(needed);
    session = begun;
  }
  const seconds = Math.floor((Date.parse(session.expiresAt) - Date.now()) / 1000);
  return Response.json(
    { userId: session.userId },
    { headers: { 'set-cookie': cookieOf(request, session.token, seconds) } },
  );
}

/** Ends the session of this browser, here and in the database. */
export async function endSession(api: string, request: IncomingMessage): Promise<Response> {
  try {
    if (tokenOf(request)) await clientFor(api, request).request(SignOutDocument);
  } catch (error) {
    // it had ended before
    if (!(error instanceof ColloquyError && error.status === 401)) throw error;
  }
  return new Response(null, { status: 204, headers: { 'set-cookie': endedCookie(request) } });
}
