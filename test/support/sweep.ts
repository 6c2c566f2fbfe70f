import type { JobDefinition } from '../../jobs/job.ts';
import { sweepUnindexed } from '../../jobs/sweep-unindexed.ts';
import type { Database } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { openQueue } from '../../lib/queue.ts';
import { localStorage } from '../../lib/storage.ts';
import { openSummariser } from '../../models/summary/open-summariser.ts';
import { openExtractor } from '../../reading/extract.ts';

/**
 * What a sweep does every minute, now and by itself. One that is sent to the queue may be refused for two minutes after a worker
 * was killed: the dead one may have had a sweep in hand, and of two runs the second is skipped until the first counts as left.
 */
export async function sweep(
  database: Database,
  job: Pick<JobDefinition<object>, 'handle'> = sweepUnindexed,
): Promise<void> {
  const pool = database.pool('worker');
  const boss = openQueue(pool, { supervise: false, schedule: false });
  await boss.start();
  try {
    await job.handle(
      {
        pool,
        boss,
        log,
        storage: localStorage('/nowhere'),
        extractor: openExtractor(),
        summariser: () => openSummariser(),
        signal: new AbortController().signal,
        provider: ({ provider }) => {
          throw new Error(`A sweep asks no provider, and not ${provider}.`);
        },
      },
      {},
    );
  } finally {
    await boss.stop({ graceful: false });
  }
}
