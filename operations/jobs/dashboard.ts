import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';

const PACKAGE = '@pg-boss/dashboard';
const COOKIE = 'colloquy_dashboard';
/** Milliseconds for which the token of the address works. */
const TOKEN_LIFE = 5 * 60_000;

export interface Dashboard {
  /** With a token that works once, for five minutes. */
  url: string;
  close(): Promise<void>;
}

type Answer = (request: Request) => Promise<Response>;

async function loadHandler(databaseUrl: string): Promise<{ answer: Answer; close(): Promise<void> }> {
  // read by the package: its pages show no buttons then. That nothing is changed does not depend on it.
  process.env.PGBOSS_DASHBOARD_READ_ONLY = '1';
  try {
    const { createDashboardHandler } = await import('@pg-boss/dashboard/handler');
    const handler = createDashboardHandler({ databases: [{ url: databaseUrl, name: 'colloquy' }] });
    return { answer: handler, close: () => handler.close() };
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ColloquyError('CQ644', `The dashboard needs the package ${PACKAGE}, which is not installed.`, {
      hint: `npm install --no-save ${PACKAGE}@1.9.0 (of npm run ops -- jobs it needs nothing)`,
      cause: error,
    });
  }
}

const secret = (): string => randomBytes(32).toString('base64url');

function isSame(given: string | null | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieOf(request: IncomingMessage): string | undefined {
  return request.headers.cookie
    ?.split(/;\s*/)
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
    .end(`${text}\n`);
}

/**
 * Serves the dashboard of pg-boss on this machine alone, for whoever was given its address: whoever else reaches the port gets
 * nothing, nor does a page of another site in the same browser. It shows and changes nothing, so that each change is a command.
 * @param databaseUrl  of a login that may read pg-boss’s tables
 * @param port  0: any that is free
 * @throws ColloquyError CQ644 when the package is not installed
 */
export async function openDashboard(databaseUrl: string, port = 0): Promise<Dashboard> {
  const handler = await loadHandler(databaseUrl);
  const session = secret();
  let token: string | undefined = secret();
  const latest = Date.now() + TOKEN_LIFE;
  let hosts: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = '' } = request.headers;
    // a name of another site that was made to lead here
    if (!hosts.includes(host)) return refuse(response, 421, 'There is nothing here.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'This dashboard changes nothing: npm run ops -- jobs');
    const url = new URL(request.url ?? '/', `http://${host}`);
    if (url.pathname === '/enter') {
      if (!token || Date.now() > latest || !isSame(url.searchParams.get('token'), token))
        return refuse(
          response,
          403,
          'This address has been used or has expired: npm run ops -- dashboard makes another.',
        );
      token = undefined;
      response.writeHead(303, {
        location: '/',
        'set-cookie': `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/`,
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      return void response.end();
    }
    if (!isSame(cookieOf(request), session))
      return refuse(response, 403, 'Open the address that the command printed.');
    const headers = new Headers();
    for (const name of ['accept', 'accept-language', 'user-agent']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const given = await handler.answer(new Request(url, { method: request.method, headers }));
    response.writeHead(given.status, {
      ...Object.fromEntries(given.headers),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    });
    if (given.body && request.method === 'GET')
      await pipeline(Readable.fromWeb(given.body as never), response);
    else response.end();
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (response.destroyed) return;
      log.error({ err: error }, 'the dashboard could not answer');
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'Internal error');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch(async (error) => {
    await handler.close();
    throw new ColloquyError('CQ010', `The port ${port} cannot be had: ${(error as Error).message}`, {
      hint: 'Choose another: --port 0 takes one that is free.',
      cause: error,
    });
  });
  const own = (server.address() as AddressInfo).port;
  hosts = [`127.0.0.1:${own}`, `localhost:${own}`];
  return {
    url: `http://127.0.0.1:${own}/enter?token=${token}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await handler.close();
    },
  };
}
