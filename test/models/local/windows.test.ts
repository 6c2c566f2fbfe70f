import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_WINDOWS, toWindows, WINDOW_TOKENS } from '../../../models/local/windows.ts';

/** Like the model's tokenizer: a mark, then one token for every three characters. */
const encode = (piece: string) => new Array<number>(1 + Math.ceil(piece.length / 3)).fill(7);

test('windows hold every word in order, none beyond what the model reads, and of nearly equal size', () => {
  const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(words, (words) => {
      const text = `x ${words.join('\n')}`;
      const windows = toWindows(text, encode);
      const joined = windows.map((window) => window.text).join(' ');
      expect(joined.replace(/\s/g, '')).toBe(
        text.replace(/\s/g, '').slice(0, joined.replace(/\s/g, '').length),
      );
      if (windows.length < MAX_WINDOWS) expect(joined.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      for (const window of windows) expect(window.tokens).toBeLessThanOrEqual(WINDOW_TOKENS);
    }),
  );
  const even = toWindows('word '.repeat(50), encode).map((window) => window.tokens);
  expect(even).toEqual([75, 75]);
});

test('one text cannot occupy the model for long', () => {
  for (const text of ['word '.repeat(1e6), 'w'.repeat(5e6)]) {
    expect(toWindows(text, encode)).toHaveLength(MAX_WINDOWS);
  }
});
