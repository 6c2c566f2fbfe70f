import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import type { JobContext } from '../job.ts';
import { attemptChunking } from './chunking-attempt.ts';
import { type Source, toRow, type Version } from './source.ts';

/** Chunks a memory that has no chunks yet. Returns how many were added. */
export async function chunkMemory(context: JobContext, source: Source, version: Version): Promise<number> {
  const { pool, signal, chunk = chunkInThread } = context;
  const { workspaceId, sourceId } = source;
  const { rows } = await pool.query(
    `select subject, content, content_hash from app_public.memory_items
     where workspace_id = $1 and id = $2 and upper_inf(validity) and chunked_hash is distinct from content_hash`,
    [workspaceId, sourceId],
  );
  const memory = rows[0];
  if (!memory) return 0;
  const text = { ...source, hash: memory.content_hash, length: memory.content.length };
  const added = await attemptChunking(context, text, async () => {
    const chunks = await chunk(
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
        JSON.stringify(chunks.map((chunk) => toRow(chunk, memory.subject))),
      ],
    );
    return result.rows[0].added;
  });
  return added === 'waits' || added === 'dead' ? 0 : added;
}
