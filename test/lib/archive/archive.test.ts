import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, onTestFinished, test } from 'vitest';
import { type ArchiveLimits, openArchive, readArchiveLines } from '../../../lib/archive/read.ts';
import { type ArchiveWriter, createArchive } from '../../../lib/archive/write.ts';

const START = { kind: 'thing', writtenBy: 'test', readme: 'Read me.\n', details: { a: 1 } };

async function written(
  work: (archive: ArchiveWriter) => Promise<unknown>,
  createdAt = new Date(),
): Promise<Buffer> {
  const target = new PassThrough();
  const bytes = buffer(target);
  bytes.catch(() => {});
  const archive = await createArchive(target, { ...START, id: randomUUID(), createdAt });
  await work(archive);
  await archive.finish({ b: 2 });
  return bytes;
}

/** All that an archive holds, or the error that it is refused with. */
async function read(bytes: Buffer | Readable, limits?: ArchiveLimits, kind = 'thing') {
  const source = Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes;
  const archive = await openArchive(source, kind, limits ? { limits } : {});
  const found = new Map<string, string[] | Buffer>();
  for await (const entry of archive.entries()) {
    if (entry.name.endsWith('.ndjson')) {
      const lines: string[] = [];
      for await (const batch of readArchiveLines(entry, limits)) lines.push(...batch);
      found.set(entry.name, lines);
    } else {
      found.set(entry.name, await buffer(Readable.from(entry.content)));
    }
  }
  return { about: archive.about, manifest: archive.manifest(), found };
}

async function* pieces(...all: Buffer[]): AsyncGenerator<Buffer> {
  yield* all;
}

/** A tar with any entries at all. */
async function tarOf(
  entries: { name: string; content?: string; type?: 'symlink' | 'file' }[],
): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', type = 'file' } of entries)
    tar.entry({ name, type, ...(type === 'symlink' ? { linkname: '/etc/passwd' } : {}) }, content);
  tar.finalize();
  const all: Buffer[] = [];
  for await (const piece of tar) all.push(piece as Buffer);
  return Buffer.concat(all);
}

const ABOUT = (changes: object = {}): string =>
  JSON.stringify({
    format: 'colloquy-archive',
    version: 1,
    kind: 'thing',
    id: '0199c0de-0000-7000-8000-000000000001',
    createdAt: '2026-01-01T00:00:00.000Z',
    writtenBy: 'x',
    details: {},
    ...changes,
  });

test('what is written is read, and tar and sha256sum read it without us', async () => {
  const bytes = randomBytes(100_000);
  const many = Array.from({ length: 3000 }, (_, at) => JSON.stringify({ at, text: 'é\u2028'.repeat(1000) }));
  const archive = await written(async (to) => {
    expect(await to.lines('few', [['{"a":1}', '{"a":2}']])).toBe(2);
    expect(await to.lines('none', [])).toBe(0);
    expect(await to.lines('many', [many.slice(0, 1000), many.slice(1000)])).toBe(3000);
    await to.file('files/x', bytes.length, pieces(bytes.subarray(0, 5), bytes.subarray(5)));
    await to.file('files/empty', 0, pieces());
  });
  const { about, manifest, found } = await read(archive);
  expect(about).toMatchObject({ kind: 'thing', details: { a: 1 } });
  expect(manifest).toMatchObject({ details: { b: 2 }, rows: 3002 });
  expect(found.get('few.ndjson')).toEqual(['{"a":1}', '{"a":2}']);
  expect(found.get('files/x')).toEqual(bytes);
  expect(found.get('files/empty')).toEqual(Buffer.alloc(0));
  const parts = [...found.keys()].filter((name) => name.startsWith('many'));
  expect(parts.slice(0, 2)).toEqual(['many.ndjson', 'many.000002.ndjson']);
  expect(parts.flatMap((name) => found.get(name) as string[])).toEqual(many);

  const folder = mkdtempSync(join(tmpdir(), 'colloquy-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.tar.gz'), archive);
  execFileSync('tar', ['xzf', 'a.tar.gz'], { cwd: folder });
  expect(readFileSync(join(folder, 'README.txt'), 'utf8')).toBe('Read me.\n');
  const sums = manifest.entries.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
  execFileSync('sha256sum', ['--check', '--strict', '--quiet'], { cwd: folder, input: sums });
});

test('a writer waits for its target, and ends with it', async () => {
  // takes one piece and no more
  const stuck = new Writable({ highWaterMark: 1, write() {} });
  const stop = new AbortController();
  let handed = 0;
  async function* endless(): AsyncGenerator<string[]> {
    for (;;) {
      handed += 1;
      yield [randomBytes(512 * 1024).toString('base64')];
    }
  }
  const archive = await createArchive(stuck, { ...START, id: randomUUID() }, stop.signal);
  const writing = archive.lines('endless', endless());
  const refused = expect(writing).rejects.toThrow();
  await expect.poll(() => handed).toBeGreaterThan(3);
  const before = handed;
  await new Promise((go) => setImmediate(go));
  expect(handed - before).toBeLessThan(3);
  stop.abort(new Error('enough'));
  await refused;
  expect(stuck.destroyed).toBe(true);

  const gone = new Writable({
    write(_piece, _encoding, done) {
      done(new Error('the disk is full'));
    },
  });
  const other = await createArchive(gone, { ...START, id: randomUUID() });
  await expect(other.lines('endless', endless())).rejects.toThrow('the disk is full');
  await other.abandon(new Error('over'));
  await expect(written((to) => to.file('files/x', 10, pieces(Buffer.alloc(9))))).rejects.toThrow(
    'Size mismatch',
  );
  await expect(written((to) => to.text('../x', ''))).rejects.toThrow('no name of an entry');
});

test('an archive that ends early, or of which a bit is another, is refused', async () => {
  const archive = await written((to) =>
    to.lines('rows', [Array.from({ length: 50 }, () => JSON.stringify(randomBytes(64).toString('hex')))]),
  );
  for (let at = 0; at < archive.length; at += Math.ceil(archive.length / 40)) {
    await expect(read(archive.subarray(0, at)), `${at}`).rejects.toMatchObject({ code: 'CQ780' });
    const other = Buffer.from(archive);
    other[at] = other[at]! ^ 0x10;
    // what gzip does not check is the name and time of its own header, which nothing reads
    await read(other).then(
      () => expect(at).toBeLessThan(10),
      (error) => expect(error.code, `${at}`).toMatch(/^CQ78[0123]$/),
    );
  }
});

test.for<[string, { name: string; content?: string; type?: 'symlink' }[], string]>([
  ['nothing', [], 'CQ780'],
  ['no archive.json', [{ name: 'rows.ndjson', content: '1' }], 'CQ780'],
  ['no manifest', [{ name: 'archive.json', content: ABOUT() }], 'CQ780'],
  ['another format', [{ name: 'archive.json', content: '{"format":"zip"}' }], 'CQ780'],
  ['no JSON', [{ name: 'archive.json', content: '{' }], 'CQ780'],
  ['a later version', [{ name: 'archive.json', content: ABOUT({ version: 2 }) }], 'CQ783'],
  ['another kind', [{ name: 'archive.json', content: ABOUT({ kind: 'person' }) }], 'CQ783'],
  [
    'a way out',
    [
      { name: 'archive.json', content: ABOUT() },
      { name: '../../etc/passwd', content: 'x' },
    ],
    'CQ782',
  ],
  [
    'an absolute path',
    [
      { name: 'archive.json', content: ABOUT() },
      { name: '/etc/passwd', content: 'x' },
    ],
    'CQ782',
  ],
  [
    'a link',
    [
      { name: 'archive.json', content: ABOUT() },
      { name: 'files/x', type: 'symlink' },
    ],
    'CQ782',
  ],
  [
    'a name twice',
    [
      { name: 'archive.json', content: ABOUT() },
      { name: 'a', content: '1' },
      { name: 'a', content: '2' },
    ],
    'CQ782',
  ],
])('refused: %s', async ([, entries, code]) => {
  await expect(read(gzipSync(await tarOf(entries)))).rejects.toMatchObject({ code });
});

test('an entry that the manifest does not know, and one that it does and is not there, are refused', async () => {
  const manifest = (entries: object[]): string =>
    JSON.stringify({
      format: 'colloquy-archive',
      version: 1,
      id: '0199c0de-0000-7000-8000-000000000001',
      entries,
      bytes: 0,
      rows: 0,
      details: {},
    });
  const about = { name: 'archive.json', content: ABOUT() };
  const about_sum = {
    name: 'archive.json',
    bytes: about.content.length,
    sha256: (await import('node:crypto')).createHash('sha256').update(about.content).digest('hex'),
  };
  await read(await tarOf([about, { name: 'manifest.json', content: manifest([about_sum]) }]));
  for (const [entries, extra] of [
    [[about_sum], [{ name: 'more.ndjson', content: '1' }]],
    [[about_sum, { ...about_sum, name: 'gone.ndjson' }], []],
    [[], []],
  ] as const) {
    const tar = await tarOf([about, ...extra, { name: 'manifest.json', content: manifest([...entries]) }]);
    await expect(read(tar)).rejects.toMatchObject({ code: 'CQ781' });
  }
  const late = await tarOf([
    about,
    { name: 'manifest.json', content: manifest([about_sum]) },
    { name: 'late', content: '' },
  ]);
  await expect(read(late)).rejects.toMatchObject({ code: 'CQ782' });
});

test('a bomb is stopped long before it has unfolded', async () => {
  const zeros = Buffer.alloc(1024 * 1024);
  const size = 10 * 1024 ** 3;
  let unfolded = 0;
  async function* bomb(): AsyncGenerator<Buffer> {
    for (let at = 0; at < size; at += zeros.length) {
      unfolded += zeros.length;
      yield zeros;
    }
  }
  const target = new PassThrough();
  const archive = await createArchive(target, { ...START, id: randomUUID() });
  const writing = archive.file('files/zeros', size, bomb());
  const over = expect(writing).rejects.toThrow();
  await expect(read(target)).rejects.toMatchObject({ code: 'CQ782' });
  await over;
  expect(unfolded).toBeLessThan(512 * 1024 ** 2);

  const long = await written((to) => to.lines('long', [['x'.repeat(200_000)]]));
  await expect(read(long, { maxLine: 100_000 })).rejects.toMatchObject({ code: 'CQ782' });
  await expect(read(long, { maxEntries: 2 })).rejects.toMatchObject({ code: 'CQ782' });
});
