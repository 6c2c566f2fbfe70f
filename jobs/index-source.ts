import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import type { ChunkText } from './chunk-texts.ts';
import type { JobContext } from './context.ts';
import { attemptCut, type CutSubject, failCut, isLarge, isOfText } from './cut-attempt.ts';
import { embedBatch } from './embed-batch.ts';
import { embedBehind } from './embed-behind.ts';
import type { ContentType } from './embedding/chunk.ts';
import { cutText } from './embedding/cut.ts';
import { ProviderError } from './embedding/provider.ts';
import type { JobDefinition } from './registry.ts';

/** Vectors computed and stored at a time: what a killed worker has to compute again. */
const EMBED_BATCH = 32;
/** Messages cut at a time. */
const MESSAGE_BATCH = 200;
/** A job that takes longer than this many milliseconds hands the rest to a new one, so that claims stay short. */
const TIME_BUDGET = 30_000;
/** Batches of one job: a new one does the rest, behind those of others. */
const MOST_BATCHES = 8;
/** Seconds that a job waits for its provider or a passage, at most: after a longer pause the sweep finds its work. */
const LONGEST_WAIT = 30;
/** Of a job that tries again: behind whatever is new. */
export const RETRY_PRIORITY = -1;
/** Longest heading that a chunk may have. */
const LONGEST_HEADING = 1000;

const payload = z.object({
  workspaceId: z.uuid(),
  sourceType: z.enum(['document', 'message', 'memory', 'event']),
  /** The document, the conversation of the messages, the memory, or the event. */
  sourceId: z.uuid(),
});
type Payload = z.infer<typeof payload>;

interface Version {
  id: string;
  provider: string;
  model: string;
  dimensions: number;
  chunk_size: number;
  chunk_overlap: number;
}

/** What extraction makes of files: pages of text, and markdown. */
const EXTRACTED: Record<string, ContentType> = { pdf: 'text', docx: 'markdown' };

function heading(...parts: (string | null | undefined)[]): string | null {
  const text = parts.filter(Boolean).join(' › ');
  return text === '' ? null : [...text].slice(0, LONGEST_HEADING).join('');
}

/** Cuts a document anew when its text has changed. Returns how many chunks were added. */
async function cutDocument(context: JobContext, source: Payload, version: Version): Promise<number> {
  const { pool, signal, cut = cutText } = context;
  const { workspaceId, sourceId } = source;
  const { rows } = await pool.query(
    `select title, content, content_type, code_language, content_hash from app_public.documents
     where workspace_id = $1 and id = $2 and chunked_hash is distinct from content_hash`,
    [workspaceId, sourceId],
  );
  const document = rows[0];
  if (!document) return 0;
  const text = { ...source, hash: document.content_hash, length: document.content.length };
  const added = await attemptCut(context, text, async () => {
    const chunks = await cut(
      {
        content: document.content,
        contentType: EXTRACTED[document.content_type] ?? document.content_type,
        language: document.code_language ?? undefined,
        title: document.title,
        isPaged: document.content_type === 'pdf',
      },
      { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap },
      signal,
    );
    const result = await pool.query(
      `select added from app_hidden.replace_document_chunks(
         for_workspace => $1, for_document => $2, of_hash => $3, new_chunks => $4::jsonb)`,
      [
        workspaceId,
        sourceId,
        document.content_hash,
        JSON.stringify(
          chunks.map((chunk) => ({
            chunk_index: chunk.index,
            content: chunk.content,
            heading: heading(document.title, chunk.heading),
            page_number: chunk.pageNumber,
            start_offset: chunk.startOffset,
            end_offset: chunk.endOffset,
            token_count: chunk.tokenCount,
          })),
        ),
      ],
    );
    return result.rows[0]?.added ?? 0;
  });
  return added === 'waits' || added === 'dead' ? 0 : added;
}

interface Message {
  id: string;
  sequence_number: number;
  role: string;
  content: string;
}

/** The chunks of a message, as the database takes them. */
async function chunksOfMessage(
  { signal, cut = cutText }: JobContext,
  message: Message,
  version: Version,
): Promise<object[]> {
  const chunks = await cut(
    { content: message.content, contentType: 'markdown' },
    { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap },
    signal,
  );
  return chunks.map((chunk) => ({
    message_id: message.id,
    chunk_index: chunk.index,
    content: chunk.content,
    heading: heading(chunk.heading),
    start_offset: chunk.startOffset,
    end_offset: chunk.endOffset,
    token_count: chunk.tokenCount,
  }));
}

/**
 * Cuts the next messages of a conversation, as far as one that waits; those that were given up are passed over.
 * @returns how many chunks were added, or undefined when none are left that can be cut now
 */
async function cutMessages(
  context: JobContext,
  source: Payload,
  version: Version,
): Promise<number | undefined> {
  const { pool } = context;
  const { workspaceId, sourceId } = source;
  const { rows: messages } = await pool.query<Message>(
    `select m.id, m.sequence_number, m.role, m.content
     from app_public.conversations c
     join app_public.messages m on m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id
     where c.workspace_id = $1 and c.id = $2 and m.sequence_number > c.indexed_sequence_number
     order by m.sequence_number
     limit $3`,
    [workspaceId, sourceId, MESSAGE_BATCH],
  );
  if (messages.length === 0) return undefined;
  const { rows: uncut } = await pool.query<{ sequence_number: number; is_dead: boolean }>(
    'select sequence_number, is_dead from app_hidden.uncut_messages(for_workspace => $1, for_conversation => $2)',
    [workspaceId, sourceId],
  );
  const store = async (through: number, chunks: object[]): Promise<number> => {
    const { rows } = await pool.query(
      `select app_hidden.add_message_chunks(
         for_workspace => $1, for_conversation => $2, through_sequence_number => $3, new_chunks => $4::jsonb) as added`,
      [workspaceId, sourceId, through, JSON.stringify(chunks)],
    );
    return rows[0].added;
  };
  const cuts: { text: CutSubject & { position: number }; chunks: object[] }[] = [];
  for (const message of messages) {
    const failure = uncut.find((one) => one.sequence_number === message.sequence_number);
    if (failure && !failure.is_dead) break;
    const text = { ...source, position: message.sequence_number, length: message.content.length };
    let chunks: object[] = [];
    if (!failure && (message.role === 'user' || message.role === 'assistant')) {
      const cut = await attemptCut(context, text, () => chunksOfMessage(context, message, version));
      if (cut === 'waits') break;
      if (cut !== 'dead') chunks = cut;
    }
    cuts.push({ text, chunks });
    // its attempt was counted: it is stored before another one can end the worker
    if (isLarge(text)) break;
  }
  if (cuts.length === 0) return undefined;
  try {
    const all = cuts.flatMap(({ chunks }) => chunks);
    return await store(cuts.at(-1)!.text.position, all);
  } catch (error) {
    if (!isOfText(error)) throw error;
  }
  // one of them is refused: the others are stored without it
  let added = 0;
  for (const { text, chunks } of cuts) {
    try {
      added += await store(text.position, chunks);
    } catch (error) {
      const state = await failCut(context, text, error);
      if (state === 'waits') break;
      await store(text.position, []);
    }
  }
  return added;
}

/** Cuts a memory that has no chunks yet. Returns how many were added. */
async function cutMemory(context: JobContext, source: Payload, version: Version): Promise<number> {
  const { pool, signal, cut = cutText } = context;
  const { workspaceId, sourceId } = source;
  const { rows } = await pool.query(
    `select subject, content, content_hash from app_public.memory_items
     where workspace_id = $1 and id = $2 and upper_inf(validity) and chunked_hash is distinct from content_hash`,
    [workspaceId, sourceId],
  );
  const memory = rows[0];
  if (!memory) return 0;
  const text = { ...source, hash: memory.content_hash, length: memory.content.length };
  const added = await attemptCut(context, text, async () => {
    const chunks = await cut(
      { content: memory.content, contentType: 'text' },
      { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap },
      signal,
    );
    const result = await pool.query(
      `select app_hidden.replace_memory_chunks(
         for_workspace => $1, for_memory => $2, of_hash => $3, new_chunks => $4::jsonb) as added`,
      [
        workspaceId,
        sourceId,
        memory.content_hash,
        JSON.stringify(
          chunks.map((chunk) => ({
            chunk_index: chunk.index,
            content: chunk.content,
            heading: heading(memory.subject),
            start_offset: chunk.startOffset,
            end_offset: chunk.endOffset,
            token_count: chunk.tokenCount,
          })),
        ),
      ],
    );
    return result.rows[0].added;
  });
  return added === 'waits' || added === 'dead' ? 0 : added;
}

/** What embedding has come to in one job. */
interface Done {
  chunks: number;
  embedded: number;
  tokens: number;
  costUsd: number;
  /** Passages that failed: each is tried again later by itself, or was given up. */
  refused: number;
  continued: boolean;
  /** Why the last of them failed, or why all of them wait. */
  reason?: string;
  /** Seconds until the first of them is due again. */
  nextIn?: number;
  /** The code of the budget, quota or switch that holds the rest back. */
  paused?: string;
}

/**
 * Gives the next chunks of a source their vectors.
 * @returns whether there may be more
 */
async function embedChunks(
  context: JobContext,
  { workspaceId, sourceType, sourceId }: Payload,
  version: Version,
  done: Done,
): Promise<boolean> {
  const { pool } = context;
  const { rows: missing } = await pool.query<ChunkText>(
    `select chunk_id, content_hash, embed_text from app_hidden.chunks_to_embed(
       for_version => $1, for_workspace => $2, for_source_type => $3, for_source => $4, max_chunks => $5)`,
    [version.id, workspaceId, sourceType, sourceId, EMBED_BATCH],
  );
  if (missing.length === 0) return false;
  const isLast = missing.length < EMBED_BATCH;
  await embedBehind(context, version.id, workspaceId, missing);
  const { rows } = await pool.query<{ id: string }>(
    'select app_hidden.reuse_embeddings(for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[]) as id',
    [version.id, workspaceId, missing.map((chunk) => chunk.chunk_id)],
  );
  const reused = new Set(rows.map((row) => row.id));
  done.embedded += reused.size;
  const chunks = missing.filter((chunk) => !reused.has(chunk.chunk_id));
  if (chunks.length === 0) return !isLast;
  const batch = await embedBatch(context, version, workspaceId, chunks);
  done.embedded += batch.embedded;
  done.tokens += batch.tokens;
  done.costUsd += batch.costUsd;
  done.refused += batch.refused;
  if (batch.reason) done.reason = batch.reason;
  if (batch.nextIn !== undefined) done.nextIn = Math.min(batch.nextIn, done.nextIn ?? batch.nextIn);
  if (batch.paused) done.paused = batch.paused;
  return !isLast && !batch.paused && !batch.isTaken;
}

/** Seconds until a job may go on whose provider asks for patience, or undefined for what is a failure. */
function patience(error: unknown): number | undefined {
  return error instanceof ProviderError ? error.retryAfter : undefined;
}

async function handle(context: JobContext, source: Payload): Promise<object> {
  const deadline = Date.now() + TIME_BUDGET;
  const { rows } = await context.pool.query(
    `select id, provider, model, dimensions, chunk_size, chunk_overlap from app_public.embedding_versions where status = 'active'`,
  );
  const version: Version | undefined = rows[0];
  if (!version) return { skipped: 'no embedding version is active' };
  const done: Done = { chunks: 0, embedded: 0, tokens: 0, costUsd: 0, refused: 0, continued: false };
  const isOver = (): boolean => context.signal.aborted || Date.now() > deadline;

  if (source.sourceType === 'document') done.chunks = await cutDocument(context, source, version);
  else if (source.sourceType === 'memory') done.chunks = await cutMemory(context, source, version);
  else if (source.sourceType === 'message') {
    for (;;) {
      const added = await cutMessages(context, source, version);
      if (added === undefined) break;
      done.chunks += added;
      if (isOver()) break;
    }
  }
  for (let batches = 0; ; batches += 1) {
    if (isOver() || batches >= MOST_BATCHES) {
      await context.boss.send(indexSource.queue.name, source, singleton(source));
      return { ...done, continued: true };
    }
    try {
      if (!(await embedChunks(context, source, version, done))) break;
    } catch (error) {
      const startAfter = patience(error);
      if (startAfter === undefined) throw error;
      // not a failure of this job: it waits without using up its attempts
      context.log.warn(
        { seconds: startAfter, reason: describeError(error) },
        'indexing waits for the provider',
      );
      if (startAfter > LONGEST_WAIT) return { ...done, waits: startAfter };
      await context.boss.send(indexSource.queue.name, source, {
        ...singleton(source),
        startAfter: Math.ceil(startAfter),
      });
      return { ...done, continued: true, waits: startAfter };
    }
  }
  // what is due soon need not wait for the sweep; it goes behind what is new
  if (done.nextIn !== undefined && done.nextIn <= LONGEST_WAIT) {
    await context.boss.send(indexSource.queue.name, source, {
      ...singleton(source),
      startAfter: Math.ceil(Math.max(done.nextIn, 0)),
      priority: RETRY_PRIORITY,
    });
  }
  if (done.refused > 0 || done.paused)
    context.log.warn({ source: source.sourceId, ...done }, 'passages could not be embedded');
  return done;
}

/** One job waits per source: what comes in meanwhile is done by the one that waits. */
export function singleton(source: Payload): { singletonKey: string; group: { id: string } } {
  return { singletonKey: `${source.sourceType}:${source.sourceId}`, group: { id: source.workspaceId } };
}

/** Cuts a document, a memory or the new messages of a conversation into chunks, and computes their vectors, or those of an event. */
export const indexSource: JobDefinition<Payload> = {
  queue: {
    name: 'index-source',
    policy: 'short',
    // the sweep is what tries again: a job that comes back by itself would go before newer work
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  isFair: true,
  handle,
};
