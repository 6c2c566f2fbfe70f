import { toSql } from 'pgvector';

/** A chunk that wants a vector. */
export interface ChunkText {
  chunk_id: string;
  content_hash: Buffer;
  embed_text: string;
}

export interface DistinctTexts {
  /** What is asked for: equal texts once. */
  texts: string[];
  /** Where the text of a chunk stands among them. */
  placeOf(chunk: ChunkText): number;
}

/** The texts of chunks, each once. */
export function distinctTexts(chunks: readonly ChunkText[]): DistinctTexts {
  const places = new Map<string, number>();
  const texts: string[] = [];
  for (const { content_hash, embed_text } of chunks) {
    const hash = content_hash.toString('hex');
    if (places.has(hash)) continue;
    places.set(hash, texts.length);
    texts.push(embed_text);
  }
  return { texts, placeOf: (chunk) => places.get(chunk.content_hash.toString('hex'))! };
}

/**
 * The chunks that got a vector, as the functions that store them take them.
 * @param vectors  in the order of the distinct texts; undefined for a text that has none
 */
export function withVectors(
  chunks: readonly ChunkText[],
  { placeOf }: DistinctTexts,
  vectors: readonly (Float32Array | undefined)[],
): { ids: string[]; vectors: string[] } {
  const found: { ids: string[]; vectors: string[] } = { ids: [], vectors: [] };
  for (const chunk of chunks) {
    const vector = vectors[placeOf(chunk)];
    if (!vector) continue;
    found.ids.push(chunk.chunk_id);
    found.vectors.push(toSql([...vector]) as string);
  }
  return found;
}
