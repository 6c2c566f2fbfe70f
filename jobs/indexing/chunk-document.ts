import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import type { ContentType } from '../../reading/file-kinds.ts';
import type { JobContext } from '../job.ts';
import { attemptChunking } from './chunking-attempt.ts';
import { type Source, toRow, type Version } from './source.ts';

/** What extraction makes of files: pages of text, and markdown. */
const EXTRACTED: Record<string, ContentType> = { pdf: 'text', docx: 'markdown' };

/** Chunks a document anew when its text has changed. Returns how many chunks were added. */
export async function chunkDocument(context: JobContext, source: Source, version: Version): Promise<number> {
  const { pool, signal, chunk = chunkInThread } = context;
  const { workspaceId, sourceId } = source;
  const { rows } = await pool.query(
    `select title, content, content_type, code_language, content_hash from app_public.documents
     where workspace_id = $1 and id = $2 and chunked_hash is distinct from content_hash`,
    [workspaceId, sourceId],
  );
  const document = rows[0];
  if (!document) return 0;
  const text = { ...source, hash: document.content_hash, length: document.content.length };
  const added = await attemptChunking(context, text, async () => {
    const chunks = await chunk(
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
        JSON.stringify(chunks.map((chunk) => toRow(chunk, document.title, chunk.heading))),
      ],
    );
    return result.rows[0]?.added ?? 0;
  });
  return added === 'waits' || added === 'dead' ? 0 : added;
}
