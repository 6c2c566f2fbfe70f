import { log } from '../lib/log.ts';
import { ApiError } from './errors.ts';
import { Lru } from './lru.ts';

/** Turns the text of a query into a vector of the active embedding version. */
export type EmbedQuery = (text: string) => Promise<Float32Array>;

const CACHE_SIZE = 1_000;
/** Bounds how long vectors of a version that is no longer the active one are used. */
const CACHE_AGE = 5 * 60_000;
/** app_public.search refuses longer queries with CQ200; they are not worth embedding. */
const MAX_QUERY_LENGTH = 10_000;

export type SearchMode = 'hybrid' | 'vector' | 'text';

/**
 * The vector of a query, or null where there shall be none: mode text, nothing to embed, or a provider that fails
 * while words alone can still find something.
 */
export type QueryEmbedder = (query: string, mode: SearchMode | null | undefined) => Promise<number[] | null>;

/** Remembers what it embedded; several requests for the same text wait for one answer. */
export function queryEmbedder(embedQuery: EmbedQuery | undefined): QueryEmbedder {
  const cache = new Lru<Promise<number[]>>(CACHE_SIZE, CACHE_AGE);

  function embed(text: string): Promise<number[]> {
    const known = cache.get(text);
    if (known) return known;
    const vector = (async () => {
      if (!embedQuery) throw new Error('This server has no embedding provider');
      return Array.from(await embedQuery(text));
    })();
    cache.set(text, vector);
    vector.catch(() => cache.delete(text));
    return vector;
  }

  return async (query, mode) => {
    const text = query.trim();
    if (mode === 'text' || text === '' || text.length > MAX_QUERY_LENGTH) return null;
    try {
      return await embed(text);
    } catch (error) {
      if (mode === 'vector') {
        log.error({ err: error }, 'The query could not be embedded');
        throw new ApiError(
          'CQ503',
          'The query cannot be embedded at the moment.',
          'Try again, or use mode TEXT.',
        );
      }
      log.warn({ err: error }, 'The query could not be embedded: searching by words alone');
      return null;
    }
  };
}
