import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Bounds, ProcessEnded, runBounded } from '../../lib/bounded-process.ts';

const PROGRAM = new URL('./programs/bounded.ts', import.meta.url);
const run = (what: string | Uint8Array, bounds: Partial<Bounds> = {}, signal?: AbortSignal) =>
  runBounded(
    PROGRAM,
    [Buffer.from(what as string)],
    { memory: 256, timeout: 60_000, output: 1 << 20, ...bounds },
    signal,
  );
const endedBy = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((one: unknown) => one);
  if (!(error instanceof ProcessEnded)) throw error;
  return error.by;
};

test('it gets the bytes whole, and a process of its own with nothing of this one', async () => {
  expect(String(await run(Buffer.alloc(30_000_000)))).toBe('30000000');
  expect(String(await run(''))).toBe('0');
  process.env.BOUNDED_SECRET = 'secret';
  const first = JSON.parse(String(await run('look')));
  expect(first).toMatchObject({
    environment: [],
    write: 'ERR_ACCESS_DENIED',
    read: 'ERR_ACCESS_DENIED',
    run: 'ERR_ACCESS_DENIED',
  });
  expect(first.open.filter((name: string) => /^\/(?!dev\/null)|^socket:.*5432/.test(name))).toEqual([]);
  expect(JSON.parse(String(await run('look'))).pid).not.toBe(first.pid);
  expect(String(await run('print'))).toBe('answer');
});

test.each([
  ['heap', 'memory', {}],
  // what is not in the heap of JavaScript counts too
  ['buffers', 'memory', {}],
  ['spin', 'time', { timeout: 1500 }],
  ['hang', 'time', { timeout: 1500 }],
  ['flood', 'output', {}],
  ['crash', 'a crash', {}],
  ['exit', 'a crash', {}],
])('one that would "%s" is ended by %s, and the next one works', async (what, by, bounds) => {
  const before = process.memoryUsage().rss;
  expect(await endedBy(run(what, bounds))).toBe(by);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  expect(String(await run('next'))).toBe('4');
});

test('one that is killed from outside, or with the signal of its caller, ends with that', async () => {
  const going = new AbortController();
  const left = run('spin', {}, going.signal);
  going.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(run('never begun', {}, going.signal)).rejects.toThrow('gone');
});

/** Processes below this one, by id. */
function descendants(of: number): number[] {
  const children = readFileSync(`/proc/${of}/task/${of}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.map(Number);
}
const lives = (pid: number): boolean => {
  try {
    // a zombie waits for whoever adopted it, and does nothing
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test.skipIf(process.platform !== 'linux').each(['spin', 'hang'])(
  'one that would "%s" ends when its parent is killed',
  async (what) => {
    const script = `
      const { runBounded } = await import(${JSON.stringify(new URL('../../lib/bounded-process.ts', import.meta.url).href)});
      await runBounded(new URL(${JSON.stringify(PROGRAM.href)}), [Buffer.from('${what}')], { memory: 256, timeout: 600000, output: 1000 });`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    let child: number | undefined;
    while (child === undefined || !readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('bounded.ts')) {
      await delay(20);
      [child] = descendants(parent.pid!);
    }
    const ended = once(parent, 'exit');
    parent.kill('SIGKILL');
    await ended;
    while (lives(child)) await delay(20);
  },
);
