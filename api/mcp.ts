import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Pool } from 'pg';
import { errorInOneLine } from '../lib/errors.ts';
import { asParty, type Party } from '../lib/party.ts';
import type { Caller } from '../mcp/caller.ts';
import { messageKind, readMessage } from '../mcp/message.ts';
import { mcpServer } from '../mcp/server.ts';
import type { Ask } from '../mcp/tool.ts';
import { AuthenticationError, authenticate, type Settings, VISITOR } from './authentication.ts';
import { rememberParty, throughDoor } from './door-turns.ts';
import { ApiError } from './errors.ts';
import { sendJson } from './http/answers.ts';
import { readBody } from './http/body.ts';
import { isOriginAllowed } from './http/cors.ts';
import { prepareRefusal, statusOf, toldError } from './http/refusal.ts';
import { requestIds } from './http/request-ids.ts';
import type { VerifyIdentity } from './identity-provider.ts';
import { hasMoreValues } from './limits/body.ts';
import { callerOf, type Limiter, partyOf } from './limits/limiter.ts';
import { MAX_BODY_BYTES, MAX_BODY_VALUES } from './limits/values.ts';
import { loopTurn } from './loop-turns.ts';
import { McpCancellations } from './mcp-cancellations.ts';
import { askedFor } from './metrics.ts';
import type { OwnOperations } from './own-operations.ts';
import type { Position } from './standby-reads.ts';

export interface McpOptions {
  pool: Pool;
  limiter: Limiter;
  verifyIdentity?: VerifyIdentity | undefined;
  /** Origins whose pages may call, or `*`. */
  corsOrigins: readonly string[];
  /** Whether authentication is to say how far the primary is. */
  wantsPosition: boolean;
  ask: OwnOperations;
}

const STATUS: Record<string, number> = {
  CQ403: 403,
  CQ405: 405,
  CQ408: 503,
  CQ413: 413,
  CQ500: 500,
  CQ833: 403,
};

/** Pages of other origins are no clients, unless they were chosen: a browser names the origin, a program does not. */
function demandOrigin(request: IncomingMessage, chosen: readonly string[]): void {
  if (isOriginAllowed(request, chosen)) return;
  const hint = 'Name the origin in CORS_ORIGINS, or call from a program.';
  throw new ApiError('CQ833', 'Pages of this origin may not use MCP here.', hint);
}

async function readValues(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, MAX_BODY_BYTES, 'A request');
  if (!hasMoreValues(body, MAX_BODY_VALUES)) return body;
  const message = `A message has at most ${MAX_BODY_VALUES} values, those within lists and objects counted.`;
  throw new ApiError('CQ425', message, 'Send less.');
}

function whoCalls(settings: Settings): Caller {
  const scopes = settings['colloquy.scopes'];
  return {
    workspaceId: settings['colloquy.workspace_id'] ?? '',
    scopes: scopes ? scopes.split(',') : null,
    role: settings['colloquy.member_role'] ?? '',
  };
}

/** What of the request the protocol looks at. */
function asWebRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const names = ['content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];
  const headers = new Headers({ accept: 'application/json, text/event-stream' });
  for (const name of names) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return new Request('http://localhost/mcp', { method: 'POST', headers, signal });
}

/** An answer of the HTTP layer, in the form of the protocol. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || request.socket.destroyed) {
    response.destroy();
    return;
  }
  const { message, ...data } = toldError(error, { id: requestIds(request).id, isVisitor: false });
  const status = statusOf(error, data.code, STATUS, 400);
  if (status === 405) response.setHeader('allow', 'POST');
  prepareRefusal(request, response, status);
  const text = errorInOneLine({ message, ...data });
  sendJson(response, status, { jsonrpc: '2.0', id: null, error: { code: -32000, message: text, data } });
}

/**
 * POST /mcp: the Model Context Protocol, one message a request. Nothing is kept between requests: any instance answers any of them, and
 * each is authenticated by its own token.
 */
export function mcpHandler({ pool, limiter, verifyIdentity, corsOrigins, wantsPosition, ask }: McpOptions) {
  const cancellations = new McpCancellations();

  async function answer(request: IncomingMessage, response: ServerResponse, party: Party): Promise<void> {
    if (request.method !== 'POST')
      throw new ApiError('CQ405', 'Only POST works here.', 'MCP is answered without streams of its own.');
    demandOrigin(request, corsOrigins);
    // who sends slowly has no place meanwhile
    const body = await readValues(request);
    let position: Position | undefined;
    const onPosition = (at: Position) => {
      position = at;
    };
    const settings = await throughDoor(request, () =>
      authenticate(pool, request, { verifyIdentity, ...(wantsPosition ? { onPosition } : {}) }),
    );
    if (settings.role === VISITOR) {
      const hint = 'Send a token or an API key as "Authorization: Bearer …".';
      throw new AuthenticationError(401, 'CQ101', 'You are not signed in.', hint);
    }
    party.name = partyOf(request, settings);
    rememberParty(request, party.name);
    const subjects = callerOf(settings);
    await limiter.take('requests', subjects, response);
    await loopTurn(party.name, false);
    const message = readMessage(body);
    askedFor(request, { kind: 'mcp', operation: messageKind(message) });

    const ending = cancellations.begin(request, response, subjects.token ?? '', message);
    const asking =
      (signal: AbortSignal): Ask =>
      (document, variables) => {
        const own = { settings, position, signal: AbortSignal.any([signal, ending]) };
        return ask(request, own, document, variables);
      };
    const handler = createMcpHandler(() => mcpServer(whoCalls(settings), asking), { maxSubscriptions: 0 });
    const reply = await handler.fetch(asWebRequest(request, ending), { parsedBody: message });
    response.writeHead(reply.status, { 'cache-control': 'no-store', ...Object.fromEntries(reply.headers) });
    if (!reply.body) return void response.end();
    const text = Readable.fromWeb(reply.body as never);
    ending.addEventListener('abort', () => text.destroy());
    text.on('error', () => response.destroy()).pipe(response);
  }

  return (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const party: Party = { name: partyOf(request) };
    return asParty(party, async () => {
      try {
        await answer(request, response, party);
      } catch (error) {
        refuse(request, response, error);
      }
    });
  };
}
