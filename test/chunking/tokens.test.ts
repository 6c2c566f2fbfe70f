import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countTokens, firstTokens } from '../../chunking/tokens.ts';

it('takes the beginning of a text, of at most so many tokens and of whole characters', () => {
  expect(firstTokens('one two three', 3)).toBe('one two three');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('😀', '𝄞', 'é', 'a', ' '), minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 20 }),
      (text, most) => {
        const part = firstTokens(text, most);
        expect(text.startsWith(part)).toBe(true);
        expect(part.isWellFormed()).toBe(true);
        expect(countTokens(part)).toBeLessThanOrEqual(most);
      },
    ),
  );
});
