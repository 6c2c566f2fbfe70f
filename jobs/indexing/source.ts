import type { Pool } from 'pg';
import { z } from 'zod';
import type { ChunkWithLanguage } from '../../chunking/chunk-with-languages.ts';
import type { ProviderVersion } from '../../models/provider.ts';

/** Longest heading that a chunk may have. */
const LONGEST_HEADING = 1000;
/** Of a job that tries again: behind whatever is new. */
export const RETRY_PRIORITY = -1;

export const source = z.object({
  workspaceId: z.uuid(),
  sourceType: z.enum(['document', 'message', 'memory', 'event']),
  /** The document, the conversation of the messages, the memory, or the event. */
  sourceId: z.uuid(),
});
export type Source = z.infer<typeof source>;

/** The version by which sources are chunked, and whose vectors searches use. */
export interface Version extends ProviderVersion {
  id: string;
  chunk_size: number;
  chunk_overlap: number;
}

export async function activeVersion(pool: Pool): Promise<Version | undefined> {
  const { rows } = await pool.query<Version>(
    `select id, provider, model, dimensions, chunk_size, chunk_overlap from app_public.embedding_versions where status = 'active'`,
  );
  return rows[0];
}

/** Records what was done in how long: progress derives a rate and the remaining time from it. */
export async function countIndexed(
  pool: Pool,
  workspaceId: string,
  began: number,
  { sources = 0, vectors = 0 }: { sources?: number; vectors?: number },
): Promise<void> {
  await pool.query(
    'select app_hidden.count_indexed(for_workspace => $1, seconds => $2, sources => $3, vectors => $4)',
    [workspaceId, (performance.now() - began) / 1000, sources, vectors],
  );
}

function heading(...parts: (string | null | undefined)[]): string | null {
  const text = parts.filter(Boolean).join(' › ');
  return text === '' ? null : [...text].slice(0, LONGEST_HEADING).join('');
}

/** A chunk, as the functions that store chunks take it. */
export function toRow(chunk: ChunkWithLanguage, ...headings: (string | null | undefined)[]) {
  return {
    chunk_index: chunk.index,
    content: chunk.content,
    heading: heading(...headings),
    page_number: chunk.pageNumber,
    start_offset: chunk.startOffset,
    end_offset: chunk.endOffset,
    token_count: chunk.tokenCount,
    language: chunk.language,
  };
}
