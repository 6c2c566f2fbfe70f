import { contentTypeOf, languageOf } from '../../reading/file-kinds.ts';
import { readHtml } from '../../reading/html.ts';
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
  metadata: Metadata;
}

/** Makes a document of a text file: its kind, its language, its title. Blank ones are skipped. */
export function makeDocument({
  source,
  path,
  label,
  text,
  metadata,
}: DocumentSource): DocumentItem | SkippedItem {
  const language = languageOf(path, text);
  const contentType = contentTypeOf(path, text, language);
  let content = text;
  let title: string | null = null;
  if (contentType === 'html') {
    const page = readHtml(text);
    if (page === null) return skipped(label, 'unsupported', 'HTML nested more than a thousand deep');
    ({ text: content, title } = page);
  } else if (contentType === 'markdown') title = markdownTitle(text);
  if (content.trim() === '') return skipped(label, 'empty', 'no text in it');
  const bytes = Buffer.byteLength(content);
  // UTF-16 can grow by half when it becomes UTF-8.
  if (bytes > limits.documentBytes) return skipped(label, 'too_large', `${bytes} bytes of text`);
  return {
    kind: 'document',
    source: boundedSource(source),
    title: clipTitle(title ?? '') || clipTitle(path) || 'Untitled',
    content,
    contentType,
    language: contentType === 'code' ? language : null,
    metadata,
  };
}
