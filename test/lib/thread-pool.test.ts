import { spawnSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ThreadPool, type ThreadPoolOptions } from '../../lib/thread-pool.ts';

interface Seen {
  threadId: number;
  environment: string[];
  flags: string[];
  data: unknown;
}

const pools: ThreadPool<string, Seen>[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

const TASK = new URL('./workers/task.ts', import.meta.url);
const BROKEN = new URL('./workers/broken.ts', import.meta.url);

const open = (options: Partial<ThreadPoolOptions> = {}, entry = TASK): ThreadPool<string, Seen> => {
  const pool = new ThreadPool<string, Seen>(entry, {
    died: (reason, cause) => new Error(`died: ${reason}`, { cause }),
    ...options,
  });
  pools.push(pool);
  return pool;
};

test('a thread gets its data, and neither environment nor flags; it serves one request after the other', async () => {
  const pool = open({ data: { a: 1 } });
  const first = await pool.run('look');
  expect(first).toMatchObject({ environment: [], flags: [], data: { a: 1 } });
  expect((await pool.run('look')).threadId).toBe(first.threadId);
});

test('an error with a code arrives with code and hint, any other as the end of the request', async () => {
  const pool = open();
  const { threadId } = await pool.run('look');
  await expect(pool.run('refuse')).rejects.toMatchObject({ code: 'CQ999', hint: 'ask differently' });
  await expect(pool.run('crash')).rejects.toThrow('died: TypeError: a fault');
  expect((await pool.run('look')).threadId).toBe(threadId);
});

describe.each([
  ['exit', {}, /died: .*code: 3/],
  ['hoard', { memory: 32 }, /died: .*memory limit/],
])('a thread that ends by "%s"', (what, options, reason) => {
  test('ends its request, and what waited behind it is served by another', async () => {
    const pool = open(options);
    const { threadId } = await pool.run('look');
    const ended = expect(pool.run(what)).rejects.toThrow(reason);
    const waited = pool.run('look');
    await ended;
    expect((await waited).threadId).not.toBe(threadId);
  });
});

test('a thread that dies idle is replaced, and ends no request', async () => {
  const pool = open();
  const exit = new Promise<void>((resolve) =>
    process.once('worker', (worker) => worker.once('exit', () => resolve())),
  );
  const { threadId } = await pool.run('die later');
  await exit;
  expect((await pool.run('look')).threadId).not.toBe(threadId);
});

test('a file that does not load ends the request, and keeps none waiting', async () => {
  const pool = open({}, BROKEN);
  for (let i = 0; i < 2; i++) await expect(pool.run('look')).rejects.toThrow(/died: .*does not load/);
});

test('a time limit counts from the start of a request, not from its arrival, and ends its thread', async () => {
  // long enough for a thread to start on a busy machine
  const pool = open({ timeout: 5_000, tooLong: () => new Error('too long') });
  const { threadId } = await pool.run('look');
  const spin = expect(pool.run('spin')).rejects.toThrow('too long');
  const waited = pool.run('look');
  await spin;
  expect((await waited).threadId).not.toBe(threadId);
});

test('a caller that aborts leaves the queue, or ends the thread that works for it', async () => {
  const pool = open();
  const { threadId } = await pool.run('look');
  const [running, waiting] = [new AbortController(), new AbortController()];
  const spin = expect(pool.run('spin', running.signal)).rejects.toThrow('enough');
  const gone = expect(pool.run('spin', waiting.signal)).rejects.toThrow('gone');
  const last = pool.run('look');
  waiting.abort(new Error('gone'));
  await gone;
  running.abort(new Error('enough'));
  await spin;
  expect((await last).threadId).not.toBe(threadId);
  await expect(pool.run('look', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});

test('a pool that outlives its callers keeps the thread of one that aborted', async () => {
  const pool = open({ outlivesCaller: true });
  const { threadId } = await pool.run('look');
  const caller = new AbortController();
  const first = expect(pool.run('be slow', caller.signal)).rejects.toThrow('enough');
  const second = expect(pool.run('exit', caller.signal)).rejects.toThrow('enough');
  await setImmediate();
  caller.abort(new Error('enough'));
  await first;
  await second;
  expect((await pool.run('look')).threadId).toBe(threadId);
});

test('closing ends what runs and what waits; it may be done twice, and another request begins anew', async () => {
  const pool = open();
  const ended = ['spin', 'look'].map((what) => expect(pool.run(what)).rejects.toThrow('died: it was closed'));
  await pool.close();
  await pool.close();
  await Promise.all(ended);
  await expect(pool.run('look')).resolves.toMatchObject({ flags: [] });
});

test('requests run at the same time on as many threads as there may be', async () => {
  const pool = open({ threads: 2 });
  const stuck = expect(pool.run('hang')).rejects.toThrow('died: it was closed');
  await pool.run('look');
  await pool.close();
  await stuck;
});

test('an idle pool lets plain Node exit, and no thread prints', () => {
  const urls = [TASK, new URL('../../lib/thread-pool.ts', import.meta.url)].map((url) =>
    JSON.stringify(url.href),
  );
  const script = `
    const { ThreadPool } = await import(${urls[1]});
    const pool = new ThreadPool(new URL(${urls[0]}), { threads: 2, died: (reason) => new Error(reason) });
    await Promise.all([pool.run('print'), pool.run('print')]);`;
  const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 60_000,
    encoding: 'utf8',
  });
  expect(result).toMatchObject({ status: 0, signal: null, stdout: '', stderr: '' });
});
