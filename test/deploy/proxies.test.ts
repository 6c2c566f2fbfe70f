import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { readOrigin } from '../../api/client-address.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { readProxies } from '../../lib/proxies.ts';
import { debianProgram } from '../support/debian-programs.ts';
import { until } from '../support/users.ts';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The files of deploy/, with addresses of this machine and without TLS. */
const PROXIES: Record<'nginx' | 'caddy', (folder: string, port: number, upstream: number) => string[]> = {
  nginx(folder, port, upstream) {
    const site = read('deploy/nginx/colloquy.conf')
      .replace('127.0.0.1:5678', `127.0.0.1:${upstream}`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
      .replace(/^ *ssl_.*\n/gm, '');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
       events {}
       http { access_log off; ${paths.join(' ')}
       ${site} }`,
    );
    return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  },
  caddy(folder, port, upstream) {
    const site = read('deploy/caddy/Caddyfile')
      .replace('127.0.0.1:5678', `127.0.0.1:${upstream}`)
      .replace(/^colloquy\.example\.org \{/m, `http://127.0.0.1:${port} {`);
    writeFileSync(join(folder, 'Caddyfile'), `{\n  admin off\n}\n${site}`);
    return ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
  },
};

describe.each(['nginx', 'caddy'] as const)('the file for %s', async (name) => {
  const program = await debianProgram(name);
  describe.skipIf(program === undefined)('in front of a server', () => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-proxy-'));
    const seen: IncomingMessage[] = [];
    let received = 0;
    let next: (() => void) | undefined;
    const upstream = createServer((incoming, response) => {
      seen.push(incoming);
      incoming.on('data', (chunk: Buffer) => (received += chunk.length));
      if (incoming.url !== '/stream') return void incoming.on('end', () => response.end('done'));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: next\n\n');
      next = () => response.end('event: complete\n\n');
    });
    const sockets = new WebSocketServer({ server: upstream, handleProtocols: () => 'graphql-transport-ws' });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)));
    let port: number;
    let proxy: ReturnType<typeof spawn>;
    let output = '';

    const ask = (path: string, headers: Record<string, string> = {}): Promise<string> =>
      new Promise((resolve, reject) => {
        // from another address than the proxy's
        request({ host: '127.0.0.1', port, path, headers, localAddress: '127.0.0.2' }, async (response) => {
          let text = '';
          for await (const chunk of response) text += chunk;
          resolve(`${response.statusCode} ${text}`);
        })
          .on('error', reject)
          .end();
      });

    beforeAll(async () => {
      upstream.listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      port = await freePort();
      proxy = spawn(program!, PROXIES[name](folder, port, (upstream.address() as AddressInfo).port), {
        env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [proxy.stdout!, proxy.stderr!]) stream.on('data', (data) => (output += data));
      await until(async () => (await ask('/').catch(() => output)) === '200 done');
    });
    afterAll(async () => {
      if (proxy && proxy.exitCode === null) {
        proxy.kill('SIGTERM');
        await once(proxy, 'exit');
      }
      sockets.close();
      upstream.closeAllConnections();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('tells who the client is, and hides what only the machine that watches may read', async () => {
      await ask('/who', { 'x-forwarded-for': '9.9.9.9' });
      const forwarded = seen.at(-1)!;
      const { headers } = forwarded;
      expect(readOrigin(forwarded, readProxies('127.0.0.1')).address).toBe('127.0.0.2');
      expect(headers['x-forwarded-proto']).toBe('http');
      expect(headers.host).toMatch(/^127\.0\.0\.1/);
      expect(await ask('/metrics')).toMatch(/^404/);
    });

    it('lets websockets through, both ways', async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
      await once(socket, 'open');
      expect(socket.protocol).toBe('graphql-transport-ws');
      socket.send('hello');
      const [data] = await once(socket, 'message');
      expect(String(data)).toBe('heard hello');
      socket.close();
      await once(socket, 'close');
    });

    it('lets events through as they come', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/stream`);
      const reader = response.body!.getReader();
      const first = await reader.read();
      expect(new TextDecoder().decode(first.value)).toBe('event: next\n\n');
      next!();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('event: complete\n\n');
    });

    it('lets uploads through as they come', async () => {
      received = 0;
      const half = Buffer.alloc(100_000);
      const upload = request({
        host: '127.0.0.1',
        port,
        path: '/files',
        method: 'POST',
        headers: { 'content-length': 200_000 },
      });
      upload.write(half);
      await expect.poll(() => received).toBe(100_000);
      upload.end(half);
      const [response] = (await once(upload, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);
    });
  });
});
