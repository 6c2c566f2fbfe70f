import { expect, it } from 'vitest';
import { flatten } from '../../lib/flatten.ts';

it('joins what means the same in one pair of parentheses', () => {
  expect(flatten('CHECK ((((a >= 1) AND (a <= 5)) AND (b > 0)))')).toBe(
    'CHECK (((a >= 1) AND (a <= 5) AND (b > 0)))',
  );
  expect(flatten('((a AND (b AND (c AND d))) AND e)')).toBe('(a AND b AND c AND d AND e)');
  expect(flatten('((a OR b) OR\n   c)')).toBe('(a OR b OR\n   c)');
});

it.each([
  '((a OR b) AND c)',
  '(a OR (b AND c))',
  '((NOT (a AND b)) AND c)',
  '(NOT (a AND b) AND c)',
  '(f(a AND b) AND c)',
  '((a = 1) AND (b = \') AND (\') AND ("AND (" OR e))',
  `(a AND (b ~ E'\\\\') AND c)`,
  `CREATE INDEX i ON t USING btree (a, b) WHERE ((a IS NULL) AND (b = ' AND '))`,
  'unbalanced ) text (',
])('leaves alone what says something else: %s', (text) => {
  expect(flatten(text).replace(/\)$/, '')).toBe(text.replace(/\)$/, ''));
});
