import { type Env, env as ownEnv } from '../lib/env.ts';
import { ColloquyError } from '../lib/errors.ts';
import { LOCAL_DIMENSIONS, LOCAL_MODEL, openLocal } from './local/local.ts';
import type { EmbeddingProvider, ProviderVersion } from './provider.ts';
import { endpointOf } from './remote/endpoints.ts';
import { type Guards, ownGuards } from './remote/guard.ts';
import { openOpenAiCompatible } from './remote/openai-compatible.ts';
import { openTransformers } from './transformers/transformers.ts';

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
