import { queues } from '../../jobs/registry.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import type { Database } from '../../lib/database.ts';

/** What cuts and embeds, and nothing that wants mail or files; evaluating is the command's own affair. */
const QUEUES = queues
  .map(({ name }) => name)
  .filter((name) => /embed|index/.test(name) && !name.startsWith('evaluate'));

/**
 * A worker of a command that waits for work to be done, beside the others, if there are any: whether one is alive is known only
 * after minutes. An embedded database that another process has open is left to that one.
 */
export async function ownWorker(database: Database): Promise<Worker | undefined> {
  if (database.isJoined) return undefined;
  return startWorker({ pool: database.pool('worker'), only: QUEUES, pollingIntervalSeconds: 0.5 });
}
