import { loadModule } from 'cld3-asm';
import { textSearchConfiguration } from './text-search-configurations.ts';

/** Languages that share a configuration share their probability, too. */
const ALIKE = new Set(['bs', 'hr', 'id', 'ms']);

// Measured, as docs/decisions/language-recognition.md tells.
/** Letters of prose that a text must have, and from how many on it counts as long. */
const LEAST = 30;
const LONG = 60;
/** Probability that is enough for a short text, a long one, and a long one in a language of ALIKE. */
const ENOUGH = { short: 0.95, long: 0.7, alike: 0.5 };
/** Share of the words that must be prose: less is code, a log, a table. */
const LEAST_PROSE = 0.7;
/** Letters that are looked at, from so many places of the text: 0.2 ms. More find the same and cost more. */
const SAMPLE = 160;
const PLACES = 4;

/** Fenced and inline code, tags, addresses. */
const NOT_TEXT =
  /^(?<fence>```|~~~)[\s\S]*?(?:^\k<fence>|(?![\s\S]))|`[^`\n]+`|<[^<>]*>|\b(?:https?|ftp|mailto):\S+/gmu;
/** What counts as a word: letters, digits, and the brackets and signs that stand alone in code. */
const COUNTED = /[\p{L}\p{N}{}=]|\)[;,]/u;
/** A word with the punctuation around it. The longest words of prose are shorter; scripts without spaces have no configuration. */
const WORD =
  /^[^\p{L}\p{M}\p{N}\p{S}_@#\\/{}[\]&%]*([\p{L}\p{M}]+(?:['’.-][\p{L}\p{M}]+)*)[^\p{L}\p{M}\p{N}\p{S}_@#\\/{}[\]&%]*$/u;
const LONGEST_WORD = 60;
const CAMEL_CASE = /\p{Ll}\p{Lu}/u;

/** Milliseconds that the library may take to load: its own three seconds are too few while everything else starts, too. */
const PATIENCE = 60_000;

/** Names the language of a text as a text search configuration; null when the text is short or unclear, or there is none for it. */
export type Recognise = (text: string) => string | null;

let opening: Promise<Recognise> | undefined;

/** The recogniser of this thread. It takes 50 ms to load, and 12 MB. */
export function openRecogniser(): Promise<Recognise> {
  opening ??= load().catch((error) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function load(): Promise<Recognise> {
  const identifier = (await loadModule({ timeout: PATIENCE })).create(0, 1000);
  return (text) => {
    const words = wordsOf(text);
    const letters = words.reduce((sum, word) => sum + word.length, 0);
    if (letters < LEAST) return null;
    const { language, probability } = identifier.findLanguage(sampleOf(words, letters));
    const enough = letters < LONG ? ENOUGH.short : ALIKE.has(language) ? ENOUGH.alike : ENOUGH.long;
    return probability >= enough ? textSearchConfiguration(language) : null;
  };
}

/** The words of prose in a text; none when they are not what it mostly is. */
function wordsOf(text: string): string[] {
  const all = text
    .replace(NOT_TEXT, ' ')
    .split(/\s+/u)
    .filter((word) => COUNTED.test(word));
  const words = all.flatMap((word) => (word.length > LONGEST_WORD ? [] : (WORD.exec(word)?.[1] ?? [])));
  const prose = words.filter((word) => !CAMEL_CASE.test(word));
  return prose.length < all.length * LEAST_PROSE ? [] : prose;
}

/** Words from all over a text. */
function sampleOf(words: string[], letters: number): string {
  if (letters <= SAMPLE) return words.join(' ');
  const sample: string[] = [];
  for (let place = 0; place < PLACES; place += 1) {
    let taken = 0;
    for (const word of words.slice(Math.floor((place * words.length) / PLACES))) {
      if (taken >= SAMPLE / PLACES) break;
      sample.push(word);
      taken += word.length;
    }
  }
  return sample.join(' ');
}
