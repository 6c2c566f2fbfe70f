// A chat of one page: npm run chat. docs/tutorial.md builds it, step by step.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { LanguageModel } from 'ai';
import { ColloquyError } from '../../client/index.ts';
import { type Asked, answer } from './answer.ts';
import { forward } from './forward.ts';
import { scriptedModel } from './model.ts';
import { beginSession, clientFor, endSession } from './session.ts';

const TYPES: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; " +
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** A file of the page, or a module of the client package, whose types are taken out: browsers run the rest. */
async function fileOf(path: string): Promise<Response | undefined> {
  const [, name, ending] = /^\/([\w-]+)\.(html|css|js)$/.exec(path === '/' ? '/index.html' : path) ?? [];
  const [, module] = /^\/client\/([\w-]+)\.ts$/.exec(path) ?? [];
  const place = module ? `../../client/${module}.ts` : `page/${name}.${ending}`;
  if (!module && !name) return undefined;
  const text = await readFile(join(import.meta.dirname, place), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return new Response(module ? stripTypeScriptTypes(text) : text, {
    headers: { 'content-type': `${TYPES[ending ?? 'js']}; charset=utf-8` },
  });
}

/** What a request may send as JSON: 100,000 bytes. A form of another site cannot send this type. */
async function bodyOf<Body>(request: IncomingMessage): Promise<Body> {
  const { 'content-type': type, 'content-length': length } = request.headers;
  if (type !== 'application/json' || !(Number(length) <= 100_000))
    throw new RangeError('JSON of up to 100,000 bytes is needed.');
  return (await json(request)) as Body;
}

export interface ChatOptions {
  /** Where the API is. */
  api: string;
  port?: number;
  model?: LanguageModel;
}

async function respond(
  { api, model = scriptedModel() }: ChatOptions,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Response> {
  const site = request.headers['sec-fetch-site'];
  // what changes something is asked for by this page, or by a program
  if (request.method !== 'GET' && site && site !== 'same-origin') return new Response(null, { status: 403 });
  switch (`${request.method} ${request.url}`) {
    case 'POST /session':
      return beginSession(api, request, await bodyOf(request));
    case 'DELETE /session':
      return endSession(api, request);
    case 'POST /chat':
      return answer(clientFor(api, request), await bodyOf<Asked>(request), model);
  }
  const found = (await forward(api, request, signal)) ?? (await fileOf(request.url ?? '/'));
  return found ?? new Response(null, { status: 404 });
}

/** What a page is told of an error. What it is not told is in the log of the API, or thrown here. */
function refusalOf(error: unknown): Response {
  if (error instanceof ColloquyError) {
    const { code, message, hint, status } = error;
    return Response.json({ code, message, hint }, { status: status >= 400 ? status : status ? 400 : 503 });
  }
  if (error instanceof RangeError || error instanceof SyntaxError)
    return Response.json({ message: error.message }, { status: 400 });
  throw error;
}

async function serve(
  options: ChatOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const { status, headers, body } = await respond(options, request, left.signal).catch(refusalOf);
  response.writeHead(status, { ...HEADERS, ...Object.fromEntries(headers) });
  if (body) await pipeline(Readable.fromWeb(body as never), response);
  else response.end();
}

/** Serves the page until it is closed. */
export async function startChat(options: ChatOptions): Promise<{ url: string; close(): Promise<void> }> {
  const model = options.model ?? scriptedModel();
  const server = createServer((request, response) => {
    serve({ ...options, model }, request, response).catch((error) => {
      // a browser that left is no error
      if (!response.destroyed) process.stderr.write(`${(error as Error).stack}\n`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, HEADERS).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

if (import.meta.main) {
  const { COLLOQUY_URL: api = 'http://127.0.0.1:5678', CHAT_PORT: port = '3000' } = process.env;
  const { url } = await startChat({ api, port: Number(port) });
  process.stdout.write(`The chat is at ${url}\n`);
}
