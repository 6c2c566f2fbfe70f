import type { RerankSettings } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { ProviderError } from '../error.ts';
import { Guard, type GuardOptions } from '../remote/guard.ts';
import { memoryPause, type ProviderPause } from '../remote/pause.ts';
import { type RerankTarget, requestScores } from './request.ts';

/** A score for each passage, the higher the better, or why there is none. */
export type Scores = { scores: number[] } | { failure: string };

export interface Reranker {
  readonly model: string | null;
  score(query: string, passages: string[]): Promise<Scores>;
}

const NAME = 'rerank';
/** Requests at the same time; what has to wait for its turn waits within the time limit. */
const CONCURRENCY = 8;

/**
 * Reranks by the service that the settings name: once, within the time limit, and not at all while it is known to fail. Who
 * searches waits for it, so nothing is repeated.
 */
export function openReranker(
  settings: RerankSettings,
  overrides: Partial<GuardOptions> = {},
  pause: ProviderPause = memoryPause(),
): Reranker {
  const { url, model, apiKey, timeout, shape } = settings;
  const target: RerankTarget = {
    name: NAME,
    url,
    model,
    apiKey,
    // a TEI server has one model, and takes no name of it
    shape: shape === 'auto' ? (model === undefined ? 'tei' : 'cohere') : shape,
  };
  const guard = new Guard(NAME, pause, {
    concurrency: CONCURRENCY,
    timeout,
    retries: 0,
    ...overrides,
  });
  return {
    model: model ?? null,
    async score(query, passages) {
      const patience = new AbortController();
      const timer = setTimeout(
        () =>
          patience.abort(
            new ProviderError('unavailable', `"${NAME}" did not answer within ${timeout / 1000} seconds`),
          ),
        timeout,
      );
      try {
        const scores = await guard.run(
          (signal) => requestScores(target, query, passages, signal),
          patience.signal,
        );
        return { scores };
      } catch (thrown) {
        // a timeout in the queue has another message than one of the service
        const error: unknown = patience.signal.aborted ? patience.signal.reason : thrown;
        if (!(error instanceof ProviderError)) throw error;
        log.warn(
          { kind: error.kind, reason: error.message },
          'Results were not reranked: the order of the search stands',
        );
        return { failure: error.message };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
