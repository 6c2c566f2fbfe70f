import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ImportRoot, nestedRoot, pathOf, resolveImportRoots } from './files/import-root.ts';
import { type FoundCheckout, type FoundFile, listFiles } from './files/list-files.ts';
import { list, listingOf } from './files/listing.ts';
import { Links } from './files/names.ts';
import { bytesOf, exportIn, type ZipPart } from './files/zip/parts.ts';
import { type Scratch, scratchSpace } from './files/zip/scratch.ts';
import { unpackZip, type Zip } from './files/zip/unpacked.ts';
import { leftOfExports } from './formats/chat-export.ts';
import { readFileItems } from './formats/read-file.ts';
import { createReadState, type ReadState } from './formats/read-state.ts';
import type { ImportItem } from './items.ts';
import type { Listing } from './listing.ts';
import { type ReadOptions, type ReadSettings, readSettings } from './options.ts';
import { type SkippedItem, skipped } from './skipped.ts';

/** The files below a root, and what is passed over, as paths that a person would look for. */
async function* filesOf(
  root: ImportRoot,
  links: Links,
): AsyncGenerator<FoundFile | FoundCheckout | SkippedItem> {
  const { absolute, checkout, tracked, rules } = root;
  const path = pathOf(root, absolute);
  if (root.kind === 'file') {
    yield { kind: 'file', absolute, path };
    return;
  }
  const place = {
    folder: absolute,
    named: absolute,
    prefix: path === '' ? '' : `${path}/`,
    rules,
    checkout: checkout && tracked && { root: checkout.root, tracked },
    onlyTracked: false,
  };
  for await (const found of listFiles(place, links)) {
    yield found.kind === 'skipped' ? { ...found, source: `${root.name}/${found.source}` } : found;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    // It will be reported when it is read.
    return 0;
  }
}

interface Seen {
  files: Set<string>;
  state: ReadState;
  links: Links;
  scratch: Scratch;
}

/** A root with what was found in it. */
interface Reading {
  root: ImportRoot;
  listing: Listing | null;
}

/** @param around the listing of the folder that a ZIP lies in: what is in the ZIP is in the folder */
const readingOf = (root: ImportRoot, around: Listing | null = null): Reading => ({
  root,
  listing: around ?? listingOf(root),
});

/** The innermost repository that a file lies in. */
function innermost(readings: Reading[], { absolute, path }: FoundFile): Reading {
  const outer = readings[0]!;
  const found = readings.findLast(({ root }) => absolute.startsWith(`${root.absolute}/`)) ?? outer;
  const plain = pathOf(outer.root, absolute);
  // reached by a link: the path is that of the walk, which counts from the outer root
  if (outer.root.kind === 'folder' && plain !== path) {
    const inside = found === outer ? '' : `${pathOf(outer.root, found.root.absolute)}/`;
    found.root.aliases.set(absolute, found.root.base === outer.root.base ? path : path.slice(inside.length));
  }
  return found;
}

async function* readRoot(
  root: ImportRoot,
  settings: ReadSettings,
  seen: Seen,
  { around = null, problem = null }: { around?: Listing | null; problem?: string | null } = {},
): AsyncGenerator<ImportItem | SkippedItem> {
  const readings = [readingOf(root, around)];
  const outer = readings[0]!;
  if (outer.listing) outer.listing.problem ??= problem;
  for await (const found of filesOf(root, seen.links)) {
    if (found.kind === 'skipped') {
      if (found.reason === 'unreadable' && outer.listing)
        outer.listing.problem = `${found.source} cannot be read`;
      yield found;
    } else if (found.kind === 'checkout') {
      const nested = await nestedRoot(root, found.absolute);
      if (nested !== null) readings.push(readingOf(nested, around));
    } else yield* readFound(innermost(readings, found), found.absolute, settings, seen);
  }
  for (const { listing } of readings) {
    // that of the folder around is not complete yet
    if (listing === null || listing === around) continue;
    if (listing.sources.size === 0) listing.problem ??= 'there is nothing in it';
    // a part that could not be read may be anywhere in it
    else listing.problem ??= outer.listing?.problem ?? null;
    settings.onListed(listing);
  }
}

/** What is in a ZIP, as if it had been unpacked by hand and the folder been given: the same items, with the same identity. */
async function* readZip(
  zip: Zip,
  settings: ReadSettings,
  seen: Seen,
  around: Listing | null,
): AsyncGenerator<ImportItem | SkippedItem> {
  const { root, bytes, isPartial } = yield* unpackZip(zip, await seen.scratch.folder(), settings);
  if (settings.signal?.aborted) return;
  let left = bytes;
  const onBytes = (count: number) => {
    left -= count;
    settings.onBytes(count);
  };
  const problem = isPartial ? `a part of ${zip.name} could not be unpacked` : null;
  yield* readRoot(root, { ...settings, onBytes }, seen, { around, problem });
  settings.onBytes(left);
}

/** Everything that one file gives. */
async function* readFound(
  { root, listing }: Reading,
  absolute: string,
  settings: ReadSettings,
  seen: Seen,
): AsyncGenerator<ImportItem | SkippedItem> {
  const size = await sizeOf(absolute);
  // what comes in as the attachment of a conversation is no document of the folder any more
  const isClaimed = seen.state.claimed.has(absolute);
  if (listing && !isClaimed) list(listing, root, absolute);
  if (isClaimed || seen.files.has(absolute)) {
    settings.onBytes(size);
    return;
  }
  seen.files.add(absolute);
  const part = await exportIn(root, absolute, settings);
  if (part !== null) {
    const { place, depth } = root;
    const where = `${root.name}/${dirname(pathOf(root, absolute))}/`.replace('/./', '/');
    const zip = { parts: [part], name: `${where}${part.name}`, place, depth, where };
    yield* readZip(zip, settings, seen, listing);
    return;
  }
  let counted = 0;
  const onBytes = (bytes: number) => {
    counted += bytes;
    settings.onBytes(bytes);
  };
  for await (const item of readFileItems(root, absolute, { ...settings, onBytes }, seen.state)) {
    const isFile = item.kind === 'document' || item.kind === 'upload';
    if (isFile && seen.state.items.has(item.source)) {
      yield skipped(item.source, 'duplicate', `a second time in ${root.name}/${pathOf(root, absolute)}`);
      continue;
    }
    if (isFile) seen.state.items.add(item.source);
    if (listing && item.kind === 'skipped' && item.reason === 'unreadable')
      listing.problem = `${item.source} cannot be read`;
    yield item;
  }
  settings.onBytes(size - counted);
}

/**
 * Reads folders, git checkouts, repomix files and exports of other systems, one item at a time and in the same order every
 * time. What cannot be imported is an item of kind `skipped`: reading goes on behind it.
 * @throws ColloquyError CQ031 when the paths' names collide
 */
export async function* readPaths(
  paths: string[],
  options: ReadOptions = {},
): AsyncGenerator<ImportItem | SkippedItem> {
  const settings = readSettings(options);
  const seen = {
    files: new Set<string>(),
    state: createReadState(),
    links: new Links(),
    scratch: scratchSpace(),
  };
  try {
    for (const root of await resolveImportRoots(paths, settings)) {
      if (root.kind === 'skipped') yield root;
      else if (root.kind === 'zip') yield* readZip({ ...root, where: '' }, settings, seen, null);
      else yield* readRoot(root, settings, seen);
    }
    yield* leftOfExports(seen.state, settings);
  } finally {
    await seen.links.remove();
    await seen.scratch.remove();
  }
}

/** How much `readPaths` will go through, for the progress bar: looks at names and sizes only. */
export async function countBytes(
  paths: string[],
  options: ReadOptions = {},
): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 };
  const links = new Links();
  const settings = readSettings(options);
  const addZip = (part: ZipPart) => {
    total.files += 'files' in part.survey ? part.survey.files : 1;
    total.bytes += bytesOf(part);
  };
  try {
    for (const root of await resolveImportRoots(paths, settings)) {
      if (root.kind === 'skipped') continue;
      if (root.kind === 'zip') {
        root.parts.forEach(addZip);
        continue;
      }
      for await (const found of filesOf(root, links)) {
        if (found.kind !== 'file') continue;
        const part = await exportIn(root, found.absolute, settings);
        if (part !== null) {
          addZip(part);
          continue;
        }
        total.files++;
        total.bytes += await sizeOf(found.absolute);
      }
    }
    return total;
  } finally {
    await links.remove();
  }
}
