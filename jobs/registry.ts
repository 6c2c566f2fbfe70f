import type { QueueDefinition } from '../lib/migrations.ts';
import { analyze } from './analyze.ts';
import { archiveConversations } from './archive-conversations.ts';
import { archiveEmbeddingVersions } from './archive-embedding-versions.ts';
import { backfillEmbeddings } from './backfill-embeddings.ts';
import { backup } from './backup.ts';
import { buildEmbeddingIndex } from './build-embedding-index.ts';
import { cleanupFiles } from './cleanup-files.ts';
import { computeAnalytics } from './compute-analytics.ts';
import { deliverMail } from './deliver-mail.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';
import { doctor } from './doctor.ts';
import { dropOldPartitions } from './drop-partitions.ts';
import { embedChunks } from './embed-chunks.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { eraseAccount } from './erase-account.ts';
import { evaluateEmbeddingVersion } from './evaluate-embedding-version.ts';
import { exportWorkspaceJob } from './export-workspace.ts';
import { extractFile } from './extract-file.ts';
import { forgetWords } from './forget-words.ts';
import { indexHealth } from './index-health.ts';
import { indexLarge, indexSource } from './index-source.ts';
import type { JobDefinition } from './job.ts';
import { measureFusion } from './measure-fusion.ts';
import { measureRecall } from './measure-recall.ts';
import { measureSizes } from './measure-sizes.ts';
import { processEvents } from './process-events.ts';
import { refreshAnalytics } from './refresh-analytics.ts';
import { removeExpired } from './remove-expired.ts';
import { retention } from './retention.ts';
import { storeCold } from './store-cold.ts';
import { sweepUnindexed } from './sweep-unindexed.ts';
import { sweepUningested } from './sweep-uningested.ts';
import { sweepWebhooks } from './sweep-webhooks.ts';
import { tierChunks } from './tier-chunks.ts';

/** The only list of jobs. The migration installs their queues and schedules; the worker works on them. */
// biome-ignore lint/suspicious/noExplicitAny: each definition knows its own payload, the list holds them all
export const jobs: readonly JobDefinition<any>[] = [
  indexSource,
  indexLarge,
  embedChunks,
  sweepUnindexed,
  extractFile,
  processEvents,
  sweepUningested,
  cleanupFiles,
  ensurePartitions,
  dropOldPartitions,
  deliverMail,
  deliverWebhooks,
  sweepWebhooks,
  tierChunks,
  forgetWords,
  removeExpired,
  retention,
  eraseAccount,
  exportWorkspaceJob,
  archiveConversations,
  storeCold,
  computeAnalytics,
  refreshAnalytics,
  backfillEmbeddings,
  buildEmbeddingIndex,
  evaluateEmbeddingVersion,
  archiveEmbeddingVersions,
  measureRecall,
  measureFusion,
  measureSizes,
  doctor,
  indexHealth,
  analyze,
  backup,
];

/** Seconds without a sign of life after which the job of a worker counts as left, and is tried again. */
const HEARTBEAT = 60;
/** Also takes away what an earlier version set. pg-boss takes null, and its types do not. */
const NO_HEARTBEAT = null as unknown as number;

/**
 * The queues of all jobs. Who works on one gives a sign of life twice a minute, so the job of a worker that was killed does
 * not hold up the next one until it expires. Fair ones have none: what they left is found in the data.
 */
export const queues: QueueDefinition[] = jobs.map(({ queue, isFair }) =>
  isFair ? { heartbeatSeconds: NO_HEARTBEAT, ...queue } : { heartbeatSeconds: HEARTBEAT, ...queue },
);
