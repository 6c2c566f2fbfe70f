import { looksLikeHtml, readHtml } from '../../reading/html.ts';
import { extensionOf, languageOf } from '../../reading/languages.ts';
import {
  boundedSource,
  type ContentType,
  type DocumentItem,
  limits,
  type Metadata,
  type SkippedItem,
  skipped,
} from '../items.ts';

const MARKDOWN = new Set(['md', 'mdx', 'markdown', 'mdown', 'mkd', 'qmd', 'rmd']);
const HTML = new Set(['html', 'htm', 'xhtml']);
const TITLE_LENGTH = 200;

const LOCK_FILE =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|packages\.lock\.json|go\.sum)$|\.lock(?:file|b)?$/;

/** Lock files, source maps and minified code: text, but nobody's words. */
export function isGenerated(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return LOCK_FILE.test(name) || /\.min\.(?:js|css|mjs)$|\.(?:js|css|mjs|ts)\.map$/.test(name);
}

function clip(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return line.length <= TITLE_LENGTH
    ? line
    : `${line
        .slice(0, TITLE_LENGTH - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}

/** A `title:` in the front matter, else the first heading outside of a code block. */
export function markdownTitle(text: string): string | null {
  const front = /^---\n([\s\S]{0,4000}?)\n---(?:\n|$)/.exec(text);
  const named = front?.[1] && /^title:[ \t]*(["']?)(.+?)\1[ \t]*$/m.exec(front[1])?.[2];
  if (named) return clip(named);
  let fence: string | null = null;
  let previous = '';
  for (const full of text.slice(front?.[0].length ?? 0).split('\n', 2000)) {
    const line = full.slice(0, 1000);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
    } else if (mark) {
      fence = mark;
    } else {
      const heading = /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$/.exec(line)?.[1];
      if (heading) return clip(heading);
      if (/^ {0,3}=+[ \t]*$/.test(line) && previous.trim() !== '') return clip(previous);
    }
    previous = line;
  }
  return null;
}

function contentTypeOf(path: string, text: string, language: string | null): ContentType {
  const extension = extensionOf(path);
  if (MARKDOWN.has(extension)) return 'markdown';
  if (HTML.has(extension)) return 'html';
  if (language !== null) return 'code';
  return extension === '' && looksLikeHtml(text) ? 'html' : 'text';
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
    title: clip(title ?? '') || clip(path) || 'Untitled',
    content,
    contentType,
    language: contentType === 'code' ? language : null,
    metadata,
  };
}
