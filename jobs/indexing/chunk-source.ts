import type { JobContext } from '../job.ts';
import { chunkDocument } from './chunk-document.ts';
import { chunkMemory } from './chunk-memory.ts';
import { chunkMessages } from './chunk-messages.ts';
import { activeVersion, countIndexed, type Source, type Version } from './source.ts';

/** Messages of a conversation are chunked for so many milliseconds, so that every workspace has its turn. */
const TIME_BUDGET = 10_000;

export interface Chunked {
  chunks: number;
  /** Whether there is more to be chunked. */
  continued?: boolean;
  skipped?: string;
}

async function chunkConversation(context: JobContext, of: Source, version: Version): Promise<Chunked> {
  const deadline = Date.now() + TIME_BUDGET;
  for (let chunks = 0; ; ) {
    const added = await chunkMessages(context, of, version);
    if (added === undefined) return { chunks };
    chunks += added;
    if (context.signal.aborted || Date.now() >= deadline) return { chunks, continued: true };
  }
}

async function chunkByType(context: JobContext, of: Source, version: Version): Promise<Chunked> {
  if (of.sourceType === 'message') return chunkConversation(context, of, version);
  if (of.sourceType === 'memory') return { chunks: await chunkMemory(context, of, version) };
  if (of.sourceType === 'document') return { chunks: await chunkDocument(context, of, version) };
  // an event is one passage, made when it was processed
  return { chunks: 0 };
}

/** Chunks what is new of a source. */
export async function chunkSource(context: JobContext, of: Source): Promise<Chunked> {
  const began = performance.now();
  const version = await activeVersion(context.pool);
  if (!version) return { chunks: 0, skipped: 'no embedding version is active' };
  const done = await chunkByType(context, of, version);
  if (done.chunks > 0) await countIndexed(context.pool, of.workspaceId, began, { sources: 1 });
  return done;
}
