import { z } from 'zod';
import { removeContent } from '../operations/remove-content.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { CLEANUP } from './queue-options.ts';

/** Rows of one statement. */
const BATCH = 1000;
/** Milliseconds after which an unfinished upload counts as abandoned. */
const ABANDONED = 3_600_000;

/** Removes uploads that came to nothing, bytes that no file has any more, and what interrupted uploads left. */
async function handle({ pool, signal, storage }: JobContext): Promise<object> {
  const done = { orphans: 0, contents: 0, leftovers: 0 };
  while (!signal.aborted) {
    const { rows } = await pool.query(
      'select file_id from app_hidden.cleanup_orphaned_files(max_files => $1)',
      [BATCH],
    );
    done.orphans += rows.length;
    if (rows.length === 0) break;
  }
  while (!signal.aborted) {
    const { rows } = await pool.query<{ path: string }>(
      'select path from app_hidden.find_discarded_contents(max_contents => $1) as path',
      [BATCH],
    );
    for (const { path } of rows) {
      if (signal.aborted) break;
      if (await removeContent(pool, storage, path)) done.contents += 1;
    }
    if (rows.length === 0) break;
  }
  for await (const leftover of storage.leftovers(ABANDONED)) {
    if (signal.aborted) break;
    // it may have reached its place, without a row that knows of it
    if (leftover.path && (await removeContent(pool, storage, leftover.path))) done.contents += 1;
    await leftover.remove();
    done.leftovers += 1;
  }
  return done;
}

export const cleanupFiles: JobDefinition<object> = {
  queue: {
    name: 'cleanup-files',
    ...CLEANUP,
    expireInSeconds: 1800,
    schedules: { hourly: { cron: '40 * * * *' } },
  },
  payload: z.object({}),
  lookAfter: 3 * 3_600_000,
  batchSize: 1,
  reachesOut: true,
  handle,
};
