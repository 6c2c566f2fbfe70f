import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';

/** Archives the versions beyond those that are kept, one a transaction. One that is busy is tried again. */
async function handle({ pool, signal, log }: JobContext): Promise<object> {
  const archived: string[] = [];
  while (!signal.aborted) {
    const { rows } = await pool.query('select app_hidden.archive_surplus_versions() as id');
    if (rows[0].id === null) break;
    archived.push(rows[0].id);
    log.info({ version: rows[0].id }, 'embedding version archived');
  }
  return { archived };
}

export const archiveEmbeddingVersions: JobDefinition<object> = {
  queue: {
    name: 'archive-embedding-versions',
    policy: 'short',
    retryLimit: 20,
    retryDelay: 10,
    retryBackoff: true,
    retryDelayMax: 600,
    expireInSeconds: 600,
    deleteAfterSeconds: 30 * 86_400,
    schedules: { daily: { cron: '40 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
