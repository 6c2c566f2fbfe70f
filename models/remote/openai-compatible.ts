import { countTokens, firstTokens } from '../../chunking/tokens.ts';
import type { EndpointSettings } from '../../lib/env.ts';
import { ProviderError } from '../error.ts';
import type { EmbeddingProvider, ProviderVersion } from '../provider.ts';
import { cutToDimensions, requireShape } from '../vectors.ts';
import { embedInBatches } from './embed-in-batches.ts';
import { guardOptionsOf, requestedDimensions } from './endpoints.ts';
import type { Guards } from './guard.ts';

/** OpenAI, Ollama, vLLM, LiteLLM and others: whatever answers to POST …/embeddings. */
export function openOpenAiCompatible(
  version: ProviderVersion,
  endpoint: EndpointSettings,
  guards: Guards,
): EmbeddingProvider {
  const { provider: name, model, dimensions } = version;
  const guard = guards(name, guardOptionsOf(endpoint));
  const request = { name, model, endpoint, dimensions: requestedDimensions(endpoint, version) };
  const closing = new AbortController();
  return {
    name,
    model,
    dimensions,
    maxTokens: endpoint.maxTokens,
    price: endpoint.price,
    async embed(texts, signal) {
      // loaded when it is needed: the library is large
      const { requestEmbeddings } = await import('./openai-requests.ts');
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      return embedInBatches(
        texts,
        (batch) => {
          const values = batch.map((text) => firstTokens(text, endpoint.maxTokens));
          const send = async (signal: AbortSignal) => {
            const { vectors: sent, tokens } = await requestEmbeddings(request, values, signal);
            const vectors = cutToDimensions(sent, version);
            requireShape(vectors, batch.length, dimensions);
            return { vectors, tokens };
          };
          const tokens = endpoint.tokensPerMinute
            ? values.reduce((sum, text) => sum + countTokens(text), 0)
            : 0;
          return guard.run(send, either, tokens);
        },
        { dimensions, batchSize: endpoint.batchSize, batchTokens: endpoint.batchTokens },
      );
    },
    async close() {
      closing.abort(new ProviderError('unavailable', `The embedding provider "${name}" was closed`));
    },
  };
}
