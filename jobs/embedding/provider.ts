import { ColloquyError } from '../../lib/errors.ts';
import { LOCAL_DIMENSIONS, LOCAL_MODEL, openLocal } from './local.ts';

export { EmbeddingError, type EmbeddingErrorKind } from './error.ts';

/** Turns texts into vectors. Safe to share: several callers may embed at once. */
export interface EmbeddingProvider {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  /**
   * One vector of length one per text, in the order of the texts.
   * @throws EmbeddingError (kind: rate_limited, unavailable, bad_input, bad_output), or the signal's reason
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Lets go of what the provider holds. Requests still waiting end as unavailable. May be called twice. */
  close(): Promise<void>;
}

/** The columns of an embedding version that say who makes its vectors. */
export interface ProviderVersion {
  readonly provider: string;
  readonly model: string;
  readonly dimensions: number;
}

const HINT = `Create a version with provider "local", model "${LOCAL_MODEL}" and ${LOCAL_DIMENSIONS} dimensions, and activate it.`;

/**
 * Opens the provider that an embedding version names. Cheap: a model is loaded by the first embed().
 * @throws ColloquyError CQ310 for a provider, model or dimension that this build does not have
 */
export function openProvider(version: ProviderVersion): EmbeddingProvider {
  if (version.provider !== 'local') {
    throw new ColloquyError('CQ310', `There is no embedding provider "${version.provider}"`, { hint: HINT });
  }
  if (version.model !== LOCAL_MODEL || version.dimensions !== LOCAL_DIMENSIONS) {
    throw new ColloquyError(
      'CQ310',
      `The embedding provider "local" has no model "${version.model}" with ${version.dimensions} dimensions`,
      { hint: HINT },
    );
  }
  return openLocal();
}
