import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ScratchServer, scratchServer } from '../../tools/postgres/scratch.ts';
import { testBinaries } from '../support/binaries.ts';
import { copyEmbedded } from '../support/embedded.ts';
import { isLong, LONG, someOf } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';
import { environmentOf, readCompose } from './compose.ts';
import { buildImage, commandOf, contextFiles, type Image, NODE_USER, textsOf } from './image.ts';

/** Only root may become another user; CI is root. */
const isRoot = process.getuid?.() === 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the files of the image', () => {
  const files = contextFiles();

  it('are what the program needs, without tests and developers’ tools', () => {
    const folders = new Set(files.map((file) => file.split('/')[0]));
    for (const one of ['test', 'tools', '.git', '.ci', 'data', 'node_modules'])
      expect(folders).not.toContain(one);
    for (const one of [
      'scripts/start.ts',
      'functions',
      'migrations/committed',
      'docs/questions.md',
      'sql/roles.sql',
    ])
      expect(files.some((file) => file === one || file.startsWith(`${one}/`))).toBe(true);
    expect(files.filter((file) => /\.(test\.ts|env|log)$/.test(file))).toEqual([]);
  });

  it('import each other and what is installed without development packages, and nothing else', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    // of a package that is asked for: its entry points are its own affair
    const installed = (name: string) => name in dependencies || name in peerDependencies;
    const lost: string[] = [];
    for (const file of files.filter((name) => /\.(ts|mjs)$/.test(name))) {
      const text = readFileSync(file, 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '');
      const stated = /^\s*(?:import|export)\b(?! type )(?:[^'";=]*?\bfrom)?\s*'([^']+)'/gm;
      const dynamic = /\bimport\(\s*'([^']+)'|new URL\('([^']+)', import\.meta\.url\)/g;
      const names = [
        ...[...text.matchAll(stated)].map((match) => ({ name: match[1]!, isDynamic: false })),
        ...[...text.matchAll(dynamic)].map((match) => ({ name: match[1] ?? match[2]!, isDynamic: true })),
      ];
      for (const { name, isDynamic } of names) {
        if (name.startsWith('node:')) continue;
        const target = join(dirname(file), name);
        const found = name.startsWith('.')
          ? // commands of developers load their tools when they are called
            files.includes(target) || (isDynamic && target.startsWith('tools/') && existsSync(target))
          : installed(/^(@[^/]+\/)?[^/]+/.exec(name)![0]);
        if (!found) lost.push(`${file} imports ${name}`);
      }
    }
    expect(lost).toEqual([]);
  });
});

const folder = isRoot ? mkdtempSync(join(tmpdir(), 'colloquy-image-')) : '';
let image: Image;
const running = new Set<ChildProcess>();

interface Run {
  child: ChildProcess;
  output(): string;
  exit: Promise<number | null>;
}

/** A command of the image, as the user that it names. */
function run([command, ...args]: string[], env: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(command!, args, {
    cwd: image.app,
    env: { ...image.env, ...env },
    uid: NODE_USER,
    gid: NODE_USER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', (data) => (text += data));
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, output: () => text, exit };
}

/** Runs a health check until it is content, as Docker does, for as long as what it checks runs; of an API, when it answers. */
async function healthy(check: string[], env: NodeJS.ProcessEnv, of: Run): Promise<string> {
  if (env.PORT) await serves(env.PORT, of);
  for (;;) {
    const one = run(check, env);
    if ((await one.exit) === 0) return one.output();
    if (of.child.exitCode !== null) throw new Error(`It ended:\n${of.output()}\n${one.output()}`);
    await delay(500); // as Docker's interval
  }
}

/** Waits until an API answers, and says what it wrote when it does not. */
async function serves(port: string, of: Run): Promise<void> {
  const until = Date.now() + 120_000;
  while (
    !(await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (of.child.exitCode !== null || Date.now() > until)
      throw new Error(`It does not serve:\n${of.output()}`);
    await delay(100);
  }
}

async function end(one: Run): Promise<void> {
  one.child.kill('SIGTERM');
  expect(await one.exit, one.output()).toBe(0);
}

beforeAll(() => {
  if (isRoot) image = buildImage(folder);
});
afterAll(() => {
  if (isRoot) rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
  }
});

describe.skipIf(!isRoot)('a container', () => {
  it('has no package of development, nor GraphiQL, and is small', () => {
    const modules = join(image.app, 'node_modules');
    for (const name of ['ruru', 'monaco-editor', 'react-dom', 'prettier', 'node', 'typescript', 'vitest'])
      expect(existsSync(join(modules, name)), name).toBe(false);
    const bytes = globSync('**', { cwd: modules, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
    // of which the packages of OpenTelemetry are 13, and those that verify passkeys 8
    expect(bytes.reduce((sum, size) => sum + size, 0) / 2 ** 20).toBeLessThan(270);
  });

  it('runs as a user to whom nothing of the program belongs', async () => {
    expect(textsOf('USER')).toEqual(['node']);
    const touch = run(['touch', join(image.app, 'scripts/start.ts')]);
    expect(await touch.exit).not.toBe(0);
  });

  it('starts with the command of the image, becomes healthy, and ends when it is told to', {
    timeout: LONG,
  }, async () => {
    const data = image.env.DATA_DIR!;
    // with what an earlier container left; `npm start` on nothing is tested for itself
    if (!isLong()) {
      await copyEmbedded(data);
      execFileSync('chown', ['-R', `${NODE_USER}:${NODE_USER}`, data]);
    }
    const env = { PORT: String(await freePort()) };
    const check = commandOf('HEALTHCHECK');
    const before = run(check, env);
    expect(await before.exit, before.output()).toBe(1);

    const started = run(commandOf('CMD'), env);
    expect(JSON.parse(await healthy(check, env, started))).toMatchObject({ ready: true });
    const url = `http://127.0.0.1:${env.PORT}`;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const page = await fetch(`${url}/`);
    expect([page.status, await page.text()]).toEqual([404, expect.stringContaining('There is nothing here')]);
    expect(started.output()).not.toContain('GraphiQL');
    await end(started);
  });

  it.each(someOf(globSync('scripts/*.ts').sort(), 4))('knows %s', async (script) => {
    const help = run(['node', script, '--help']);
    expect(await help.exit, help.output()).toBe(0);
    expect(help.output()).toContain('Usage: ');
  });
});

describeReal('the services of compose.yaml', () => {
  if (!isRoot) return it.skip('as another user: only root may become one');
  let variables: Record<string, string>;
  let scratch: ScratchServer | undefined;

  beforeAll(async () => {
    // a server with an empty database, as the image of PostgreSQL makes it: logins are a whole server's
    scratch = await scratchServer(await testBinaries());
    const admin = new pg.Client({ connectionString: scratch.server.url });
    await admin.connect();
    await admin.query('create database colloquy');
    await admin.end();
    const url = new URL(scratch.server.url);
    url.pathname = '/colloquy';
    variables = { DATABASE_URL: url.href, LOG_LEVEL: 'warn' };
  });
  afterAll(() => scratch?.stop());

  const service = (name: string) => {
    const { command, healthcheck, ...rest } = readCompose(variables).services[name]!;
    // a folder of their own: in that of the container above there is an embedded database, which would be served
    const env = { ...environmentOf({ ...rest }, variables), DATA_DIR: join(image.env.DATA_DIR!, 'services') };
    const check = healthcheck?.test?.[0] === 'CMD' ? healthcheck.test.slice(1) : commandOf('HEALTHCHECK');
    const place = (word: string) => word.replace(/(?<=^|=)\/logins/, image.logins);
    return { command: command!.map(place), env, check: check.map(place) };
  };

  it('wait for a database that answers', async () => {
    const url = new URL(variables.DATABASE_URL!);
    const [kind, command] = readCompose().services.postgres!.healthcheck!.test!;
    expect(kind).toBe('CMD-SHELL');
    const { bin } = await testBinaries();
    const check = run(['sh', '-c', command!], {
      PATH: `${bin}:${process.env.PATH}`,
      PGPORT: url.port,
      PGHOST: url.hostname,
    });
    expect(await check.exit, check.output()).toBe(0);
  });

  it('make logins, migrate, work and serve, each until it is told to end', { timeout: LONG }, async () => {
    const migrate = service('migrate');
    const api = service('api');
    const port = { PORT: String(await freePort()) };

    const early = run(api.command, { ...api.env, ...port });
    expect(await early.exit).toBe(1);

    const logins = service('logins');
    for (const state of ['made', 'has the password of its file']) {
      const made = run(logins.command, logins.env);
      expect(await made.exit, made.output()).toBe(0);
      expect(made.output().match(new RegExp(state, 'g')), made.output()).toHaveLength(3);
    }
    const migrated = run(migrate.command, migrate.env);
    expect(await migrated.exit, migrated.output()).toBe(0);

    const serving = run(api.command, { ...api.env, ...port });
    await serves(port.PORT, serving);
    // no worker yet: whatever is asked for waits, and is taken
    const idle = run(api.check, { ...api.env, ...port });
    expect([await idle.exit, idle.output()]).toEqual([0, expect.stringContaining('"queue":"failed"')]);
    const worker = service('worker');
    const workless = run(worker.check, worker.env);
    expect([await workless.exit, workless.output()]).toEqual([1, expect.stringContaining('No worker')]);

    const working = run(worker.command, worker.env);
    await healthy(worker.check, worker.env, working);
    await healthy(api.check, { ...api.env, ...port }, serving);
    // what the API prints goes to a log
    expect(serving.output()).not.toContain(new URL(variables.DATABASE_URL!).password || 'postgres://');
    expect(serving.output()).not.toContain('postgres://');
    // each is logged in as itself
    const admin = new pg.Client({ connectionString: variables.DATABASE_URL! });
    await admin.connect();
    const { rows } = await admin.query<{ login: string }>(
      `select distinct usename as login from pg_stat_activity where datname = 'colloquy' and pid <> pg_backend_pid()`,
    );
    await admin.end();
    expect(rows.map((row) => row.login).sort()).toEqual(['colloquy_authenticator', 'colloquy_worker']);
    await end(working);
    await end(serving);
  });

  it('say where GraphiQL would be that it is not installed', async () => {
    const { command, env } = service('api');
    const port = String(await freePort());
    const serving = run(command, { ...env, PORT: port, GRAPHIQL: 'true' });
    await serves(port, serving);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, await page.text()]).toEqual([
      404,
      expect.stringContaining('GraphiQL is not installed here. GraphQL is at /graphql.'),
    ]);
    expect(serving.output()).not.toContain('GraphiQL');
    await end(serving);
  });
});
