import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errorCode } from '../../lib/errors.ts';
import { largestFile } from '../../reading/stored-kinds.ts';
import { normalizeLines, type ReadText, readText } from '../../reading/text.ts';
import { type ImportRoot, pathOf, sourceOf } from '../files/import-root.ts';
import { readHead } from '../files/read-part.ts';
import { isZip } from '../files/zip/parts.ts';
import type { DocumentItem, ImportItem } from '../items.ts';
import type { ReadSettings } from '../options.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import { isChatExport, isChatExportExtra } from './chat-export.ts';
import { isGenerated, makeDocument } from './document.ts';
import type { OpenedFile } from './format.ts';
import { formats } from './formats.ts';
import { metadataOf } from './metadata.ts';
import type { ReadState } from './read-state.ts';

async function liesInExport(absolute: string): Promise<boolean> {
  const names = await readdir(dirname(absolute)).catch(() => []);
  return names.some(isChatExport);
}

/** What the name alone decides. A file that was named on the command line is read whatever it is called. */
async function refuseByName(absolute: string, label: string, named: boolean): Promise<SkippedItem | null> {
  const name = basename(absolute);
  if (isZip(name))
    return skipped(label, 'unsupported', 'a ZIP without an export in it: name it itself to import its files');
  if (named) return null;
  if (isGenerated(name)) return skipped(label, 'generated', 'not written by a person');
  if (isChatExportExtra(name) && (await liesInExport(absolute))) {
    return skipped(label, 'unsupported', 'part of an export; what of it is imported is in its conversations');
  }
  return null;
}

/** What an upload's document says of it as well; nothing when it was UTF-8 without a fault. */
function howItWasRead({ encoding, warnings }: ReadText): Record<string, unknown> {
  return {
    ...(encoding === 'utf-8' ? {} : { encoding }),
    ...(warnings.length === 0 ? {} : { warnings: warnings.map(({ message }) => message) }),
  };
}

/** A file that no format knows, as text. */
async function readDocument(file: OpenedFile, settings: ReadSettings): Promise<DocumentItem | SkippedItem> {
  const { root, absolute, path, label, size, head } = file;
  if (size > largestFile(path, settings.maxBytes)) return skipped(label, 'too_large', `${size} bytes`);
  const read = readText(size <= head.length ? head : await readFile(absolute));
  if ('notText' in read) return skipped(label, 'binary', read.notText);
  return makeDocument({
    source: sourceOf(root, path),
    path,
    label,
    text: read.text,
    maxBytes: settings.maxBytes,
    metadata: { ...metadataOf(file), ...howItWasRead(read) },
  });
}

/** Opens one file, sees what it is, and reads it as that. */
async function* readOpened(
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ImportItem | SkippedItem> {
  for (const format of formats) {
    const items = await format(file, settings, state);
    if (items === null) continue;
    yield* items;
    return;
  }
  yield readDocument(file, settings);
}

/** Everything one file gives: usually one document, many for a repomix file or an export. Never throws for a bad file. */
export async function* readFileItems(
  root: ImportRoot,
  absolute: string,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ImportItem | SkippedItem> {
  const path = pathOf(root, absolute);
  const label = `${root.name}/${path}`;
  const isNamed = root.absolute === absolute;
  try {
    const { size, mtime } = await stat(absolute);
    const refused = size === 0 ? null : await refuseByName(absolute, label, isNamed);
    if (refused) yield refused;
    else if (size === 0) yield skipped(label, 'empty', 'no bytes in it');
    else {
      const head = await readHead(absolute);
      const beginning = normalizeLines(head.toString('utf8').replace(/^\ufeff/, ''));
      yield* readOpened(
        { root, absolute, path, label, size, mtime, head, beginning, isNamed },
        settings,
        state,
      );
    }
  } catch (error) {
    // Only what the file system says; a mistake of ours must not look like a bad file.
    const code = errorCode(error);
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    yield skipped(label, 'unreadable', code);
  }
}
