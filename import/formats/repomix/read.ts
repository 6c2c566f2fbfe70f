import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { cleanText, nothingCleaned } from '../../../lib/storable.ts';
import { readText } from '../../../reading/text.ts';
import type { DocumentItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { isGenerated, makeDocument } from '../document.ts';
import type { Format } from '../format.ts';
import { countCleaned, present } from '../json/values.ts';
import { type PackedFile, type RepomixStyle, repomixStyle, splitPackedFiles } from './split.ts';

/** What the packed repository is called: the file's name, or its folder's when the file has repomix's own name. */
export function repomixName(absolute: string): string {
  const stem = basename(absolute, extname(absolute)).replace(/\.\d+$/, '');
  const name = /^repo(?:mix|pack)-output$/.test(stem) ? basename(dirname(absolute)) : stem;
  return (name || 'repomix').toWellFormed();
}

function documentOf(
  file: PackedFile,
  name: string,
  label: string,
  settings: ReadSettings,
): DocumentItem | SkippedItem {
  const path = file.path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '');
  const place = `${label} » ${path}`;
  if (file.content === null) return skipped(place, 'broken_pack', 'the pack ends before this file does');
  if (isGenerated(path)) return skipped(place, 'generated', 'not written by a person');
  const cleaned = nothingCleaned();
  const text = cleanText(file.content, cleaned);
  const bytes = Buffer.byteLength(text);
  if (bytes > settings.maxBytes) return skipped(place, 'too_large', `${bytes} bytes`);
  return makeDocument({
    source: `repomix:${name}/${path}`,
    path,
    label: place,
    text,
    metadata: present({ root: name, path, bytes, cleaned: countCleaned(cleaned) }),
  });
}

/** The files of a repomix file, each as a document of its own. */
function* readRepomix(
  packed: { text: string; style: RepomixStyle; name: string; label: string },
  settings: ReadSettings,
): Generator<DocumentItem | SkippedItem> {
  let count = 0;
  try {
    for (const file of splitPackedFiles(packed.text, packed.style)) {
      count++;
      yield documentOf(file, packed.name, packed.label, settings);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    yield skipped(packed.label, 'broken_json', error.message);
    return;
  }
  if (count === 0) yield skipped(packed.label, 'empty', 'a repomix file without files');
}

/** A repomix file, which is read whole. */
export const repomix: Format = async ({ absolute, label, size, head, beginning }, settings) => {
  const style = repomixStyle(beginning);
  if (style === null) return null;
  if (size > settings.maxRepomixBytes) return [skipped(label, 'too_large', `${size} bytes`)];
  const read = readText(size <= head.length ? head : await readFile(absolute));
  if ('notText' in read) return [skipped(label, 'binary', read.notText)];
  const name = settings.name ?? repomixName(absolute);
  return readRepomix({ text: read.text, style, name, label }, settings);
};
