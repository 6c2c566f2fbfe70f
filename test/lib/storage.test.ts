import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileStorage, localStorage } from '../../lib/storage.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const pathOf = (text: string, workspace = randomUUID()) =>
  `${workspace}/${sha256(text).slice(0, 2)}/${sha256(text)}`;

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe('the storage on disk', () => {
  let root: string;
  let storage: FileStorage;
  const everything = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-storage-'));
    storage = localStorage(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  it('hashes on the way, and shows nothing before it is placed', async () => {
    const received = await storage.receive(pieces('ab', '', 'c'), { maxBytes: 3 });
    expect([received.size, received.sha256.toString('hex')]).toEqual([3, sha256('abc')]);
    const path = pathOf('abc');
    expect(await storage.size(path)).toBeNull();
    await received.place(path);
    expect(await storage.size(path)).toBe(3);
    await received.discard();
    expect(await everything()).toEqual([join(root, path)]);
    expect((await buffer(storage.read(path))).toString()).toBe('abc');
    expect((await buffer(storage.read(path, { start: 1, end: 1 }))).toString()).toBe('b');
    // for the eyes of the server's own user
    expect((await stat(join(root, path))).mode & 0o077).toBe(0);
  });

  it('keeps equal content once, and never writes over it', async () => {
    const path = pathOf('abc');
    for (let n = 0; n < 2; n++) {
      const received = await storage.receive(pieces('abc'), { maxBytes: 10 });
      await received.place(path);
      await received.discard();
    }
    const { ino } = await stat(join(root, path));
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const received = await storage.receive(pieces('a', 'bc'), { maxBytes: 10 });
        await received.place(path);
        await received.discard();
      }),
    );
    expect((await stat(join(root, path))).ino).toBe(ino);
    expect(await everything()).toHaveLength(1);
  });

  it('leaves nothing of what is too large, interrupted or thrown away', async () => {
    await expect(storage.receive(pieces('ab', 'cd'), { maxBytes: 3 })).rejects.toMatchObject({
      code: 'CQ413',
    });
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new Error('the line broke');
    }
    await expect(storage.receive(broken(), { maxBytes: 100 })).rejects.toThrow('the line broke');
    async function* full(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    await expect(storage.receive(full(), { maxBytes: 100 })).rejects.toMatchObject({ code: 'CQ507' });
    await (await storage.receive(pieces('abc'), { maxBytes: 3 })).discard();
    expect(await everything()).toEqual([]);
  });

  it('finds what killed processes left, and where it was to go', async () => {
    const path = pathOf('placed');
    const placed = await storage.receive(pieces('placed'), { maxBytes: 100 });
    await placed.place(path);
    await storage.receive(pieces('arrived'), { maxBytes: 100 });
    const list = async (age: number) => {
      const found = [];
      for await (const leftover of storage.leftovers(age)) found.push(leftover);
      return found;
    };
    expect(await list(60_000)).toEqual([]);
    for (const name of await readdir(join(root, 'incoming'))) {
      await utimes(join(root, 'incoming', name), 0, 0);
    }
    const leftovers = await list(60_000);
    expect(leftovers.map((leftover) => leftover.path).sort()).toEqual([path, null].sort());
    for (const leftover of leftovers) await leftover.remove();
    // the content itself is somebody's to decide about
    expect(await everything()).toEqual([join(root, path)]);
    expect(await readFile(join(root, path), 'utf8')).toBe('placed');
    await storage.remove(path);
    await storage.remove(path);
    expect(await storage.size(path)).toBeNull();
  });

  it('goes nowhere but below its root', async () => {
    for (const path of ['../x', `${pathOf('a')}/../../x`, '/etc/passwd', '', 'incoming/x']) {
      expect(() => storage.read(path)).toThrow('no path of a content');
      await expect(storage.remove(path)).rejects.toThrow('no path of a content');
    }
  });
});
