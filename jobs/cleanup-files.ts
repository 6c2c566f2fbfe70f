import { z } from 'zod';
import { inTransaction } from '../lib/database.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { CLEANUP } from './queue-options.ts';

/** Rows of one statement. */
const BATCH = 1000;
/** Milliseconds after which an unfinished upload counts as abandoned. */
const ABANDONED = 3_600_000;

/** Removes the bytes of a content that no file refers to, under the lock that storing it takes. */
function removeContent({ pool, storage }: JobContext, path: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ is_free: boolean }>(
      'select app_hidden.release_content(of_path => $1) as is_free',
      [path],
    );
    if (rows[0]!.is_free) await storage.remove(path);
    return rows[0]!.is_free;
  });
}

/** Removes uploads that came to nothing, bytes that no file has any more, and what interrupted uploads left. */
async function handle(context: JobContext): Promise<object> {
  const { pool, signal, storage } = context;
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
      if (await removeContent(context, path)) done.contents += 1;
    }
    if (rows.length === 0) break;
  }
  for await (const leftover of storage.leftovers(ABANDONED)) {
    if (signal.aborted) break;
    // it may have reached its place, without a row that knows of it
    if (leftover.path && (await removeContent(context, leftover.path))) done.contents += 1;
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
  batchSize: 1,
  reachesOut: true,
  handle,
};
