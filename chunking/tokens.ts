import { createRequire } from 'node:module';

/** Text that spells a special token ("<|endoftext|>") is text here; by default the tokenizer would throw. */
const PLAIN = { disallowedSpecial: new Set<string>() };

/**
 * The tokenizer first splits text into words, runs of punctuation and runs of white space, and its time grows
 * with the square of each. Longer runs than this are shown to it in slices.
 */
const LONG_RUN = /\p{L}{129,}|[^\s\p{L}\p{N}]{129,}|\s{129,}/gu;
const MAY_HAVE_LONG_RUN = /\S{129}|\s{129}/;
const SLICE = 64;

/**
 * The tokenizer remembers pieces of what it saw. Its own limit evicts slowly (a megabyte of base64: 45 s), and
 * each piece keeps the whole text alive that it is a slice of; so it is emptied after this many characters.
 */
const REMEMBERED = 1_000_000;
let remembered = 0;

type Tokenizer = typeof import('gpt-tokenizer/encoding/cl100k_base');
const load = createRequire(import.meta.url);
let loaded: Tokenizer | undefined;

/** Loaded with the first text: its table takes a third of a second, and most processes count nothing. */
function tokenizer(): Tokenizer {
  if (!loaded) {
    loaded = load('gpt-tokenizer/encoding/cl100k_base') as Tokenizer;
    loaded.setMergeCacheSize(Number.MAX_SAFE_INTEGER);
  }
  return loaded;
}

/**
 * Tokens of a text in cl100k_base, the encoding of OpenAI's text-embedding-3 models and the usual measure for
 * an embedding's input. Exact, except that a run of more than 128 letters, signs or blanks counts as its
 * slices, which is a little more. Time is linear in the length, whatever the text.
 */
export function countTokens(text: string): number {
  const { clearMergeCache, countTokens: count } = tokenizer();
  remembered += text.length;
  if (remembered > REMEMBERED) {
    clearMergeCache();
    remembered = 0;
  }
  if (!MAY_HAVE_LONG_RUN.test(text)) return count(text, PLAIN);
  let tokens = 0;
  let done = 0;
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    tokens += count(text.slice(done, index), PLAIN);
    for (let from = 0; from < run.length; ) {
      const to = characterBoundary(run, Math.min(from + SLICE, run.length));
      tokens += count(run.slice(from, to), PLAIN);
      from = to;
    }
    done = index + run.length;
  }
  return tokens + count(text.slice(done), PLAIN);
}

/** As much of the beginning of a text as has at most `most` tokens: the text itself, mostly. */
export function firstTokens(text: string, most: number): string {
  let part = text;
  for (let tokens = countTokens(part); tokens > most; tokens = countTokens(part)) {
    // a little less than its share, since tokens are not spread evenly
    const length = Math.floor(part.length * (most / tokens) * 0.98);
    part = part.slice(0, isHigh(part.charCodeAt(length - 1)) ? length - 1 : length);
  }
  return part;
}

/** The position itself, or the next one when it would split a surrogate pair. */
export function characterBoundary(text: string, position: number): number {
  return isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position)) ? position + 1 : position;
}

/** Code points between two positions, as PostgreSQL's length() counts them. */
export function countCodePoints(text: string, from: number, to: number): number {
  let points = to - from;
  for (let i = from + 1; i < to; i++) {
    if (isLow(text.charCodeAt(i)) && isHigh(text.charCodeAt(i - 1))) points -= 1;
  }
  return points;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
