import { LRUCache } from 'lru-cache';
import { log } from '../lib/log.ts';
import { ApiError } from './errors.ts';

/**
 * Turns the text of a query into a vector: of the embedding version that is named, else of the active one. Undefined where its
 * model cannot read the script of the text.
 */
export type EmbedQuery = (text: string, versionId: string | null) => Promise<Float32Array | undefined>;

/** The id of the embedding version that searches use at this moment. */
export type ActiveVersion = () => Promise<string>;

/** A vector, and the embedding version that it belongs to. */
export interface QueryVector {
  vector: number[] | null;
  /** Null: nobody has said. */
  versionId: string | null;
  /** Why there is no vector, as the answer of a search says it. */
  reason: 'provider_unavailable' | 'unreadable_script' | null;
}

const CACHE_SIZE = 1_000;
const CACHE_AGE = 5 * 60_000;
/** app_public.search refuses longer queries with CQ200; they are not worth embedding. */
const MAX_QUERY_LENGTH = 10_000;

export type SearchMode = 'hybrid' | 'vector' | 'text';

/**
 * The vector of a query, or null where there shall be none: mode text, nothing to embed, or a provider that fails
 * while words alone can still find something.
 */
export type QueryEmbedder = (query: string, mode: SearchMode | null | undefined) => Promise<QueryVector>;

const none: QueryVector = { vector: null, versionId: null, reason: null };

function answer(vector: number[] | null, versionId: string | null): QueryVector {
  return { vector, versionId, reason: vector ? null : 'unreadable_script' };
}

/** Remembers what it embedded; several requests for the same text wait for one answer. */
export function queryEmbedder(
  embedQuery: EmbedQuery | undefined,
  activeVersion?: ActiveVersion,
): QueryEmbedder {
  const cache = new LRUCache<string, Promise<number[] | null>>({ max: CACHE_SIZE, ttl: CACHE_AGE });

  async function embed(text: string): Promise<QueryVector> {
    if (!embedQuery) throw new Error('This server has no embedding provider');
    const versionId = (await activeVersion?.()) ?? null;
    const key = `${versionId} ${text}`;
    const known = cache.get(key);
    if (known) return answer(await known, versionId);
    const vector = embedQuery(text, versionId).then((values) => (values ? Array.from(values) : null));
    cache.set(key, vector);
    vector.catch(() => cache.delete(key));
    return answer(await vector, versionId);
  }

  return async (query, mode) => {
    const text = query.trim();
    if (mode === 'text' || text === '' || text.length > MAX_QUERY_LENGTH) return none;
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
      return { ...none, reason: 'provider_unavailable' };
    }
  };
}
