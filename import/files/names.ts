import { isUtf8 } from 'node:buffer';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A name as text. Where its bytes are not UTF-8, those beyond ASCII are written as in an address: `caf%E9.md`. */
export function readableName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Paths that can be written for what has a name that cannot: everything here works with paths as text, and a name that is not
 * UTF-8 has none. So it is reached through a link of a readable name, in a folder of its own.
 */
export class Links {
  #folder: string | undefined;
  #count = 0;

  /** @returns the path of a link to `name` in `folder`, which can be written itself */
  async to(folder: string, name: Buffer): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'colloquy-import-'));
    const place = join(this.#folder, String(++this.#count));
    await mkdir(place);
    const link = join(place, readableName(name));
    await symlink(Buffer.concat([Buffer.from(`${folder}/`), name]), link);
    return link;
  }

  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
