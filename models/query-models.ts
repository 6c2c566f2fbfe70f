import type { Pool } from 'pg';
import { ColloquyError } from '../lib/errors.ts';
import { activeModel } from './model.ts';
import { openProvider } from './open-provider.ts';
import type { EmbeddingProvider, ProviderVersion } from './provider.ts';

export interface QueryModels {
  /** The id of the embedding version that searches use at this moment. */
  activeVersion(): Promise<string>;
  /** The vector of a query, by the model of a version that activeVersion() returned; undefined where it cannot read the script. */
  embed(text: string, versionId: string | null): Promise<Float32Array | undefined>;
  close(): Promise<void>;
}

/** Milliseconds after which a search goes on without a vector. */
const PATIENCE = 10_000;

/**
 * Embeds what users search for. The version is asked for with each query: a switch takes effect with the next one.
 * @param pool  acts as colloquy_authenticator, which may read the active version
 * @param open  opens the provider of a version
 */
export function openQueryModels(
  pool: Pool,
  open: (version: ProviderVersion) => EmbeddingProvider = openProvider,
): QueryModels {
  // those of former versions stay open: a query may be on its way
  const providers = new Map<string, { provider: EmbeddingProvider; prefix: string }>();
  let isOpen = true;

  return {
    async activeVersion() {
      const version = await activeModel(pool);
      if (!version) {
        throw new ColloquyError('CQ312', 'No embedding version is active.', {
          hint: 'Search with mode TEXT, or have an administrator activate a version.',
        });
      }
      if (isOpen && !providers.has(version.id))
        providers.set(version.id, { provider: open(version), prefix: version.query_prefix });
      return version.id;
    },
    async embed(text, versionId) {
      const model = providers.get(versionId ?? '');
      if (!model) throw new ColloquyError('CQ312', 'The model of this embedding version is not at hand.');
      if (model.provider.reads?.(text) === false) return undefined;
      const { vectors, failures } = await model.provider.embed(
        [model.prefix + text],
        AbortSignal.timeout(PATIENCE),
      );
      const [vector] = vectors;
      if (!vector)
        throw failures[0] ?? new Error('The embedding provider returned neither vector nor reason');
      return vector;
    },
    async close() {
      isOpen = false;
      await Promise.all([...providers.values()].map(({ provider }) => provider.close()));
      providers.clear();
    },
  };
}
