import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ImportItem } from '../../import/items.ts';
import type { Listing } from '../../import/listing.ts';
import type { ReadOptions } from '../../import/options.ts';
import { countBytes } from '../../import/read-paths.ts';
import { skipReasons } from '../../import/skipped.ts';
import { zip } from '../support/files.ts';
import { addFiles, conversation, makeFolder, node, readAll } from './helpers.ts';

const fixtures = join(import.meta.dirname, '../fixtures');

/** Changes the two headers of one file of a ZIP. */
function patched(bytes: Buffer, name: string, change: (header: Buffer, isCentral: boolean) => void): Buffer {
  const copy = Buffer.from(bytes);
  const title = Buffer.from(name);
  for (let at = copy.indexOf(title); at !== -1; at = copy.indexOf(title, at + 1)) {
    for (const [signature, size] of [
      ['504b0304', 30],
      ['504b0102', 46],
    ] as const) {
      const start = at - size;
      if (start >= 0 && copy.subarray(start, start + 4).toString('hex') === signature)
        change(copy.subarray(start, at), size === 46);
    }
  }
  return copy;
}

/** The bytes of another name of the same length in place of one. */
function renamed(bytes: Buffer, from: string, to: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const name = Buffer.from(from);
  for (let at = copy.indexOf(name); at !== -1; at = copy.indexOf(name, at + 1)) to.copy(copy, at);
  return copy;
}

/** A ZIP on the disk, in a folder of its own that goes with the test. */
async function zipFile(content: Buffer, name = 'handbook.zip'): Promise<string> {
  const folder = await makeFolder({ [name]: content }, 'downloads');
  return join(folder, name);
}

/** Every file of a folder, as parts of a ZIP. */
async function partsOf(folder: string, prefix = ''): Promise<Record<string, Buffer>> {
  const parts: Record<string, Buffer> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const absolute = join(entry.parentPath, entry.name);
    parts[`${prefix}${absolute.slice(folder.length + 1)}`] = await readFile(absolute);
  }
  return parts;
}

/** What is compared: everything but when the file was written, which folder it was, and where the bytes of an upload lie for now. */
function comparable(items: (ImportItem | { kind: 'skipped'; source: string })[]): unknown[] {
  return items.map((item) => {
    const { modified_at, origin, ...metadata } = 'metadata' in item ? item.metadata : {};
    return { ...item, metadata, absolute: undefined };
  });
}

const leftBehind = async () =>
  (await readdir(tmpdir())).filter(
    (name) => name.startsWith('colloquy-import-') && name.includes(`-${process.pid}-`),
  );

describe('a ZIP', () => {
  test('gives what its folder gives: documents, PDF, ChatGPT, Claude, Slack, Takeout, a repomix file', async () => {
    const chats = JSON.stringify([
      conversation('zipped', [node('a', null, 'a marmot'), node('b', 'a', 'whistles')]),
    ]);
    const activity = [
      {
        header: 'Gemini Apps',
        title: 'Prompted Hi',
        time: '2026-01-02T03:04:05.006Z',
        products: ['Gemini Apps'],
        safeHtmlItem: [{ html: '<p>Ho</p>' }],
      },
    ];
    const folder = await makeFolder(
      {
        'guide.md': '# Guide',
        'sub/ä b.txt': 'Umlaute',
        'sub/.hidden.md': 'x',
        'paper.pdf': '%PDF-1.7 or so',
        'pack/repomix-output.xml': '<files>\n<file path="a/b.md">\n# Packed\n</file>\n</files>\n',
        'chatgpt/conversations.json': chats,
        'chatgpt/user.json': '{}',
        'Takeout/My Activity/Gemini Apps/MyActivity.json': JSON.stringify(activity),
      },
      'handbook',
    );
    await cp(join(fixtures, 'claude'), join(folder, 'claude'), { recursive: true });
    await cp(join(fixtures, 'slack'), join(folder, 'slack'), { recursive: true });
    const unpacked = await readAll(folder);
    expect(new Set(unpacked.items.map(({ kind }) => kind))).toEqual(
      new Set(['document', 'upload', 'conversation', 'event', 'skipped']),
    );
    const flat = await zipFile(zip(await partsOf(folder)));
    const nested = await zipFile(zip(await partsOf(folder, 'handbook/')), 'Export 2026 (1).ZIP');
    for (const path of [flat, nested]) {
      let read = 0;
      const packed = await readAll(path, { onBytes: (bytes) => (read += bytes) });
      expect(comparable(packed.items)).toEqual(comparable(unpacked.items));
      expect(read).toBe((await countBytes([path])).bytes);
    }
    expect(await leftBehind()).toEqual([]);
  });

  test('is called as it is asked to be, and keeps the times of its files', async () => {
    const path = await zipFile(zip({ 'a.md': '# A' }));
    const { documents } = await readAll(path, { name: 'manual' });
    expect(documents[0]?.source).toBe('file:manual/a.md');
    expect(documents[0]?.metadata.modified_at).toMatch(/^(?:1979|1980)-/);
  });

  test('belongs to no checkout around the place where it is unpacked, but to the one in it', async () => {
    const git = {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/config': '[remote "origin"]\n\turl = https://github.com/acme/zipped.git\n',
    };
    const objects = { '.git/objects/ab/cd': 'x', '.git/commondir': '/etc\n' };
    const path = await zipFile(zip({ ...git, ...objects, 'data.json': '{"a": 1}', 'b.md': '# B' }));
    const { documents, skipped } = await readAll(path);
    expect(skipped).toEqual([]);
    expect(documents.map(({ source }) => source)).toEqual([
      'https://github.com/acme/zipped/blob/HEAD/b.md',
      'https://github.com/acme/zipped/blob/HEAD/data.json',
    ]);
  });

  test('in numbered parts is one folder; two that only share a name are refused', async () => {
    const folder = await makeFolder({
      'takeout-20260102T030405Z-1-001.zip': zip({ 'Takeout/a.md': '# A', 'Takeout/both.md': '# One' }),
      'takeout-20260102T030405Z-1-002.zip': zip({ 'Takeout/b.md': '# B', 'Takeout/both.md': '# Two' }),
      'other.zip': zip({ 'Takeout/c.md': '# C' }),
    });
    const parts = ['1-001', '1-002'].map((part) => join(folder, `takeout-20260102T030405Z-${part}.zip`));
    const { documents, reasons } = await readAll(parts);
    expect(documents.map(({ source }) => source)).toEqual(
      ['a', 'b', 'both'].map((name) => `file:Takeout/${name}.md`),
    );
    expect(reasons).toEqual(['takeout-20260102T030405Z-1-002.zip » Takeout/both.md: duplicate']);
    await expect(readAll([...parts, join(folder, 'other.zip')])).rejects.toMatchObject({ code: 'CQ031' });
  });

  test('in parts of an export finds the files of one part in another; two exports whose names are numbered are two', async () => {
    const talk = (id: string, metadata: object = {}) => {
      const asked = node(`${id}-q`, null, 'Read this', 1_700_000_001);
      Object.assign(asked.message!, { metadata });
      return JSON.stringify([conversation(id, [asked])]);
    };
    const folder = await makeFolder({
      'chats-1.zip': zip({
        'conversations-000.json': talk('a', { attachments: [{ id: 'file-Aa1', name: 'lease.txt' }] }),
      }),
      'chats-2.zip': zip({
        'conversations-001.json': talk('b'),
        'file-Aa1.dat': 'The lease.',
        'user.json': '{"id": 1}',
      }),
      'other-1.zip': zip({ 'conversations.json': talk('c') }),
      'other-2.zip': zip({ 'conversations.json': talk('d') }),
      'notes-1.zip': zip({ 'a.md': '# A' }),
      'notes-2.zip': zip({ 'b.md': '# B' }),
    });
    const all = ['chats-1', 'chats-2', 'other-1', 'other-2', 'notes-1', 'notes-2'].map((name) =>
      join(folder, `${name}.zip`),
    );
    const { items, conversations, documents, reasons } = await readAll(all);
    expect(conversations.map(({ source }) => source).toSorted()).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => `chatgpt:${id}`),
    );
    expect(items.find((item) => item.kind === 'upload')).toMatchObject({
      name: 'lease.txt',
      attachment: { conversation: 'chatgpt:a', externalId: 'file-Aa1' },
    });
    expect(documents.map(({ source }) => source)).toEqual(['file:notes-1/a.md', 'file:notes-2/b.md']);
    expect(reasons).toEqual(['chats-1/user.json: unsupported']);
  });

  test('of what Claude sends apart is read in a folder as well: projects, memories', async () => {
    const project = {
      uuid: 'p',
      name: 'Dykes',
      description: 'All about dykes',
      prompt_template: '',
      docs: [],
    };
    const folder = await makeFolder({
      'projects-000.zip': zip({ '6b1c0f5e-0000-4000-8000-00000000000a.json': JSON.stringify(project) }),
      'memories-000.zip': zip({
        'memories.json': JSON.stringify({ account_uuid: 'a', conversations_memory: 'Likes eels.' }),
      }),
      'conversations-000.zip': zip({ 'conversations.json': '[]' }),
    });
    const { items } = await readAll(folder);
    expect(items.map(({ kind, source }) => [kind, source])).toEqual([
      ['skipped', 'notes/conversations-000/conversations.json'],
      ['memory', 'claude:memory/a/Claude'],
      ['document', 'claude:project/p/description'],
    ]);
    expect(items[0]).toMatchObject({ reason: 'empty' });
  });

  test('is looked into once, however often it is asked for', async () => {
    const path = await zipFile(zip({ 'a.md': '# A' }));
    const surveys: ReadOptions['surveys'] = new Map();
    const { bytes } = await countBytes([path], { surveys });
    const first = await surveys.get(path);
    expect(bytes).toBeGreaterThan(0);
    expect((await readAll(path, { surveys })).documents).toHaveLength(1);
    expect(await surveys.get(path)).toBe(first);
    expect(surveys.size).toBe(1);
  });

  test('in a folder is read when it holds an export, one inside another too; else it is named', async () => {
    const chats = zip({
      'conversations.json': JSON.stringify([conversation('inner', [node('a', null, 'deep')])]),
      'more.txt': 'beside',
    });
    const folder = await makeFolder({
      'mail/chatgpt.zip': chats,
      'plain.zip': zip({ 'a.md': '# A' }),
      'broken.zip': 'PK',
    });
    const { conversations, documents, reasons } = await readAll(folder);
    expect(conversations.map(({ source }) => source)).toEqual(['chatgpt:inner']);
    expect(documents.map(({ source }) => source)).toEqual(['file:notes/mail/chatgpt/more.txt']);
    expect(reasons).toEqual(['notes/broken.zip: broken_zip', 'notes/plain.zip: unsupported']);
    const once = await zipFile(zip({ 'x/exports.zip': chats, 'x/plain.zip': zip({ 'a.md': '# A' }) }));
    expect((await readAll(once)).conversations).toHaveLength(1);
    const twice = await zipFile(
      zip({ 'outer.zip': zip({ 'conversations.json': '[]', 'inner.zip': chats }) }),
    );
    const deep = await readAll(twice);
    expect(deep.conversations).toEqual([]);
    expect(deep.reasons).toContain('handbook/outer/inner.zip: unsupported');
  });
});

describe('what is gone since the last import', () => {
  const listed = async (path: string) => {
    const listings: Listing[] = [];
    await readAll(path, { onListed: (listing) => listings.push(listing) });
    return listings;
  };

  test('is known of a ZIP that is imported again from the same place, unless a part of it is damaged', async () => {
    const files = { 'a.md': '# A', 'b.md': '# B' };
    const path = await zipFile(zip(files));
    const [first] = await listed(path);
    expect(first).toMatchObject({ name: 'handbook', prefix: 'file:handbook/', problem: null });
    expect([...(first?.sources ?? [])]).toEqual(['file:handbook/a.md', 'file:handbook/b.md']);
    await writeFile(path, zip({ 'a.md': '# A' }));
    const [second] = await listed(path);
    expect([second?.origin, second?.problem, second?.sources.size]).toEqual([first?.origin, null, 1]);
    await writeFile(
      path,
      patched(zip(files), 'b.md', (header, isCentral) => void header.writeUInt32LE(7, isCentral ? 16 : 14)),
    );
    expect((await listed(path))[0]?.problem).toMatch(/could not be unpacked/);
    await writeFile(path, 'no ZIP any more');
    expect((await listed(path))[0]?.problem).toBeTruthy();
  });

  test('counts what is in a ZIP of a folder as in that folder', async () => {
    const export_ = zip({ 'conversations.json': '[]', 'more.txt': 'beside' });
    const folder = await makeFolder({ 'a.md': '# A', 'chatgpt.zip': export_ });
    const listings = await listed(folder);
    expect(listings).toHaveLength(1);
    expect([...(listings[0]?.sources ?? [])]).toContain('file:notes/chatgpt/more.txt');
  });
});

describe('a ZIP that means harm or came to it', () => {
  const text = 'a sentence about lighthouses. '.repeat(20);
  const good = { 'a.md': '# A', 'bad.md': text };
  const read = async (content: Buffer, options?: ReadOptions) => {
    const result = await readAll(await zipFile(content), options);
    expect(await leftBehind()).toEqual([]);
    return result;
  };

  test('writes nothing outside of its folder', async () => {
    const parent = dirname(await zipFile(Buffer.from('x')));
    const names = [
      '../evil.md',
      '/evil.md',
      'a/../../evil.md',
      '..\\evil.md',
      'C:\\evil.md',
      'C:evil.md',
      'a\0b.md',
    ];
    const { documents, skipped } = await read(
      zip(Object.fromEntries([...names, 'ok/./fine.md', 'win\\dir.md'].map((name) => [name, '# X']))),
    );
    expect(documents.map(({ source }) => source)).toEqual([
      'file:handbook/ok/fine.md',
      'file:handbook/win/dir.md',
    ]);
    expect(skipped.map(({ reason }) => reason)).toEqual(names.map(() => 'broken_zip'));
    expect(await readdir(parent)).toEqual(['handbook.zip']);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('evil'))).toEqual([]);
  });

  test('makes no links', async () => {
    const links = patched(zip({ ...good, 'bad.md': '/etc/passwd' }), 'bad.md', (header, isCentral) => {
      if (isCentral) header.writeUInt32LE((0o120777 << 16) >>> 0, 38);
    });
    const { documents, reasons } = await read(links);
    expect(documents.map(({ source }) => source)).toEqual(['file:handbook/a.md']);
    expect(reasons).toEqual(['handbook.zip » bad.md: symlink']);
  });

  test('costs only the file that is damaged, that lies about its size, or that nothing can unpack', async () => {
    const changes: Record<string, (header: Buffer, isCentral: boolean) => void> = {
      'checksum is wrong': (header, isCentral) => void header.writeUInt32LE(7, isCentral ? 16 : 14),
      'too many bytes': (header, isCentral) => void header.writeUInt32LE(10, isCentral ? 24 : 22),
      'not enough bytes': (header, isCentral) => void header.writeUInt32LE(100_000, isCentral ? 24 : 22),
      'method 9': (header, isCentral) => void header.writeUInt16LE(9, isCentral ? 10 : 8),
    };
    for (const [detail, change] of Object.entries(changes)) {
      const { documents, skipped } = await read(patched(zip(good), 'bad.md', change));
      expect(documents.map(({ source }) => source)).toEqual(['file:handbook/a.md']);
      expect(skipped).toMatchObject([{ source: 'handbook.zip » bad.md', reason: 'broken_zip' }]);
      expect(skipped[0]?.detail).toContain(detail);
    }
    const flipped = Buffer.from(zip(good));
    flipped.fill(0xff, flipped.indexOf('bad.md') + 10, flipped.indexOf('bad.md') + 20);
    expect((await read(flipped)).reasons).toEqual(['handbook.zip » bad.md: broken_zip']);
  });

  test('is named when it needs a password, is no ZIP, or was not downloaded whole', async () => {
    const lock = (header: Buffer, isCentral: boolean) => void header.writeUInt16LE(1, isCentral ? 8 : 6);
    const one = await read(patched(zip(good), 'bad.md', lock));
    expect(one.reasons).toEqual(['handbook.zip » bad.md: encrypted']);
    expect(one.documents).toHaveLength(1);
    const all = await read(patched(patched(zip(good), 'bad.md', lock), 'a.md', lock));
    expect(all.reasons).toEqual(['handbook.zip: encrypted']);
    const whole = zip(good);
    for (const cut of [
      Buffer.from('no zip at all'),
      whole.subarray(0, whole.length - 30),
      whole.subarray(0, 60),
    ]) {
      const { skipped } = await read(cut);
      expect(skipped).toMatchObject([{ source: 'handbook.zip', reason: 'broken_zip' }]);
      expect(skipped[0]?.detail).toMatch(/download it again/);
    }
    const directory = Buffer.from(whole);
    directory.write('XX', directory.lastIndexOf(Buffer.from('504b0102', 'hex')));
    expect((await read(directory)).reasons).toEqual(['handbook.zip: broken_zip']);
    for (const reason of ['broken_zip', 'encrypted'] as const) expect(skipReasons[reason]).toBeTruthy();
  });

  test('is bounded in its files, its size and how far it unfolds', async () => {
    const bounds = { entries: 10, bytes: 10_000, ratio: 200 };
    const many = zip(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}.md`, '# X'])));
    const large = zip({ 'a.md': 'x'.repeat(10_001) });
    for (const [content, detail] of [
      [many, /11 entries, and 10/],
      [large, /9\.8 KB are the most/],
    ] as const) {
      const { skipped, documents } = await read(content, { zip: bounds });
      expect(documents).toEqual([]);
      expect(skipped).toMatchObject([{ source: 'handbook.zip', reason: 'broken_zip' }]);
      expect(skipped[0]?.detail).toMatch(detail);
    }
    // 300 MB that say so, of a ZIP of a few hundred bytes
    const bomb = patched(
      zip(good),
      'bad.md',
      (header, isCentral) => void header.writeUInt32LE(300 * 1024 * 1024, isCentral ? 24 : 22),
    );
    expect((await read(bomb)).skipped[0]?.detail).toMatch(/more than 200 times its size/);
  });

  test('may have names in another encoding, or twice, or that are no names here', async () => {
    const files = { 'b.md': '# B', 'c.md/d.md': '# D', [`${'n'.repeat(300)}.md`]: '# N' };
    const japanese = ['89ef8b6382cc8b638e96985e', '82a88b71976c82d682cc95f18d908f91'];
    let shiftJis = zip({ ...files, [`${'X'.repeat(12)}.md`]: '# X', [`${'Y'.repeat(16)}.md`]: '# Y' });
    shiftJis = renamed(shiftJis, 'X'.repeat(12), Buffer.from(japanese[0]!, 'hex'));
    shiftJis = renamed(shiftJis, 'Y'.repeat(16), Buffer.from(japanese[1]!, 'hex'));
    expect((await read(shiftJis)).documents.slice(-2).map(({ source }) => source)).toEqual([
      'file:handbook/お客様への報告書.md',
      'file:handbook/会議の議事録.md',
    ]);
    const dos = await read(
      renamed(zip({ ...files, 'X__ller.md': '# X' }), 'X__ller', Buffer.from('M\x81_ller', 'latin1')),
    );
    expect(dos.documents.map(({ source }) => source)).toContain('file:handbook/Mü_ller.md');
    expect(dos.reasons).toEqual([`handbook.zip » ${'n'.repeat(300)}.md: unreadable`]);
    const twice = renamed(
      zip({ 'a.md': '# A', 'b.md': '# B', 'c.md': '# C', 'e/f.md': '# F' }),
      'b.md',
      Buffer.from('a.md'),
    );
    expect((await read(twice)).reasons).toEqual(['handbook.zip » a.md: duplicate']);
  });

  test('leaves out what macOS adds, in one line', async () => {
    const { documents, skipped } = await read(
      zip({
        'notes/a.md': '# A',
        '__MACOSX/notes/._a.md': 'x',
        '__MACOSX/._notes': 'y',
        'notes/.DS_Store': 'z',
      }),
    );
    expect(documents.map(({ source }) => source)).toEqual(['file:notes/a.md']);
    expect(skipped).toMatchObject([
      { source: 'handbook.zip » __MACOSX/', reason: 'hidden', detail: '2 files that macOS adds' },
      { source: 'notes/.DS_Store', reason: 'hidden' },
    ]);
  });

  test('ends when the import is stopped, and what a killed import left is removed by the next', async () => {
    const stopping = new AbortController();
    stopping.abort();
    expect((await read(zip(good), { signal: stopping.signal })).documents).toEqual([]);
    // A process that is no more: its number is beyond what Linux gives.
    const left = join(tmpdir(), `colloquy-import-${hostname().replace(/[^\w.-]/g, '')}-4194999-abc`);
    await mkdir(left, { recursive: true });
    await addFiles(left, { 'x.md': 'x' });
    await read(zip(good));
    expect(await readdir(tmpdir())).not.toContain(basename(left));
  });
});
