import { open, readFile, stat } from 'node:fs/promises';

/** How much of a file is looked at to tell what it is. */
export const HEAD_BYTES = 64 * 1024;

/** A small configuration file as text; null when it is absent, not a regular file, or suspiciously large. */
export async function readSmallFile(file: string, most = 1024 * 1024): Promise<string | null> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size <= most ? await readFile(file, 'utf8') : null;
  } catch {
    return null;
  }
}

/** The first bytes of a file. */
export async function readHead(file: string, length = HEAD_BYTES): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
