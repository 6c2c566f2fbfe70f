import { queues } from '../../jobs/registry.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { log } from '../../lib/log.ts';
import { openStorage } from '../../lib/open-storage.ts';
import { queueIsAlive } from '../../lib/queue.ts';
import type { OpenedDatabase } from '../shared/prepared-database.ts';
import type { Session } from '../shared/session.ts';
import type { BroughtItems } from './brought.ts';
import type { Indexed } from './report.ts';
import type { Run } from './run.ts';
import { waitForBrought } from './wait-for-brought.ts';

/** What makes things searchable, and nothing that wants mail or a schedule. */
const INDEXING = queues
  .map(({ name }) => name)
  .filter((name) => /^(?:index-|embed-|extract-|process-|sweep-un)/.test(name));

/**
 * Waits, with a worker of our own where there is nobody else: on the embedded database when nobody has it open, on a server when no worker has been
 * seen of late, or nothing moves.
 */
export async function waitUntilSearchable(
  { database, isAlone }: OpenedDatabase,
  session: Session,
  brought: BroughtItems,
  { stream, signal, options }: Run,
): Promise<Indexed> {
  // The worker's log would stand between the lines of the summary, or inside the JSON.
  log.level = options.json ? 'silent' : 'error';
  const storage = openStorage(options.data);
  let worker: Worker | null = null;
  const helpOut = async (): Promise<boolean> => {
    if (worker !== null || (database.isJoined && !isAlone)) return worker !== null;
    try {
      const pool = database.pool('worker');
      worker = await startWorker({
        pool,
        storage,
        ...(isAlone ? {} : { only: INDEXING }),
        pollingIntervalSeconds: 0.5,
      });
      return true;
    } catch (error) {
      // this process may not know the login of the worker: then only a server can
      log.debug({ err: error }, 'no worker of our own');
      return false;
    }
  };
  try {
    if (isAlone || !(await queueIsAlive(database.pool('authenticator')))) await helpOut();
    const { state, workspace } = await waitForBrought(session, brought, { stream, signal, helpOut });
    return { state, workspace };
  } finally {
    await (worker as Worker | null)?.stop();
  }
}
