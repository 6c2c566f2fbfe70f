import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { fenced } from './lookups.ts';
import { currentRequest } from './plugins/requests.ts';
import type { RequestWork } from './request-work.ts';
import { shareTransactions } from './shared-transactions.ts';

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

/**
 * PostGraphile's service for a pool of connections, whose lookups go by index, whose queries share their transactions, and whose
 * statements end with their request.
 */
export function pgService(options: Parameters<typeof makePgService>[0]): ReturnType<typeof makePgService> {
  const service = makePgService(options);
  return {
    ...service,
    adaptor: {
      ...service.adaptor,
      createWithPgClient(...args: Parameters<typeof createWithPgClient>) {
        const withPgClient = createWithPgClient(...args);
        const withFence: WithPgClient<NodePostgresPgClient> = async (settings, work) => {
          const request = currentRequest()?.work;
          request?.check();
          return withPgClient(settings, (client) => {
            const fenced = fencing(client, request);
            return request ? request.on(client.rawClient, () => work(fenced)) : work(fenced);
          });
        };
        if (withPgClient.release) withFence.release = withPgClient.release;
        return shareTransactions(withFence, () => currentRequest()?.isQuery === true);
      },
    },
  };
}
