import type { Pool } from 'pg';
import type { ChunkingMethod } from './chunk.ts';
import { cutText } from './cut.ts';

/**
 * cutText() by the method of the active version.
 * @param pool  acts as colloquy_worker
 */
export function cutAsActive(pool: Pool): typeof cutText {
  return async (source, sizes, signal) => {
    const { rows } = await pool.query<{ method: ChunkingMethod | null }>(
      `select chunking_strategy ->> 'method' as method from app_public.embedding_versions where status = 'active'`,
    );
    return cutText(source, { ...sizes, method: rows[0]?.method ?? undefined }, signal);
  };
}
