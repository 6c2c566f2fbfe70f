import { log } from '../lib/log.ts';
import { outside } from './door-turns.ts';
import { ApiError } from './errors.ts';
import type { SearchFacts } from './search-recorder.ts';

/** Judges how well passages answer a question, by a model that reads both together. */
export interface Reranker {
  /** Null: the service has only one. */
  readonly model: string | null;
  /** A score for each passage, the higher the better, or why there is none, in words that anybody may read. */
  score(query: string, passages: string[]): Promise<{ scores: number[] } | { failure: string }>;
}

/** The results of a search that are reranked: what the search put further down stays there. */
export const RERANKED = 50;
/** app_public.search gives no more at once. */
const MOST_RESULTS = 100;
/** What app_public.search takes for null. */
const MAX_RESULTS = 10;

/** What of app_public.search_result is read here. */
export interface Found {
  chunk_id: string;
  heading: string | null;
  content: string;
}

/** Which results to find, and which of them are the page that was asked for. */
export interface FoundPage {
  maxResults: number | null | undefined;
  skip: number | null | undefined;
  /** The page within what is found. Absent: all of it. */
  shown?: { from: number; requested: number };
  isAsked: boolean;
}

export interface Reranking {
  state: 'USED' | 'FAILED' | 'NOT_NEEDED' | 'NOT_CONFIGURED';
  model: string | null;
  candidates: number;
  milliseconds: number;
  reason: string | null;
}

/** What became of the results of a search. */
export interface Outcome {
  results: Found[];
  scores: Map<string, number>;
  /** Null: nobody asked. */
  reranking: Reranking | null;
  /** What the recorder of searches counts in place of what was found: nobody saw the rest. Absent: they are the same. */
  facts?: Pick<SearchFacts, 'requested' | 'returned' | 'chunk_ids'>;
}

/**
 * The results that a page of reranked ones needs. Arguments that the search refuses go on to it as they are.
 * @throws ApiError CQ200 for a page that needs more than a search gives at once
 */
export function foundPage(
  isAsked: boolean,
  isConfigured: boolean,
  maxResults: number | null | undefined,
  skip: number | null | undefined,
): FoundPage {
  const requested = maxResults ?? MAX_RESULTS;
  const from = skip ?? 0;
  const isUsable = requested >= 1 && requested <= MOST_RESULTS && from >= 0;
  if (!isAsked || !isConfigured || !isUsable || from >= RERANKED) return { maxResults, skip, isAsked };
  if (from + requested > MOST_RESULTS) {
    throw new ApiError(
      'CQ200',
      `A page that begins within the first ${RERANKED} reranked results ends within the first ${MOST_RESULTS}: skip ${from} and maxResults ${requested} do not.`,
      'Ask for fewer results.',
    );
  }
  return {
    maxResults: Math.max(RERANKED, from + requested),
    skip: 0,
    shown: { from, requested },
    isAsked,
  };
}

/** What a reranker reads of a passage: where it stands, and what it says. */
function passageOf({ heading, content }: Found): string {
  return heading ? `${heading}\n\n${content}` : content;
}

async function scoresOf(reranker: Reranker, query: string, candidates: Found[]) {
  try {
    return await outside(() => reranker.score(query, candidates.map(passageOf)));
  } catch (error) {
    log.error({ err: error }, 'Results could not be reranked: the order of the search stands');
    return { failure: 'The reranker failed.' };
  }
}

/** Puts the first results into the order of the reranker, if there is one and it answers, and cuts the page out. */
export async function rerank(
  reranker: Reranker | undefined,
  query: string,
  found: Found[],
  { shown, isAsked }: FoundPage,
): Promise<Outcome> {
  const none = { model: reranker?.model ?? null, candidates: 0, milliseconds: 0 };
  const scores = new Map<string, number>();
  let reranking: Reranking | null = null;
  let results = found;
  const candidates = found.slice(0, RERANKED);
  if (isAsked && !reranker) {
    reranking = { ...none, state: 'NOT_CONFIGURED', reason: 'This server has no reranker.' };
  } else if (isAsked && !shown) {
    const reason = `The page begins after the first ${RERANKED} results.`;
    reranking = { ...none, state: 'NOT_NEEDED', reason };
  } else if (isAsked && (candidates.length < 2 || query.trim() === '')) {
    const reason = candidates.length < 2 ? 'There was nothing to reorder.' : 'There is no question in words.';
    reranking = { ...none, state: 'NOT_NEEDED', reason };
  } else if (isAsked && reranker) {
    const start = performance.now();
    const answer = await scoresOf(reranker, query, candidates);
    const told = {
      model: reranker.model,
      candidates: candidates.length,
      milliseconds: Math.round(performance.now() - start),
    };
    if ('failure' in answer) {
      reranking = { ...told, state: 'FAILED', reason: answer.failure };
    } else {
      reranking = { ...told, state: 'USED', reason: null };
      for (const [place, { chunk_id }] of candidates.entries()) scores.set(chunk_id, answer.scores[place]!);
      // sorting is stable: of equal scores the search's first comes first
      candidates.sort((a, b) => scores.get(b.chunk_id)! - scores.get(a.chunk_id)!);
      results = [...candidates, ...found.slice(RERANKED)];
    }
  }
  if (!shown) return { results, scores, reranking };
  results = results.slice(shown.from, shown.from + shown.requested);
  const facts = {
    requested: shown.requested,
    returned: results.length,
    chunk_ids: results.map((result) => result.chunk_id),
  };
  return { results, scores, reranking, facts };
}
