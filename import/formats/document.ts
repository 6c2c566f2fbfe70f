import { leaveOutBlobs } from '../../reading/blobs.ts';
import type { Warning } from '../../reading/extraction.ts';
import { type ContentType, contentTypeOf, extensionOf, languageOf } from '../../reading/file-kinds.ts';
import { readHtml } from '../../reading/html.ts';
import { readNotebook } from '../../reading/notebook.ts';
import { clipTitle, markdownTitle } from '../../reading/titles.ts';
import { boundedSource, type DocumentItem, type Metadata } from '../items.ts';
import { limits } from '../options.ts';
import { type SkippedItem, skipped } from '../skipped.ts';

const LOCK_FILE =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|packages\.lock\.json|go\.sum)$|\.lock(?:file|b)?$/;

/** Lock files, source maps and minified code: text, but nobody's words. */
export function isGenerated(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return LOCK_FILE.test(name) || /\.min\.(?:js|css|mjs)$|\.(?:js|css|mjs|ts)\.map$/.test(name);
}

export interface DocumentSource {
  source: string;
  /** Where it lies below its root, with `/`: the title when the text has none. */
  path: string;
  /** How a person finds it, for the report when it is skipped. */
  label: string;
  text: string;
  /** Of its text, once scripts, pictures and the like are gone. */
  maxBytes?: number;
  metadata: Metadata;
}

/** What a text file says to people. */
interface Words {
  text: string;
  title: string | null;
  contentType: ContentType;
  language: string | null;
  pictures: number;
  warnings: Warning[];
}

/** Null for a page that cannot be read. */
function wordsOf(path: string, text: string): Words | null {
  const language = languageOf(path, text);
  const contentType = contentTypeOf(path, text, language);
  const plain = { text, title: null, contentType, language, pictures: 0, warnings: [] };
  if (contentType === 'html') {
    const page = readHtml(text);
    return page === null ? null : { ...plain, ...page };
  }
  if (contentType === 'markdown') return { ...plain, title: markdownTitle(text) };
  if (extensionOf(path) !== 'ipynb') return plain;
  const notebook = readNotebook(text);
  return notebook === null ? plain : { ...plain, ...notebook, contentType: 'markdown' };
}

/** Makes a document of a text file: its kind, its language, its title. Blank ones are skipped. */
export function makeDocument({
  source,
  path,
  label,
  text,
  metadata,
  maxBytes = limits.documentBytes,
}: DocumentSource): DocumentItem | SkippedItem {
  const words = wordsOf(path, text);
  if (words === null) return skipped(label, 'unsupported', 'HTML nested more than a thousand deep');
  const { title, contentType, language } = words;
  const {
    text: content,
    count,
    warnings,
  } = leaveOutBlobs(words.text, {
    isData: language === 'json' && contentType === 'code',
  });
  if (content.trim() === '') return skipped(label, 'empty', 'no text in it');
  const bytes = Buffer.byteLength(content);
  // UTF-16 can grow by half when it becomes UTF-8.
  if (bytes > (contentType === 'code' || contentType === 'text' ? limits.documentBytes : maxBytes))
    return skipped(label, 'too_large', `${bytes} bytes of text`);
  const said = [...words.warnings, ...warnings].map(({ message }) => message);
  return {
    kind: 'document',
    source: boundedSource(source),
    title: clipTitle(title ?? '') || clipTitle(path) || 'Untitled',
    content,
    contentType,
    language: contentType === 'code' ? language : null,
    ...(count + words.pictures === 0 ? {} : { leftOut: { data: count + words.pictures } }),
    metadata: {
      ...metadata,
      ...(language !== null && contentType === 'markdown' ? { code_language: language } : {}),
      ...(said.length === 0
        ? {}
        : { warnings: [...((metadata.warnings as string[] | undefined) ?? []), ...said] }),
    },
  };
}
