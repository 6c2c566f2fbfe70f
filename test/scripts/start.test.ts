import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { Kind, parse } from 'postgraphile/graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLock } from '../../lib/lock.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { EXAMPLE_QUESTION } from '../../scripts/start/welcome.ts';
import { copyEmbedded } from '../support/embedded.ts';
import { isLong, LONG } from '../support/limits.ts';

const run = promisify(execFile);

interface Started {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

/** `npm start` without npm: what its script runs. */
const start = (...args: string[]): Started => launch([process.execPath, 'scripts/start.ts', ...args]);

function launch([command, ...args]: [string, ...string[]], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(command, args, {
    cwd: projectFolder,
    // as on a terminal, where a person reads it
    env: { ...process.env, DATABASE_URL: '', LOG_LEVEL: 'error', LOG_FORMAT: 'pretty', ...env },
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

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('npm start', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-start-'));
  /** Of starts that begin with nothing, and read no documentation. */
  const bare = mkdtempSync(join(tmpdir(), 'colloquy-start-'));
  let first: Started;
  let welcome: string;
  let calls: string[];

  beforeAll(async () => {
    // with the migrations, whose minute is for the start below that begins with nothing
    if (!isLong()) await copyEmbedded(dataDir);
    first = start('--data', dataDir, '--port', '0');
    welcome = await printed(first, /Ctrl-C/);
    calls = [...welcome.matchAll(/^ {2}(curl .*\\\n.*)$/gm)].map((match) => match[1]!);
  }, LONG);
  afterAll(async () => {
    first.child.kill('SIGKILL');
    await first.exit;
    for (const folder of [dataDir, bare]) rmSync(folder, { recursive: true, force: true });
  });

  /** The link to GraphiQL, as printed. */
  const graphiql = () => {
    const url = new URL(/GraphiQL +(http\S+)/.exec(welcome)![1]!);
    // on a terminal, the link has the token
    expect(url.hash).toBe('');
    url.hash = `token=${readFileSync(join(dataDir, 'first-account.token'), 'utf8').trim()}`;
    return url;
  };
  const paste = async (call: string) => JSON.parse((await run('bash', ['-c', call])).stdout);

  it('prints three calls that work when pasted', async () => {
    expect(calls).toHaveLength(3);
    const [who, conversation, search] = await Promise.all(calls.map(paste));
    expect(who.data.currentUser.email).toBe('you@example.org');
    expect(Number(who.data.indexingProgress.embeddedChunks)).toBeGreaterThan(0);
    expect(conversation.data.startConversation.conversation.title).toBe('Hello');
    const found = search.data.search.results[0];
    expect(found.heading).toContain('How do I get rid of everything?');
    const words = new Set(`${found.title} ${found.heading} ${found.content}`.toLowerCase().match(/[a-z]+/g));
    // of two letters are words that say nothing
    for (const word of EXAMPLE_QUESTION.match(/[a-z]{3,}/g)!) expect(words).not.toContain(word);
  });

  it('is ready, and tells so', async () => {
    const response = await fetch(new URL('/readyz', graphiql()));
    expect(await response.json()).toMatchObject({ ready: true });
    expect(response.status).toBe(200);
  });

  it('opens GraphiQL signed in, with operations that succeed for the account it made', async () => {
    const page = await (await fetch(graphiql(), { headers: { accept: 'text/html' } })).text();
    // what the page's own scripts do with the link, as a browser runs them
    const kept = new Map<string, string>();
    const open = (hash: string) => {
      const context = createContext({
        location: { hash, pathname: '/' },
        history: { replaceState: (...args: string[]) => kept.set('address', args[2]!) },
        sessionStorage: {
          getItem: (key: string) => kept.get(key) ?? null,
          setItem: (key: string, value: string) => kept.set(key, value),
        },
      });
      const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]);
      return JSON.parse(runInContext(`${scripts.join('\n')}; JSON.stringify(RURU_CONFIG)`, context));
    };
    expect(open('').initialHeaders).toBeUndefined();
    expect(open('#token="><script>').initialHeaders).toBeUndefined();
    const config = open(graphiql().hash);
    expect(kept.get('address')).toBe('/');
    expect(open('').initialHeaders).toBe(config.initialHeaders);

    const ask = async (operationName: string, headers: object) => {
      const response = await fetch(new URL(config.endpoint, graphiql()), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: config.defaultQuery, operationName }),
      });
      return (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
    };
    const names = parse(config.defaultQuery).definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? definition.name!.value : '',
    );
    expect(names).toEqual(['Me', 'Search', 'Remember', 'Conversations']);
    for (const name of names) {
      const reply = await ask(name, JSON.parse(config.initialHeaders));
      expect(reply, name).toEqual({ data: expect.anything() });
      if (name === 'Me') expect(reply.data.currentUser).toMatchObject({ email: 'you@example.org' });
      if (name === 'Search') expect(JSON.stringify(reply.data)).toContain('Questions');
    }
    // and the first one tells a visitor that he is one
    expect(await ask('Me', {})).toEqual({ data: { currentUser: null } });
  });

  it('lets psql in over the socket of the data folder only', async () => {
    expect(existsSync(join(dataDir, 'socket', '.s.PGSQL.5432'))).toBe(true);
  });

  it('says that the folder is in use', async () => {
    const second = start('--data', dataDir, '--port', '0');
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/in use by process \d+.*CQ010/s);
  });

  it(
    'ends cleanly on Ctrl-C, and keeps the data',
    async () => {
      first.child.kill('SIGINT');
      expect(await first.exit).toBe(0);
      expect(first.output()).toMatch(/Ended\.\n$/);
      expect(existsSync(join(dataDir, 'embedded.lock'))).toBe(false);

      first = start('--data', dataDir, '--port', '0');
      const again = await printed(first, /Ctrl-C/);
      expect(again).not.toContain('Account: ');
      const call = [...again.matchAll(/^ {2}(curl .*\\\n.*)$/gm)][2]![1]!;
      // a slow machine loads the model for longer than a query waits for it, which is told so
      const heading = async () => (await paste(call)).data?.search?.results[0].heading;
      await expect.poll(heading, { timeout: LONG }).toContain('How do I get rid of everything?');
      // nothing here needs the pages that it goes on reading
      first.child.kill('SIGKILL');
      await first.exit;
    },
    LONG,
  );

  it('ends while it still migrates; the next start goes on, and says that the port is in use', {
    timeout: LONG,
  }, async () => {
    const args = ['--data', bare, '--no-examples'];
    const killed = launch(['npm', 'start', '--', ...args, '--port', '0']);
    await printed(killed, /Database: /);
    const { pid } = readLock(join(bare, 'embedded.lock'))!;
    killed.child.kill('SIGTERM');
    expect([0, 130]).toContain(await killed.exit);
    expect(isRunning(pid)).toBe(false);
    expect(killed.output()).not.toContain('Colloquy is running');

    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    try {
      const again = start(...args, '--port', String(port));
      expect(await again.exit).toBe(1);
      expect(again.output()).toContain('Account: you@example.org made;');
      expect(again.output()).toMatch(/is in use.*CQ010/s);
    } finally {
      holder.close();
    }
  });

  it.each(['npm', 'node'] as const)(
    'ends when %s is killed',
    {
      timeout: LONG,
    },
    async (which) => {
      const args = ['--data', bare, '--no-examples', '--port', '0'];
      const one = which === 'npm' ? launch(['npm', 'start', '--', ...args]) : start(...args);
      await printed(one, /Ctrl-C/);
      const { pid } = readLock(join(bare, 'embedded.lock'))!;
      expect(pid === one.child.pid).toBe(which === 'node');
      one.child.kill('SIGTERM');
      expect(await one.exit).toBe(0);
      expect(one.output()).toMatch(/Ended\.\n$/);
      expect(isRunning(pid)).toBe(false);
      expect(existsSync(join(bare, 'embedded.lock'))).toBe(false);
    },
  );

  it('ends while it waits for a database that never answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const waiting = launch([process.execPath, 'scripts/start.ts'], {
      DATABASE_URL: `postgres://colloquy:secret@127.0.0.1:${port}/colloquy`,
    });
    try {
      await printed(waiting, /Database: /);
      await expect.poll(() => sockets.length).toBeGreaterThan(0);
      waiting.child.kill('SIGTERM');
      expect(await waiting.exit).toBe(130);
      expect(waiting.output()).toContain('rolled back');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('names a misspelt setting once, with the one that was meant, and never with its value', async () => {
    const other = launch([process.execPath, 'scripts/start.ts', '--data', '/dev/null/no'], {
      LOG_LEVEL: 'warn',
      EMBEDING_API_KEY: 'sk-secret',
      EMBEDDING_NONSENSE: 'sk-secret',
      EMBEDDING_MODLE: '',
    });
    expect(await other.exit).toBe(1);
    expect(other.output().match(/EMBEDING_API_KEY is set.*Did you mean EMBEDDING_API_KEY\?/g)).toHaveLength(
      1,
    );
    expect(other.output()).toMatch(/EMBEDDING_NONSENSE is set.*docs\/configuration\.md/);
    expect(other.output()).not.toMatch(/sk-secret|MODLE/);
  });

  it.each(['--api-only', '--worker-only'])(
    'takes no embedded database for %s in production',
    async (half) => {
      const refused = launch([process.execPath, 'scripts/start.ts', half, '--data', dataDir], {
        NODE_ENV: 'production',
      });
      expect(await refused.exit).toBe(1);
      expect(refused.output()).toMatch(/CQ051[\s\S]*_DATABASE_URL/);
      expect(refused.output()).not.toContain('Database:');
    },
  );

  it('refuses an empty port', async () => {
    const refused = start('--port', '');
    expect(await refused.exit).not.toBe(0);
    expect(refused.output()).toContain('must be a number from 0 to 65535');
  });

  it('explains its options', async () => {
    const help = start('--help');
    expect(await help.exit).toBe(0);
    for (const option of ['--port', '--data', '--api-only', '--worker-only'])
      expect(help.output()).toContain(option);
  });
});
