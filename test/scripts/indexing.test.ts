import { expect, test } from 'vitest';
import { aboutSeconds, describeProgress, type IndexingState } from '../../scripts/shared/indexing.ts';

const done: IndexingState = {
  pendingSources: 0,
  pendingDocuments: 0,
  pendingConversations: 0,
  pendingMemoryItems: 0,
  pendingFiles: 0,
  pendingEvents: 0,
  chunks: 5000,
  embeddedChunks: 5000,
  pendingChunks: 0,
  wordsSecondsLeft: 0,
  vectorsSecondsLeft: 0,
  paused: null,
  isComplete: true,
};

test.each([
  ['everything is there', {}, 'words: all found; vectors: all'],
  [
    'vectors follow',
    { embeddedChunks: 1234, pendingChunks: 3766, vectorsSecondsLeft: 180 },
    'words: all found; vectors: 1,234 of 5,000, about 3 minutes left',
  ],
  [
    'nothing is known of how fast it goes',
    { embeddedChunks: 0, pendingChunks: 5000, vectorsSecondsLeft: null },
    'words: all found; vectors: 0 of 5,000',
  ],
  [
    'words come first',
    {
      pendingDocuments: 1200,
      pendingConversations: 1,
      pendingMemoryItems: 1,
      embeddedChunks: 10,
      pendingChunks: 4990,
      wordsSecondsLeft: 42,
      vectorsSecondsLeft: null,
    },
    'words: 1,200 documents, 1 conversation and 1 memory to go, about 40 seconds left; vectors: 10 of 5,000',
  ],
  [
    'a budget is spent',
    { embeddedChunks: 10, pendingChunks: 4990, vectorsSecondsLeft: null, paused: 'budget' },
    'words: all found; vectors: 10 of 5,000, held back by the budget',
  ],
])('%s', (_, state, line) => {
  expect(describeProgress({ ...done, ...state })).toBe(line);
});

test('a time is as exact as it can be meant', () => {
  expect([0, 1, 5.593, 9, 42, 89, 100, 5300, 7300].map(aboutSeconds)).toEqual([
    'about 1 second',
    'about 1 second',
    'about 6 seconds',
    'about 9 seconds',
    'about 40 seconds',
    'about 90 seconds',
    'about 2 minutes',
    'about 88 minutes',
    'about 2 hours',
  ]);
});
