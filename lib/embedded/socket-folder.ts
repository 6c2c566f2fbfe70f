import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColloquyError } from '../errors.ts';

/**
 * Makes the folder of the socket, which lets whoever reaches it be any login.
 * @throws ColloquyError CQ011 when it is somebody else's
 */
export function socketFolder(dataDir: string): string {
  const inside = join(dataDir, 'socket');
  // the path of a socket ends at 107 bytes; a name in the system's folder that can be foreseen could be there already
  if (Buffer.byteLength(join(inside, '.s.PGSQL.5432')) > 100) return mkdtempSync(join(tmpdir(), 'colloquy-'));
  mkdirSync(inside, { recursive: true, mode: 0o700 });
  const found = lstatSync(inside);
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) {
    throw new ColloquyError('CQ011', `The folder ${inside} is not a folder of this account.`, {
      hint: 'Remove it, or choose another data folder with --data or DATA_DIR.',
    });
  }
  chmodSync(inside, 0o700);
  return inside;
}
