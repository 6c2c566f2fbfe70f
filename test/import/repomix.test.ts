import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { repomixStyle, splitPackedFiles } from '../../import/formats/repomix/split.ts';
import { makeFolder, readAll } from './helpers.ts';

const fixtures = join(import.meta.dirname, '../fixtures/repomix');
const names = ['lantern.xml', 'lantern.escaped.xml', 'lantern.md', 'lantern.txt', 'lantern.json'];

/** Made by repomix 1.14.0 from five files; docs/pack.md contains what looks like the ends of packed files. */
describe.each(names)('%s', (name) => {
  test('a pack of JSON with nothing but its files is one too', async () => {
    const folder = await makeFolder({
      'repomix-output.json': JSON.stringify({
        files: { 'src/eider.md': '# Eider\n\nNests.', 'b.ts': 'const a = 1;' },
      }),
      'files.json': '{"files": {"a": {"size": 1}}}',
    });
    const { documents, reasons } = await readAll(folder);
    expect(documents.map(({ source }) => source)).toEqual([
      'repomix:notes/src/eider.md',
      'repomix:notes/b.ts',
    ]);
    expect(reasons).toEqual(['notes/files.json: unknown_json']);
  });

  test('gives the packed files, exactly', async () => {
    const { documents, skipped, conversations } = await readAll(join(fixtures, name));
    expect(conversations).toEqual([]);
    const root = name.slice(0, name.lastIndexOf('.'));
    expect(documents.map((d) => [d.source, d.title, d.contentType, d.language])).toEqual([
      [`repomix:${root}/docs/pack.md`, 'Packed files', 'markdown', null],
      [`repomix:${root}/src/tide.ts`, 'src/tide.ts', 'code', 'typescript'],
      [`repomix:${root}/page.html`, 'Hi', 'html', null],
      [`repomix:${root}/README.md`, 'Lantern', 'markdown', null],
    ]);
    expect(skipped.map((s) => s.reason)).toEqual(['empty']);
    expect(documents[0]?.content).toMatch(
      /^# Packed files\n[\s\S]*<\/files>\n\n={16}\nFile: neither\.ts\n={16}$/,
    );
    expect(documents[1]?.content).toContain('"in" metres & more.');
    expect(documents[3]?.content).toMatch(/^# Lantern\n[\s\S]*\n````$/);
  });

  test('with Windows line ends reads the same', async () => {
    const text = readFileSync(join(fixtures, name), 'utf8');
    const folder = await makeFolder({
      [name]: name.endsWith('.json') ? text : text.replaceAll('\n', '\r\n'),
    });
    const original = await readAll(join(fixtures, name));
    const windows = await readAll(join(folder, name));
    expect(windows.documents).toEqual(original.documents);
  });

  test('cut off anywhere, it gives only whole files', async () => {
    const text = readFileSync(join(fixtures, name), 'utf8');
    const style = repomixStyle(text)!;
    const whole = new Map([...splitPackedFiles(text, style)].map((file) => [file.path, file.content]));
    const start = text.indexOf('Packed files');
    for (let end = start; end < text.length && style !== 'json'; end += 41) {
      const files = [...splitPackedFiles(text.slice(0, end), style)];
      for (const file of files.slice(0, -1)) expect(file.content).toBe(whole.get(file.path));
      const last = files.at(-1)!;
      expect([null, whole.get(last.path)]).toContain(last.content);
    }
  });
});

test('a pack that ends early is reported and the rest of it imported', async () => {
  const text = readFileSync(join(fixtures, 'lantern.xml'), 'utf8');
  const folder = await makeFolder({ 'lantern.xml': text.slice(0, text.indexOf('return hours')) });
  const { documents, reasons } = await readAll(folder);
  expect(documents.map((d) => d.source)).toEqual(['repomix:lantern/docs/pack.md']);
  expect(reasons).toEqual(['notes/lantern.xml » src/tide.ts: broken_pack']);
});

test('a file with the name repomix gives is called after its folder', async () => {
  const text = readFileSync(join(fixtures, 'lantern.md'), 'utf8');
  const folder = await makeFolder({ 'repomix-output.md': text }, 'harbour');
  expect((await readAll(folder)).documents[0]?.source).toBe('repomix:harbour/docs/pack.md');
  expect((await readAll(folder, { name: 'x' })).documents[0]?.source).toBe('repomix:x/docs/pack.md');
});

test('what only mentions repomix is a document', () => {
  expect(repomixStyle('# Notes\n\nThis file is a merged representation of Repomix.\n')).toBeNull();
  expect(repomixStyle('<file path="a">\nx\n</file>\n')).toBeNull();
  expect(repomixStyle('# Files\n\nsome\n')).toBeNull();
  expect(repomixStyle('{"files": {"a": "b"}}')).toBeNull();
});

const paths = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}\/[a-z]{1,6}\.(?:md|ts)$/), {
  minLength: 1,
  maxLength: 6,
});
const hostile = fc
  .array(
    fc.constantFrom(
      'text',
      '',
      '</file>',
      '</files>',
      '<file path="zz/zz.md">',
      '```',
      '## File: zz/zz.md',
      '================',
      'File: zz/zz.md',
      '`',
    ),
    { maxLength: 12 },
  )
  .map((lines) => ['first', ...lines, 'last'].join('\n'));

test('files with content made of the format itself come back as they were', () => {
  const tree = (list: string[]) =>
    list.map((path) => `${path.split('/')[0]}/\n  ${path.split('/')[1]}`).join('\n');
  fc.assert(
    fc.property(paths, fc.array(hostile, { minLength: 6, maxLength: 6 }), (list, contents) => {
      const files = list.map((path, i) => ({ path, content: contents[i] as string }));
      const long = '='.repeat(64);
      const packs = {
        xml: `<directory_structure>\n${tree(list)}\n</directory_structure>\n\n<files>\n\n${files
          .map((f) => `<file path="${f.path}">\n${f.content}\n</file>\n\n`)
          .join('')}</files>\n`,
        markdown: `# Directory Structure\n\`\`\`\n${tree(list)}\n\`\`\`\n\n# Files\n\n${files
          .map((f) => `## File: ${f.path}\n\`\`\`\`\n${f.content}\n\`\`\`\`\n\n`)
          .join('')}`,
        plain: `${long}\nDirectory Structure\n${long}\n${tree(list)}\n\n${long}\nFiles\n${long}\n\n${files
          .map((f) => `================\nFile: ${f.path}\n================\n${f.content}\n\n`)
          .join('')}\n\n${long}\nEnd of Codebase\n${long}\n`,
      };
      for (const [style, pack] of Object.entries(packs)) {
        expect(repomixStyle(pack)).toBe(style);
        expect([...splitPackedFiles(pack, style as 'xml')]).toEqual(files);
      }
    }),
  );
});

test('reading takes time linear in the size', () => {
  const body = '</file>\n\n```\n\n================\n'.repeat(20_000);
  const pack = (n: number) =>
    `<files>\n${Array.from({ length: n }, (_, i) => `<file path="f${i}.txt">\n${body}</file>\n`).join('\n')}\n</files>\n`;
  // milliseconds of this thread: what else the machine does is not counted
  const time = (n: number) => {
    const text = pack(n);
    const started = process.threadCpuUsage().user;
    expect([...splitPackedFiles(text, 'xml')]).toHaveLength(n);
    return (process.threadCpuUsage().user - started) / 1000;
  };
  time(2);
  expect(time(40)).toBeLessThan(Math.max(1000, time(4) * 40));
});
