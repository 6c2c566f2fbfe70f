import yauzl from 'yauzl';
import { limits, unreadable } from './extraction.ts';

/** An encrypted Office document is no ZIP file, but one of the old container format. */
const CONTAINER = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/**
 * The parts of a ZIP file whose names are wanted, unpacked. Every part is unpacked once, and counted: what a file says about its own
 * size is not believed, and the libraries that read it afterwards have no bounds, or others.
 * @param kind how the file is called in messages: "DOCX"
 * @throws ColloquyError CQ320 encrypted, CQ322 damaged, CQ323 too large
 */
export async function unpack(
  bytes: Buffer,
  kind: string,
  isWanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  if (bytes.subarray(0, CONTAINER.length).equals(CONTAINER)) {
    throw unreadable('CQ320', `The file is a ${kind} with a password, or of the old format before it`);
  }
  let zip: yauzl.ZipFile;
  try {
    zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  } catch (error) {
    throw unreadable('CQ322', `The ${kind} is damaged: it is not a whole ZIP file`, error);
  }
  const parts = new Map<string, Buffer>();
  let unpacked = 0;
  let entries = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      entries += 1;
      if (entries > limits.entries) {
        throw unreadable('CQ323', `The ${kind} has more than ${limits.entries} parts`);
      }
      if (entry.isEncrypted()) throw unreadable('CQ320', `The ${kind} is protected by a password`);
      if (entry.fileName.endsWith('/')) continue;
      const pieces: Buffer[] = [];
      const isKept = isWanted(entry.fileName);
      for await (const piece of await zip.openReadStreamPromise(entry)) {
        unpacked += (piece as Buffer).length;
        if (isKept) pieces.push(piece as Buffer);
        if (unpacked > limits.unpacked) {
          throw unreadable('CQ323', `The ${kind} unfolds to more than ${limits.unpacked / 1024 / 1024} MiB`);
        }
      }
      if (isKept) parts.set(entry.fileName, Buffer.concat(pieces));
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'ColloquyError') throw error;
    throw unreadable('CQ322', `The ${kind} is damaged: ${String(error).slice(0, 200)}`, error);
  }
  return parts;
}
