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
  expect(summary.render()).toContain('Nothing was skipped, and nothing left out.');
  for (let i = 0; i < 50; i++) summary.skip(skipped(`a/${i}`, 'hidden', 'x'));
  expect(summary.render()).toContain('    a/49: x');
  expect(summary.render()).not.toContain('more');
});

test('what is left out of items, and what belongs to none, has a line with its count', () => {
  const summary = createSummary();
  const item = {
    kind: 'event',
    source: 'slack:1',
    system: 'slack',
    eventType: 'message',
    externalId: '1',
  } as const;
  summary.leaveOutOf({
    ...item,
    payload: {},
    metadata: {},
    leftOut: { empty_messages: 3, doubled_messages: 0 },
  });
  summary.leaveOut('empty_messages', 2, 'acme/general/2024-01-01.json');
  expect(summary.render()).toContain(
    [
      'Left out of what was read:',
      '  5 empty_messages (messages in which there is nothing to read)',
      '    acme/general/2024-01-01.json',
    ].join('\n'),
  );
  expect(summary.render()).not.toContain('Nothing was skipped');
  expect(summary.toJSON()).toMatchObject({ leftOut: [{ kind: 'empty_messages', count: 5 }] });
});
