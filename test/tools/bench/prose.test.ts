import { expect, it } from 'vitest';
import { prose } from '../../../tools/bench/prose.ts';

it('writes prose with the frequencies of a language, and asks questions of 8 to 14 words about it', () => {
  const writer = prose(3);
  const passages = Array.from({ length: 100 }, () => writer.document(20)).flat();
  const words = passages.flatMap(({ text }) => text.toLowerCase().match(/[a-z]+/g)!);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  expect([first![0], second![0]]).toEqual(['the', 'of']);
  // Zipf: the first about a twentieth of all, and very many words that hardly occur
  expect(first![1] / words.length).toBeGreaterThan(0.03);
  expect(first![1] / words.length).toBeLessThan(0.15);
  expect(counts.size).toBeGreaterThan(10_000);
  expect(words.length / passages.length).toBeGreaterThan(50);
  expect(new Set(passages.map(({ text }) => text)).size).toBe(passages.length);

  for (const passage of passages.slice(0, 50)) {
    const question = writer.question(passage);
    const asked = question.slice(0, -1).split(' ');
    expect(asked.length).toBeGreaterThanOrEqual(8);
    expect(asked.length).toBeLessThanOrEqual(14);
  }
  expect(prose(3).document(20)).toEqual(prose(3).document(20));
  expect(prose(3).document(20)).not.toEqual(prose(4).document(20));
});
