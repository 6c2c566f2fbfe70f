import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanJson, cleanText, nothingCleaned } from '../../lib/storable.ts';

test('cleaning counts what it changed and leaves nothing to clean', () => {
  const unit = fc.oneof(fc.constantFrom('\0', '\ud800', '\udc00', 'a', '🌊', 'é'));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const cleaned = nothingCleaned();
      const text = cleanText(units.join(''), cleaned);
      expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
      expect(cleanText(text)).toBe(text);
      expect(cleaned.nul + cleaned.halves === 0).toBe(text === units.join(''));
    }),
  );
  const cleaned = nothingCleaned();
  expect(cleanText('a\0b\ud800c', cleaned)).toBe('ab\ufffdc');
  expect(cleaned).toEqual({ nul: 1, halves: 1 });
});

test('every string of a JSON value is cleaned, names included, to a depth', () => {
  const cleaned = nothingCleaned();
  expect(cleanJson({ 'a\0': ['\ud800', 1, null, { b: 'c' }] }, { cleaned })).toEqual({
    a: ['\ufffd', 1, null, { b: 'c' }],
  });
  expect(cleaned).toEqual({ nul: 1, halves: 1 });
  expect(cleanJson([['a']], { maxDepth: 2 })).toEqual([['a']]);
  expect(() => cleanJson([[['a']]], { maxDepth: 2 })).toThrow(RangeError);
});
