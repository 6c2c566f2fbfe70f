import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { chunkWithLanguages } from '../../chunking/chunk-with-languages.ts';
import { leaveOutBlobs } from '../../reading/blobs.ts';

const SIZES = { chunkSize: 60, chunkOverlap: 10 };
const PROSE = 'The heron stands still in the shallow water and waits. ';
const picture = randomBytes(9_000).toString('base64');
const key = randomBytes(3_000).toString('base64').match(/.{76}/g)!.join('\n');

const slice = (text: string, { startOffset, endOffset }: { startOffset: number; endOffset: number }) =>
  [...text].slice(startOffset, endOffset).join('');

test('no passage has a picture, a file or minified code in it; each says what it left out, and where it stands in the whole text', async () => {
  const code = `function a(){${'return[1,2,3].map((x)=>x*2);'.repeat(300)}}`;
  const content = `# Pläne 🎉\n\nBefore ![map](data:image/png;base64,${picture}) and after.\n\n${PROSE.repeat(30)}\n\n${key}\n\n${code}\n\nThe end 🎈.`;
  const chunks = await chunkWithLanguages({ content, contentType: 'markdown' }, SIZES);
  const all = chunks.map((chunk) => chunk.content).join('\n');
  expect(all).toContain('Before ![map]([12 KB of image/png left out]) and after.');
  expect(all).toContain('[4 KB of base64 left out]');
  expect(all).toContain('[8 KB of minified code left out]');
  expect(all).toContain('The end 🎈.');
  expect(chunks.length).toBeLessThan(20);
  for (const chunk of chunks) {
    // the whole of what it stands for, and nothing of its neighbours
    expect(leaveOutBlobs(slice(content, chunk)).text).toBe(chunk.content);
    expect(chunk.content.length).toBeLessThan(1_000);
  }
  expect(chunks[0]!.startOffset).toBe(0);
  expect(chunks.at(-1)!.endOffset).toBe([...content].length);
});

test('pages stay where they are, and JSON is not taken for minified code', async () => {
  const pages = [PROSE.repeat(20), `${PROSE.repeat(20)}\n${key}\n`, PROSE.repeat(20)];
  const content = pages.join('\f');
  const chunks = await chunkWithLanguages({ content, contentType: 'text', isPaged: true }, SIZES);
  expect(chunks.at(-1)).toMatchObject({ pageNumber: 3 });
  expect(chunks.find((chunk) => chunk.content.includes('base64 left out'))?.pageNumber).toBe(2);
  const json = JSON.stringify({ values: Array.from({ length: 2_000 }, (_, n) => ({ n })) });
  const cut = await chunkWithLanguages({ content: json, contentType: 'code', language: 'json' }, SIZES);
  expect(cut.map((chunk) => chunk.content).join('')).not.toContain('left out');
});

test('a text without such data is cut as it is', async () => {
  const content = `# Herons\n\n${PROSE.repeat(40)}`;
  const chunks = await chunkWithLanguages({ content, contentType: 'markdown' }, SIZES);
  for (const chunk of chunks) expect(slice(content, chunk)).toBe(chunk.content);
});
