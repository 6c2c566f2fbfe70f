import type { Warning } from './extraction.ts';

/** From so many characters on it is data, and no long word, hash or key. */
const LEAST = 256;
/** The least of a `data:` address: what it is, it says. */
const LEAST_ADDRESS = 64;
/** A line as long as this, with hardly a blank in it, was made by a program for a program. */
const LONG_LINE = 5_000;
const BLANKS = 0.07;
/** Base64 is as random as its alphabet: each kind of character is often there. */
const SHARE = 0.04;
const SAMPLE = 400;
/** Lines of base64 as mail and keys have them, and how many of them are no coincidence. */
const BASE64_LINE = /^[ \t>]{0,20}[A-Za-z0-9+/]{60,128}\r?$/;
const LAST_LINE = /^[ \t>]{0,20}[A-Za-z0-9+/]{1,128}={0,2}\r?$/;
const LEAST_LINES = 4;

/** The end of the characters from a place on that a pattern (sticky, of one character or a few at a time) takes: a whole one would overflow. */
function endOf(text: string, from: number, pattern: RegExp): number {
  let at = from;
  for (;;) {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return at;
    at = pattern.lastIndex;
  }
}

const BASE64_PIECE = /[A-Za-z0-9+/_%-]{1,4096}/y;
const PADDING = /={1,2}/y;
/** A line end within base64, written out or escaped, before another long line. */
const NEXT_LINE = /(?:(?:\\r)?\\n|\r?\n[ \t>]{0,20})(?=[A-Za-z0-9+/_-]{60})/y;
const HEX_PIECE = /[0-9a-fA-F]{1,4096}/y;
const UNBROKEN = /[^\s"'()<>\\]{1,4096}/y;

function endOfBase64(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = endOf(text, endOf(text, at, BASE64_PIECE), PADDING);
    const next = endOf(text, at, NEXT_LINE);
    if (next === at) return at;
    at = next;
  }
}

/** Where the content of a `data:` address ends. A drawing may have blanks and brackets, and ends with the quotation mark around it. */
function endOfAddress(text: string, from: number, head: string, before: string): number {
  if (/;base64,$/i.test(head)) return endOfBase64(text, from);
  const isDrawing = /^data:image\/svg/i.test(head) && (before === '"' || before === "'");
  const close = isDrawing ? text.indexOf(before, from) : -1;
  return close === -1 ? endOf(text, from, UNBROKEN) : close;
}

function isRandom(text: string): boolean {
  const sample = text.slice(0, SAMPLE).replace(/[\s>]/g, '');
  const share = (pattern: RegExp) => (sample.match(pattern)?.length ?? 0) / sample.length;
  return share(/[a-z]/g) >= SHARE && share(/[A-Z]/g) >= SHARE && share(/[0-9+/_-]/g) >= SHARE;
}

/** Whether a line is code or data without its blanks, rather than a long paragraph or a script that writes without them. */
function isMinified(line: string): boolean {
  const blanks = line.match(/\s/g)?.length ?? 0;
  if (blanks > line.length * BLANKS) return false;
  let ascii = 0;
  for (let i = 0; i < line.length; i++) if (line.charCodeAt(i) < 128) ascii += 1;
  return ascii > line.length * 0.9;
}

type Note = (what: string, length: number) => string;

const BEGIN =
  /data:([a-z]{1,20}\/[\w.+-]{1,80})?(?:;[\w=.+-]{1,80}){0,5},|(?<![\w+/=-])(?:[0-9a-fA-F]{256}|[A-Za-z0-9+/_-]{200})/gi;

/** Long pieces within lines: `data:` addresses, base64, hexadecimal. */
function withoutPieces(text: string, note: Note): string {
  const kept: string[] = [];
  let done = 0;
  BEGIN.lastIndex = 0;
  for (let found = BEGIN.exec(text); found !== null; found = BEGIN.exec(text)) {
    const [head, type] = found;
    const isAddress = head.endsWith(',');
    const from = isAddress ? BEGIN.lastIndex : found.index;
    const hex = isAddress ? from : endOf(text, from, HEX_PIECE);
    const isHex = hex - from >= LEAST;
    const end = isAddress
      ? endOfAddress(text, from, head, text[found.index - 1] ?? '')
      : isHex
        ? hex
        : endOfBase64(text, from);
    BEGIN.lastIndex = Math.max(end, BEGIN.lastIndex);
    const isBlob = isAddress
      ? end - from >= LEAST_ADDRESS
      : isHex || (end - from >= LEAST && isRandom(text.slice(from, from + SAMPLE)));
    if (!isBlob) continue;
    const what = isAddress ? (type?.toLowerCase() ?? 'data') : isHex ? 'hexadecimal data' : 'base64';
    kept.push(text.slice(done, found.index), note(what, end - found.index));
    done = end;
  }
  return kept.join('') + text.slice(done);
}

/** Lines of base64, and lines of minified code. */
function withoutLines(text: string, note: Note, isData: boolean): string {
  const lines = text.split('\n');
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    let end = i;
    while (end < lines.length && BASE64_LINE.test(lines[end]!)) end += 1;
    if (end - i >= LEAST_LINES && isRandom(lines.slice(i, i + 6).join(''))) {
      if (LAST_LINE.test(lines[end] ?? '')) end += 1;
      kept.push(note('base64', lines.slice(i, end).join('\n').length));
      i = end - 1;
    } else if (!isData && line.length > LONG_LINE && isMinified(line)) {
      kept.push(note('minified code', line.length));
    } else kept.push(line);
  }
  return kept.join('\n');
}

const size = (characters: number) =>
  characters < 1_000_000
    ? `${Math.max(1, Math.round(characters / 1000))} KB`
    : `${(characters / 1_000_000).toFixed(1)} MB`;

export interface WithoutBlobs {
  text: string;
  /** Pieces that are left out. */
  count: number;
  warnings: Warning[];
}

/**
 * The text without what nobody reads and no search should find: pictures and files as base64, `data:` addresses, lines of minified code.
 * A note stands in the place of each, with its size.
 * @param isData of one line as a whole, such as JSON: its lines are long by nature
 */
export function leaveOutBlobs(text: string, { isData = false } = {}): WithoutBlobs {
  if (text.length < LEAST) return { text, count: 0, warnings: [] };
  let count = 0;
  let characters = 0;
  const note = (what: string, length: number) => {
    count += 1;
    characters += length;
    return `[${size(length)} of ${what} left out]`;
  };
  const read = withoutLines(withoutPieces(text, note), note, isData);
  if (count === 0) return { text, count: 0, warnings: [] };
  const message = `${count} ${count === 1 ? 'piece' : 'pieces'} of data left out of the text, ${size(characters)}: base64, data: addresses, minified code`;
  return { text: read, count, warnings: [{ kind: 'left_out', message }] };
}
