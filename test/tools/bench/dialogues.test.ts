import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const folder = new URL('../../fixtures/retrieval/dialogues/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

const written = z.string().trim().min(1);
const turn = z.strictObject({
  speaker: written,
  role: z.enum(['user', 'assistant']),
  at: z.iso.datetime(),
  text: written,
});
const question = z.strictObject({
  text: written,
  evidence: z.array(z.int().positive()).min(1).max(3),
});
const dialogue = z.strictObject({
  title: written,
  language: z.enum(['english', 'german', 'spanish', 'simple']),
  turns: z.array(turn).min(60).max(110),
  questions: z.array(question).min(10),
});

function read(name: string) {
  return dialogue.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
}

/** The share of a question's words (in ideographic script: its pairs of characters) that its evidence also holds. */
function borrowed(text: string, evidence: string) {
  const words = new Set(text.toLowerCase().match(/\p{Script=Han}{2}|[\p{L}\p{N}]{4,}/gu) ?? []);
  const shared = [...words].filter((word) => evidence.toLowerCase().includes(word));
  return words.size === 0 ? 0 : shared.length / words.size;
}

describe('the dialogues that retrieval is measured with', () => {
  it('are twenty, three of them not in English, with some 240 questions', () => {
    const all = files.map(read);
    expect(all).toHaveLength(20);
    expect(all.map((each) => each.language).filter((language) => language !== 'english')).toEqual(
      expect.arrayContaining(['german', 'spanish', 'simple']),
    );
    expect(all.flatMap((each) => each.questions).length).toBeGreaterThanOrEqual(200);
  });

  describe.each(files)('%s', (name) => {
    const { turns, questions } = read(name);

    it('runs forward in time', () => {
      const times = turns.map((each) => Date.parse(each.at));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(times).size).toBe(times.length);
    });

    it('points at turns that exist, in order and each once', () => {
      for (const { evidence } of questions) {
        expect(evidence).toEqual([...new Set(evidence)].sort((a, b) => a - b));
        expect(evidence.at(-1)).toBeLessThanOrEqual(turns.length);
      }
    });

    it('asks each question once, and in words that its evidence does not hold', () => {
      expect(new Set(questions.map((each) => each.text)).size).toBe(questions.length);
      for (const { text, evidence } of questions) {
        const said = evidence.map((number) => turns[number - 1]?.text).join('\n');
        expect(borrowed(text, said), text).toBeLessThan(0.75);
      }
    });
  });
});
