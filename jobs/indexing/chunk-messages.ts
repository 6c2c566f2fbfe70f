import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import type { JobContext } from '../job.ts';
import {
  attemptChunking,
  type ChunkingSubject,
  failChunking,
  isLarge,
  isOfText,
} from './chunking-attempt.ts';
import { type Source, toRow, type Version } from './source.ts';

/** Messages chunked at a time. */
const MESSAGE_BATCH = 200;

/** What an imported answer says that only calls a tool or writes a document: nobody looks for that, and the document is found itself. */
const CALL = /^\[(?:tool|canvas|artifact|file): .*\]\s*$/;
const onlyCalls = (content: string): boolean =>
  content.startsWith('[') && content.split('\n').every((line) => line.trim() === '' || CALL.test(line));

interface Message {
  id: string;
  sequence_number: number;
  role: string;
  status: string;
  content: string;
}

/** The chunks of a message, as the database takes them. */
async function chunksOfMessage(
  { signal, chunk = chunkInThread }: JobContext,
  message: Message,
  version: Version,
): Promise<object[]> {
  const chunks = await chunk(
    { content: message.content, contentType: 'markdown' },
    { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap },
    signal,
  );
  return chunks.map((chunk) => ({ message_id: message.id, ...toRow(chunk, chunk.heading) }));
}

/**
 * Chunks the next messages of a conversation, as far as one that waits or is still being written; those that were given up are passed over.
 * @returns how many chunks were added, or undefined when none are left that can be chunked now
 */
export async function chunkMessages(
  context: JobContext,
  source: Source,
  version: Version,
): Promise<number | undefined> {
  const { pool } = context;
  const { workspaceId, sourceId } = source;
  const { rows: messages } = await pool.query<Message>(
    `select m.id, m.sequence_number, m.role, m.status, m.content
     from app_public.conversations c
     join app_public.messages m on m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id
     where c.workspace_id = $1 and c.id = $2 and m.sequence_number > c.indexed_sequence_number
     order by m.sequence_number
     limit $3`,
    [workspaceId, sourceId, MESSAGE_BATCH],
  );
  if (messages.length === 0) {
    await followBranch(context, source);
    return undefined;
  }
  const { rows: failures } = await pool.query<{ sequence_number: number; is_dead: boolean }>(
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
  const chunked: { text: ChunkingSubject & { position: number }; chunks: object[] }[] = [];
  for (const message of messages) {
    // its end asks for it anew
    if (message.status === 'streaming') break;
    const failure = failures.find((one) => one.sequence_number === message.sequence_number);
    if (failure && !failure.is_dead) break;
    const text = { ...source, position: message.sequence_number, length: message.content.length };
    let chunks: object[] = [];
    const isSaid = message.role === 'user' || (message.role === 'assistant' && !onlyCalls(message.content));
    if (!failure && isSaid) {
      const done = await attemptChunking(context, text, () => chunksOfMessage(context, message, version));
      if (done === 'waits') break;
      if (done !== 'dead') chunks = done;
    }
    chunked.push({ text, chunks });
    // its attempt was counted: it is stored before another one can end the worker
    if (isLarge(text)) break;
  }
  if (chunked.length === 0) return undefined;
  try {
    const all = chunked.flatMap(({ chunks }) => chunks);
    return await store(chunked.at(-1)!.text.position, all);
  } catch (error) {
    if (!isOfText(error)) throw error;
  }
  // one of them is refused: the others are stored without it
  let added = 0;
  for (const { text, chunks } of chunked) {
    try {
      added += await store(text.position, chunks);
    } catch (error) {
      const state = await failChunking(context, text, error);
      if (state === 'waits') break;
      await store(text.position, []);
    }
  }
  return added;
}

/** Gives the messages of a conversation the context of the branch that was chosen meanwhile. */
async function followBranch({ pool }: JobContext, { workspaceId, sourceId }: Source): Promise<void> {
  await pool.query('select app_hidden.follow_branch(for_workspace => $1, for_conversation => $2)', [
    workspaceId,
    sourceId,
  ]);
}
