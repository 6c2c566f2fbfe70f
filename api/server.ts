import './graphile-env.ts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/node';
import type { Purpose } from '../lib/connections/purposes.ts';
import { ColloquyError, errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import type { ProxyRule } from '../lib/proxies.ts';
import type { FileStorage } from '../lib/storage.ts';
import { clientAddress, readOrigin } from './client-address.ts';
import { filesHandler } from './files.ts';
import { isGraphiqlInstalled } from './graphiql.ts';
import { type IdentityProvider, identityVerifier } from './identity-provider.ts';
import { addressOf, type LimiterOptions, openLimiter, RateLimited } from './limits/limiter.ts';
import { CLOSE_TIMEOUT, KEEP_ALIVE_TIMEOUT, MAX_BODY_BYTES } from './limits/values.ts';
import { askedFor, countRequest, type MetricsOptions, openMetrics } from './metrics.ts';
import { requestIdOf } from './plugins/requests.ts';
import { makePreset } from './preset.ts';
import type { ActiveVersion, EmbedQuery, QueryTurns } from './query-embeddings.ts';
import { openReadiness } from './readiness.ts';
import type { Reranker } from './reranking.ts';
import { openSearchRecorder, type RecordingOptions } from './search-recorder.ts';

export interface ApiOptions {
  database: {
    kind: 'server' | 'embedded';
    /** Connections that are logged in as a role, by what they are for. One is enough. */
    pool(role: 'authenticator', purpose?: Purpose): Pool;
  };
  host: string;
  /** 0: any that is free. */
  port: number;
  embedQuery: EmbedQuery;
  /** Where the bytes of files are. Absent: files are neither taken nor given. */
  storage?: FileStorage | undefined;
  /** Whose tokens are believed besides our own. Absent: nobody's. */
  identityProvider?: IdentityProvider | undefined;
  /** How much of that one workspace may have. */
  queryTurns?: QueryTurns;
  /** Tells which version a query is embedded for. */
  activeVersion?: ActiveVersion;
  /** Reranks the results of searches that ask for it. Absent: nobody does. */
  reranker?: Reranker | undefined;
  /** GraphiQL at "/", and introspection. */
  development: boolean;
  /** Introspection without GraphiQL. Default: as development. */
  introspection?: boolean;
  /** Proxies whose word about the client is taken. Default: TRUSTED_PROXIES. */
  trustedProxies?: readonly ProxyRule[];
  /** When what searches answered is counted. */
  recording?: RecordingOptions;
  /** Where requests are counted, and by which figures (docs/limits.md). Default: nowhere. */
  limits?: Omit<LimiterOptions, 'pool'>;
  /** Who may read the metrics. Default: nobody. */
  metrics?: MetricsOptions;
  /** Whether background jobs are worked on. */
  isQueueAlive?: () => Promise<boolean>;
}

export interface Api {
  url: string;
  /** Where the metrics have a port of their own. */
  metricsUrl?: string;
  /** Whether GraphiQL is at "/". */
  hasGraphiql: boolean;
  /** Takes no more requests, lets those in flight end (for a while), and leaves nothing open. May be called twice. */
  close(): Promise<void>;
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const buffer = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': buffer.length,
    'cache-control': 'no-store',
  });
  response.end(buffer);
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });
}

/** Whether readiness is asked for jobs, too: /readyz?require=queue. */
function wantsQueue(request: IncomingMessage): boolean {
  return new URLSearchParams(request.url?.split('?')[1] ?? '').getAll('require').includes('queue');
}

/** One line per request: no query string, no headers, no body. */
function logRequest(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  path: string,
): void {
  const start = performance.now();
  const ip = clientAddress(request);
  response.once('close', () => {
    const milliseconds = performance.now() - start;
    const line = {
      requestId,
      method: request.method,
      path,
      ip,
      status: response.statusCode,
      ms: Math.round(milliseconds),
    };
    countRequest(request, response.statusCode, milliseconds);
    if (!response.writableFinished) log.warn(line, 'request aborted');
    else if (path === '/healthz' || path === '/readyz') log.debug(line, 'request');
    else log.info(line, 'request');
  });
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = errorCode(error);
      if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return reject(error);
      const why = {
        EADDRINUSE: 'is in use',
        EACCES: 'may not be used',
        EADDRNOTAVAIL: 'is not an address of this machine',
      };
      reject(
        new ColloquyError('CQ010', `${host}:${port} ${why[code]}`, {
          hint: 'Choose another port with --port or PORT, another address with --host or HOST, or stop what listens there.',
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

/**
 * Starts the API: GraphQL at /graphql, files at /files, /healthz and /readyz; in development GraphiQL at /, where it is installed.
 * @throws ColloquyError CQ010 when the address cannot be had
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { database, development, introspection = development } = options;
  const hasGraphiql = development && isGraphiqlInstalled();
  const pool = database.pool('authenticator');
  const limiter = openLimiter({
    store: 'off',
    ...options.limits,
    pool: database.pool('authenticator', 'limits'),
  });
  const pools = {
    requests: database.pool('authenticator', 'requests'),
    visitors: database.pool('authenticator', 'visitors'),
    credentials: database.pool('authenticator', 'credentials'),
  };
  const metrics = await openMetrics(pool, options.metrics ?? {}, (own, port) =>
    listen(own, options.host, port),
  );
  const searchRecorder = openSearchRecorder(pool, options.recording);
  const instance = postgraphile(
    makePreset({
      pool: pools.requests,
      pools,
      limiter,
      searchRecorder,
      embedQuery: options.embedQuery,
      queryTurns: options.queryTurns,
      identityProvider: options.identityProvider,
      activeVersion: options.activeVersion,
      reranker: options.reranker,
      graphiql: hasGraphiql,
      introspection,
    }),
  );
  await instance.getSchema();
  const serv = instance.createServ(grafserv);
  await serv.ready();
  const graphql = serv.createHandler();
  const files =
    options.storage &&
    filesHandler({
      pool: pools.requests,
      limiter,
      storage: options.storage,
      verifyIdentity: options.identityProvider && identityVerifier(options.identityProvider),
    });

  const readiness = openReadiness({
    pool,
    probesDisk: database.kind === 'server',
    isQueueAlive: options.isQueueAlive,
  });

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (path === '/readyz') {
      const state = await readiness();
      const isWell = state.ready && (!wantsQueue(request) || state.queue === 'ok');
      return sendJson(response, isWell ? 200 : 503, state);
    }
    if (path === '/metrics' && metrics.mayRead(request)) return metrics.send(response);
    await limiter.take('requests', addressOf(request), response);
    if (files && (path === '/files' || path.startsWith('/files/'))) {
      askedFor(request, { kind: 'files', operation: 'files' });
      return files(request, response, path);
    }
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      response.setHeader('connection', 'close');
      return sendError(response, 413, 'CQ413', `A request has at most ${MAX_BODY_BYTES} bytes.`);
    }
    await graphql(request, response, (error?: unknown) => {
      if (error) {
        log.error({ err: error, requestId: response.getHeader('x-request-id') }, 'Internal error');
        sendError(response, 500, 'CQ500', 'Internal error');
      } else {
        const why = development && path === '/' ? 'GraphiQL is not installed here' : 'There is nothing here';
        sendError(response, 404, 'CQ404', `${why}. GraphQL is at /graphql.`);
      }
    });
  }

  const server = createServer((request, response) => {
    const requestId = requestIdOf(request);
    const path = (request.url ?? '/').split('?', 1)[0]!;
    readOrigin(request, options.trustedProxies);
    request.headers['x-request-id'] = requestId;
    response.setHeader('x-request-id', requestId);
    response.setHeader('x-content-type-options', 'nosniff');
    if (closing) response.setHeader('connection', 'close');
    // what began before the closing leaves a connection behind that would be kept alive for a next request
    response.once('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    logRequest(request, response, requestId, path);
    answer(request, response, path).catch((error: unknown) => {
      if (error instanceof RateLimited) {
        const { code, hint } = error.extensions;
        // what is still to come of the body is not read
        response.setHeader('connection', 'close');
        return sendJson(response, error.status, {
          errors: [{ message: error.message, extensions: { code, hint } }],
        });
      }
      log.error({ err: error, requestId }, 'Internal error');
      if (response.headersSent) response.destroy();
      else sendError(response, 500, 'CQ500', 'Internal error');
    });
  });

  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;

  let closing: Promise<void> | undefined;

  async function shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
    await closed;
    clearTimeout(impatience);
    await metrics.close();
    await searchRecorder.close();
    await instance.release();
  }

  try {
    const url = await listen(server, options.host, options.port);
    log.info({ url, database: database.kind }, 'The API listens');
    return {
      url,
      ...(metrics.url ? { metricsUrl: metrics.url } : {}),
      hasGraphiql,
      close() {
        closing ??= shutDown();
        return closing;
      },
    };
  } catch (error) {
    await metrics.close();
    await searchRecorder.close();
    await instance.release();
    throw error;
  }
}
