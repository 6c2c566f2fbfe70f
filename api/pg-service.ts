import type { Pool, PoolClient } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import type { FileStorage } from '../lib/storage.ts';
import type { Settings } from './authentication.ts';
import { releaseHeld, takeHeld } from './door-turns.ts';
import { ApiError } from './errors.ts';
import { fenced } from './lookups.ts';
import { currentRequest } from './plugins/requests.ts';
import { recalling } from './recalling.ts';
import { inRequestTransaction } from './request-transactions.ts';
import type { RequestWork } from './request-work.ts';
import { ReadElsewhere, shareTransactions } from './shared-transactions.ts';
import type { Asking, StandbyReads } from './standby-reads.ts';

/** Statements whose lookups go by index, and that end with their request. */
function fencing(client: NodePostgresPgClient, request: RequestWork | undefined): NodePostgresPgClient {
  return {
    rawClient: client.rawClient,
    async query(statement) {
      request?.check();
      return client.query(fenced(statement));
    },
    withTransaction: (work) => client.withTransaction((inner) => work(fencing(inner, request))),
  };
}

type Way = WithPgClient<NodePostgresPgClient>;

/** The pools of the API, by what their connections are for. */
export interface RequestPools {
  requests: Pool;
  visitors: Pool;
  credentials: Pool;
  subscriptions: Pool;
}

/** Which of them the current request is to use. */
function purpose(): keyof RequestPools {
  const request = currentRequest();
  if (request?.isSubscription) return 'subscriptions';
  if (request?.isCredential) return 'credentials';
  return request?.isVisitor ? 'visitors' : 'requests';
}

/**
 * Lets a standby do what only reads, where it has come as far as the primary was when the request came. When it does not do,
 * for whatever reason, the primary does, for the rest of the request: what was read before is older, and never younger.
 */
function readingFrom(standby: StandbyReads, onStandby: Way, onPrimary: Way): Way {
  return async (pgSettings, work) => {
    const request = currentRequest();
    const position = request?.isQuery && !request.isCredential ? request.position : undefined;
    if (!request || !pgSettings || !position || !standby.mayTry()) return onPrimary(pgSettings, work);
    let hasBegun = false;
    releaseHeld();
    try {
      request.work.check();
      const result = await onStandby(pgSettings, (client) => {
        const fenced = fencing(client, request.work);
        return request.work.on(client.rawClient, async () => {
          await standby.reach(fenced as Asking, position);
          hasBegun = true;
          return work(fenced);
        });
      });
      standby.answered();
      return result;
    } catch (error) {
      if (error instanceof ApiError || !standby.failed(error)) throw error;
      delete request.position;
      if (hasBegun) throw new ReadElsewhere('The standby did not end this reading.', { cause: error });
      return onPrimary(pgSettings, work);
    }
  };
}

/** A way to the connections of a pool. What has no settings runs outside of a transaction. */
function wayTo(pool: Pool, own: Way, held: () => PoolClient | undefined = () => undefined): Way {
  const way: Way = (settings, work) =>
    settings ? inRequestTransaction(pool, settings as Settings, work, held()) : own(settings, work);
  if (own.release) way.release = own.release;
  return way;
}

/**
 * PostGraphile's service for pools of connections, whose lookups go by index, whose queries share their transactions, whose
 * statements end with their request, and which has cold conversations brought back from the storage of files.
 */
export function pgService({
  pools,
  standby,
  storage,
  ...options
}: {
  pools: RequestPools;
  standby?: StandbyReads | undefined;
  storage?: FileStorage | undefined;
} & Omit<NonNullable<Parameters<typeof makePgService>[0]>, 'pool'>): ReturnType<typeof makePgService> {
  const service = makePgService({ ...options, pool: pools.requests });
  const fetching = new Map<string, PromiseLike<unknown>>();
  return {
    ...service,
    adaptor: {
      ...service.adaptor,
      createWithPgClient(...args: Parameters<typeof createWithPgClient>) {
        const [settings, variant] = args;
        const way = (pool: Pool, held?: () => PoolClient | undefined): Way =>
          wayTo(pool, createWithPgClient({ ...settings, pool }, variant), held);
        const ways = {
          requests: way(pools.requests, takeHeld),
          visitors: way(pools.visitors),
          credentials: way(pools.credentials),
          subscriptions: way(pools.subscriptions),
        };
        const primary: Way = async (pgSettings, work) => {
          const request = currentRequest()?.work;
          request?.check();
          return ways[purpose()](pgSettings, (client) => {
            const fenced = fencing(client, request);
            return request ? request.on(client.rawClient, () => work(fenced)) : work(fenced);
          });
        };
        const withFence = standby === undefined ? primary : readingFrom(standby, way(standby.pool), primary);
        withFence.release = () => {
          for (const way of Object.values(ways)) way.release?.();
        };
        const shared = shareTransactions(withFence, () => currentRequest()?.isQuery === true);
        return recalling(shared, primary, storage, fetching, () => {
          // what was just brought back, a standby may not have yet
          delete currentRequest()?.position;
        });
      },
    },
  };
}
