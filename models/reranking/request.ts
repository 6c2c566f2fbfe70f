import { z } from 'zod';
import { ProviderError } from '../error.ts';
import { kindOf, REMEDIES, retryAfterOf } from '../remote/statuses.ts';

export interface RerankTarget {
  /** For messages. */
  name: string;
  url: string;
  model: string | undefined;
  apiKey: string;
  shape: 'cohere' | 'tei';
}

/** Most bytes of an answer: some services send the texts back. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const index = z.int().nonnegative();
const score = z.number();

/** TEI names scores in a list, Cohere and those like it in the list "results". */
const answer = z.union([
  z
    .array(z.object({ index, score }))
    .transform((items) => items.map((item) => ({ index: item.index, score: item.score }))),
  z
    .object({ results: z.array(z.object({ index, relevance_score: score })) })
    .transform(({ results }) => results.map((item) => ({ index: item.index, score: item.relevance_score }))),
]);

function bodyOf({ shape, model }: RerankTarget, query: string, texts: string[]): object {
  if (shape === 'tei') return { query, texts, truncate: true };
  return { ...(model === undefined ? {} : { model }), query, documents: texts, top_n: texts.length };
}

/** The body as text, unless it is larger than any honest one. */
async function readAnswer({ name }: RerankTarget, response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    // leaving the loop cancels the body
    if (size > MAX_ANSWER_BYTES) {
      throw new ProviderError('bad_output', `"${name}" sent more than ${MAX_ANSWER_BYTES} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The scores in the order of the texts. An answer that leaves one out, or names one twice, has no order to follow. */
function scoresOf({ name }: RerankTarget, text: string, count: number): number[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // the reason would quote the answer, and the answer may quote the texts
    throw new ProviderError('bad_output', `"${name}" sent what is not JSON`);
  }
  const items = answer.safeParse(body).data;
  if (!items) throw new ProviderError('bad_output', `"${name}" sent no list of scores`);
  const scores = new Map(items.map((item) => [item.index, item.score]));
  const isWhole =
    items.length === count && scores.size === count && items.every((item) => item.index < count);
  if (!isWhole) throw new ProviderError('bad_output', `"${name}" did not score each passage once`);
  return Array.from({ length: count }, (_, place) => scores.get(place)!);
}

/**
 * Asks how well each text answers the query. Nothing that the service says is repeated in a message but its status: it may
 * quote what it was sent.
 * @throws ProviderError, or the signal's reason
 */
export async function requestScores(
  target: RerankTarget,
  query: string,
  texts: string[],
  signal: AbortSignal,
): Promise<number[]> {
  const { name, url, apiKey } = target;
  let text: string;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(bodyOf(target, query, texts)),
      // the texts go to the address that was configured, and to no other
      redirect: 'error',
      signal,
    });
    const { status, ok, headers } = response;
    if (!ok) {
      await response.body?.cancel().catch(() => {});
      const kind = kindOf(status);
      const remedy =
        kind === 'misconfigured' ? ` (${REMEDIES[status] ?? 'check its address and its settings'})` : '';
      const retryAfter = retryAfterOf(Object.fromEntries(headers));
      throw new ProviderError(kind, `"${name}" answered ${status}${remedy}`, { retryAfter });
    }
    text = await readAnswer(target, response);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('unavailable', `"${name}" cannot be reached`);
  }
  return scoresOf(target, text, texts.length);
}
