import type { Pool } from 'pg';
import type { ChunkingMethod } from './chunk.ts';
import { chunkInThread } from './chunk-in-thread.ts';

/**
 * chunkInThread() by the method of the active version.
 * @param pool  acts as colloquy_worker
 */
export function chunkByActiveMethod(pool: Pool): typeof chunkInThread {
  return async (source, sizes, signal) => {
    const { rows } = await pool.query<{ method: ChunkingMethod | null }>(
      `select chunking_strategy ->> 'method' as method from app_public.embedding_versions where status = 'active'`,
    );
    return chunkInThread(source, { ...sizes, method: rows[0]?.method ?? undefined }, signal);
  };
}
