import { z } from 'zod';
import { evaluateVersion } from '../models/evaluate.ts';
import type { JobContext, JobDefinition } from './job.ts';

const payload = z.object({ versionId: z.uuid(), baselineId: z.uuid() });
type Payload = z.infer<typeof payload>;

/** Asks a version that is complete the same as the active one, so that activating it can be refused for cause. */
async function handle(context: JobContext, { versionId, baselineId }: Payload): Promise<object> {
  const { pool, signal } = context;
  const evaluation = await evaluateVersion(pool, context.provider, versionId, baselineId, { signal });
  context.log.info({ ...evaluation }, 'embedding version evaluated');
  const { verdict, questions, source } = evaluation;
  return { verdict, questions, source };
}

export const evaluateEmbeddingVersion: JobDefinition<Payload> = {
  queue: {
    name: 'evaluate-embedding-version',
    policy: 'short',
    retryLimit: 5,
    retryDelay: 30,
    retryBackoff: true,
    retryDelayMax: 600,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  handle,
};
