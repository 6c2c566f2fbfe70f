import { z } from 'zod';
import { inTransaction } from '../lib/database.ts';
import type { JobContext, JobDefinition } from './job.ts';

const payload = z.object({ versionId: z.uuid(), partitions: z.int().min(1).max(1024) });
type Payload = z.infer<typeof payload>;

/**
 * One step of the build. The process can end in the middle: then the server stops building, too. In one transaction, so that
 * the process of the server that is told to stop is the one that builds, also behind a pooler.
 */
function step(
  { pool, signal, log }: JobContext,
  versionId: string,
  remainder: number | null,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const cancel = (): void => {
      pool
        .query('select pg_cancel_backend($1)', [rows[0].pid])
        .catch((error: unknown) => log.warn({ err: error }, 'the build could not be stopped'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const { rows: built } = await client.query(
        'select app_hidden.build_embedding_index(for_version => $1, remainder => $2) as built',
        [versionId, remainder],
      );
      return built[0].built;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
}

/** Builds the vector index of a version, partition by partition, each in a transaction of its own. */
async function handle(context: JobContext, { versionId, partitions }: Payload): Promise<object> {
  const done = { built: 0 };
  for (let remainder = -1; remainder < partitions; remainder += 1) {
    if (context.signal.aborted) break;
    if (!(await step(context, versionId, remainder < 0 ? null : remainder)))
      return { ...done, skipped: 'somebody else builds it' };
    if (remainder >= 0) done.built += 1;
  }
  if (context.signal.aborted) return done;
  context.log.info({ version: versionId, ...done }, 'vector index built');
  // looks at once whether it is complete, and can be evaluated
  await context.boss.send('sweep-unindexed', {});
  return done;
}

export const buildEmbeddingIndex: JobDefinition<Payload> = {
  queue: {
    name: 'build-embedding-index',
    policy: 'short',
    retryLimit: 20,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 300,
    // partitions of some million vectors take hours
    expireInSeconds: 82_800,
    deleteAfterSeconds: 7 * 86_400,
  },
  payload,
  batchSize: 1,
  handle,
};
