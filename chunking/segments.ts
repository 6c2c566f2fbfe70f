import { IN_WORD, isSpace } from './boundaries.ts';
import { characterBoundary, countTokens } from './tokens.ts';

/** The longest segment, in UTF-16 units; a longer word becomes several. */
const MAX_SEGMENT = 64;
const MAX_MARKS = 8;

/**
 * The source as a row of the smallest parts that chunks are made of (mostly one word with the blank before it), none of more tokens
 * than a chunk may have. Segment i is [at(i), at(i + 1)).
 */
export interface Segments {
  count: number;
  /** Where segment i begins; at(count) is the end of the source. */
  at(i: number): number;
  /** Tokens in the segments [from, to): a close estimate, since tokens do not add up exactly. */
  tokens(from: number, to: number): number;
  /** Strength of the boundary at the beginning of segment i. */
  strength(i: number): number;
}

/**
 * @param marks strengths by position, from markBoundaries()
 * @param chunkSize a segment of more tokens is split into characters
 */
export function toSegments(source: string, marks: Uint8Array, chunkSize: number): Segments {
  const starts: number[] = [0];
  const sums: number[] = [0];
  const strengths: number[] = [0];
  const known = new Map<string, number>();
  const measure = (segment: string) => {
    let tokens = known.get(segment);
    if (tokens === undefined) {
      tokens = countTokens(segment);
      known.set(segment, tokens);
    }
    return tokens;
  };
  const add = (from: number, to: number) => {
    const segment = source.slice(from, to);
    const tokens = measure(segment);
    // Without its blank a word can have more tokens than with it: " indivisible" is one, "indivisible" three.
    const large =
      tokens > chunkSize || (3 * segment.length > chunkSize && measure(segment.trim()) > chunkSize);
    if (large && characterBoundary(source, from + 1) < to) {
      addCharacters(from, to);
      return;
    }
    starts.push(to);
    sums.push(sums.at(-1)! + tokens);
    strengths.push(marks[to]! || IN_WORD);
  };
  const addCharacters = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const next = characterBoundary(source, at + 1);
      add(at, next);
      at = next;
    }
  };
  for (let from = 0, to = 1; to <= source.length; to++) {
    if (marks[to] === 0 && to < source.length) continue;
    while (to - from > MAX_SEGMENT) {
      const end = Math.min(to, afterMarks(source, characterBoundary(source, from + MAX_SEGMENT)));
      add(from, end);
      from = end;
    }
    if (from < to) add(from, to);
    from = to;
  }
  return {
    count: starts.length - 1,
    at: (i) => starts[i]!,
    tokens: (from, to) => sums[to]! - sums[from]!,
    strength: (i) => strengths[i]!,
  };
}

/** A letter keeps its accents and a joined emoji its parts, as long as there are not absurdly many. */
function afterMarks(source: string, position: number): number {
  let at = position;
  for (let i = 0; i < MAX_MARKS && at < source.length; i++) {
    const joined = source[at - 1] === '\u200d' && !isSpace(source, at);
    if (!joined && !/^[\p{M}\p{Emoji_Modifier}\u200d]/u.test(source.slice(at, at + 2))) break;
    at = characterBoundary(source, at + 1);
  }
  return at;
}
