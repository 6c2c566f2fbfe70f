import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withBefore } from '../../lib/open-storage.ts';
import { s3Storage } from '../../lib/s3-storage.ts';
import { type FileStorage, localStorage } from '../../lib/storage.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const pathOf = (content: string | Buffer, workspace = randomUUID()) =>
  `${workspace}/${sha256(content).slice(0, 2)}/${sha256(content)}`;

async function* pieces(...contents: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const content of contents) yield Buffer.from(content);
}

describe('the storage in a bucket', () => {
  let server: S3Server;
  let storage: FileStorage;
  let prefix: string;

  const settingsOf = (more: object = {}) => ({ ...server, prefix, region: 'us-east-1', ...more });
  const put = async (content: string | Buffer, path = pathOf(content), into = storage) => {
    const received = await into.receive(pieces(content), { maxBytes: 1e9 });
    await received.place(path);
    await received.discard();
    return path;
  };
  const everything = async (): Promise<string[]> => {
    const found = await fetch(
      `${server.endpoint}/${server.bucket}?prefix=${encodeURIComponent(prefix)}&list-type=2`,
    );
    return [...(await found.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) =>
      key!.slice(prefix.length),
    );
  };
  const leftovers = async (age: number) => {
    const found = [];
    for await (const leftover of storage.leftovers(age)) found.push(leftover);
    return found;
  };

  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    prefix = `${randomUUID()}/`;
    storage = s3Storage(settingsOf());
  });

  it('hashes on the way, and shows nothing before it is placed', async () => {
    const received = await storage.receive(pieces('ab', '', 'c'), { maxBytes: 3 });
    expect([received.size, received.sha256.toString('hex')]).toEqual([3, sha256('abc')]);
    const path = pathOf('abc');
    expect(await storage.size(path)).toBeNull();
    await expect(buffer(storage.read(path))).rejects.toMatchObject({ code: 'ENOENT' });
    await received.place(path);
    await received.place(path);
    expect(await storage.size(path)).toBe(3);
    await received.discard();
    expect(await everything()).toEqual([path]);
    expect((await buffer(storage.read(path))).toString()).toBe('abc');
    expect((await buffer(storage.read(path, { start: 1, end: 1 }))).toString()).toBe('b');
    await storage.remove(path);
    await storage.remove(path);
    expect(await storage.size(path)).toBeNull();
  });

  it('takes what is empty, and what is sent in parts, also many at a time', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024, 'colloquy');
    const path = await put(large);
    expect(sha256(await buffer(storage.read(path)))).toBe(sha256(large));
    expect(await buffer(storage.read(path, { start: large.length - 3, end: large.length - 1 }))).toEqual(
      large.subarray(-3),
    );
    const empty = await put('');
    expect([await storage.size(empty), (await buffer(storage.read(empty))).length]).toEqual([0, 0]);
    const same = pathOf('same');
    await Promise.all(Array.from({ length: 8 }, () => put('same', same)));
    expect((await everything()).sort()).toEqual([path, empty, same].sort());
  });

  it('leaves nothing of what is too large, interrupted or thrown away', async () => {
    await expect(storage.receive(pieces('ab', 'cd'), { maxBytes: 3 })).rejects.toMatchObject({
      code: 'CQ413',
    });
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(9 * 1024 * 1024);
      yield Buffer.alloc(9 * 1024 * 1024);
      throw new Error('the line broke');
    }
    await expect(storage.receive(broken(), { maxBytes: 1e9 })).rejects.toThrow('the line broke');
    await (await storage.receive(pieces('abc'), { maxBytes: 3 })).discard();
    expect(await everything()).toEqual([]);
  });

  it('finds what killed processes left, and where it was to go', async () => {
    const path = pathOf('placed');
    const placed = await storage.receive(pieces('placed'), { maxBytes: 100 });
    await placed.place(path);
    await storage.receive(pieces('arrived'), { maxBytes: 100 });
    expect(await leftovers(60_000)).toEqual([]);
    const found = await leftovers(0);
    expect(found.map((leftover) => leftover.path).sort()).toEqual([path, null, null].sort());
    for (const leftover of found) await leftover.remove();
    // the content itself is somebody's to decide about
    expect(await everything()).toEqual([path]);
  });

  it('goes nowhere but below its prefix', async () => {
    for (const path of ['../x', `${pathOf('a')}/../../x`, '/etc/passwd', '', 'incoming/x']) {
      expect(() => storage.read(path)).toThrow('no path of a content');
      await expect(storage.remove(path)).rejects.toThrow('no path of a content');
    }
  });

  it('goes on where a download broke off, and says what cannot be had', async () => {
    const content = Buffer.alloc(3_000_000, 'abc');
    const path = await put(content);
    let cuts = 0;
    // between them: lets go of a connection in the middle of a large answer
    const proxy: Server = createServer((request, response) => {
      const { port } = new URL(server.endpoint);
      const upstream = connect(Number(port), '127.0.0.1');
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let n = 0; n < request.rawHeaders.length; n += 2) {
        const [name, value] = [request.rawHeaders[n]!, request.rawHeaders[n + 1]!];
        lines.push(`${name}: ${name.toLowerCase() === 'connection' ? 'close' : value}`);
      }
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      let passed = 0;
      upstream.on('data', (piece) => {
        passed += piece.length;
        response.socket?.write(piece);
        if (passed > 1_000_000 && cuts < 2) {
          cuts += 1;
          upstream.destroy();
          response.socket?.end();
        }
      });
      upstream.on('end', () => response.socket?.end());
      upstream.on('error', () => {});
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    try {
      const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const shaky = s3Storage(settingsOf({ endpoint }));
      expect(sha256(await buffer(shaky.read(path)))).toBe(sha256(content));
      expect(cuts).toBe(2);
    } finally {
      proxy.close();
    }
    for (const wrong of [{ endpoint: 'http://127.0.0.1:9' }, { accessKeyId: 'wrong' }]) {
      const unreachable = s3Storage(settingsOf(wrong));
      const error = await unreachable.size(path).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'CQ863' });
      expect(`${error.message} ${error.hint}`).not.toContain(server.secretAccessKey);
    }
  });

  it('reads where the files were before, until they are moved', async () => {
    const root = await mkdtemp(join(tmpdir(), 'colloquy-before-'));
    try {
      const old = localStorage(root);
      const both = withBefore(storage, old);
      const [there, here] = [await put('there', undefined, old), await put('here', undefined, both)];
      expect(await old.size(here)).toBeNull();
      for (const [path, text] of [
        [there, 'there'],
        [here, 'here'],
      ] as const) {
        expect(await both.size(path)).toBe(text.length);
        expect((await buffer(both.read(path, { start: 1, end: 2 }))).toString()).toBe(text.slice(1, 3));
        await both.remove(path);
        expect(await both.size(path)).toBeNull();
      }
      await expect(buffer(both.read(there))).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await old.size(there)).toBeNull();
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('gives addresses by which a client reads and writes, and takes only what was said', async () => {
    const { links } = s3Storage(settingsOf({ linkSeconds: 60 }));
    const path = await put('behind a link');
    const read = (await links!.read(path, {
      type: 'image/png',
      disposition: 'attachment; filename="a.png"',
    }))!;
    expect(read.url).not.toContain(`${server.secretAccessKey}&`);
    const answer = await fetch(read.url);
    expect([answer.status, await answer.text()]).toEqual([200, 'behind a link']);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.png"');
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(new URL(read.url).searchParams.get('X-Amz-Expires')).toBe('60');

    const name = `${randomUUID()}_${randomUUID()}_${randomUUID()}`;
    const what = { size: 5, type: 'text/plain', sha256: createHash('sha256').update('whole').digest() };
    const write = await links!.write(name, what);
    const signed = new URL(write.url).searchParams.get('X-Amz-SignedHeaders')!.split(';');
    expect(signed).toEqual(
      expect.arrayContaining(['content-length', 'content-type', 'x-amz-checksum-sha256']),
    );
    expect(await links!.arrived(name)).toBeNull();
    expect((await fetch(write.url, { method: 'PUT', headers: write.headers, body: 'whole' })).status).toBe(
      200,
    );
    const direct = (await links!.arrived(name))!;
    const received = await direct.take(direct.bytes(), { maxBytes: 10 });
    expect([received.size, received.sha256.toString('hex')]).toEqual([5, sha256('whole')]);
    await received.place(pathOf('whole'));
    await received.discard();
    expect(await links!.arrived(name)).toBeNull();
    await expect(links!.arrived('../x')).rejects.toThrow('no name of an upload');
    expect(s3Storage(settingsOf()).links).toBeUndefined();
  });
});
