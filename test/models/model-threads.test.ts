import { availableParallelism } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultThreads } from '../../models/local/local.ts';
import { ModelThreads } from '../../models/model-threads.ts';

const script = new URL('./workers/scripted.ts', import.meta.url);
const one = new ModelThreads(script, 3);
const pair = new ModelThreads(script, 3, { threads: 2 });
afterEach(async () => {
  await one.close();
  await pair.close();
});

test('vectors come back in the order of the texts, at length one, over many batches', async () => {
  const texts = Array.from({ length: 100 }, (_, i) => 'x'.repeat(1 + ((i * 37) % 90)));
  const vectors = await one.embed(texts);
  for (const [i, vector] of vectors.entries()) {
    const length = Math.hypot(texts[i]!.length, 3);
    expect(vector[0]).toBeCloseTo(texts[i]!.length / length, 5);
    expect(vector[2]).toBeCloseTo(3 / length, 5);
  }
  expect(await one.embed([])).toEqual([]);
});

test.each(['nan', 'infinite', 'zero', 'short'])('a vector that is none (%s) is bad_output', async (text) => {
  await expect(one.embed(['fine', text])).rejects.toMatchObject({
    name: 'ProviderError',
    kind: 'bad_output',
  });
  await expect(one.embed(['fine'])).resolves.toHaveLength(1);
});

test('what the worker cannot do is reported, and the next request is served', async () => {
  await expect(one.embed(['refuse'])).rejects.toMatchObject({ kind: 'unavailable', message: 'as told' });
  await expect(one.embed(['fine'])).resolves.toHaveLength(1);
});

test('a thread that dies ends what it had in hand; what waited is served by the next one', async () => {
  const died = one.embed(['die']);
  const behind = one.embed(['fine']);
  await expect(died).rejects.toMatchObject({ kind: 'unavailable', cause: { message: 'as told' } });
  await expect(behind).resolves.toHaveLength(1);
});

test('close() rejects what waits, and may be called twice', async () => {
  const waiting = one.embed(['hang']);
  const rejected = expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
  await one.close();
  await one.close();
  await rejected;
});

test('a signal ends the wait of its caller and of nobody else', async () => {
  const controller = new AbortController();
  const many = one.embed(new Array(200).fill('long'), controller.signal);
  const other = one.embed(['other']);
  controller.abort(new Error('enough'));
  await expect(many).rejects.toThrow('enough');
  await expect(other).resolves.toHaveLength(1);
  await expect(one.embed(['x'], AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});

test('a query is answered while a back-fill of many batches runs', async () => {
  const finished: string[] = [];
  const bulk = one.embed(new Array(2_000).fill('bulk')).then(() => finished.push('bulk'));
  const query = one.embed(['query']).then(() => finished.push('query'));
  await Promise.all([bulk, query]);
  expect(finished).toEqual(['query', 'bulk']);
});

test('the worker prints nothing on our output', async () => {
  const out = vi.spyOn(process.stdout, 'write');
  await one.embed(['chatter']);
  await one.embed(['x']);
  expect(out.mock.calls.filter(([text]) => String(text).includes('banner'))).toEqual([]);
  out.mockRestore();
});

test('two threads share one request of many batches, and one of them serves whoever comes in between', async () => {
  const threads = new Set<number>();
  const seen = (worker: { threadId: number }) => threads.add(worker.threadId);
  process.on('worker', seen);
  try {
    // a thread that hangs holds up its own request alone
    const stuck = expect(pair.embed(['hang'])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(pair.embed(['fine'])).resolves.toHaveLength(1);
    await pair.close();
    await stuck;
    threads.clear();
    const texts = Array.from({ length: 500 }, (_, i) => 'x'.repeat(1 + ((i * 37) % 90)));
    const vectors = await pair.embed(texts);
    for (const [i, vector] of vectors.entries())
      expect(vector[0]).toBeCloseTo(texts[i]!.length / Math.hypot(texts[i]!.length, 3), 5);
    expect(threads.size).toBe(2);
  } finally {
    process.off('worker', seen);
  }
});

test('two threads answer a query before a back-fill ends, and what dies with one is rejected once', async () => {
  const finished: string[] = [];
  const bulk = pair.embed(new Array(2_000).fill('bulk')).then(() => finished.push('bulk'));
  const query = pair.embed(['query']).then(() => finished.push('query'));
  await Promise.all([bulk, query]);
  expect(finished).toEqual(['query', 'bulk']);
  await expect(pair.embed(['die'])).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(pair.embed(new Array(100).fill('fine'))).resolves.toHaveLength(100);
});

test('a second thread is the default from four cores on', () => {
  expect([1, 2, 3, 4, 16].map(defaultThreads)).toEqual([1, 1, 1, 2, 2]);
  expect(defaultThreads()).toBe(defaultThreads(availableParallelism()));
});
