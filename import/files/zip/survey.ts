import { basename } from 'node:path';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { errorCode } from '../../../lib/errors.ts';
import { entryPath, type NameEncoding, nameCollector } from './entry-path.ts';

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
  encoding: NameEncoding;
}

/** What macOS keeps beside the files. */
export const MAC = '__MACOSX';

const EXPORT_FILE =
  /(?:^|\/)(?:conversations(?:-\d+)?\.json|(?:channels|groups|dms|mpims)\.json|[^/]+\/\d{4}-\d{2}-\d{2}\.json|My ?Activity\.(?:json|html)|rollout-[^/]*\.jsonl?)$/i;

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
 * Reads the directory of a ZIP.
 * @param maxEntries a directory that is longer is not read to its end
 * @throws ZipProblem
 */
export async function surveyZip(absolute: string, maxEntries: number): Promise<ZipSurvey> {
  const zip = await openZip(absolute);
  try {
    if (zip.entryCount > maxEntries)
      throw new ZipProblem(`it has ${zip.entryCount} entries, and ${maxEntries} are the most`);
    const names = nameCollector();
    for await (const entry of entriesOf(zip)) names.add(entry);
    return await summarise(absolute, names.encoding());
  } finally {
    zip.close();
  }
}

/** The second look, when it is known how the names are written. */
async function summarise(absolute: string, encoding: NameEncoding): Promise<ZipSurvey> {
  const zip = await openZip(absolute);
  const found: ZipSurvey = { top: null, files: 0, bytes: 0, encrypted: 0, isExport: false, encoding };
  let top: string | null | undefined;
  try {
    for await (const entry of entriesOf(zip)) {
      const at = entryPath(entry, encoding);
      if ('problem' in at || at.path === '') continue;
      const [first = '', ...rest] = at.path.split('/');
      if (first === MAC || basename(at.path) === '.DS_Store') continue;
      if (!at.isFolder) found.files++;
      const own = rest.length > 0 || at.isFolder ? first : null;
      top = top === undefined || top === own ? own : null;
      found.bytes += entry.uncompressedSize;
      if (entry.isEncrypted()) found.encrypted++;
      found.isExport ||= EXPORT_FILE.test(at.path);
    }
  } finally {
    zip.close();
  }
  found.top = top ?? null;
  return found;
}
