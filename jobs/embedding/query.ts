import type { Pool } from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import { type EmbeddingProvider, openProvider } from './provider.ts';

export interface QueryEmbedder {
  /** The vector of a query, by the model of the active version. */
  embed(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Milliseconds for which the active version is taken to be the same. */
const VERSION_AGE = 10_000;
/** Milliseconds after which a search goes on without a vector. */
const PATIENCE = 10_000;

/**
 * Embeds what users search for, with whatever embedding version is active at the time.
 * @param pool  acts as colloquy_authenticator, which may read the active version
 */
export function openQueryEmbedder(pool: Pool): QueryEmbedder {
  let current: { key: string; provider: EmbeddingProvider; readAt: number } | undefined;

  async function provider(): Promise<EmbeddingProvider> {
    if (current && Date.now() - current.readAt < VERSION_AGE) return current.provider;
    const { rows } = await pool.query(
      `select provider, model, dimensions from app_public.embedding_versions where status = 'active'`,
    );
    const version = rows[0];
    if (!version) {
      throw new ColloquyError('CQ312', 'No embedding version is active.', {
        hint: 'Search with mode TEXT, or have an administrator activate a version.',
      });
    }
    const key = JSON.stringify(version);
    if (current?.key !== key) {
      await current?.provider.close();
      current = { key, provider: openProvider(version), readAt: 0 };
    }
    current.readAt = Date.now();
    return current.provider;
  }

  return {
    async embed(text) {
      const { vectors, failures } = await (await provider()).embed([text], AbortSignal.timeout(PATIENCE));
      const [vector] = vectors;
      if (!vector)
        throw failures[0] ?? new Error('The embedding provider returned neither vector nor reason');
      return vector;
    },
    async close() {
      await current?.provider.close();
      current = undefined;
    },
  };
}
