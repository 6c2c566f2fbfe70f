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

/** A piece of a text, and what stands in its place. */
interface Cut {
  from: number;
  to: number;
  note: string;
}

function size(characters: number): string {
  return characters < 1_000_000
    ? `${Math.max(1, Math.round(characters / 1000))} KB`
    : `${(characters / 1_000_000).toFixed(1)} MB`;
}

const cutOf = (from: number, to: number, what: string): Cut => ({
  from,
  to,
  note: `[${size(to - from)} of ${what} left out]`,
});

const BEGIN =
  /data:([a-z]{1,20}\/[\w.+-]{1,80})?(?:;[\w=.+-]{1,80}){0,5},|(?<![\w+/=-])(?:[0-9a-fA-F]{256}|[A-Za-z0-9+/_-]{200})/gi;

/** Long pieces within lines: `data:` addresses, base64, hexadecimal. */
function piecesIn(text: string): Cut[] {
  const cuts: Cut[] = [];
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
    cuts.push(cutOf(found.index, end, what));
  }
  return cuts;
}

/** Lines of base64, and lines of minified code. */
function linesIn(text: string, isData: boolean): Cut[] {
  const lines = text.split('\n');
  const cuts: Cut[] = [];
  let from = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    let end = i;
    while (end < lines.length && BASE64_LINE.test(lines[end]!)) end += 1;
    let length = line.length;
    if (end - i >= LEAST_LINES && isRandom(lines.slice(i, i + 6).join(''))) {
      if (LAST_LINE.test(lines[end] ?? '')) end += 1;
      length = lines.slice(i, end).join('\n').length;
      cuts.push(cutOf(from, from + length, 'base64'));
      i = end - 1;
    } else if (!isData && line.length > LONG_LINE && isMinified(line))
      cuts.push(cutOf(from, from + length, 'minified code'));
    from += length + 1;
  }
  return cuts;
}

function without(text: string, cuts: Cut[]): string {
  if (cuts.length === 0) return text;
  const ends = [0, ...cuts.map(({ to }) => to)];
  return cuts.map((cut, i) => text.slice(ends[i], cut.from) + cut.note).join('') + text.slice(ends.at(-1));
}

/** Where a place of the shorter text is in the longer one; a note stands for all that it replaced. */
function placeBefore(place: number, cuts: Cut[], isEnd: boolean): number {
  let shift = 0;
  for (const cut of cuts) {
    const at = cut.from + shift;
    const { length } = cut.note;
    if (isEnd ? place <= at : place < at) break;
    if (isEnd ? place <= at + length : place < at + length) return isEnd ? cut.to : cut.from;
    shift += length - (cut.to - cut.from);
  }
  return place - shift;
}

export interface WithoutBlobs {
  text: string;
  /** Pieces that are left out. */
  count: number;
  warnings: Warning[];
  /** The place in the whole text where a part of this one begins, or ends. */
  placeOf: (place: number, isEnd: boolean) => number;
}

/**
 * The text without what nobody reads and no search should find: pictures and files as base64, `data:` addresses, lines of minified code.
 * A note stands in the place of each, with its size.
 * @param isData of one line as a whole, such as JSON: its lines are long by nature
 */
export function leaveOutBlobs(text: string, { isData = false } = {}): WithoutBlobs {
  const pieces = text.length < LEAST ? [] : piecesIn(text);
  const lines = text.length < LEAST ? [] : linesIn(without(text, pieces), isData);
  const count = pieces.length + lines.length;
  if (count === 0) return { text, count, warnings: [], placeOf: (place) => place };
  const characters = [...pieces, ...lines].reduce((sum, { from, to }) => sum + to - from, 0);
  const message = `${count} ${count === 1 ? 'piece' : 'pieces'} of data left out of the text, ${size(characters)}: base64, data: addresses, minified code`;
  return {
    text: without(without(text, pieces), lines),
    count,
    warnings: [{ kind: 'left_out', message }],
    placeOf: (place, isEnd) => placeBefore(placeBefore(place, lines, isEnd), pieces, isEnd),
  };
}
