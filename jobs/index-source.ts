import type { JobContext } from './context.ts';
import { cutDocument } from './indexing/cut-document.ts';
import { cutMemory } from './indexing/cut-memory.ts';
import { cutMessages } from './indexing/cut-messages.ts';
import { activeVersion, countIndexed, type Source, source, type Version } from './indexing/source.ts';
import type { JobDefinition } from './registry.ts';

/** A job that takes longer than this many milliseconds hands the rest to a new one, so that every workspace has its turn. */
const TIME_BUDGET = 10_000;
/** Sources that one worker takes at a time. */
const BATCH = 16;

interface Done {
  chunks: number;
  continued?: boolean;
  skipped?: string;
}

async function cutConversation(context: JobContext, of: Source, version: Version): Promise<Done> {
  const deadline = Date.now() + TIME_BUDGET;
  for (let chunks = 0; ; ) {
    const added = await cutMessages(context, of, version);
    if (added === undefined) return { chunks };
    chunks += added;
    if (!context.signal.aborted && Date.now() < deadline) continue;
    await context.boss.send(indexSource.queue.name, of, singleton(of));
    return { chunks, continued: true };
  }
}

async function cut(context: JobContext, of: Source, version: Version): Promise<Done> {
  if (of.sourceType === 'message') return cutConversation(context, of, version);
  if (of.sourceType === 'memory') return { chunks: await cutMemory(context, of, version) };
  if (of.sourceType === 'document') return { chunks: await cutDocument(context, of, version) };
  // an event is one passage, made when it was processed
  return { chunks: 0 };
}

async function handle(context: JobContext, of: Source): Promise<Done> {
  const began = performance.now();
  const version = await activeVersion(context.pool);
  if (!version) return { chunks: 0, skipped: 'no embedding version is active' };
  const done = await cut(context, of, version);
  if (done.chunks > 0) await countIndexed(context.pool, of.workspaceId, began, { sources: 1 });
  return done;
}

/** One job waits per source: what comes in meanwhile is done by the one that waits. */
export function singleton(of: Source): { singletonKey: string; group: { id: string } } {
  return { singletonKey: `${of.sourceType}:${of.sourceId}`, group: { id: of.workspaceId } };
}

/**
 * Cuts a document, a memory or the new messages of a conversation into passages, which are found by their words from then on.
 * It never waits for vectors: embed-chunks makes those, however long that takes.
 */
export const indexSource: JobDefinition<Source> = {
  queue: {
    name: 'index-source',
    policy: 'short',
    // the sweep is what tries again: a job that comes back by itself would go before newer work
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload: source,
  batchSize: BATCH,
  isFair: true,
  handle,
};
