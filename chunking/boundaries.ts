import { createRequire } from 'node:module';
import type { SupportedTextSplitterLanguage } from '@langchain/textsplitters';
import { type ContentType, languageNamed } from '../reading/file-kinds.ts';
import type { Outline } from './markdown.ts';

/**
 * Strength of the boundary at each position of the source; 0 is none. Weakest first: inside a
 * word too long to keep, between words, sentences, lines, paragraphs; then what the language knows; then headings.
 */
export const IN_WORD = 1;
const WORD = 2;
const SENTENCE = 3;
const LINE = 4;
const PARAGRAPH = 5;
const LANGUAGE = 10;
const HEADING = 200;

/** Whether it is before a heading: no overlap reaches across it. */
export function isHeadingBoundary(strength: number): boolean {
  return strength > HEADING;
}

/** Whether it is at the end of a sentence, or of something that holds sentences. */
export function isSentenceBoundary(strength: number): boolean {
  return strength >= SENTENCE;
}

/** Whether there is one of this strength at every line, word or character. */
export function isCommonBoundary(strength: number): boolean {
  return strength === LINE || strength <= WORD;
}

/** The splitter's own name for a programming language; those that it does not know are split at blank lines. */
const SPLITTERS: Record<string, SupportedTextSplitterLanguage> = {
  ...{ c: 'cpp', cpp: 'cpp', csharp: 'java', go: 'go', java: 'java', javascript: 'js', kotlin: 'java' },
  ...{
    latex: 'latex',
    php: 'php',
    protobuf: 'proto',
    python: 'python',
    rst: 'rst',
    ruby: 'ruby',
    rust: 'rust',
  },
  ...{ scala: 'scala', solidity: 'sol', swift: 'swift', tex: 'latex', typescript: 'js' },
};

type Splitters = typeof import('@langchain/textsplitters');
const load = createRequire(import.meta.url);

/** The splitter's list. It is loaded with the first text that has a language: its 250 modules take a third of a second. */
function separatorsOf(language: SupportedTextSplitterLanguage): string[] {
  const { RecursiveCharacterTextSplitter } = load('@langchain/textsplitters') as Splitters;
  return RecursiveCharacterTextSplitter.getSeparatorsForLanguage(language);
}

const CLOSING = '"\')]»”’';
const WIDE_CLOSING = '」』”’）';

/** A run of blanks longer than this is split from the word after it, so that it does not count against a chunk. */
const LONG_BLANK = 16;

/** Marks every boundary of the source, always before white space, so that trimming a chunk at its beginning is enough. */
export function markBoundaries(
  source: string,
  contentType: ContentType,
  options: { language?: string | undefined; outline?: Outline | undefined },
): Uint8Array {
  const marks = new Uint8Array(source.length + 1);
  const mark = (position: number, strength: number) => {
    let at = position;
    while (at > 0 && isSpace(source, at - 1)) at -= 1;
    if (at > 0 && strength > marks[at]!) marks[at] = strength;
  };
  markWhiteSpace(source, marks, contentType !== 'code');
  const language = contentType === 'code' ? SPLITTERS[languageNamed(options.language ?? '')] : contentType;
  if (language === 'html') markTags(source, mark);
  else if (language && language !== 'text') markSeparators(source, language, mark);
  for (const { start, end } of options.outline?.fences ?? []) {
    mark(start, PARAGRAPH + 1);
    mark(end, PARAGRAPH + 1);
  }
  for (const { start, depth } of options.outline?.headings ?? []) mark(start, HEADING + 7 - depth);
  return marks;
}

function markWhiteSpace(source: string, marks: Uint8Array, prose: boolean): void {
  for (const { 0: run, index } of source.matchAll(/\s+/g)) {
    const lines = run.length === 1 && run === ' ' ? 0 : countLineEnds(run);
    const end = prose && endsSentence(source, index) ? SENTENCE : WORD;
    marks[index] = lines > 1 ? PARAGRAPH : lines === 1 ? LINE : end;
    if (run.length > LONG_BLANK) marks[index + run.length] = WORD;
  }
  if (!prose) return;
  for (const { index } of source.matchAll(/[。！？｡]/g)) {
    const end = WIDE_CLOSING.includes(source[index + 1] ?? '—') ? index + 2 : index + 1;
    if (marks[end]! < SENTENCE) marks[end] = SENTENCE;
  }
}

function countLineEnds(run: string): number {
  let lines = 0;
  for (let i = 0; i < run.length; i++) {
    const unit = run[i];
    if (unit === '\n' || unit === '\u2028' || (unit === '\r' && run[i + 1] !== '\n')) lines += 1;
    // the end of a page ends a paragraph, mostly
    if (unit === '\u2029' || unit === '\f') lines += 2;
  }
  return lines;
}

function endsSentence(source: string, position: number): boolean {
  let last = position - 1;
  for (let i = 0; i < 3 && CLOSING.includes(source[last] ?? '—'); i++) last -= 1;
  return '.!?…'.includes(source[last] ?? '—');
}

/**
 * The splitter's own list for the language, strongest first. Blank separators are done above with any line
 * ending; headings and fences of markdown come from the outline, which knows code from prose.
 */
function markSeparators(
  source: string,
  language: SupportedTextSplitterLanguage,
  mark: (position: number, strength: number) => void,
): void {
  const separators = separatorsOf(language);
  const hasCrLf = source.includes('\r\n');
  for (const [rank, separator] of separators.entries()) {
    if (separator.trim() === '' || /^\n#|^```/.test(separator)) continue;
    for (const form of hasCrLf ? [separator, separator.replaceAll('\n', '\r\n')] : [separator]) {
      for (let at = source.indexOf(form); at !== -1; at = source.indexOf(form, at + form.length)) {
        mark(at, LANGUAGE + separators.length - rank);
      }
    }
  }
}

/** The splitter's list of tags, found with attributes and in either case. */
function markTags(source: string, mark: (position: number, strength: number) => void): void {
  const tags = separatorsOf('html').filter((tag) => tag.trim() !== '');
  const ranks = new Map(tags.map((tag, rank) => [tag.slice(1, -1), LANGUAGE + tags.length - rank]));
  for (const { 1: name, index } of source.matchAll(/<([a-z][a-z0-9]{0,9})(?=[\s/>])/gi)) {
    const strength = ranks.get(name!.toLowerCase());
    if (strength) mark(index, strength);
  }
}

/** White space as trim() and \s understand it. */
export function isSpace(source: string, position: number): boolean {
  const unit = source.charCodeAt(position);
  if (unit < 128) return unit === 32 || (unit >= 9 && unit <= 13);
  return unit >= 160 && /\s/.test(source[position]!);
}
