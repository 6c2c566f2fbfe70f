import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Env } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import type { ProxyRule } from '../../lib/proxies.ts';
import { isTrustedProxy, readOrigin } from '../client-address.ts';
import { BODY_PACE, FILE_PACE, STALL_TIMEOUT } from '../limits/values.ts';
import { countRequest } from '../metrics.ts';
import { endWithError, sendError } from './answers.ts';
import { guardConnections } from './connections.ts';
import { answerCors } from './cors.ts';
import { setSecurityHeaders } from './headers.ts';
import { hostCheck } from './hosts.ts';
import { demandProgress, type Pace } from './progress.ts';
import { requestIds } from './request-ids.ts';

/** What is decided about a request before anybody looks at what it asks for. */
export interface DoorOptions {
  /** The address to listen on. */
  host: string;
  /** Where clients reach the server, when that is known. */
  publicUrl?: string | undefined;
  /** Proxies whose word about the client is taken. Default: none. */
  trustedProxies?: readonly ProxyRule[];
  /** Names under which requests may come. Default: see hostCheck. */
  allowedHosts?: readonly string[] | undefined;
  /** Origins whose pages may call, or `*`. Default: none. */
  corsOrigins?: readonly string[];
  /** Connections at the same time, in all and from one address. Default: without end. */
  maxConnections?: number;
  maxConnectionsPerAddress?: number;
  /** How fast bodies must come. */
  pace?: { body: Pace; file: Pace };
}

/** What the environment says about it. */
export function doorOptions(env: Env): Omit<DoorOptions, 'host'> {
  return {
    publicUrl: env.PUBLIC_URL,
    trustedProxies: env.TRUSTED_PROXIES,
    allowedHosts: env.ALLOWED_HOSTS,
    corsOrigins: env.CORS_ORIGINS,
    maxConnections: env.MAX_CONNECTIONS,
    maxConnectionsPerAddress: env.MAX_CONNECTIONS_PER_ADDRESS,
  };
}

const PACE = {
  body: { ...BODY_PACE, stall: STALL_TIMEOUT },
  file: { ...FILE_PACE, stall: STALL_TIMEOUT },
};

const UNKNOWN_NAME = 'Use an address of the server, or name this one in ALLOWED_HOSTS.';

/** Whether a connection is to become a websocket for GraphQL. */
const isWebSocket = ({ headers, url }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?', 1)[0] === '/graphql';

/** Asked by who watches the server, under whatever name. */
const HEALTH = new Set(['/healthz', '/readyz']);

/** One line per request: no query string, no headers, no body. */
function logRequest(request: IncomingMessage, response: ServerResponse, path: string, ip: string): void {
  const start = performance.now();
  const { id: requestId, clientId: clientRequestId } = requestIds(request);
  response.once('close', () => {
    const milliseconds = performance.now() - start;
    countRequest(request, response.statusCode, milliseconds);
    const line = {
      requestId,
      ...(clientRequestId === undefined ? {} : { clientRequestId }),
      method: request.method,
      path,
      ip,
      status: response.statusCode,
      ms: Math.round(milliseconds),
    };
    if (!response.writableFinished) log.warn(line, 'request aborted');
    else if (HEALTH.has(path)) log.debug(line, 'request');
    else log.info(line, 'request');
  });
}

/** Where every request comes in, one step after the other; the steps are the modules beside this one. */
export function openDoor(options: DoorOptions & { hasGraphiql: boolean }) {
  const { host, publicUrl, trustedProxies = [], corsOrigins = [], pace = PACE, hasGraphiql } = options;
  const isOurs = hostCheck(host, options.allowedHosts, publicUrl);
  const isPublicHttps = publicUrl?.startsWith('https:') ?? false;

  return {
    serverOptions: {
      connectionsCheckingInterval: 2_000,
      // any other request to change the protocol is answered as if it asked for nothing more
      shouldUpgradeCallback: (request) => isWebSocket(request),
    } satisfies ServerOptions,

    /** Bounds the connections of the server. */
    guard(server: Server): void {
      guardConnections(server, {
        total: options.maxConnections ?? Number.POSITIVE_INFINITY,
        perAddress: options.maxConnectionsPerAddress ?? Number.POSITIVE_INFINITY,
        isProxy: (address) => isTrustedProxy(address, trustedProxies),
      });
    },

    /** Of a request that becomes a websocket. @returns whether it comes under a name of this server; else it is answered */
    enterWebSocket(request: IncomingMessage, socket: Duplex): boolean {
      const { address: ip } = readOrigin(request, trustedProxies);
      const { id: requestId } = requestIds(request);
      log.info({ requestId, path: '/graphql', ip }, 'websocket');
      if (isOurs(request.headers.host)) return true;
      const message = 'This server is not known by the name in Host.';
      endWithError(socket, { status: 421, code: 'CQ420', message, hint: UNKNOWN_NAME, id: requestId });
      return false;
    },

    /** @returns the path that is to be answered; undefined when the request is answered already */
    enter(request: IncomingMessage, response: ServerResponse): string | undefined {
      const path = (request.url ?? '/').split('?', 1)[0]!;
      const origin = readOrigin(request, trustedProxies);
      response.setHeader('x-request-id', requestIds(request).id);
      setSecurityHeaders(response, {
        isGraphiql: hasGraphiql && path === '/',
        isHttps: origin.isHttps || isPublicHttps,
      });
      logRequest(request, response, path, origin.address);
      demandProgress(request, response, path === '/files' ? pace.file : pace.body);
      if (!HEALTH.has(path) && !isOurs(request.headers.host)) {
        sendError(response, 421, 'CQ420', 'This server is not known by the name in Host.', UNKNOWN_NAME);
        return undefined;
      }
      return answerCors(request, response, path, corsOrigins) ? undefined : path;
    },
  };
}
