import { leaveOutBlobs } from '../reading/blobs.ts';
import { openRecogniser } from '../reading/language/recognise.ts';
import { type Chunk, type ChunkSource, chunkText } from './chunk.ts';
import { countCodePoints } from './tokens.ts';

/** A chunk of which is known in which language it is, if it could be recognised. */
export interface ChunkWithLanguage extends Chunk {
  /** A text search configuration; null leaves it to what was declared. */
  language: string | null;
}

/** Counts code points up to places that only go forward. */
function counterOf(text: string): (place: number) => number {
  let [at, count] = [0, 0];
  return (place) => {
    if (place < at) [at, count] = [0, 0];
    count += countCodePoints(text, at, place);
    at = place;
    return count;
  };
}

/** Finds places by code points that only go forward. */
function finderOf(text: string): (codePoints: number) => number {
  let [at, count] = [0, 0];
  return (codePoints) => {
    if (codePoints < count) [at, count] = [0, 0];
    for (; count < codePoints; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    return at;
  };
}

/**
 * The chunks of a text without pictures and files as base64, `data:` addresses and minified code: a note stands in their place. Offsets
 * are those of the whole text.
 */
function chunkWithoutBlobs(source: ChunkSource, sizes: Parameters<typeof chunkText>[1]): Chunk[] {
  const isData = source.contentType === 'code' && source.language === 'json';
  const { text, count, placeOf } = leaveOutBlobs(source.content, { isData });
  const chunks = chunkText({ ...source, content: text }, sizes);
  if (count === 0) return chunks;
  const place = { start: finderOf(text), end: finderOf(text) };
  const codePoints = { start: counterOf(source.content), end: counterOf(source.content) };
  return chunks.map((chunk) => ({
    ...chunk,
    startOffset: codePoints.start(placeOf(place.start(chunk.startOffset), false)),
    endOffset: codePoints.end(placeOf(place.end(chunk.endOffset), true)),
  }));
}

/** chunkText() of what people read, and the language of each chunk. Declared code keeps the language that was declared. */
export async function chunkWithLanguages(
  source: ChunkSource,
  sizes: Parameters<typeof chunkText>[1],
): Promise<ChunkWithLanguage[]> {
  const chunks = chunkWithoutBlobs(source, sizes);
  if (chunks.length === 0) return [];
  const recognise = source.contentType === 'code' ? () => null : await openRecogniser();
  return chunks.map((chunk) => ({ ...chunk, language: recognise(chunk.content) }));
}
