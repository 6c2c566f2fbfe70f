import { randomNumbers } from '../search-data.ts';

/**
 * A question with one typo in its longest word: two letters exchanged, one left out, one doubled, or one wrong; never the first
 * one, and the same typo at each run. A question without a word of four letters stays as it is.
 */
export function withTypo(question: string, seed: number): string {
  const words = [...question.matchAll(/[\p{L}\p{M}]+/gu)];
  const longest = words.reduce<RegExpExecArray | undefined>(
    (best, word) => (!best || [...word[0]].length > [...best[0]].length ? word : best),
    undefined,
  );
  if (!longest) return question;
  const letters = [...longest[0]];
  // two of them are a word where nobody writes spaces
  if (letters.length < 4 || /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(longest[0]))
    return question;
  const random = randomNumbers(seed);
  const place = 1 + Math.floor(random() * (letters.length - 2));
  const kind = Math.floor(random() * 4);
  const [here, next] = [letters[place]!, letters[place + 1]!];
  if (kind === 0 && here !== next) letters.splice(place, 2, next, here);
  else if (kind === 1) letters.splice(place, 1);
  else if (kind === 2) letters.splice(place, 0, here);
  else letters[place] = here === 'x' ? 'q' : 'x';
  return (
    question.slice(0, longest.index) + letters.join('') + question.slice(longest.index + longest[0].length)
  );
}
