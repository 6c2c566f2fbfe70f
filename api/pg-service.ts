import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { isPooled } from '../lib/database/login.ts';
import type { FileStorage } from '../lib/storage.ts';
import { ApiError } from './errors.ts';
import { fenced } from './lookups.ts';
import { currentRequest } from './plugins/requests.ts';
import { recalling } from './recalling.ts';
import type { RequestWork } from './request-work.ts';
import { ReadElsewhere, shareTransactions } from './shared-transactions.ts';
import type { Asking, StandbyReads } from './standby-reads.ts';

/**
 * A statement without a name is prepared anew each time. Behind a pooler all are: some know no prepared statements, and
 * those that do rename them, so that the `deallocate` of one that is no longer kept ends the transaction.
 */
function fencing(client: NodePostgresPgClient, request: RequestWork | undefined): NodePostgresPgClient {
  return {
    rawClient: client.rawClient,
    async query(statement) {
      request?.check();
      const { name, ...unnamed } = fenced(statement);
      return client.query(isPooled(client.rawClient) || name === undefined ? unnamed : { ...unnamed, name });
    },
    withTransaction: (work) => client.withTransaction((inner) => work(fencing(inner, request))),
  };
}

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
function readingFrom(
  standby: StandbyReads,
  onStandby: WithPgClient<NodePostgresPgClient>,
  onPrimary: WithPgClient<NodePostgresPgClient>,
): WithPgClient<NodePostgresPgClient> {
  return async (pgSettings, work) => {
    const request = currentRequest();
    const position = request?.isQuery && !request.isCredential ? request.position : undefined;
    if (!request || !pgSettings || !position || !standby.mayTry()) return onPrimary(pgSettings, work);
    let hasBegun = false;
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
        const ways = {
          requests: createWithPgClient(...args),
          visitors: createWithPgClient({ ...settings, pool: pools.visitors }, variant),
          credentials: createWithPgClient({ ...settings, pool: pools.credentials }, variant),
          subscriptions: createWithPgClient({ ...settings, pool: pools.subscriptions }, variant),
        };
        const primary: WithPgClient<NodePostgresPgClient> = async (pgSettings, work) => {
          const request = currentRequest()?.work;
          request?.check();
          return ways[purpose()](pgSettings, (client) => {
            const fenced = fencing(client, request);
            return request ? request.on(client.rawClient, () => work(fenced)) : work(fenced);
          });
        };
        const withFence =
          standby === undefined
            ? primary
            : readingFrom(standby, createWithPgClient({ ...settings, pool: standby.pool }, variant), primary);
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
