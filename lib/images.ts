import { disableTypes, imageSize, types } from 'image-size';
import { ColloquyError } from './errors.ts';

/** What an image is, as its first bytes say. */
export interface ImageFacts {
  width: number;
  height: number;
}

/** Whoever decodes an image needs four bytes for each pixel, however few bytes the file has. */
export const MOST_PIXELS = 100_000_000;
/** Bytes within which the header says the size; profiles and previews stand before it in some. */
export const HEADER_BYTES = 1_048_576;
/** Bytes that tell which kind it is. */
export const MAGIC_BYTES = 32;

const startsWith = (bytes: Buffer, text: string, at = 0): boolean =>
  bytes.toString('latin1', at, at + text.length) === text;

/** By media type: how its files begin. SVG is none of them: it is a document that runs scripts. */
const KINDS: Record<string, { name: string; begins: (bytes: Buffer) => boolean }> = {
  'image/png': { name: 'png', begins: (bytes) => startsWith(bytes, '\x89PNG\r\n\x1a\n') },
  'image/jpeg': { name: 'jpg', begins: (bytes) => startsWith(bytes, '\xff\xd8\xff') },
  'image/gif': { name: 'gif', begins: (bytes) => startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a') },
  'image/webp': {
    name: 'webp',
    begins: (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8),
  },
  'image/avif': {
    name: 'heif',
    begins: (bytes) =>
      startsWith(bytes, 'ftyp', 4) && /^(?:avif|avis)/.test(bytes.toString('latin1', 8, MAGIC_BYTES)),
  },
};

const read = new Set(Object.values(KINDS).map(({ name }) => name));
// the library knows more kinds, which are never stored
disableTypes(types.filter((type) => !read.has(type)));

/** The media type of an image by its first bytes, whatever its name says; undefined for anything else. */
export function imageType(bytes: Buffer): string | undefined {
  return Object.keys(KINDS).find((type) => KINDS[type]!.begins(bytes));
}

/**
 * Width and height, from the header alone: nothing is decoded.
 * @param head  the first HEADER_BYTES, or all of it
 * @throws ColloquyError CQ860 when it has no such header, CQ861 when it has too many pixels
 */
export function readImageHeader(head: Buffer): ImageFacts {
  let size: { width: number; height: number } | undefined;
  try {
    size = imageSize(head);
  } catch (cause) {
    throw noImage(cause);
  }
  const { width, height } = size;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) throw noImage();
  if (width > 65_536 || height > 65_536 || width * height > MOST_PIXELS) {
    throw new ColloquyError(
      'CQ861',
      `An image has at most ${MOST_PIXELS} pixels; this one says ${width} × ${height}.`,
      { hint: 'Scale it down.' },
    );
  }
  return { width, height };
}

/** What is called an image, and is none. */
export function noImage(cause?: unknown): ColloquyError {
  return new ColloquyError('CQ860', 'The bytes are not those of an image.', {
    hint: 'Send a whole PNG, JPEG, WebP, GIF or AVIF. What it is, is read from its bytes and not from its name.',
    cause,
  });
}
