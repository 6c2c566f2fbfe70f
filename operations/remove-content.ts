import type { Pool } from 'pg';
import { inTransaction } from '../lib/database.ts';
import type { FileStorage } from '../lib/storage.ts';

/**
 * Removes the bytes of a content that nothing refers to, under the lock that storing it takes.
 * @param pool  acts as colloquy_worker
 * @returns whether nothing referred to it
 */
export function removeContent(pool: Pool, storage: FileStorage, path: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ is_free: boolean }>(
      'select app_hidden.release_content(of_path => $1) as is_free',
      [path],
    );
    if (rows[0]!.is_free) await storage.remove(path);
    return rows[0]!.is_free;
  });
}
