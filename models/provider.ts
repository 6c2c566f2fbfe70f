import { type Env, env as ownEnv } from '../lib/env.ts';
import { ColloquyError } from '../lib/errors.ts';
import type { ProviderError } from './error.ts';
import { LOCAL_DIMENSIONS, LOCAL_MODEL, openLocal } from './local/local.ts';
import { endpointOf } from './remote/endpoints.ts';
import { type Guards, ownGuards } from './remote/guards.ts';
import { openOpenAiCompatible } from './remote/openai-compatible.ts';
import { openTransformers } from './transformers/transformers.ts';

export { ProviderError, type ProviderErrorKind } from './error.ts';

/** What came of some texts. */
export interface Embedded {
  /** One vector of length one per text, in the order of the texts; undefined for those among the failures. */
  vectors: (Float32Array | undefined)[];
  /** As the provider counted them; an estimate where it counts nothing. */
  tokens: number;
  /** The texts that have no vector, in their order, each with its index and the reason. */
  failures: ProviderError[];
}

/** Turns texts into vectors. Safe to share: several callers may embed at once. */
export interface EmbeddingProvider {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  /** Tokens of one text that are read. */
  readonly maxTokens: number;
  /** US dollars per million tokens; 0 where nothing is paid. */
  readonly price: number;
  /** Whether the model knows the script of a text: of one that it does not, all texts look the same to it. Default: it does. */
  reads?(text: string): boolean;
  /**
   * Keeps what succeeded: a text that cannot be embedded, or whose request failed, is among the failures.
   * @throws ProviderError when nothing succeeded for a reason that is not the texts', or the signal's reason
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Embedded>;
  /** Lets go of what the provider holds. Requests still waiting end as unavailable. May be called twice. */
  close(): Promise<void>;
}

/** The columns of an embedding version that say who makes its vectors. */
export interface ProviderVersion {
  readonly provider: string;
  readonly model: string;
  readonly dimensions: number;
  /** What the model makes, when that is cut to `dimensions`; null or absent when nothing is cut. */
  readonly native_dimensions?: number | null;
}

export interface ProviderOptions {
  /** Where addresses and keys come from. Default: the environment of this process. */
  env?: Env;
  /** What stands before remote providers. Default: the guards of this process. */
  guards?: Guards;
}

/**
 * Opens the provider that an embedding version names. Cheap: a model is loaded by the first embed().
 * @throws ColloquyError CQ310 for a provider, model or dimension that there is not; CQ313 when a package is not
 *   installed; CQ314 when an address is not set
 */
export function openProvider(version: ProviderVersion, options: ProviderOptions = {}): EmbeddingProvider {
  const { env = ownEnv, guards = ownGuards } = options;
  if (version.provider === 'local') {
    requireLocalModel(version);
    return openLocal(env.EMBEDDING_THREADS);
  }
  if (version.provider === 'transformers') {
    if (version.native_dimensions) {
      throw new ColloquyError('CQ310', 'The provider "transformers" does not cut vectors', {
        hint: 'Create a version with the dimensions that the model makes, or ask a service that runs it.',
      });
    }
    return openTransformers(version, { modelsDir: env.TRANSFORMERS_MODELS_DIR });
  }
  const endpoint = endpointOf(version.provider, env);
  if (endpoint) return openOpenAiCompatible(version, endpoint, guards);
  const names = ['local', 'openai-compatible', 'transformers', ...Object.keys(env.EMBEDDING_ENDPOINTS)];
  throw new ColloquyError('CQ310', `There is no embedding provider "${version.provider}"`, {
    hint: `There are ${names.join(', ')}; EMBEDDING_ENDPOINTS adds others.`,
  });
}

function requireLocalModel({ model, dimensions, native_dimensions }: ProviderVersion): void {
  // its directions are not ordered by weight: cut, it would find less for the same work
  if (model === LOCAL_MODEL && dimensions === LOCAL_DIMENSIONS && !native_dimensions) return;
  throw new ColloquyError(
    'CQ310',
    `The embedding provider "local" has no model "${model}" with ${dimensions} dimensions`,
    {
      hint: `Create a version with provider "local", model "${LOCAL_MODEL}" and ${LOCAL_DIMENSIONS} dimensions, and activate it.`,
    },
  );
}

/** What so many tokens cost, in US dollars. */
export function costOf(provider: Pick<EmbeddingProvider, 'price'>, tokens: number): number {
  return (provider.price * tokens) / 1_000_000;
}
