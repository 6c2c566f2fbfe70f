import { openRecogniser } from '../reading/language/recognise.ts';
import { type Chunk, type ChunkSource, chunkText } from './chunk.ts';

/** A chunk of which is known in which language it is, if it could be recognised. */
export interface ChunkWithLanguage extends Chunk {
  /** A text search configuration; null leaves it to what was declared. */
  language: string | null;
}

/** chunkText(), and the language of each chunk. Declared code keeps the language that was declared. */
export async function chunkWithLanguages(
  source: ChunkSource,
  sizes: Parameters<typeof chunkText>[1],
): Promise<ChunkWithLanguage[]> {
  const chunks = chunkText(source, sizes);
  if (chunks.length === 0) return [];
  const recognise = source.contentType === 'code' ? () => null : await openRecogniser();
  return chunks.map((chunk) => ({ ...chunk, language: recognise(chunk.content) }));
}
