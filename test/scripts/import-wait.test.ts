import { expect, test } from 'vitest';
import { BroughtItems, type BroughtState } from '../../scripts/import/brought.ts';
import { createRate } from '../../scripts/import/rate.ts';
import { describeBrought, waitForBrought } from '../../scripts/import/wait-for-brought.ts';
import type { IndexingState } from '../../scripts/shared/indexing.ts';
import type { Session } from '../../scripts/shared/session.ts';

const idle = { pendingSources: 0, paused: null } as IndexingState;

test('a rate promises nothing before it knows enough, then what the last minute says', () => {
  let clock = 0;
  const rate = createRate(() => clock);
  rate.note(0);
  expect(rate.secondsFor(10)).toBeNull();
  clock = 5_000;
  rate.note(5);
  expect(rate.secondsFor(10)).toBe(10);
  expect(rate.secondsFor(0)).toBe(0);
  // ten times as fast since: after a minute the beginning counts no more
  for (let second = 6; second <= 130; second++) {
    clock = second * 1000;
    rate.note(5 + (second - 5) * 10);
  }
  expect(rate.secondsFor(100)).toBeCloseTo(10, 0);
  // it stands still
  clock += 200_000;
  rate.note(1255);
  clock += 70_000;
  rate.note(1255);
  expect(rate.secondsFor(100)).toBeNull();
});

const state: BroughtState = {
  items: 3000,
  waiting: 0,
  words: 1,
  passages: 48_211,
  withVector: 15_000,
  expected: 48_211,
  failures: [],
  isComplete: false,
};

test.each([
  [
    'words come first',
    { waiting: 1130, words: 0.629, passages: 30_000, withVector: 900, expected: 47_000 },
    { words: 21, vectors: null },
    idle,
    '62 % found by words (1,870 of 3,000), about 20 seconds left; 1 % by meaning',
  ],
  [
    'others go on beside it',
    { waiting: 3000, words: 0, passages: 0, withVector: 0, expected: null },
    { words: null, vectors: null },
    { ...idle, pendingSources: 7000 },
    '0 % found by words (0 of 3,000), beside 4,000 others; 0 % by meaning',
  ],
  [
    'vectors follow',
    {},
    { words: 0, vectors: 720 },
    idle,
    'all found by words; 31 % by meaning (15,000 of 48,211 passages), about 12 minutes left',
  ],
  [
    'a budget is spent',
    {},
    { words: 0, vectors: null },
    { ...idle, paused: 'budget' },
    'all found by words; 31 % by meaning (15,000 of 48,211 passages), held back by the budget',
  ],
])('%s', (_, part, left, workspace, line) => {
  expect(describeBrought({ ...state, ...part }, left, workspace as IndexingState)).toBe(line);
});

/** A database that answers in turn, and for ever what it said last. */
function answers(...rounds: object[][]): Session {
  let round = -1;
  return {
    token: '',
    workspaceId: '',
    end: async () => {},
    transaction: async <T>(work: (client: never) => Promise<T>) =>
      work({
        query: async (sql: string) => {
          if (!sql.includes('import_progress')) return { rows: [{ pending_sources: 0, paused: null }] };
          round = Math.min(round + 1, rounds.length - 1);
          return { rows: rounds[round] };
        },
      } as never),
  };
}
const row = (id: string, part: object = {}) => ({
  id,
  waits: false,
  done: 1,
  code: null,
  reason: null,
  passages: 10,
  without_vector: 0,
  ...part,
});

test('only what was brought is waited for, and what failed is known with its reason', async () => {
  const brought = new BroughtItems();
  for (const [id, size] of [
    ['a', 300],
    ['b', 100],
    ['gone', 100],
  ] as const)
    brought.add({ kind: 'document', id, source: `file:notes/${id}.md`, size });
  brought.add({ kind: 'document', id: 'a', source: 'the same', size: 300 });
  const session = answers(
    [row('a', { waits: true, done: 0, passages: 0 }), row('b', { without_vector: 4 })],
    [row('a', { without_vector: 10 }), row('b', { reason: 'too hard', code: 'CQ316', passages: 0 })],
    [row('a')],
  );
  expect(await brought.look(session)).toMatchObject({
    items: 3,
    waiting: 1,
    words: 0.4,
    passages: 10,
    expected: 25,
  });
  expect(await brought.look(session)).toMatchObject({ waiting: 0, words: 1, withVector: 0, expected: 10 });
  expect(await brought.look(session)).toEqual({
    ...state,
    items: 3,
    passages: 10,
    withVector: 10,
    expected: 10,
    failures: [{ source: 'file:notes/b.md', code: 'CQ316', reason: 'too hard' }],
    isComplete: true,
  });
});

test('where nothing moves it is worked on here, and after minutes given up', async () => {
  const brought = new BroughtItems();
  brought.add({ kind: 'event', id: 'a', source: 'slack:1', size: 1 });
  let clock = 0;
  const helped: number[] = [];
  const lines: string[] = [];
  const { state: end } = await waitForBrought(answers([row('a', { waits: true, done: 0 })]), brought, {
    stream: { write: (line) => lines.push(line) },
    signal: new AbortController().signal,
    pause: async () => {},
    helpOut: async () => helped.push(clock) > 1,
    now: () => (clock += 1_000),
  });
  expect(end.isComplete).toBe(false);
  expect(helped).toHaveLength(1);
  expect(clock).toBeGreaterThan(300_000);
  expect(lines.join('')).toContain('0 % found by words (0 of 1)');
  expect(lines.join('')).toContain('Does a server run that works on it');
});
