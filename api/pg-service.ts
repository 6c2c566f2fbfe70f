import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { fenced } from './lookups.ts';
import { currentRequest } from './plugins/requests.ts';
import { shareTransactions } from './shared-transactions.ts';

function fencing(client: NodePostgresPgClient): NodePostgresPgClient {
  return {
    rawClient: client.rawClient,
    query: (statement) => client.query(fenced(statement)),
    withTransaction: (work) => client.withTransaction((inner) => work(fencing(inner))),
  };
}

/** PostGraphile's service for a pool of connections, whose lookups go by index and whose queries share their transactions. */
export function pgService(options: Parameters<typeof makePgService>[0]): ReturnType<typeof makePgService> {
  const service = makePgService(options);
  return {
    ...service,
    adaptor: {
      ...service.adaptor,
      createWithPgClient(...args: Parameters<typeof createWithPgClient>) {
        const withPgClient = createWithPgClient(...args);
        const withFence: WithPgClient<NodePostgresPgClient> = (settings, work) =>
          withPgClient(settings, (client) => work(fencing(client)));
        if (withPgClient.release) withFence.release = withPgClient.release;
        return shareTransactions(withFence, () => currentRequest()?.isQuery === true);
      },
    },
  };
}
