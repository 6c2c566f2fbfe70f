import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Pool } from 'pg';
import type { GrafservBase } from 'postgraphile/grafserv';
import { asParty } from '../../lib/party.ts';
import type { ProxyRule } from '../../lib/proxies.ts';
import { throughDoor } from '../door-turns.ts';
import { ApiError } from '../errors.ts';
import { endWithError } from '../http/answers.ts';
import { isOriginAllowed } from '../http/cors.ts';
import { requestIds } from '../http/request-ids.ts';
import type { VerifyIdentity } from '../identity-provider.ts';
import { addressOf, type Limiter, partyOf } from '../limits/limiter.ts';
import { openCounts } from '../limits/subscriptions.ts';
import type { TrustedDocuments } from '../trusted-documents.ts';
import { Caller, withHeaders } from './caller.ts';
import { Hub } from './hub.ts';
import { embeddedSignals, ServerSignals } from './signals.ts';
import { openStreams } from './sse.ts';
import { openWebSockets } from './websocket.ts';

/** What may be set from outside. */
export interface LiveSettings {
  /** Of SUBSCRIPTION_LIMITS. */
  limits?: ReadonlyMap<string, number | undefined> | undefined;
  /** Milliseconds between two looks at the rights of a subscriber. */
  rightsClock?: number | undefined;
  /** Milliseconds between two pings of a websocket. */
  pingInterval?: number | undefined;
  /** Milliseconds in which a client must take an event. */
  patience?: number | undefined;
}

export interface LiveOptions extends LiveSettings {
  serv: GrafservBase;
  /** Connections as colloquy_authenticator, of subscriptions; and those of requests, for who asks. */
  pool: Pool;
  requestPool: Pool;
  /** One that hears of changes; of an embedded database, how that is heard of. */
  listenPool: Pool;
  hear?: ((channel: string, told: (payload: string) => void) => Promise<() => void>) | undefined;
  limiter: Limiter;
  trustedDocuments?: TrustedDocuments | undefined;
  timeout?: number | undefined;
  verifyIdentity?: VerifyIdentity | undefined;
  trustedProxies?: readonly ProxyRule[] | undefined;
  /** Origins whose pages may call, or `*`. */
  corsOrigins?: readonly string[] | undefined;
}

/** Opens subscriptions: over websockets at /graphql, and as streams of events. */
export async function openLive(options: LiveOptions) {
  const { pool, limiter, verifyIdentity, trustedProxies = [], corsOrigins = [] } = options;
  const hub = new Hub({
    pool,
    counts: openCounts(options.limits),
    rightsClock: options.rightsClock,
    patience: options.patience,
  });
  const signals = options.hear
    ? await embeddedSignals(options.hear, hub)
    : new ServerSignals(options.listenPool, hub);
  hub.signals = signals;

  async function authenticate(request: IncomingMessage, given?: Record<string, unknown>): Promise<Caller> {
    const asked = withHeaders(request, given, trustedProxies);
    await limiter.take('requests', addressOf(asked), undefined);
    return asParty({ name: partyOf(asked) }, () =>
      throughDoor(asked, () => Caller.of(asked, { pool: options.requestPool, verifyIdentity })),
    );
  }

  const subscribing = {
    serv: options.serv,
    hub,
    limiter,
    trustedDocuments: options.trustedDocuments,
    timeout: options.timeout,
  };
  const webSockets = openWebSockets({ ...subscribing, authenticate, pingInterval: options.pingInterval });
  const streams = openStreams({ ...subscribing, authenticate });
  let isClosing = false;

  return {
    /** Takes a connection that becomes a websocket. */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const { id } = requestIds(request);
      if (isClosing) {
        endWithError(socket, {
          status: 503,
          code: 'CQ503',
          message: 'The server stops.',
          hint: 'Connect again.',
          id,
        });
      } else if (isOriginAllowed(request, corsOrigins)) webSockets.upgrade(request, socket, head);
      else {
        const hint = 'An operator names the origins of pages that may call in CORS_ORIGINS.';
        endWithError(socket, {
          status: 403,
          code: 'CQ804',
          message: 'Pages of this origin may not call.',
          hint,
          id,
        });
      }
    },
    stream: (request: IncomingMessage, response: ServerResponse) => streams.answer(request, response),
    /** Ends all subscriptions, so that their clients go on elsewhere. */
    async close(): Promise<void> {
      isClosing = true;
      hub.close(new ApiError('CQ503', 'The server stops.', 'Subscribe anew from the last cursor.'));
      webSockets.close();
      await signals.close();
    },
  };
}
