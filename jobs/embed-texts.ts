import type { EmbeddingProvider } from './embedding/provider.ts';

/** A chunk that wants a vector. */
export interface ChunkText {
  chunk_id: string;
  content_hash: Buffer;
  embed_text: string;
}

/**
 * The vectors of chunks, equal texts asked for once. What cannot be embedded now is left out, and the rest of the batch is
 * not held up by it.
 * @returns by chunk; without those that have none
 * @throws ProviderError when nothing was embedded for a reason that is not the texts'
 */
export async function embedTexts(
  provider: EmbeddingProvider,
  chunks: readonly ChunkText[],
  signal: AbortSignal,
): Promise<Map<string, Float32Array>> {
  const texts = new Map(chunks.map((chunk) => [chunk.content_hash.toString('hex'), chunk.embed_text]));
  const { vectors, failures } = await provider.embed([...texts.values()], signal);
  const vectorOf = new Map([...texts.keys()].map((hash, index) => [hash, vectors[index]]));
  const found = new Map(
    chunks.flatMap((chunk) => {
      const vector = vectorOf.get(chunk.content_hash.toString('hex'));
      return vector ? [[chunk.chunk_id, vector] as const] : [];
    }),
  );
  const whole = failures.find((failure) => !failure.isOfText);
  if (found.size === 0 && whole) throw whole;
  return found;
}
