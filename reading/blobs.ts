import type { Warning } from './extraction.ts';

/** From so many characters on it is data, and no long word, hash or key. */
const LEAST = 256;
/** A line as long as this, with hardly a blank in it, was made by a program for a program. */
const LONG_LINE = 5_000;
const BLANKS = 0.04;
/** Base64 is as random as its alphabet: each kind of character is often there. */
const SHARE = 0.04;
const SAMPLE = 400;

const DATA_URI =
  /data:([a-z]{1,20}\/[\w.+-]{1,80})?(?:;[\w=.+-]{1,80}){0,5},(?:[\w+/=%-]{64,}(?:\s{1,40}[\w+/=%-]{40,})*|[^\s"'()<>\\]{200,}|%3Csvg[^\s"'()<>\\]{64,})/gi;
const INLINE_SVG = /(["'])data:image\/svg\+xml[^,]{0,80},(?:(?!\1)[^\n]){200,}\1/gi;
const BASE64 =
  /(?<![\w+/=-])[A-Za-z0-9+/_-]{200,}={0,2}(?:(?:\\r)?(?:\\n|\r?\n[ \t>]{0,20})[A-Za-z0-9+/_-]{4,}={0,2})*/g;
const WRAPPED = /(?<=^|\n)[ \t>]{0,20}(?:[A-Za-z0-9+/]{60,128}\n[ \t>]{0,20}){4,}[A-Za-z0-9+/]{0,128}={0,2}/g;
const HEX = /(?<![\w])(?:0x)?[0-9a-fA-F]{256,}(?![\w])/g;

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

const size = (characters: number) =>
  characters < 1_000_000
    ? `${Math.max(1, Math.round(characters / 1000))} KB`
    : `${(characters / 1_000_000).toFixed(1)} MB`;

export interface WithoutBlobs {
  text: string;
  warnings: Warning[];
}

/**
 * The text without what nobody reads and no search should find: pictures and files as base64, `data:` addresses, lines of minified code.
 * A note stands in the place of each, with its size.
 * @param isData of one line as a whole, such as JSON: its lines are long by nature
 */
export function leaveOutBlobs(text: string, { isData = false } = {}): WithoutBlobs {
  if (text.length < LEAST) return { text, warnings: [] };
  let count = 0;
  let characters = 0;
  const note = (what: string, length: number) => {
    count += 1;
    characters += length;
    return `[${size(length)} of ${what} left out]`;
  };
  let read = text;
  if (/data:/i.test(read)) {
    read = read
      .replace(DATA_URI, (found, type: string | undefined) =>
        note(type?.toLowerCase() ?? 'data', found.length),
      )
      .replace(
        INLINE_SVG,
        (found, quote: string) => `${quote}${note('image/svg+xml', found.length)}${quote}`,
      );
  }
  const unlessWords = (what: string) => (found: string) =>
    found.length >= LEAST && isRandom(found) ? note(what, found.length) : found;
  read = read.replace(BASE64, unlessWords('base64')).replace(WRAPPED, unlessWords('base64'));
  read = read.replace(HEX, (found) => note('hexadecimal data', found.length));
  if (!isData && read.length > LONG_LINE) {
    read = read
      .split('\n')
      .map((line) =>
        line.length > LONG_LINE && isMinified(line) ? note('minified code', line.length) : line,
      )
      .join('\n');
  }
  if (count === 0) return { text, warnings: [] };
  const message = `${count} ${count === 1 ? 'piece' : 'pieces'} of data left out of the text, ${size(characters)}: base64, data: addresses, minified code`;
  return { text: read, warnings: [{ kind: 'left_out', message }] };
}
