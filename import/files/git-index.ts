import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readableName } from './names.ts';
import { readSmallFile } from './read-part.ts';

/** What git keeps of a working copy, whatever its ignore rules say. Paths from its top, with `/`. */
export interface TrackedFiles {
  files: Set<string>;
  /** The folders that they lie in. */
  folders: Set<string>;
  /** Only a part of them is checked out: what is missing was not deleted. */
  isPartial: boolean;
}

const NONE: TrackedFiles = { files: new Set(), folders: new Set(), isPartial: false };
/** Bytes of an entry before its hash, and behind it. */
const STAT_BYTES = 40;
const EXTENDED = 0x4000;
const SKIP_WORKTREE = 0x4000;
/** More than any repository of people has, and what is read whole. */
const LARGEST = 256 * 1024 * 1024;

/** A number of version 4: seven bits a byte, each continued one counting one more. */
function readNumber(bytes: Buffer, at: number): { value: number; next: number } {
  let byte = bytes[at]!;
  let value = byte & 127;
  let next = at + 1;
  while (byte & 128) {
    byte = bytes[next++]!;
    value = (value + 1) * 128 + (byte & 127);
  }
  return { value, next };
}

/** The paths of an index file, of versions 2 to 4 (gitformat-index). Null for anything else. */
export function readIndex(bytes: Buffer, hashBytes: number): { paths: Buffer[]; isPartial: boolean } | null {
  const version = bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC' ? 0 : bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return null;
  const paths: Buffer[] = [];
  let isPartial = false;
  let previous = Buffer.alloc(0);
  let at = 12;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const begin = at;
    if (begin + STAT_BYTES + hashBytes + 2 > bytes.length) return null;
    at += STAT_BYTES + hashBytes;
    const isExtended = (bytes.readUInt16BE(at) & EXTENDED) !== 0;
    if (isExtended && bytes.readUInt16BE(at + 2) & SKIP_WORKTREE) isPartial = true;
    at += isExtended ? 4 : 2;
    let kept = Buffer.alloc(0);
    if (version === 4) {
      const { value, next } = readNumber(bytes, at);
      kept = previous.subarray(0, previous.length - value);
      at = next;
    }
    const end = bytes.indexOf(0, at);
    if (end === -1) return null;
    previous = Buffer.concat([kept, bytes.subarray(at, end)]);
    // a folder stands for what lies in it where only a part is checked out
    if (previous.at(-1) === 0x2f) isPartial = true;
    else paths.push(previous);
    at = version === 4 ? end + 1 : begin + Math.ceil((end + 1 - begin) / 8) * 8;
  }
  return { paths, isPartial };
}

/** What git keeps of a working copy; nothing where that cannot be read. */
export async function trackedFiles(ownFolder: string, gitFolder: string): Promise<TrackedFiles> {
  const bytes = await readFile(join(ownFolder, 'index')).catch(() => null);
  if (bytes === null || bytes.length > LARGEST) return NONE;
  const config = (await readSmallFile(join(gitFolder, 'config'))) ?? '';
  const index = readIndex(bytes, /^\s*objectformat\s*=\s*sha256/im.test(config) ? 32 : 20);
  if (index === null) return NONE;
  const tracked: TrackedFiles = { files: new Set(), folders: new Set(), isPartial: index.isPartial };
  for (const path of index.paths) {
    const name = readableName(path);
    tracked.files.add(name);
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const folder = name.slice(0, slash);
      if (tracked.folders.has(folder)) break;
      tracked.folders.add(folder);
    }
  }
  return tracked;
}
