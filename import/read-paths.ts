import { stat } from 'node:fs/promises';
import { type ImportRoot, pathOf, resolveImportRoots } from './files/import-root.ts';
import { listFiles } from './files/list-files.ts';
import { createReadState, type ReadState, readFileItems } from './formats/read-file.ts';
import type { ImportItem } from './items.ts';
import { type ReadOptions, type ReadSettings, readSettings } from './options.ts';
import { type SkippedItem, skipped } from './skipped.ts';

/** The files below a root, and what is passed over, as paths that a person would look for. */
async function* filesOf(root: ImportRoot): AsyncGenerator<{ kind: 'file'; absolute: string } | SkippedItem> {
  if (root.kind === 'file') {
    yield { kind: 'file', absolute: root.absolute };
    return;
  }
  const prefix = pathOf(root, root.absolute);
  for await (const found of listFiles(root.absolute, prefix === '' ? '' : `${prefix}/`, root.rules)) {
    yield found.kind === 'file' ? found : { ...found, source: `${root.name}/${found.source}` };
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

async function* readRoot(
  root: ImportRoot,
  settings: ReadSettings,
  seen: { files: Set<string>; state: ReadState },
): AsyncGenerator<ImportItem | SkippedItem> {
  for await (const found of filesOf(root)) {
    if (found.kind === 'skipped') {
      yield found;
      continue;
    }
    const { absolute } = found;
    const size = await sizeOf(absolute);
    if (seen.files.has(absolute)) {
      settings.onBytes(size);
      continue;
    }
    seen.files.add(absolute);
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
      yield item;
    }
    settings.onBytes(size - counted);
  }
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
  const seen = { files: new Set<string>(), state: createReadState() };
  for (const root of await resolveImportRoots(paths, settings)) {
    if (root.kind === 'skipped') yield root;
    else yield* readRoot(root, settings, seen);
  }
  for (const folder of seen.state.folders.values()) yield* folder.leftOver();
}

/** How much `readPaths` will go through, for the progress bar: looks at names and sizes only. */
export async function countBytes(
  paths: string[],
  options: ReadOptions = {},
): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 };
  for (const root of await resolveImportRoots(paths, readSettings(options))) {
    if (root.kind === 'skipped') continue;
    for await (const found of filesOf(root)) {
      if (found.kind === 'skipped') continue;
      total.files++;
      total.bytes += await sizeOf(found.absolute);
    }
  }
  return total;
}
