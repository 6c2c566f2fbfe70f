import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';
import type { EndpointSettings } from '../../lib/env.ts';
import { classify } from './classify.ts';
import type { RawEmbeddings } from './embed-in-batches.ts';

/** The only place that speaks to OpenAI-compatible services. One request per call: repeating is the guard's affair. */
export interface Target {
  /** Name of the provider, for messages. */
  name: string;
  model: string;
  endpoint: Pick<EndpointSettings, 'baseUrl' | 'apiKey'>;
}

/** Options of a request are looked up under this name. */
const NAME = 'colloquy';

/** What is sent, and the key, go to the address that was set and to no other: a redirect is an answer like any other refusal. */
const fetchThere: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'manual' });

function serviceOf({ endpoint }: Target) {
  const url = new URL(endpoint.baseUrl);
  const query = Object.fromEntries(url.searchParams);
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return createOpenAICompatible({
    name: NAME,
    fetch: fetchThere,
    baseURL: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    ...(Object.keys(query).length === 0 ? {} : { queryParams: query }),
    ...(endpoint.apiKey === '' ? {} : { apiKey: endpoint.apiKey }),
    // fetch refuses addresses with a password in them
    ...(user === ':' ? {} : { headers: { Authorization: `Basic ${Buffer.from(user).toString('base64')}` } }),
  });
}

/** What must not stand in a message. */
function secretsOf({ endpoint }: Target): string[] {
  const { password, searchParams } = new URL(endpoint.baseUrl);
  return [endpoint.apiKey, password, decodeURIComponent(password), ...searchParams.values()];
}

/** Answers come in the order of the texts, unless they are numbered otherwise. */
function inOrder(vectors: number[][], body: unknown): number[][] {
  const data = (body as { data?: { index?: unknown }[] } | undefined)?.data;
  if (!Array.isArray(data) || data.length !== vectors.length) return vectors;
  const places = data.map((item) => item?.index);
  if (places.every((place, i) => place === i)) return vectors;
  const isNumbering =
    new Set(places).size === places.length && places.every((place) => vectors[Number(place)]);
  if (!isNumbering) return vectors;
  const ordered = new Array<number[]>(vectors.length);
  for (const [i, place] of places.entries()) ordered[Number(place)] = vectors[i]!;
  return ordered;
}

/** @throws ProviderError, or the signal's reason */
export async function requestEmbeddings(
  target: Target & { dimensions?: number | undefined },
  values: string[],
  abortSignal: AbortSignal,
): Promise<RawEmbeddings> {
  try {
    const { embeddings, usage, response } = await serviceOf(target)
      .embeddingModel(target.model)
      .doEmbed({
        values,
        abortSignal,
        ...(target.dimensions === undefined
          ? {}
          : { providerOptions: { [NAME]: { dimensions: target.dimensions } } }),
      });
    return { vectors: inOrder(embeddings, response?.body), tokens: usage?.tokens };
  } catch (error) {
    abortSignal.throwIfAborted();
    throw classify(error, target.name, secretsOf(target));
  }
}

export interface ChatAnswer {
  text: string;
  promptTokens: number;
  completionTokens: number;
}

/** @throws ProviderError, or the signal's reason */
export async function requestChat(
  target: Target,
  { instructions, prompt, maxTokens }: { instructions: string; prompt: string; maxTokens: number },
  abortSignal: AbortSignal,
): Promise<ChatAnswer> {
  try {
    const { text, usage } = await generateText({
      model: serviceOf(target).chatModel(target.model),
      system: instructions,
      prompt,
      temperature: 0,
      maxOutputTokens: maxTokens,
      maxRetries: 0,
      abortSignal,
    });
    return { text, promptTokens: usage.inputTokens ?? 0, completionTokens: usage.outputTokens ?? 0 };
  } catch (error) {
    abortSignal.throwIfAborted();
    throw classify(error, target.name, secretsOf(target));
  }
}
