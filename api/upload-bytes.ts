import { HEADER_BYTES, type ImageFacts, imageType, MAGIC_BYTES, readImageHeader } from '../lib/images.ts';

/** The beginning of an upload, and all of it. */
export interface Begun {
  /** The media type of an image, when it begins as one. */
  imageType: string | undefined;
  bytes: AsyncIterable<Uint8Array>;
}

/** Looks at the first bytes of an upload, which are still there afterwards. */
export async function begin(source: AsyncIterable<Uint8Array>): Promise<Begun> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < MAGIC_BYTES) {
    const next = await iterator.next();
    if (next.done) break;
    first.push(next.value);
    size += next.value.length;
  }
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* first;
    yield* rest;
  }
  return { imageType: imageType(Buffer.concat(first)), bytes: bytes() };
}

/**
 * The bytes of an image on their way; its header is read before the last of them.
 * @throws ColloquyError CQ860, CQ861 from within
 */
export async function* asImage(
  source: AsyncIterable<Uint8Array>,
  tell: (facts: ImageFacts) => void,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] | undefined = [];
  let size = 0;
  const readHead = (pieces: Uint8Array[]): void => {
    head = undefined;
    tell(readImageHeader(Buffer.concat(pieces)));
  };
  for await (const piece of source) {
    if (head) {
      head.push(piece);
      size += piece.length;
      if (size >= HEADER_BYTES) readHead(head);
    }
    yield piece;
  }
  if (head) readHead(head);
}
