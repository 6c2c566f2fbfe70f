import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bootstrap = join(import.meta.dirname, '../../scripts/bootstrap.mjs');

// Stands in for npm: records how it was called, then does what the file `mode` says. A real installation leaves
// node_modules/.package-lock.json as its last step, and the runtime in .bin.
const fakeNpm = `#!${process.execPath}
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
const mode = existsSync('mode') ? readFileSync('mode', 'utf8') : 'work';
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
if (mode === 'offline') {
  console.error('npm error code ENOTFOUND\\nnpm error network request to the registry failed');
  process.exit(1);
}
if (mode === 'outdated') {
  console.error('npm error code EUSAGE');
  process.exit(1);
}
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/.bin', { recursive: true });
mkdirSync('node_modules/tool');
if (mode === 'hang' || mode === 'slow') {
  writeFileSync('started', String(process.pid));
  while (mode === 'hang' || !existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
}
if (mode !== 'no-scripts') symlinkSync(process.execPath, 'node_modules/.bin/node');
else {
  mkdirSync('node_modules/node/bin', { recursive: true });
  writeFileSync('node_modules/node/installArchSpecificPackage.js',
    "require('node:fs').symlinkSync(process.execPath, 'bin/node')");
}
writeFileSync('node_modules/.package-lock.json', readFileSync('package-lock.json'));
console.log('added 1 package');
`;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-bootstrap-'));
  children = [];
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'bin/npm'), fakeNpm);
  await chmod(join(folder, 'bin/npm'), 0o755);
  await writeFile(join(folder, 'package.json'), '{"devDependencies":{"node":"24.21.0"}}');
  await writeLock('1.0.0');
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

function writeLock(version: string): Promise<void> {
  const packages = {
    '': {},
    'node_modules/tool': { version },
    'node_modules/other-os': { version, optional: true },
  };
  return writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
}

function start(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(
    process.execPath,
    [...args.filter((arg) => arg.startsWith('--import')), bootstrap, ...args],
    {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  const seen = { output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (seen.output += String(chunk)));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output: seen.output }));
  });
  return { child, ended, seen };
}

const run = (...args: string[]) => start(args).ended;

async function read(name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => '');
}

async function calls(): Promise<string[]> {
  return (await read('calls')).split('\n').filter(Boolean);
}

const mode = (name: string) => writeFile(join(folder, 'mode'), name);

describe('the scripts of package.json', () => {
  it('are prepared by bootstrap, and hand their process over, so that a signal to npm reaches them', async () => {
    const { scripts } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    for (const [name, command] of Object.entries<string>(scripts)) {
      if (name === 'format' || name.startsWith('pre')) continue;
      expect(command).toMatch(
        /^exec (node (--disable-warning=\w+ )?(scripts|tools|examples\/chat)\/[\w-]+\.ts|vitest run)/,
      );
      expect(scripts[`pre${name}`]).toBe('node scripts/bootstrap.mjs');
    }
  });
});

describe('bootstrap', () => {
  it('installs what the lock file says, once, and is silent afterwards', async () => {
    const first = await run();
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Installing .*first start.*minute/),
    });
    expect(first.output).not.toContain('added 1 package');
    expect(await calls()).toEqual(['ci --include=dev --no-audit --no-fund --engine-strict=false']);

    expect(await run()).toEqual({ code: 0, output: '' });
    expect(await calls()).toHaveLength(1);
  });

  it('shows what npm says with --verbose', async () => {
    expect((await run('--verbose')).output).toContain('added 1 package');
  });

  it('installs again when the lock file asks for something else', async () => {
    await run();
    await writeLock('2.0.0');
    expect(await run()).toMatchObject({
      code: 0,
      output: expect.stringContaining('package-lock.json changed'),
    });
    expect(await calls()).toHaveLength(2);
    expect(await run()).toEqual({ code: 0, output: '' });
  });

  it('accepts what somebody installed by hand', async () => {
    await run();
    await writeLock('2.0.0');
    await writeFile(join(folder, 'node_modules/.package-lock.json'), await read('package-lock.json'));
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(await calls()).toHaveLength(1);
  });

  it.each([
    ['the runtime', '.bin/node'],
    ['the stamp and a package', 'tool'],
    ['the record of what is installed', '.package-lock.json'],
  ])('repairs node_modules without %s', async (_, name) => {
    await run();
    await rm(join(folder, 'node_modules', name), { recursive: true });
    if (name === 'tool') await rm(join(folder, 'node_modules/.colloquy-installed'));
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('Installed in') });
    expect(await calls()).toHaveLength(2);
  });

  it('notices an installation that was killed half-way, and its lock', async () => {
    await run();
    await writeLock('2.0.0');
    await mode('hang');
    const { child, ended } = start();
    await expect.poll(() => read('started')).not.toBe('');
    child.kill('SIGKILL');
    process.kill(Number(await read('started')), 'SIGKILL');
    await ended;
    expect(await read('.cache/install.lock/holder')).toMatch(/^\d+ /);

    await mode('work');
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('Installed in') });
    expect(await read('.cache/install.lock/holder')).toBe('');
    expect(await run()).toEqual({ code: 0, output: '' });
  });

  it('lets the second of two wait for the first', async () => {
    await mode('slow');
    const first = start();
    await expect.poll(() => read('started')).not.toBe('');
    const second = start();
    await expect.poll(() => second.seen.output).toContain('waiting');
    await writeFile(join(folder, 'go'), '');
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await second.ended).toMatchObject({ code: 0, output: expect.not.stringContaining('Installing') });
    expect(await calls()).toHaveLength(1);
  });

  it('stops npm and gives the lock back when it is told to end', async () => {
    await mode('hang');
    const { child, ended } = start();
    await expect.poll(() => read('started')).not.toBe('');
    const npm = Number(await read('started'));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 130 });
    await expect.poll(() => isRunning(npm)).toBe(false);
    expect(await read('.cache/install.lock/holder')).toBe('');
  });

  it.each([
    ['offline', 'registry could not be reached', 'ENOTFOUND'],
    ['outdated', 'do not agree', 'EUSAGE'],
  ])('says what to do when npm fails: %s', async (name, message, detail) => {
    await mode(name);
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).toContain(detail);
    expect(output).toContain('  → ');
    await mode('work');
    expect(await run()).toMatchObject({ code: 0 });
  });

  it('fetches the runtime itself when npm does not run install scripts', async () => {
    await mode('no-scripts');
    expect(await run()).toMatchObject({ code: 0 });
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(await calls()).toHaveLength(1);
  });

  it('does without development dependencies in production, and adds them for development', async () => {
    expect(await run('--omit=dev')).toMatchObject({ code: 0 });
    expect((await calls())[0]).toContain('--omit=dev');
    expect(await start([], { NODE_ENV: 'production' }).ended).toEqual({ code: 0, output: '' });
    await rm(join(folder, 'node_modules/.bin/node'));
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('Installing') });
    expect((await calls())[1]).toContain('--include=dev');
  });

  it('refuses a Node that is too old, and says what to install', async () => {
    const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })`;
    expect(await run(`--import=data:text/javascript,${encodeURIComponent(old)}`)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/Node 18\.20\.0 is too old[\s\S]*→ Install a current Node/),
    });
    expect(await calls()).toEqual([]);
  });
});
