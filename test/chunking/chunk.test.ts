import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChunkingMethod, chunkText, countTokens } from '../../chunking/chunk.ts';
import type { ContentType } from '../../reading/file-kinds.ts';

const PLAIN = { chunkSize: 20, chunkOverlap: 5 };

/** Text as it comes: words that repeat, emoji (joined, toned), combining marks, other scripts, every line ending. */
const fragment = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('the', 'cat', 'sat', 'again', 'naïve', 'indivisible', 'x') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(' ', '  ', '\n', '\r\n', '\r\n\r\n', '\n\n', '\t', '\u00a0', '\u3000'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '. ',
      '! ',
      '," ',
      '。',
      '😀',
      '👩‍👩‍👧',
      '👍🏽',
      'e\u0301\u0301',
      '日本語',
      'Ω',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('# A\n', '## B #\n', '\n```\n', '~~~', '<p>', '\nclass ', '\ndef ', '---\n'),
  },
  { weight: 1, arbitrary: fc.constantFrom('\u0000', '\ud83d', '\ude00', '<|endoftext|>', 'a'.repeat(300)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const content = fc.array(fragment, { maxLength: 80 }).map((parts) => parts.join(''));
const contentType = fc.constantFrom<ContentType>('text', 'markdown', 'html', 'code');
const sizes = fc
  .tuple(
    fc.integer({ min: 1, max: 60 }),
    fc.double({ min: 0, max: 0.99, noNaN: true }),
    fc.constantFrom<ChunkingMethod>('structure', 'sentence', 'fixed'),
  )
  .map(([chunkSize, share, method]) => ({ chunkSize, chunkOverlap: Math.floor(chunkSize * share), method }));

test('a chunk is the slice of the source between its offsets, and together they hold every visible character', () => {
  fc.assert(
    fc.property(content, contentType, sizes, (content, contentType, size) => {
      const points = Array.from(content);
      const chunks = chunkText({ content, contentType, language: 'python' }, size);
      const covered = new Uint8Array(points.length);
      for (const [i, chunk] of chunks.entries()) {
        expect(chunk.index).toBe(i);
        expect(chunk.content).toBe(points.slice(chunk.startOffset, chunk.endOffset).join(''));
        expect(chunk.content.trim()).toBe(chunk.content);
        expect(chunk.content).not.toBe('');
        covered.fill(1, chunk.startOffset, chunk.endOffset);
      }
      points.forEach((point, i) => {
        if (point.trim() !== '') expect(covered[i], `character ${i}`).toBe(1);
      });
    }),
    { numRuns: 500 },
  );
});

test('a chunk has at most chunkSize tokens, counted on its content, unless it is one character', () => {
  fc.assert(
    fc.property(content, contentType, sizes, (content, contentType, size) => {
      for (const chunk of chunkText({ content, contentType }, size)) {
        expect(chunk.tokenCount).toBe(countTokens(chunk.content));
        if (Array.from(chunk.content).length > 1)
          expect(chunk.tokenCount).toBeLessThanOrEqual(size.chunkSize);
      }
    }),
    { numRuns: 500 },
  );
});

test('chunks go forward, and neighbours share at most the overlap', () => {
  fc.assert(
    fc.property(content, contentType, sizes, (content, contentType, size) => {
      const points = Array.from(content);
      const chunks = chunkText({ content, contentType }, size);
      for (const [i, next] of chunks.slice(1).entries()) {
        const before = chunks[i]!;
        expect(next.startOffset).toBeGreaterThan(before.startOffset);
        expect(next.endOffset).toBeGreaterThan(before.endOffset);
        const shared = points.slice(next.startOffset, before.endOffset).join('');
        // Counted alone, the shared text can lack the blank that made its first word one token.
        expect(countTokens(shared)).toBeLessThanOrEqual(size.chunkOverlap * 1.5 + 8);
        if (size.chunkOverlap === 0) expect(shared).toBe('');
      }
    }),
    { numRuns: 500 },
  );
});

test('a surrogate pair is never cut', () => {
  const chunks = chunkText(
    { content: '😀'.repeat(500), contentType: 'text' },
    { chunkSize: 3, chunkOverlap: 1 },
  );
  expect(chunks.every((chunk) => chunk.content.isWellFormed())).toBe(true);
  expect(chunks.at(-1)!.endOffset).toBe(500);
});

test('nothing comes of nothing', () => {
  for (const content of ['', ' ', '\r\n\t\u00a0\u3000\ufeff', '\n'.repeat(5_000)]) {
    expect(chunkText({ content, contentType: 'markdown' }, PLAIN)).toEqual([]);
  }
});

test('a text that fits is one chunk, trimmed', () => {
  expect(chunkText({ content: '\n 👋 Hello there. \n', contentType: 'text' }, PLAIN)).toEqual([
    {
      index: 0,
      content: '👋 Hello there.',
      heading: null,
      pageNumber: null,
      startOffset: 2,
      endOffset: 16,
      tokenCount: 6,
    },
  ]);
});

test('the cut falls between paragraphs before sentences, and between sentences before words', () => {
  const sentence = 'The cat sat on the mat.';
  const paragraphs = `${sentence} ${sentence}\r\n\r\n${sentence}`;
  const cut = (chunkSize: number) =>
    chunkText({ content: paragraphs, contentType: 'text' }, { chunkSize, chunkOverlap: 0 }).map(
      (c) => c.content,
    );
  expect(cut(20)).toEqual([`${sentence} ${sentence}`, sentence]);
  expect(cut(10)).toEqual([sentence, sentence, sentence]);
});

test('by sentence, a chunk ends with the last sentence that fits; by fixed size, with the last word', () => {
  const sentence = 'The cat sat on the mat.';
  // eight tokens each, the heading three
  const content = `${sentence}\n\n# Part\n\n${sentence} ${sentence} ${sentence} ${sentence}`;
  const cut = (method: ChunkingMethod) =>
    chunkText({ content, contentType: 'markdown' }, { chunkSize: 22, chunkOverlap: 0, method }).map(
      (chunk) => chunk.content,
    );
  expect(cut('structure')[0]).toBe(sentence);
  expect(cut('sentence')[0]).toBe(`${sentence}\n\n# Part\n\n${sentence}`);
  expect(cut('sentence').every((chunk) => chunk.endsWith('.'))).toBe(true);
  const fixed = cut('fixed');
  expect(fixed[0]!.length).toBeGreaterThan(cut('sentence')[0]!.length);
  expect(fixed[0]).not.toMatch(/\.$/);
  expect(fixed.length).toBeLessThanOrEqual(cut('sentence').length);
});

test('neighbours overlap where the text has no better cut', () => {
  const words = Array.from({ length: 100 }, (_, i) => `word${i}`).join(' ');
  const chunks = chunkText({ content: words, contentType: 'text' }, { chunkSize: 40, chunkOverlap: 10 });
  expect(chunks.length).toBeGreaterThan(4);
  for (const [i, next] of chunks.slice(1).entries()) {
    expect(chunks[i]!.endOffset - next.startOffset).toBeGreaterThan(10);
    expect(next.content).toMatch(/^word/);
  }
});

test('code is cut before a definition of its language', () => {
  const body = (name: string) => `def ${name}(a):\n    b = a + 1\n    return b\n`;
  const content = ['one', 'two', 'three', 'four'].map(body).join('');
  const chunks = chunkText(
    { content, contentType: 'code', language: 'Python' },
    { chunkSize: 35, chunkOverlap: 0 },
  );
  expect(chunks.map((chunk) => chunk.content.slice(0, 7))).toEqual(['def one', 'def thr']);
});

test('HTML is cut before a tag, attributes or not', () => {
  const content = Array.from(
    { length: 6 },
    (_, i) => `<P class="a">Paragraph number ${i} of the page</P>`,
  ).join('');
  const chunks = chunkText({ content, contentType: 'html' }, { chunkSize: 35, chunkOverlap: 0 });
  expect(chunks.length).toBeGreaterThan(2);
  for (const chunk of chunks) expect(chunk.content).toMatch(/^<P class/);
});

const GUIDE = `---
title: Guide
---
# Colloquy

Intro text of the guide that is long enough to stand alone in a chunk.

## Install

### On \`Linux\` ##

\`\`\`sh
# not a heading
apt-get install something
\`\`\`

Then run the command that starts the server and wait until it says that it is ready.

### On [macOS](https://example.org/)

Use the other command here, and wait until it says that it is ready to answer.

Usage
-----

Say hello to it, then read what it says in return and be content with that.
`;

test('a markdown chunk knows the headings it stands under', () => {
  for (const content of [GUIDE, GUIDE.replaceAll('\n', '\r\n')]) {
    const chunks = chunkText(
      { content, contentType: 'markdown', title: 'Colloquy' },
      { chunkSize: 45, chunkOverlap: 10 },
    );
    expect(chunks.map((chunk) => [chunk.heading, chunk.content.split(/\r?\n/)[0]])).toEqual([
      [null, '---'],
      ['Install › On Linux', '## Install'],
      ['Install › On macOS', '### On [macOS](https://example.org/)'],
      ['Usage', 'Usage'],
    ]);
  }
  const untitled = chunkText({ content: GUIDE, contentType: 'markdown' }, { chunkSize: 45, chunkOverlap: 0 });
  expect(untitled[1]!.heading).toBe('Colloquy › Install › On Linux');
});

test('sizes that cannot be are refused with CQ311', () => {
  for (const [chunkSize, chunkOverlap] of [
    [0, 0],
    [10, 10],
    [10, -1],
    [1.5, 0],
    [Number.NaN, 0],
  ] as const) {
    expect(() => chunkText({ content: 'x', contentType: 'text' }, { chunkSize, chunkOverlap })).toThrow(
      expect.objectContaining({ code: 'CQ311' }),
    );
  }
});

/** A quarter of a megabyte each: minutes or hours if some step were quadratic. The bound is generous for a busy machine. */
const hostile: Record<string, string> = {
  'one letter': 'a'.repeat(250_000),
  'random letters': Array.from({ length: 250_000 }, (_, i) => 'ACGT'[Math.floor(i * i * 0.618_034) % 4]).join(
    '',
  ),
  dots: '.'.repeat(250_000),
  blanks: `x${' '.repeat(250_000)}x`,
  'line ends': `x${'\r\n'.repeat(120_000)}x`,
  'blank lines with spaces': 'x \n \n'.repeat(50_000),
  emoji: '👩‍👩‍👧'.repeat(30_000),
  marks: `e${'\u0301'.repeat(250_000)}`,
  hashes: '#'.repeat(250_000),
  headings: '# a\n'.repeat(60_000),
  fences: '```\n'.repeat(60_000),
  brackets: `# ${'['.repeat(250_000)}`,
  tags: '<p>'.repeat(80_000),
};

for (const [name, content] of Object.entries(hostile)) {
  test(`much of ${name} takes linear time`, () => {
    for (const contentType of ['text', 'markdown', 'html', 'code'] as const) {
      const began = performance.now();
      chunkText({ content, contentType, language: 'python' }, { chunkSize: 256, chunkOverlap: 32 });
      expect(performance.now() - began).toBeLessThan(60_000);
    }
  });
}

test('a megabyte of one repeated letter is counted at once', () => {
  const began = performance.now();
  expect(countTokens('a'.repeat(1e6))).toBeGreaterThan(100_000);
  expect(performance.now() - began).toBeLessThan(60_000);
});

test('ten megabytes of prose take seconds', () => {
  const paragraph = 'It was the best of times, it was the worst of times; the year was 1775. ';
  let content = '';
  for (let i = 0; content.length < 1e7; i++)
    content += paragraph + (i % 7 === 0 ? `\n\n## Part ${i}\n\n` : '');
  const began = performance.now();
  const chunks = chunkText({ content, contentType: 'markdown' }, { chunkSize: 400, chunkOverlap: 50 });
  expect(chunks.length).toBeGreaterThan(5_000);
  expect(performance.now() - began).toBeLessThan(120_000);
});
