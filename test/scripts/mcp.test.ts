import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { createEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';
import { type StartedServer, startServer } from '../support/started.ts';
import { until } from '../support/users.ts';

const script = join(projectFolder, 'scripts', 'mcp.ts');

describe('npm run mcp, beside npm start on the embedded database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-mcp-'));
  let started: StartedServer;
  let env: Record<string, string>;

  beforeAll(async () => {
    await (await createEmbedded(dataDir)).close();
    started = await startServer('', dataDir);
    env = { ...(process.env as Record<string, string>), DATABASE_URL: '', PORT: new URL(started.url).port };
  }, LONG);
  afterAll(async () => {
    started?.child.kill();
    await started?.exit;
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** What clients do: they start the process, and talk to it. */
  async function connect(mode: 'auto' | 'legacy'): Promise<Client> {
    const client = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [script, '--data', dataDir],
        env,
        stderr: 'pipe',
      }),
    );
    return client;
  }

  interface Ended {
    code: number | null;
    stdout: string;
    stderr: string;
  }
  function run(
    args: string[],
    more: Record<string, string> = {},
    input = '',
  ): Promise<Ended> & { child: ChildProcess } {
    const child = spawn(process.execPath, [script, ...args], { env: { ...env, ...more } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    if (input) child.stdin.write(input);
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code) => resolve({ code, stdout, stderr })),
    );
    return Object.assign(ended, { child });
  }

  it(
    'finds in the next session what was stored in one, as the account of the first start',
    async () => {
      const first = await connect('legacy');
      const given = { subject: 'ferry', content: 'The ferry leaves at nine.' };
      const { structuredContent } = await first.callTool({ name: 'remember', arguments: given });
      await first.close();
      const next = await connect('auto');
      const recall = async () => {
        const answer = await next.callTool({ name: 'recall', arguments: { query: 'ferry' } });
        return (answer.structuredContent as { memories: { memoryId: string; content: string }[] }).memories;
      };
      await until(async () => (await recall()).length > 0);
      const { memoryId } = structuredContent as { memoryId: string };
      expect(await recall()).toMatchObject([{ memoryId, content: given.content }]);
      const wrong = await next.callTool({ name: 'read_document', arguments: { documentId: memoryId } });
      expect([wrong.isError, JSON.stringify(wrong.content)]).toEqual([
        true,
        expect.stringContaining('CQ204'),
      ]);
      await next.close();
    },
    LONG,
  );

  it('writes nothing to stdout but the protocol, and ends with its client and with SIGTERM', async () => {
    const PING = { jsonrpc: '2.0', id: 7, method: 'ping' };
    const waiting = run(['--data', dataDir], {}, `${JSON.stringify(PING)}\n`);
    const answered = new Promise<void>((resolve) => waiting.child.stdout!.once('data', () => resolve()));
    await answered;
    waiting.child.kill('SIGTERM');
    const ended = await waiting;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(
      ended.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ id: 7, result: {} }]);
    const closed = run(['--data', dataDir]);
    closed.child.stdin!.end();
    expect(await closed).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('says what it lacks: a token, the API, a token that works', async () => {
    const nothing = await run(['--data', join(dataDir, 'nowhere')]);
    expect(nothing).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/CQ830[\s\S]*COLLOQUY_TOKEN/),
    });
    // what this machine keeps for itself is given to no other server
    expect(await run(['--data', dataDir, '--url', started.url])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ830'),
    });
    const token = join(dataDir, 'wrong.token');
    writeFileSync(token, 'cqk_00000000000000000000\n');
    const refused = await run(['--token-file', token]);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('CQ106') });
    const other: Server = createServer((_, response) => response.writeHead(404).end('no'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const strange = await run(['--url', url], { COLLOQUY_TOKEN: 'cqk_0' });
    expect(strange).toMatchObject({ code: 1, stderr: expect.stringMatching(/HTTP 404.*CQ831/) });
    await new Promise((resolve) => other.close(resolve));
    const gone = await run(['--url', url], { COLLOQUY_TOKEN: 'cqk_0' });
    expect(gone).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/CQ831[\s\S]*npm start/),
    });
    expect((await run(['--url', 'ftp://x'])).code).toBe(2);
  });

  it('prints settings for clients, with which it can be started, and no token', async () => {
    const { stdout, code } = await run(['--print-config', '--url', started.url], {
      COLLOQUY_TOKEN: 'cqk_secret1',
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      mcpServers: {
        colloquy: {
          command: process.execPath,
          args: [script, '--url', started.url],
          env: { COLLOQUY_TOKEN: 'cqk_…' },
        },
      },
    });
  });
});
