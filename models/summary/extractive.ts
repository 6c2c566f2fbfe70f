/** Most characters of a summary. */
export const LONGEST_SUMMARY = 1_200;
/** Characters of a text that are looked at. */
const READ = 200_000;
const SENTENCES = 5;
/** A sentence of fewer letters says nothing; of a longer one only the beginning is taken. */
const SHORTEST = 12;
const LONGEST_SENTENCE = 400;
/** How much a sentence loses for what was said before: 0 nothing, 1 all. */
const REPETITION = 0.7;

const SHORTEST_WORD = 4;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

interface Sentence {
  place: number;
  text: string;
  words: Set<string>;
}

let segmenter: Intl.Segmenter | undefined;

/** Words of some length, since the shortest are of no importance; and, where words are not spaced, pairs of letters. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [run] of text.toLowerCase().matchAll(/[\p{L}\p{N}]{2,}/gu)) {
    if (run.length < SHORTEST_WORD && !/\p{N}/u.test(run) && !UNSPACED.test(run)) continue;
    if (!UNSPACED.test(run)) words.push(run);
    else {
      const letters = [...run];
      for (let i = 0; i + 1 < letters.length; i++) words.push(letters[i]! + letters[i + 1]!);
    }
  }
  return words;
}

function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  const seen = new Set<string>();
  segmenter ??= new Intl.Segmenter('und', { granularity: 'sentence' });
  // the segmenter keeps together what has no full stop: lists end with their line; headings are no sentences
  for (const line of text.slice(0, READ).toWellFormed().split(/\n+/)) {
    if (/^\s{0,3}#{1,6}\s/.test(line)) continue;
    for (const { segment } of segmenter.segment(line)) {
      const said = segment
        .replace(/^[\s#>*+-]+/, '')
        .replace(/\s+/g, ' ')
        .trim();
      if (said.length < SHORTEST || seen.has(said)) continue;
      seen.add(said);
      const text =
        said.length > LONGEST_SENTENCE ? `${said.slice(0, LONGEST_SENTENCE - 1).toWellFormed()}…` : said;
      sentences.push({ place: sentences.length, text, words: new Set(wordsOf(said)) });
    }
  }
  return sentences;
}

/**
 * The sentences that say most of what a text is about, in their order: those whose words occur in many of its
 * sentences, though not in nearly all, the first ones a little before others, and none that repeats another.
 * The same text gives the same summary; a short text is its own.
 */
export function summariseByExtract(text: string): string {
  const whole = text.toWellFormed().trim();
  if (whole.length <= LONGEST_SENTENCE) return whole;
  const sentences = sentencesOf(text);
  if (sentences.length === 0) return [...whole.slice(0, LONGEST_SENTENCE)].slice(0, -1).join('').concat('…');

  const counts = new Map<string, number>();
  for (const { words } of sentences) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const weights = new Map(
    [...counts].map(([word, count]) => {
      const share = count / sentences.length;
      // said once: of no importance; said everywhere: no word of this text
      return [
        word,
        count < 2 || (share > 0.5 && sentences.length > 4) ? 0 : Math.log(1 + count) * (1 - share),
      ];
    }),
  );
  const chosen: Sentence[] = [];
  const covered = new Set<string>();
  let length = 0;
  const left = new Set(sentences);
  while (chosen.length < SENTENCES && left.size > 0) {
    let best: Sentence | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const sentence of left) {
      let weight = 0;
      for (const word of sentence.words) {
        weight += (weights.get(word) ?? 0) * (covered.has(word) ? 1 - REPETITION : 1);
      }
      const score = weight / Math.sqrt(sentence.words.size + 4) + (sentence.place === 0 ? 0.5 : 0);
      if (score > most) {
        most = score;
        best = sentence;
      }
    }
    left.delete(best!);
    if (length + best!.text.length + 1 > LONGEST_SUMMARY) continue;
    chosen.push(best!);
    length += best!.text.length + 1;
    for (const word of best!.words) covered.add(word);
  }
  return chosen
    .sort((a, b) => a.place - b.place)
    .map((sentence) => sentence.text)
    .join(' ');
}
