import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ReadSettings } from '../../options.ts';
import type { SkippedItem } from '../../skipped.ts';
import { type ImportRoot, unpackedRoot } from '../import-root.ts';
import { bytesOf, type ZipPart } from './parts.ts';
import { unpackPart } from './unpack.ts';

/** A ZIP, in one or several parts, and what it is called. */
export interface Zip extends Pick<ImportRoot, 'name' | 'place' | 'depth' | 'parts'> {
  /** How a person finds it, without its own name; '' or ending in '/'. */
  where: string;
}

/** What a ZIP became. */
export interface Unpacked {
  root: ImportRoot;
  /** Bytes of its files, as far as its directory says. */
  bytes: number;
  /** Something of it could not be unpacked. */
  isPartial: boolean;
}

/** Ordinary reasons not to unpack a file; the others mean that it would be there if it could. */
const ORDINARY = new Set(['hidden', 'symlink', 'duplicate']);

/** Unpacks a ZIP into a new folder, as a person would: the same names, so the same identities. */
export async function* unpackZip(
  { parts, name, place, depth, where }: Zip,
  folder: string,
  settings: ReadSettings,
): AsyncGenerator<SkippedItem, Unpacked> {
  const { top, name: own } = parts[0] as ZipPart;
  const inner = join(folder, top ?? own);
  let isPartial = false;
  for (const part of parts) {
    const label = `${where}${basename(part.absolute)}`;
    for await (const item of unpackPart(part, top === null ? inner : folder, label, settings)) {
      isPartial ||= !ORDINARY.has(item.reason);
      yield item;
    }
  }
  await mkdir(inner, { recursive: true, mode: 0o700 });
  const root = await unpackedRoot(inner, { name, place, depth: depth + 1 }, settings);
  const bytes = parts.reduce((sum, part) => sum + bytesOf(part) - part.size, 0);
  return { root, bytes, isPartial };
}
