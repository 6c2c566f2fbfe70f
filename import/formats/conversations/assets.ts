import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { imageType } from '../../../lib/images.ts';
import { contentTypeOf, extensionOf, languageOf } from '../../../reading/file-kinds.ts';
import { readText } from '../../../reading/text.ts';
import { readHead } from '../../files/read-part.ts';
import { boundedSource, type ConversationItem, type UploadItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { asString } from '../json/values.ts';

/** The files of an export: what they are is in their bytes and in the name that whoever sent them gave; their own is an id. */

/** What is no text, whatever its first bytes look like. */
const SEEN_OR_HEARD =
  /^(?:png|jpe?g|webp|gif|avif|heic|tiff?|bmp|wav|mp3|m4a|ogg|oga|opus|flac|aac|mp4|mov|webm|mkv|avi)$/;

/** What is not known by its name any more: `file-0HDUFW2JaMMv.dat`. */
const NAMELESS = /^(?:|dat|bin)$/;

/** The media type of text, by its name. */
function typeOfText(name: string, text: string): string {
  const language = languageOf(name, text);
  const kind = contentTypeOf(name, text, language);
  if (kind === 'html') return 'text/html';
  if (kind === 'markdown') return 'text/markdown';
  if (kind === 'code')
    return language === 'json' || language === 'xml' ? `application/${language}` : 'text/x-source';
  return extensionOf(name) === 'csv' ? 'text/csv' : 'text/plain';
}

/** What a file is; null when it is only described: sounds, videos, archives. */
async function typeOf(absolute: string, name: string): Promise<{ mimeType: string; ending: string } | null> {
  const head = await readHead(absolute);
  const image = imageType(head);
  const extension = extensionOf(name);
  if (image !== undefined) return { mimeType: image, ending: '' };
  if (head.subarray(0, 1024).includes('%PDF-'))
    return { mimeType: 'application/pdf', ending: NAMELESS.test(extension) ? '.pdf' : '' };
  if (SEEN_OR_HEARD.test(extension)) return null;
  const read = readText(head);
  if ('notText' in read) {
    // the name says which of the documents of offices it is, and the database whether it is read
    return NAMELESS.test(extension) ? null : { mimeType: 'application/octet-stream', ending: '' };
  }
  return { mimeType: typeOfText(name, read.text), ending: NAMELESS.test(extension) ? '.txt' : '' };
}

/** One file of an export as one that is stored. */
async function uploadOf(
  file: { absolute: string; source: string; name: string; path: string; importer: string },
  attachment: UploadItem['attachment'],
  settings: ReadSettings,
): Promise<UploadItem | SkippedItem | null> {
  const { absolute, source, name, path, importer } = file;
  const found = await stat(absolute);
  const type = found.size === 0 ? null : await typeOf(absolute, name);
  if (type === null) return null;
  if (found.size > settings.maxUploadBytes)
    return skipped(`${source} (${name})`, 'too_large', `${found.size} bytes`);
  return {
    kind: 'upload',
    source: boundedSource(source),
    absolute,
    name: name.replace(/\.(?:dat|bin)$/, '') + type.ending,
    mimeType: type.mimeType,
    size: found.size,
    metadata: { importer, path },
    attachment,
  };
}

/** The files that a conversation has in its export; each once. */
export async function* assetsOf(
  item: ConversationItem,
  folder: string,
  settings: ReadSettings,
): AsyncGenerator<UploadItem | SkippedItem> {
  const seen = new Set<string>();
  const importer = String(item.metadata.importer);
  for (const { attachments } of item.messages) {
    for (const { externalId, name, bytes, metadata } of attachments) {
      const path = asString(metadata.path);
      if (bytes !== 'in_export' || path === null || seen.has(externalId)) continue;
      seen.add(externalId);
      const absolute = join(folder, path);
      const file = { absolute, source: `${item.source}/${externalId}`, name, path, importer };
      const upload = await uploadOf(file, { conversation: item.source, externalId }, settings);
      if (upload !== null) yield upload;
    }
  }
}

/** The files that belong to no conversation of the export. */
export async function* assetsLeft(
  files: { id: string; path: string; name: string | null }[],
  { folder, importer }: { folder: string; importer: string },
  settings: ReadSettings,
): AsyncGenerator<UploadItem | SkippedItem> {
  for (const { id, path, name } of files) {
    const file = {
      absolute: join(folder, path),
      source: `${importer}:file/${id}`,
      name: name ?? basename(path),
      path,
      importer,
    };
    const upload = await uploadOf(file, undefined, settings);
    yield upload ??
      skipped(path, 'binary', 'a file of no conversation of the export, of a kind that is not stored');
  }
}
