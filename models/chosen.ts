import { type Env, env as ownEnv } from '../lib/env.ts';
import { ColloquyError } from '../lib/errors.ts';
import { ProviderError } from './error.ts';
import { LOCAL_DIMENSIONS, LOCAL_MODEL } from './local/local.ts';
import { openProvider, type ProviderOptions } from './open-provider.ts';
import { knownPrefixes } from './prefixes.ts';
import type { ProviderVersion } from './provider.ts';
import { endpointOf, requestedDimensions } from './remote/endpoints.ts';

/** A model as settings or options name it; what they leave out is absent. */
export interface Chosen {
  provider: string;
  model: string;
  /** Absent: those that the model makes. */
  dimensions?: number | undefined;
  /** Whether longer vectors are cut to them. */
  truncate?: boolean | undefined;
  /** Absent: what is known of the model. */
  queryPrefix?: string | undefined;
  passagePrefix?: string | undefined;
  chunkSize?: number | undefined;
  chunkOverlap?: number | undefined;
  chunking?: string | undefined;
}

/** The same, when the model has been asked. */
export interface ChosenModel extends ProviderVersion {
  query_prefix: string;
  passage_prefix: string;
}

/** What an embedding version says, to be compared with what was chosen. */
export interface VersionModel extends ProviderVersion {
  query_prefix?: string;
  passage_prefix?: string;
}

/** A text whose vector says how long vectors are. */
const PROBE = 'How many dimensions has this?';

/**
 * The model that the settings name, or undefined when they name none.
 * @throws ColloquyError CQ314 when they name a provider without its model
 */
export function chosenModel(env: Env = ownEnv): Chosen | undefined {
  const { EMBEDDING_PROVIDER: provider } = env;
  if (provider === undefined) return undefined;
  const model = env.EMBEDDING_MODEL ?? (provider === 'local' ? LOCAL_MODEL : undefined);
  if (model === undefined) {
    throw new ColloquyError('CQ314', `The provider "${provider}" needs a model`, {
      hint: 'Set EMBEDDING_MODEL, for example to nomic-embed-text.',
    });
  }
  return {
    provider,
    model,
    dimensions: env.EMBEDDING_DIMENSIONS ?? (provider === 'local' ? LOCAL_DIMENSIONS : undefined),
    truncate: env.EMBEDDING_TRUNCATE,
    queryPrefix: env.EMBEDDING_QUERY_PREFIX,
    passagePrefix: env.EMBEDDING_PASSAGE_PREFIX,
    chunkSize: env.EMBEDDING_CHUNK_SIZE,
    chunkOverlap: env.EMBEDDING_CHUNK_OVERLAP,
    chunking: env.EMBEDDING_CHUNKING,
  };
}

/** Whether a version has what was chosen, as far as it was said. */
export function isChosen(version: VersionModel, chosen: Chosen): boolean {
  const { provider, model, dimensions, queryPrefix, passagePrefix } = chosen;
  return (
    version.provider === provider &&
    version.model === model &&
    (dimensions === undefined || version.dimensions === dimensions) &&
    (queryPrefix === undefined || (version.query_prefix ?? '') === queryPrefix) &&
    (passagePrefix === undefined || (version.passage_prefix ?? '') === passagePrefix)
  );
}

/**
 * What to say when the settings name another model than the active version has, or undefined. The version decides:
 * vectors of another model would not fit the ones that are there.
 * @throws ColloquyError CQ314 as chosenModel()
 */
export function contradiction(active: VersionModel, env: Env = ownEnv): string | undefined {
  const chosen = chosenModel(env);
  if (!chosen || isChosen(active, chosen)) return undefined;
  const name = ({ provider, model, dimensions }: Omit<Chosen, 'truncate'>): string =>
    `${provider} ${model}${dimensions === undefined ? '' : ` (${dimensions})`}`;
  return `The settings choose ${name(chosen)}, and the active embedding version has ${name(active)}: that one is used. Switch with: npm run embeddings -- switch`;
}

/** The length of the vectors that a model makes when it is asked as it will be. */
async function askDimensions(chosen: Chosen, options: ProviderOptions): Promise<number> {
  const { provider: name, model, dimensions } = chosen;
  const endpoint = endpointOf(name, options.env ?? ownEnv);
  if (!endpoint) {
    if (dimensions === undefined) {
      throw new ColloquyError('CQ314', `The provider "${name}" needs the dimensions of its model`, {
        hint: 'Set EMBEDDING_DIMENSIONS, or --dimensions, to what the card of the model says.',
      });
    }
    const provider = openProvider({ provider: name, model, dimensions }, options);
    try {
      const { failures } = await provider.embed([PROBE]);
      if (failures[0]) throw failures[0];
    } finally {
      await provider.close();
    }
    return dimensions;
  }
  const { requestEmbeddings } = await import('./remote/openai-requests.ts');
  const request = { name, model, endpoint, dimensions: requestedDimensions(endpoint, chosen) };
  const signal = AbortSignal.timeout(endpoint.timeoutSeconds * 1000);
  const { vectors } = await requestEmbeddings(request, [PROBE], signal);
  if (!vectors[0]) throw new ProviderError('bad_output', `"${name}" sent no vector`);
  return vectors[0].length;
}

/**
 * Asks the model that was chosen for a vector, and says what its version is made of.
 * @throws ColloquyError CQ310 for dimensions that it has not, CQ317 when it does not answer; and as openProvider()
 */
export async function askModel(chosen: Chosen, options: ProviderOptions = {}): Promise<ChosenModel> {
  const { provider, model, dimensions: wanted } = chosen;
  // names that there are not, addresses that are missing
  await openProvider({ provider, model, dimensions: wanted ?? 1 }, options).close();
  let made: number;
  try {
    made = await askDimensions(chosen, options);
  } catch (error) {
    if (error instanceof ColloquyError) throw error;
    // a signal that timed out has a reason of its own
    const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
    if (!(error instanceof ProviderError) && !isTimeout) throw error;
    const said = isTimeout ? 'no answer in time' : (error as Error).message;
    throw new ColloquyError('CQ317', `The embedding model ${model} cannot be asked: ${said}.`, {
      hint: 'Nothing was changed in the embedding versions. Start the service, or correct EMBEDDING_BASE_URL, EMBEDDING_API_KEY and EMBEDDING_MODEL, and run this again.',
      cause: error,
    });
  }
  const dimensions = wanted ?? made;
  const isCut = made > dimensions && chosen.truncate === true;
  if (dimensions > 4000 || (made !== dimensions && !isCut)) {
    throw new ColloquyError(
      'CQ310',
      made === dimensions
        ? `The model ${model} makes vectors of ${made} dimensions; 4,000 can be indexed.`
        : `The model ${model} makes vectors of ${made} dimensions, not of ${dimensions}.`,
      {
        hint: 'Leave EMBEDDING_DIMENSIONS out, or set it to that. A model that was trained for shorter vectors (Matryoshka) takes EMBEDDING_TRUNCATE=true beside it.',
      },
    );
  }
  const known = knownPrefixes(model);
  return {
    provider,
    model,
    dimensions,
    native_dimensions: isCut ? made : null,
    query_prefix: chosen.queryPrefix ?? known.query,
    passage_prefix: chosen.passagePrefix ?? known.passage,
  };
}
