import type { JobContext } from '../context.ts';
import { cutDocument } from './cut-document.ts';
import { cutMemory } from './cut-memory.ts';
import { cutMessages } from './cut-messages.ts';
import { activeVersion, countIndexed, type Source, type Version } from './source.ts';

/** Messages of a conversation are cut for so many milliseconds, so that every workspace has its turn. */
const TIME_BUDGET = 10_000;

export interface Cut {
  chunks: number;
  /** Whether there is more to be cut. */
  continued?: boolean;
  skipped?: string;
}

async function cutConversation(context: JobContext, of: Source, version: Version): Promise<Cut> {
  const deadline = Date.now() + TIME_BUDGET;
  for (let chunks = 0; ; ) {
    const added = await cutMessages(context, of, version);
    if (added === undefined) return { chunks };
    chunks += added;
    if (context.signal.aborted || Date.now() >= deadline) return { chunks, continued: true };
  }
}

async function cut(context: JobContext, of: Source, version: Version): Promise<Cut> {
  if (of.sourceType === 'message') return cutConversation(context, of, version);
  if (of.sourceType === 'memory') return { chunks: await cutMemory(context, of, version) };
  if (of.sourceType === 'document') return { chunks: await cutDocument(context, of, version) };
  // an event is one passage, made when it was processed
  return { chunks: 0 };
}

/** Cuts what is new of a source. */
export async function cutSource(context: JobContext, of: Source): Promise<Cut> {
  const began = performance.now();
  const version = await activeVersion(context.pool);
  if (!version) return { chunks: 0, skipped: 'no embedding version is active' };
  const done = await cut(context, of, version);
  if (done.chunks > 0) await countIndexed(context.pool, of.workspaceId, began, { sources: 1 });
  return done;
}
