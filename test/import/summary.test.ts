import { expect, test } from 'vitest';
import { skipped } from '../../import/skipped.ts';
import { createSummary } from '../../import/summary.ts';

test('the summary counts, names a few and says how many more', () => {
  const summary = createSummary();
  summary.count('documents', 'imported', 12);
  summary.count('messages', 'unchanged', 1234);
  for (let i = 0; i < 5; i++) summary.skip(skipped(`a/${i}\u001b.bin`, 'binary', 'PNG'));
  summary.skip(skipped('b.md', 'empty', 'no bytes in it'));
  expect(summary.render()).toBe(
    [
      '               imported  updated  unchanged',
      'documents            12        0          0',
      'conversations         0        0          0',
      'messages              0        0       1234',
      '',
      'Skipped 6:',
      '  5 binary (not text)',
      '    a/0�.bin: PNG',
      '    a/1�.bin: PNG',
      '    a/2�.bin: PNG',
      '    … and 2 more (--verbose names them all)',
      '  1 empty (nothing in it)',
      '    b.md: no bytes in it',
    ].join('\n'),
  );
});

test('with --verbose it names them all, and says when there are none', () => {
  const summary = createSummary({ verbose: true });
  expect(summary.render()).toContain('Nothing was skipped.');
  for (let i = 0; i < 50; i++) summary.skip(skipped(`a/${i}`, 'hidden', 'x'));
  expect(summary.render()).toContain('    a/49: x');
  expect(summary.render()).not.toContain('more');
});
