import { EmbeddingError, type EmbeddingProvider } from './embedding/provider.ts';

/** A chunk that wants a vector. */
export interface ChunkText {
  chunk_id: string;
  content_hash: Buffer;
  embed_text: string;
}

/**
 * The vectors of chunks, equal texts asked for once. A text that can never be embedded is left out, and the rest of the
 * batch is not held up by it.
 * @returns by chunk; without those that have none
 */
export async function embedTexts(
  provider: EmbeddingProvider,
  chunks: readonly ChunkText[],
  signal: AbortSignal,
): Promise<Map<string, Float32Array>> {
  const texts = new Map(chunks.map((chunk) => [chunk.content_hash.toString('hex'), chunk.embed_text]));
  const vectorOf = new Map<string, Float32Array>();
  while (texts.size > 0) {
    const hashes = [...texts.keys()];
    try {
      const vectors = await provider.embed([...texts.values()], signal);
      for (const [index, hash] of hashes.entries()) vectorOf.set(hash, vectors[index]!);
      break;
    } catch (error) {
      const isOfText = error instanceof EmbeddingError && error.kind === 'bad_input';
      if (!isOfText || error.index === undefined) throw error;
      texts.delete(hashes[error.index]!);
    }
  }
  return new Map(
    chunks.flatMap((chunk) => {
      const vector = vectorOf.get(chunk.content_hash.toString('hex'));
      return vector ? [[chunk.chunk_id, vector] as const] : [];
    }),
  );
}
