import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { EXAMPLE_QUESTION } from '../../scripts/start/welcome.ts';

const run = promisify(execFile);

interface Started {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

/** `npm start` without npm: what its script runs, on a free port. */
function start(...args: string[]): Started {
  const child = spawn(process.execPath, ['scripts/start.ts', ...args], {
    cwd: projectFolder,
    env: { ...process.env, DATABASE_URL: '', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, output: () => text, exit };
}

/** Resolves when the output matches; rejects when the process ends before. */
function printed(started: Started, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => pattern.test(started.output()) && resolve(started.output());
    started.child.stdout?.on('data', look);
    started.exit.then((code) =>
      reject(new Error(`ended with ${code} before ${pattern}:\n${started.output()}`)),
    );
    look();
  });
}

describe('npm start', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-start-'));
  let first: Started;
  let welcome: string;
  let calls: string[];

  beforeAll(async () => {
    first = start('--data', dataDir, '--port', '0');
    welcome = await printed(first, /Ctrl-C/);
    calls = [...welcome.matchAll(/^ {2}(curl .*\\\n.*)$/gm)].map((match) => match[1]!);
  });
  afterAll(async () => {
    first.child.kill('SIGKILL');
    await first.exit;
    rmSync(dataDir, { recursive: true, force: true });
  });

  const paste = async (call: string) => JSON.parse((await run('bash', ['-c', call])).stdout);

  it('prints three calls that work when pasted', async () => {
    expect(calls).toHaveLength(3);
    const [who, conversation, search] = await Promise.all(calls.map(paste));
    expect(who.data.currentUser.email).toBe('you@example.org');
    expect(Number(who.data.indexingProgress.embeddedChunks)).toBeGreaterThan(0);
    expect(conversation.data.startConversation.conversation.title).toBe('Hello');
    const found = search.data.search.results[0];
    expect(found.heading).toContain('Can my colleagues read my conversations?');
    const words = new Set(`${found.title} ${found.heading} ${found.content}`.toLowerCase().match(/[a-z]+/g));
    // of two letters are words that say nothing
    for (const word of EXAMPLE_QUESTION.match(/[a-z]{3,}/g)!) expect(words).not.toContain(word);
  });

  it('is ready, and tells so', async () => {
    const url = /GraphiQL: (\S+)\//.exec(welcome)![1];
    const response = await fetch(`${url}/readyz`);
    expect(await response.json()).toMatchObject({ ready: true });
    expect(response.status).toBe(200);
    const page = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<html');
  });

  it('lets psql in over the socket of the data folder only', async () => {
    expect(existsSync(join(dataDir, 'socket', '.s.PGSQL.5432'))).toBe(true);
  });

  it('says that the folder is in use', async () => {
    const second = start('--data', dataDir, '--port', '0');
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/in use by process \d+.*CQ010/s);
  });

  it('ends cleanly on Ctrl-C, and keeps the data', async () => {
    first.child.kill('SIGINT');
    expect(await first.exit).toBe(0);
    expect(first.output()).toMatch(/Ended\.\n$/);
    expect(existsSync(join(dataDir, 'embedded.lock'))).toBe(false);

    first = start('--data', dataDir, '--port', '0');
    const again = await printed(first, /Ctrl-C/);
    expect(again).not.toContain('Account: ');
    const call = [...again.matchAll(/^ {2}(curl .*\\\n.*)$/gm)][2]![1]!;
    expect((await paste(call)).data.search.results[0].heading).toContain(
      'Can my colleagues read my conversations?',
    );
  });

  it('says that the port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    const other = mkdtempSync(join(tmpdir(), 'colloquy-start-'));
    try {
      const second = start('--data', other, '--port', String(port));
      expect(await second.exit).toBe(1);
      expect(second.output()).toMatch(/is in use.*CQ010/s);
    } finally {
      holder.close();
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('explains its options', async () => {
    const help = start('--help');
    expect(await help.exit).toBe(0);
    for (const option of ['--port', '--data', '--api-only', '--worker-only'])
      expect(help.output()).toContain(option);
  });
});
