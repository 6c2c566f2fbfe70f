import { ProviderError } from './error.ts';

/**
 * A checked copy of what a provider returned, scaled to length one, so that every vector in the database
 * can be compared by inner product or cosine alike.
 * @param index position of the text it belongs to, for the message
 * @throws ProviderError bad_output for a wrong dimension, NaN, infinity or a vector of zeros
 */
export function unitVector(values: ArrayLike<number>, dimensions: number, index: number): Float32Array {
  if (values.length !== dimensions) {
    throw new ProviderError(
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
    throw new ProviderError('bad_output', `The vector of text ${index} contains ${what}`, { index });
  }
  const unit = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) unit[i] = values[i]! / length;
  return unit;
}

/**
 * The first dimensions of vectors of a model that says most in them (Matryoshka); their length is made one again later. What a
 * service has cut already stays as it is.
 */
export function cutToDimensions(
  vectors: readonly ArrayLike<number>[],
  { dimensions, native_dimensions: native }: { dimensions: number; native_dimensions?: number | null },
): readonly ArrayLike<number>[] {
  if (!native) return vectors;
  return vectors.map((vector) =>
    vector.length === native ? Array.prototype.slice.call(vector, 0, dimensions) : vector,
  );
}

/** Every text must say something: an empty one has no direction to point in. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

export function emptyText(index: number, count: number): ProviderError {
  return new ProviderError('bad_input', `Text ${index} of ${count} is empty or only white space`, { index });
}

/**
 * As many vectors as texts, and of the dimension that was promised.
 * @throws ProviderError bad_output, or misconfigured when every one has another dimension
 */
export function requireShape(vectors: readonly ArrayLike<number>[], count: number, dimensions: number): void {
  if (vectors.length !== count) {
    throw new ProviderError('bad_output', `${vectors.length} vectors came back for ${count} texts`);
  }
  if (vectors.every((vector) => vector.length !== dimensions)) {
    throw new ProviderError(
      'misconfigured',
      `The model makes vectors of ${vectors[0]!.length} dimensions; the embedding version promises ${dimensions}`,
    );
  }
}
