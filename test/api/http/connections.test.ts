import { once } from 'node:events';
import type { Dirent } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY_PACE, HEADERS_TIMEOUT } from '../../../api/limits/values.ts';
import { log } from '../../../lib/log.ts';
import { readProxies } from '../../../lib/proxies.ts';
import { localStorage } from '../../../lib/storage.ts';
import { describeReal } from '../../support/server.ts';
import { until } from '../../support/users.ts';
import { register, startTestApi, type TestApi } from '../support.ts';

const PACE = {
  body: { window: 1_000, bytes: 100, stall: 1_000 },
  file: { window: 1_000, bytes: 100, stall: 1_000 },
};

interface Line {
  socket: Socket;
  /** What came back so far. */
  text: string;
  isClosed: boolean;
}

describeReal('connections', () => {
  let api: TestApi;
  const others: TestApi[] = [];

  beforeAll(async () => {
    api = await startTestApi({ pace: PACE });
  });
  afterAll(async () => {
    for (const other of others) await other.api.close();
    await api?.close();
  });

  async function also(options: Parameters<typeof startTestApi>[0]): Promise<TestApi> {
    const other = await startTestApi({ database: api.database, ...options });
    others.push(other);
    return other;
  }

  async function open({ api: { url } }: TestApi, sent = ''): Promise<Line> {
    const { port } = new URL(url);
    const line: Line = { socket: connect(Number(port), '127.0.0.1'), text: '', isClosed: false };
    line.socket.on('data', (data) => {
      line.text += data;
    });
    line.socket.on('error', () => {});
    line.socket.on('close', () => {
      line.isClosed = true;
    });
    await once(line.socket, 'connect');
    line.socket.write(sent);
    return line;
  }

  const closed = (line: Line) => until(async () => line.isClosed);
  const head = (path: string, length: number, more = '') =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`;

  /** An answer in full: its status line, its code, and whether it has an id. */
  function shape({ text }: Line) {
    const [headers, body] = text.split('\r\n\r\n') as [string, string];
    return [
      headers.split(' ')[1],
      JSON.parse(body).errors[0].extensions.code,
      /^x-request-id: [0-9a-f-]{36}$/im.test(headers),
      /^connection: close$/im.test(headers),
    ];
  }

  it.each([
    ['a body that never comes', head('/graphql', 100)],
    ['half a body', `${head('/graphql', 100)}{"query":`],
    ['a body for a path that has none', head('/nowhere', 100)],
  ])('closes %s', async (_, sent) => {
    const line = await open(api, sent);
    await closed(line);
    const status = line.text.split(' ')[1];
    expect(['408', '401', '404']).toContain(status);
    expect(line.text).toMatch(/CQ(427|101|404)/);
  });

  it('says why, and under which id', async () => {
    const line = await open(api, head('/graphql', 100));
    await closed(line);
    expect(shape(line)).toEqual(['408', 'CQ427', true, true]);
  });

  it('closes a body that comes by single bytes', async () => {
    const line = await open(api, head('/graphql', 10_000));
    const drip = setInterval(() => line.socket.write(' '), 50);
    await closed(line);
    clearInterval(drip);
    expect(shape(line)).toEqual(['408', 'CQ427', true, true]);
  });

  it('takes a slow body that does come', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(20_000) } });
    const line = await open(api, head('/graphql', body.length));
    for (let sent = 0; sent < body.length; sent += 2_000) {
      line.socket.write(body.slice(sent, sent + 2_000));
      await until(async () => line.socket.writableLength === 0);
    }
    await until(async () => line.text.includes('"__typename":"Query"'));
    line.socket.destroy();
  });

  it('serves others while 400 bodies are half open, and is rid of those soon', async () => {
    const slow = await also({});
    const lines = await Promise.all(
      Array.from({ length: 400 }, () => open(slow, `${head('/graphql', 100)}{"qu`)),
    );
    expect((await slow.ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
    expect(lines.filter((line) => line.isClosed)).toEqual([]);
    await until(async () => lines.every((line) => line.isClosed));
    // the figures of the product: the second window ends what brought enough in the first
    expect(2 * BODY_PACE.window).toBeLessThan(20_000);
    expect(HEADERS_TIMEOUT).toBeLessThan(20_000);
  });

  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', ['400', 'CQ400', true, true]],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01', ['400', 'CQ400', true, true]],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      ['431', 'CQ428', true, true],
    ],
    [
      'two lengths',
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      ['400', 'CQ400', true, true],
    ],
    [
      'endless chunk extensions',
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`,
      ['413', 'CQ413', true, true],
    ],
  ])('says with an id and a code what is wrong with %s', async (_, sent, expected) => {
    const line = await open(api, sent);
    await closed(line);
    expect(shape(line)).toEqual(expected);
  });

  it('refuses a body that is announced too large, and one that becomes too large', async () => {
    const announced = await open(api, head('/graphql', 5_000_000));
    await until(async () => announced.text.includes('CQ413'));
    expect(shape(announced)).toEqual(['413', 'CQ413', true, true]);
    await closed(announced);
    const chunk = `${(100_000).toString(16)}\r\n${' '.repeat(100_000)}\r\n`;
    const chunked = await open(
      api,
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (let i = 0; i < 43; i += 1) chunked.socket.write(chunk);
    await until(async () => chunked.text.includes('CQ413'));
    expect(shape(chunked)).toEqual(['413', 'CQ413', true, true]);
    chunked.socket.destroy();
  });

  describe('of files', () => {
    let root: string;
    let files: TestApi;
    let token: string;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'colloquy-connections-'));
      files = await also({ pace: PACE, storage: localStorage(root) });
      ({ token } = await register(files, 'files@example.org'));
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    const upload = (body: Buffer) =>
      fetch(`${files.api.url}/files?name=big.pdf`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/pdf' },
        body: body as unknown as string,
      });

    it('closes an upload that stops', async () => {
      const sent = head('/files?name=a.txt', 100_000, `authorization: Bearer ${token}\r\n`);
      const line = await open(files, `${sent}${'x'.repeat(50_000)}`);
      await closed(line);
      expect(shape(line)).toEqual(['408', 'CQ427', true, true]);
      // nothing of it stays; that is removed after the answer
      await expect
        .poll(() => readdir(join(root), { recursive: true, withFileTypes: true }))
        .toSatisfy((found: Dirent[]) => found.every((entry) => !entry.isFile()));
    });

    it('closes a download that is not taken, and gives one that is', async () => {
      const bytes = Buffer.alloc(20_000_000, 'x');
      const reply = await upload(bytes);
      const { file } = (await reply.json()) as { file: { id: string } };
      const get = `GET /files/${file.id} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`;
      const aborted: string[] = [];
      const { warn } = log;
      log.warn = (({ path }: { path: string }, text: string) =>
        aborted.push(`${text} ${path}`)) as unknown as typeof warn;
      const line = await open(files);
      line.socket.pause();
      line.socket.write(get);
      await until(async () => aborted.includes(`request aborted /files/${file.id}`));
      log.warn = warn;
      line.socket.destroy();
      const taken = await fetch(`${files.api.url}/files/${file.id}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect((await taken.arrayBuffer()).byteLength).toBe(bytes.length);
    });
  });

  it('bounds the connections of one address, and not those of a trusted proxy', async () => {
    const bounded = await also({ maxConnectionsPerAddress: 3 });
    const first = await Promise.all([open(bounded), open(bounded), open(bounded)]);
    const more = await open(bounded);
    await closed(more);
    expect(shape(more)).toEqual(['429', 'CQ421', true, true]);
    expect(first.some((line) => line.isClosed)).toBe(false);
    first[0]!.socket.destroy();
    await until(async () => {
      const again = await open(
        bounded,
        'GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      );
      await closed(again);
      return again.text.includes('"status":"ok"');
    });
    for (const { socket } of first) socket.destroy();

    const behind = await also({ maxConnectionsPerAddress: 3, trustedProxies: readProxies('loopback') });
    const many = await Promise.all(Array.from({ length: 10 }, () => open(behind)));
    expect((await behind.ask('{ __typename }')).status).toBe(200);
    expect(many.some((line) => line.isClosed)).toBe(false);
    for (const { socket } of many) socket.destroy();
  });

  it('bounds the connections of all', async () => {
    const bounded = await also({ maxConnections: 3 });
    const first = await Promise.all([open(bounded), open(bounded), open(bounded)]);
    const more = await open(bounded);
    await closed(more);
    expect(first.some((line) => line.isClosed)).toBe(false);
    for (const { socket } of first) socket.destroy();
  });
});
