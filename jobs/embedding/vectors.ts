import { EmbeddingError } from './error.ts';

/**
 * A checked copy of what a provider returned, scaled to length one, so that every vector in the database
 * can be compared by inner product or cosine alike.
 * @param index position of the text it belongs to, for the message
 * @throws EmbeddingError bad_output for a wrong dimension, NaN, infinity or a vector of zeros
 */
export function unitVector(values: ArrayLike<number>, dimensions: number, index: number): Float32Array {
  if (values.length !== dimensions) {
    throw new EmbeddingError(
      'bad_output',
      `The vector of text ${index} has ${values.length} dimensions; the embedding version promises ${dimensions}`,
      { index },
    );
  }
  let squares = 0;
  for (let i = 0; i < dimensions; i++) squares += values[i]! * values[i]!;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length === 0) {
    const what = length === 0 ? 'only zeros' : 'a value that is not a finite number';
    throw new EmbeddingError('bad_output', `The vector of text ${index} contains ${what}`, { index });
  }
  const unit = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) unit[i] = values[i]! / length;
  return unit;
}

/**
 * Every text must say something: an empty one has no direction to point in.
 * @throws EmbeddingError bad_input naming the first text that is empty or only white space
 */
export function requireText(texts: readonly string[]): void {
  const index = texts.findIndex((text) => text.trim() === '');
  if (index === -1) return;
  throw new EmbeddingError('bad_input', `Text ${index} of ${texts.length} is empty or only white space`, {
    index,
  });
}
