import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { UploadItem } from '../items.ts';

/** The bytes of a file that is stored: a file of their own, or a part of one. */
export function contentOf({ absolute, bytes }: UploadItem): Readable {
  return bytes === undefined ? createReadStream(absolute) : Readable.from([bytes]);
}
