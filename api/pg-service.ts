import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { isPooled } from '../lib/database/login.ts';
import { fenced } from './lookups.ts';
import { currentRequest } from './plugins/requests.ts';
import type { RequestWork } from './request-work.ts';
import { shareTransactions } from './shared-transactions.ts';

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
}

/** Which of them the current request is to use. */
function purpose(): keyof RequestPools {
  const request = currentRequest();
  if (request?.isCredential) return 'credentials';
  return request?.isVisitor ? 'visitors' : 'requests';
}

/**
 * PostGraphile's service for pools of connections, whose lookups go by index, whose queries share their transactions, and whose
 * statements end with their request.
 */
export function pgService({
  pools,
  ...options
}: { pools: RequestPools } & Omit<NonNullable<Parameters<typeof makePgService>[0]>, 'pool'>): ReturnType<
  typeof makePgService
> {
  const service = makePgService({ ...options, pool: pools.requests });
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
        };
        const withFence: WithPgClient<NodePostgresPgClient> = async (pgSettings, work) => {
          const request = currentRequest()?.work;
          request?.check();
          return ways[purpose()](pgSettings, (client) => {
            const fenced = fencing(client, request);
            return request ? request.on(client.rawClient, () => work(fenced)) : work(fenced);
          });
        };
        withFence.release = () => {
          for (const way of Object.values(ways)) way.release?.();
        };
        return shareTransactions(withFence, () => currentRequest()?.isQuery === true);
      },
    },
  };
}
