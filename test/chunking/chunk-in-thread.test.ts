import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { chunkText } from '../../chunking/chunk.ts';
import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import { chunkWithLanguages } from '../../chunking/chunk-with-languages.ts';

const SIZES = { chunkSize: 100, chunkOverlap: 15 };
const SENTENCE = 'The quarterly report lists the income and the costs of every office in the country. ';

test('a text is cut elsewhere as it is cut here', async () => {
  const source = {
    content: `# One\n\n${SENTENCE.repeat(200)}\n\n## Two 😀\n\n${SENTENCE.repeat(200)}`,
    contentType: 'markdown' as const,
    title: 'x',
  };
  const elsewhere = await chunkInThread(source, SIZES);
  expect(elsewhere.length).toBeGreaterThan(50);
  expect(elsewhere).toEqual(await chunkWithLanguages(source, SIZES));
});

test('ten megabytes leave the event loop free', async () => {
  const content = SENTENCE.repeat(10_000_000 / SENTENCE.length);
  const started = performance.now();
  let finished: number | undefined;
  const cutting = chunkInThread({ content, contentType: 'text' }, SIZES).finally(() => {
    finished = performance.now();
  });
  let turns = 0;
  let longest = 0;
  for (let last = performance.now(); finished === undefined; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  expect((await cutting).length).toBeGreaterThan(10_000);
  // cut here, the loop would turn twice, and stand still for the whole time
  expect(turns).toBeGreaterThan(1_000);
  expect(longest).toBeLessThan((finished - started) / 3);
});

test('sizes that cannot be have the same error, and whoever goes away is let go', async () => {
  const content = SENTENCE.repeat(20_000);
  await expect(
    chunkInThread({ content, contentType: 'text' }, { chunkSize: 10, chunkOverlap: 10 }),
  ).rejects.toMatchObject({
    code: 'CQ311',
    hint: expect.stringContaining('overlap'),
  });
  const going = new AbortController();
  const cutting = expect(
    chunkInThread({ content, contentType: 'text' }, SIZES, going.signal),
  ).rejects.toThrow('gone');
  going.abort(new Error('gone'));
  await cutting;
  expect(
    (await chunkInThread({ content: content.slice(0, 20_000), contentType: 'text' }, SIZES)).length,
  ).toBeGreaterThan(1);
});

test('a word added to a megabyte changes few chunks: of prose, of words without end, of a table', () => {
  const words =
    'the of report lists income costs every office country river mountain kitten rug finance'.split(' ');
  let seed = 1;
  const next = (limit: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % limit;
  };
  const word = () => words[next(words.length)]!;
  const many = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const texts = {
    prose: many(12_000, () => `${many(6 + next(15), word).join(' ')}.${next(5) === 0 ? '\n\n' : ' '}`).join(
      '',
    ),
    words: many(170_000, word).join(' '),
    table: many(
      25_000,
      (i) => `2026-01-${10 + (i % 20)},${100_000 + i},${word()},${next(9_000)}.00,EUR`,
    ).join('\n'),
  };
  for (const [name, content] of Object.entries(texts)) {
    expect(content.length).toBeGreaterThan(900_000);
    const before = new Set(chunkText({ content, contentType: 'text' }, SIZES).map((chunk) => chunk.content));
    const middle = content.indexOf(name === 'table' ? ',' : ' ', content.length / 2);
    const edited = `${content.slice(0, middle)} unexpectedly${content.slice(middle)}`;
    const after = chunkText({ content: edited, contentType: 'text' }, SIZES);
    const fresh = after.filter((chunk) => !before.has(chunk.content));
    expect(fresh.length, name).toBeGreaterThan(0);
    expect(fresh.length / after.length, name).toBeLessThan(0.02);
  }
});

test('a chunk of a paged text knows the page on which it begins', () => {
  const page = (n: number) => `Page ${n} begins. ${SENTENCE.repeat(8)}`;
  const content = [page(1), '', page(3), page(4)].join('\f');
  const chunks = chunkText({ content, contentType: 'text', isPaged: true }, SIZES);
  for (const chunk of chunks) {
    expect(chunk.pageNumber).toBe(
      1 + [...content].slice(0, chunk.startOffset).filter((sign) => sign === '\f').length,
    );
  }
  expect(new Set(chunks.map((chunk) => chunk.pageNumber))).toEqual(new Set([1, 3, 4]));
  expect(chunkText({ content, contentType: 'text' }, SIZES)[0]!.pageNumber).toBeNull();
});
