import './graphile-env.ts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { postgraphile } from 'postgraphile';
import type { Purpose } from '../lib/connections/purposes.ts';
import { log } from '../lib/log.ts';
import type { FileStorage } from '../lib/storage.ts';
import type { IdentityProvider } from './access-token.ts';
import { LOGOUT_PATH, logoutHandler } from './backchannel-logout.ts';
import { filesHandler } from './files.ts';
import { isGraphiqlInstalled } from './graphiql.ts';
import { type Checked, documentChecker } from './graphql-documents.ts';
import { sendError, sendJson } from './http/answers.ts';
import { type DoorOptions, openDoor } from './http/door.ts';
import { listen } from './http/listen.ts';
import { requestIds } from './http/request-ids.ts';
import { isWatched, tracedRequest } from './http/traced-request.ts';
import { identityVerifier } from './identity-provider.ts';
import { addressOf, type LimiterOptions, openLimiter, RateLimited } from './limits/limiter.ts';
import { CLOSE_TIMEOUT, KEEP_ALIVE_TIMEOUT, MAX_BODY_BYTES } from './limits/values.ts';
import { type LiveSettings, openLive } from './live/live.ts';
import { wantsStream } from './live/sse.ts';
import { mcpHandler } from './mcp.ts';
import { askedFor, type MetricsOptions, openMetrics } from './metrics.ts';
import { OwnGrafserv, ownOperations } from './own-operations.ts';
import { makePreset } from './preset.ts';
import type { ActiveVersion, EmbedQuery, QueryTurns } from './query-embeddings.ts';
import { openReadiness } from './readiness.ts';
import type { Reranker } from './reranking.ts';
import { openSearchRecorder, type RecordingOptions } from './search-recorder.ts';
import { StandbyReads } from './standby-reads.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

export interface ApiOptions extends DoorOptions {
  database: {
    kind: 'server' | 'embedded';
    /** Connections that are logged in as a role, by what they are for. One is enough. */
    pool(role: 'authenticator', purpose?: Purpose): Pool;
    /** Whether one of the purposes is a standby. */
    hasStandby?: boolean | undefined;
    /** Of an embedded one: hears what its transactions notify. */
    hear?: ((channel: string, told: (payload: string) => void) => Promise<() => void>) | undefined;
  };
  /** Milliseconds that a read waits for the standby to have what the primary has. Default: 50. */
  standbyPatience?: number;
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
  /** Milliseconds that a request to /graphql may take. */
  requestTimeout?: number;
  /** The only documents that are executed. Absent: all that are valid. */
  trustedDocuments?: TrustedDocuments | undefined;
  /** When what searches answered is counted. */
  recording?: RecordingOptions;
  /** Where requests are counted, and by which figures (docs/limits.md). Default: nowhere. */
  limits?: Omit<LimiterOptions, 'pool'>;
  /** Of subscriptions: how many may be open, and how often is looked at what. */
  live?: LiveSettings;
  /** Who may read the metrics. Default: nobody. */
  metrics?: MetricsOptions;
  /** Whether background jobs are worked on. */
  isQueueAlive?: () => Promise<boolean>;
  /** Why the database is a copy in quarantine; null when it is none. */
  quarantine?: () => Promise<string | null>;
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

/** Whether readiness is asked for jobs, too: /readyz?require=queue. */
function wantsQueue(request: IncomingMessage): boolean {
  return new URLSearchParams(request.url?.split('?')[1] ?? '').getAll('require').includes('queue');
}

/** A document that an upgrade made invalid is no reason to serve none; whoever sends it is told what is wrong. */
function warnOfUnusable(trusted: TrustedDocuments, check: (document: string) => Checked): void {
  for (const [id, document] of trusted) {
    const [error] = check(document).errors ?? [];
    if (error && !id.startsWith('sha256:'))
      log.warn({ document: id, error: error.message }, 'A trusted document is not valid');
  }
}

/**
 * Starts the API: GraphQL at /graphql, with subscriptions over websockets and as streams of events, MCP at /mcp, files at /files, /healthz and /readyz; in development GraphiQL at /, where it is installed.
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
    subscriptions: database.pool('authenticator', 'subscriptions'),
  };
  const standby = database.hasStandby
    ? new StandbyReads(database.pool('authenticator', 'standby'), options.standbyPatience ?? 50)
    : undefined;
  const metrics = await openMetrics(pool, options.metrics ?? {}, (own, port) =>
    listen(own, options.host, port),
  );
  const searchRecorder = openSearchRecorder(pool, options.recording);
  const instance = postgraphile(
    makePreset({
      pool: pools.requests,
      pools,
      standby,
      storage: options.storage,
      limiter,
      searchRecorder,
      embedQuery: options.embedQuery,
      queryTurns: options.queryTurns,
      identityProvider: options.identityProvider,
      publicUrl: options.publicUrl,
      activeVersion: options.activeVersion,
      reranker: options.reranker,
      timeout: options.requestTimeout,
      trustedDocuments: options.trustedDocuments,
      graphiql: hasGraphiql,
      introspection,
    }),
  );
  const schema = await instance.getSchema();
  if (options.trustedDocuments)
    warnOfUnusable(options.trustedDocuments, documentChecker(schema, { introspection }));
  const serv = instance.createServ((config) => new OwnGrafserv(config));
  await serv.ready();
  const graphql = serv.createHandler();
  const verifyIdentity = options.identityProvider && identityVerifier(options.identityProvider);
  const live = await openLive({
    ...options.live,
    serv,
    pool: pools.subscriptions,
    requestPool: pools.requests,
    listenPool: database.pool('authenticator', 'listen'),
    hear: database.hear,
    limiter,
    trustedDocuments: options.trustedDocuments,
    timeout: options.requestTimeout,
    verifyIdentity,
    trustedProxies: options.trustedProxies,
    corsOrigins: options.corsOrigins,
  });
  const files =
    options.storage &&
    filesHandler({ pool: pools.requests, limiter, storage: options.storage, verifyIdentity });
  const mcp = mcpHandler({
    pool: pools.requests,
    limiter,
    verifyIdentity,
    corsOrigins: options.corsOrigins ?? [],
    wantsPosition: standby !== undefined,
    ask: ownOperations(serv),
  });
  const logout = options.identityProvider && logoutHandler(pools.requests, limiter, options.identityProvider);

  const readiness = openReadiness({
    pool,
    probesDisk: database.kind === 'server',
    standby,
    isQueueAlive: options.isQueueAlive,
    quarantine: options.quarantine,
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
    if (files && (path === '/files' || path === '/my-data' || path.startsWith('/files/'))) {
      askedFor(request, { kind: 'files', operation: 'files' });
      return files(request, response, path);
    }
    if (logout && path === LOGOUT_PATH) {
      askedFor(request, { kind: 'other', operation: 'logout' });
      return logout(request, response);
    }
    if (wantsStream(request, path)) return live.stream(request, response);
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      response.setHeader('connection', 'close');
      return sendError(response, 413, 'CQ413', `A request has at most ${MAX_BODY_BYTES} bytes.`);
    }
    if (path === '/mcp') return mcp(request, response);
    await graphql(request, response, (error?: unknown) => {
      if (error) {
        log.error({ err: error, requestId: requestIds(request).id }, 'Internal error');
        sendError(response, 500, 'CQ500', 'Internal error');
      } else {
        const why = development && path === '/' ? 'GraphiQL is not installed here' : 'There is nothing here';
        sendError(response, 404, 'CQ404', `${why}. GraphQL is at /graphql.`);
      }
    });
  }

  const door = openDoor({ ...options, hasGraphiql });
  const server = createServer(door.serverOptions, (request, response) => {
    if (closing) response.setHeader('connection', 'close');
    // what began before the closing leaves a connection behind that would be kept alive for a next request
    response.once('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    const path = door.enter(request, response);
    if (path === undefined) return;
    const answered = isWatched(path)
      ? answer(request, response, path)
      : tracedRequest(request, response, path, () => answer(request, response, path));
    answered.catch((error: unknown) => {
      if (error instanceof RateLimited) {
        const { code, hint } = error.extensions;
        // what is still to come of the body is not read
        response.setHeader('connection', 'close');
        return sendError(response, error.status, String(code), error.message, String(hint));
      }
      log.error({ err: error, requestId: requestIds(request).id }, 'Internal error');
      if (response.headersSent) response.destroy();
      else sendError(response, 500, 'CQ500', 'Internal error');
    });
  });
  door.guard(server);
  server.on('upgrade', (request, socket, head) => {
    if (door.enterWebSocket(request, socket)) live.upgrade(request, socket, head);
  });

  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;

  let closing: Promise<void> | undefined;

  async function shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await live.close();
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
    await live.close();
    await metrics.close();
    await searchRecorder.close();
    await instance.release();
    throw error;
  }
}
