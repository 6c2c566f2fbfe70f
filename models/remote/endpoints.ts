import type { EndpointSettings, Env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { GuardOptions } from './guard.ts';

/** The provider that the variables EMBEDDING_… describe; those of EMBEDDING_ENDPOINTS have names of their own. */
export const OPENAI_COMPATIBLE = 'openai-compatible';

/**
 * The endpoint of that name, or undefined when there is none.
 * @throws ColloquyError CQ314 for openai-compatible without a base URL
 */
export function endpointOf(name: string, env: Env): EndpointSettings | undefined {
  if (name !== OPENAI_COMPATIBLE) {
    return Object.hasOwn(env.EMBEDDING_ENDPOINTS, name) ? env.EMBEDDING_ENDPOINTS[name] : undefined;
  }
  if (!env.EMBEDDING_BASE_URL) {
    throw new ColloquyError('CQ314', `The provider "${OPENAI_COMPATIBLE}" has no address`, {
      hint: 'Set EMBEDDING_BASE_URL, for example to http://127.0.0.1:11434/v1, and EMBEDDING_API_KEY if it wants one.',
    });
  }
  return {
    baseUrl: env.EMBEDDING_BASE_URL,
    apiKey: env.EMBEDDING_API_KEY,
    batchSize: env.EMBEDDING_BATCH_SIZE,
    batchTokens: env.EMBEDDING_BATCH_TOKENS,
    maxTokens: env.EMBEDDING_MAX_TOKENS,
    price: env.EMBEDDING_PRICE,
    concurrency: env.EMBEDDING_CONCURRENCY,
    requestsPerMinute: env.EMBEDDING_REQUESTS_PER_MINUTE,
    tokensPerMinute: env.EMBEDDING_TOKENS_PER_MINUTE,
    timeoutSeconds: env.EMBEDDING_TIMEOUT_SECONDS,
    sendDimensions: env.EMBEDDING_SEND_DIMENSIONS,
  };
}

export function guardOptionsOf(endpoint: EndpointSettings): GuardOptions {
  return {
    concurrency: endpoint.concurrency,
    requestsPerMinute: endpoint.requestsPerMinute,
    tokensPerMinute: endpoint.tokensPerMinute,
    timeout: endpoint.timeoutSeconds * 1000,
  };
}

/** Models that make vectors of whatever length is asked for; others refuse a request that names one. */
const TAKES_DIMENSIONS = /text-embedding-3|text-embedding-v[34]|gemini-embedding|qwen3-embedding/i;

/** The dimensions that a request names, if it names any. */
export function requestedDimensions(
  endpoint: EndpointSettings,
  { model, dimensions }: { model: string; dimensions?: number | undefined },
): number | undefined {
  return (endpoint.sendDimensions ?? TAKES_DIMENSIONS.test(model)) ? dimensions : undefined;
}
