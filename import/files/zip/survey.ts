import { basename } from 'node:path';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { errorCode } from '../../../lib/errors.ts';
import { entryPath, type NameEncoding, nameCollector, saysUtf8 } from './entry-path.ts';

/** What keeps a ZIP from being unpacked at all. */
export class ZipProblem extends Error {
  override name = 'ZipProblem';
}

/** What the directory of a ZIP says, without unpacking anything. */
export interface ZipSurvey {
  /** The one folder that everything lies in, if there is one. */
  top: string | null;
  /** Folders are not counted. */
  files: number;
  /** What unpacking gives, as the directory says; unpacking holds it to that. */
  bytes: number;
  encrypted: number;
  /** It has a file in it that exports of other systems have. */
  isExport: boolean;
  /** Its files of JSON, of which exports consist. */
  json: Set<string>;
  encoding: NameEncoding;
}

/** What macOS keeps beside the files. */
export const MAC = '__MACOSX';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const EXPORT_FILE = new RegExp(
  `(?:^|/)(?:${[
    String.raw`conversations(?:-\d+)?\.json`,
    // Claude sends projects and memories apart, one file each
    String.raw`(?:projects|memories)(?:-\d+)?\.json`,
    String.raw`(?:projects|memories)/[^/]+\.json`,
    String.raw`${UUID}\.json`,
    String.raw`prod-grok-backend\.json`,
    String.raw`(?:channels|groups|dms|mpims)\.json`,
    String.raw`[^/]+/\d{4}-\d{2}-\d{2}\.json`,
    String.raw`My ?Activity\.(?:json|html)`,
    String.raw`rollout-[^/]*\.jsonl?`,
  ].join('|')})$`,
  'i',
);

/** @throws ZipProblem when there is no directory */
export async function openZip(absolute: string): Promise<ZipFile> {
  try {
    return await yauzl.openPromise(absolute, { lazyEntries: true, autoClose: false, decodeStrings: false });
  } catch (error) {
    if (/^E[A-Z]+$/.test(errorCode(error) ?? '')) throw error;
    throw new ZipProblem(damage(error), { cause: error });
  }
}

/** The library's words, and what they mean for who downloaded it. */
export function damage(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  if (/end of central directory/i.test(words))
    return 'its end is missing, or it is no ZIP file: download it again';
  if (/multi-disk/i.test(words))
    return 'one part of several: unpack all parts together and import the folder';
  return `it is damaged: ${words.slice(0, 200)}`;
}

/** The entries of a ZIP, one after the other. @throws ZipProblem when its directory is damaged */
export async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    for await (const entry of zip.eachEntry()) yield entry;
  } catch (error) {
    if (error instanceof ZipProblem || /^E[A-Z]+$/.test(errorCode(error) ?? '')) throw error;
    throw new ZipProblem(damage(error), { cause: error });
  }
}

/**
 * Reads the directory of a ZIP, once.
 * @param maxEntries a directory that is longer is not read to its end
 * @throws ZipProblem
 */
export async function surveyZip(absolute: string, maxEntries: number): Promise<ZipSurvey> {
  const zip = await openZip(absolute);
  try {
    if (zip.entryCount > maxEntries)
      throw new ZipProblem(`it has ${zip.entryCount} entries, and ${maxEntries} are the most`);
    const names = nameCollector();
    const summary = createSummary();
    // a name that does not say how it is written waits for the others
    const unsure: Entry[] = [];
    for await (const entry of entriesOf(zip)) {
      names.add(entry);
      if (saysUtf8(entry)) summary.add(entry, { name: null });
      else unsure.push(entry);
    }
    const encoding = names.encoding();
    for (const entry of unsure) summary.add(entry, encoding);
    return { ...summary.found(), encoding };
  } finally {
    zip.close();
  }
}

/** Counts what the entries of a ZIP are. */
function createSummary() {
  const found = { files: 0, bytes: 0, encrypted: 0, isExport: false, json: new Set<string>() };
  let top: string | null | undefined;
  return {
    add(entry: Entry, encoding: NameEncoding): void {
      const at = entryPath(entry, encoding);
      if ('problem' in at || at.path === '') return;
      const [first = '', ...rest] = at.path.split('/');
      if (first === MAC || basename(at.path) === '.DS_Store') return;
      if (!at.isFolder) found.files++;
      const own = rest.length > 0 || at.isFolder ? first : null;
      top = top === undefined || top === own ? own : null;
      found.bytes += entry.uncompressedSize;
      if (entry.isEncrypted()) found.encrypted++;
      found.isExport ||= EXPORT_FILE.test(at.path);
      if (/\.json$/i.test(at.path)) found.json.add(at.path);
    },
    found: () => ({ ...found, top: top ?? null }),
  };
}
