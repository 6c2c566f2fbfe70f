import { LRUCache } from 'lru-cache';
import { firstTokens } from '../chunking/tokens.ts';
import { log } from '../lib/log.ts';
import { embeddingsTotal, embeddingsWaiting, embeddingWaitSeconds } from '../lib/metrics.ts';
import { isQuarantined } from '../models/error.ts';
import { outside } from './door-turns.ts';
import { ApiError } from './errors.ts';
import { FairTurns, NoTurn } from './fair-turns.ts';

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
  reason: 'provider_unavailable' | 'busy' | 'quarantined' | 'unreadable_script' | null;
}

const CACHE_SIZE = 1_000;
const CACHE_AGE = 5 * 60_000;
/** app_public.search refuses longer queries with CQ200; they are not worth embedding. */
const MAX_QUERY_LENGTH = 10_000;

export type SearchMode = 'hybrid' | 'vector' | 'text';

/**
 * The vector of a query, or null where there shall be none: mode text, nothing to embed, or a provider that fails
 * while words alone can still find something.
 * @param workspaceId  whose turn it takes, and whose memory it uses: of what another tenant has asked, the time says nothing
 */
export type QueryEmbedder = (
  query: string,
  mode: SearchMode | null | undefined,
  workspaceId?: string,
) => Promise<QueryVector>;

/** How much of the embedding of queries one workspace may have. */
export interface QueryTurns {
  /** Tokens of a text that are embedded; words are looked for in all of it. */
  tokens: number;
  /** Of one workspace at the same time. */
  each: number;
  /** Milliseconds that a query waits for its turn. */
  patience: number;
}

const DEFAULT_TURNS: QueryTurns = { tokens: 256, each: 1, patience: 5_000 };
/** Of all workspaces at the same time: what is with the model waits there in the order of asking. */
const TURNS = 8;
/** Of one workspace that wait: more have no chance to be served in time. */
const WAITING = 100;

const none: QueryVector = { vector: null, versionId: null, reason: null };

function answer(vector: number[] | null, versionId: string | null): QueryVector {
  return { vector, versionId, reason: vector ? null : 'unreadable_script' };
}

type Failure = { outcome: string; message: string; code: string; hint?: string };

const failures: Record<'provider_unavailable' | 'busy' | 'quarantined', Failure> = {
  provider_unavailable: {
    outcome: 'failed',
    message: 'The query cannot be embedded at the moment.',
    code: 'CQ503',
  },
  busy: {
    outcome: 'busy',
    message: 'Too many queries of this workspace wait to be embedded.',
    code: 'CQ439',
  },
  quarantined: {
    outcome: 'failed',
    message: 'This database is a copy in quarantine: no service is asked to embed the query.',
    code: 'CQ635',
    hint: 'Use mode TEXT, or have its operator adopt it: npm run ops -- adopt',
  },
};

function reasonOf(error: unknown): keyof typeof failures {
  if (error instanceof NoTurn) return 'busy';
  return isQuarantined(error) ? 'quarantined' : 'provider_unavailable';
}

/** Remembers what it embedded; several requests of a workspace for the same text wait for one answer. */
export function queryEmbedder(
  embedQuery: EmbedQuery | undefined,
  activeVersion?: ActiveVersion,
  { tokens, each, patience }: QueryTurns = DEFAULT_TURNS,
): QueryEmbedder {
  const turns = new FairTurns({ size: TURNS, each, waiting: WAITING, patience });
  const cache = new LRUCache<string, Promise<number[] | null>>({ max: CACHE_SIZE, ttl: CACHE_AGE });

  async function inTurn(
    text: string,
    versionId: string | null,
    workspaceId: string,
  ): Promise<number[] | null> {
    const start = performance.now();
    embeddingsWaiting.inc();
    let isWaiting = true;
    const done = () => {
      if (isWaiting) embeddingsWaiting.dec();
      isWaiting = false;
    };
    try {
      const ask = () => {
        done();
        embeddingWaitSeconds.observe((performance.now() - start) / 1000);
        return embedQuery!(text, versionId);
      };
      const values = await outside(() => turns.run(workspaceId, ask));
      return values ? Array.from(values) : null;
    } finally {
      done();
    }
  }

  async function embed(whole: string, workspaceId: string): Promise<QueryVector> {
    if (!embedQuery) throw new Error('This server has no embedding provider');
    const versionId = (await activeVersion?.()) ?? null;
    const text = firstTokens(whole, tokens);
    const key = `${workspaceId} ${versionId} ${text}`;
    const known = cache.get(key);
    if (known) {
      embeddingsTotal.inc({ outcome: 'remembered' });
      return answer(await known, versionId);
    }
    const vector = inTurn(text, versionId, workspaceId);
    cache.set(key, vector);
    vector.catch(() => cache.delete(key));
    const vectorOfQuery = answer(await vector, versionId);
    embeddingsTotal.inc({ outcome: text === whole ? 'embedded' : 'cut' });
    return vectorOfQuery;
  }

  return async (query, mode, workspaceId = '') => {
    const text = query.trim();
    if (mode === 'text' || text === '' || text.length > MAX_QUERY_LENGTH) return none;
    try {
      return await embed(text, workspaceId);
    } catch (error) {
      const reason = reasonOf(error);
      const { outcome, message, code, hint = 'Try again, or use mode TEXT.' } = failures[reason];
      embeddingsTotal.inc({ outcome });
      if (mode === 'vector') {
        log.error({ err: error }, 'The query could not be embedded');
        throw new ApiError(code, message, hint);
      }
      log.warn({ err: error }, 'The query could not be embedded: searching by words alone');
      return { ...none, reason };
    }
  };
}
