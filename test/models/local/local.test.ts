import { spawnSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { openProvider } from '../../../models/open-provider.ts';

const VERSION = { provider: 'local', model: 'universal-sentence-encoder-lite', dimensions: 512 };
const provider = openProvider(VERSION);
afterAll(() => provider.close());

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const RUG = 'A kitten is lying on the rug.';
const SENTENCES = [
  'The stock market fell sharply on Tuesday.',
  RUG,
  'Install the package with npm and restart the server.',
  'She plays the violin in an orchestra.',
  'Carpets are sold by the square metre in this shop.',
  'A dog barked at the postman.',
];

/** Runs an action and returns the worker thread it started. */
async function workerOf(action: () => Promise<unknown>): Promise<Worker> {
  const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
  await action();
  return started;
}

/** Texts that all have a vector. */
async function embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
  const { vectors, failures } = await provider.embed(texts, signal);
  expect(failures).toEqual([]);
  return vectors as Float32Array[];
}

test('texts of like meaning are near each other', async () => {
  const [query, ...vectors] = await embed(['feline on carpet', ...SENTENCES]);
  const scores = vectors.map((vector) => dot(query!, vector));
  expect(SENTENCES[scores.indexOf(Math.max(...scores))]).toBe(RUG);
});

test('a vector has length one, 512 dimensions, and is the same again, alone or in company', async () => {
  const first = await embed(SENTENCES);
  for (const vector of first) {
    expect(vector).toHaveLength(512);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
  }
  expect(await embed(SENTENCES)).toEqual(first);
  const [alone] = await embed([RUG]);
  expect(dot(alone!, first[1]!)).toBeGreaterThan(0.99999);
});

test('the end of a long text counts too', async () => {
  const filler =
    'The quarterly report lists the income and the costs of every office in the country. '.repeat(20);
  const [query, without, withTail] = await embed(['a kitten asleep', filler, `${filler}${RUG} `.repeat(2)]);
  expect(dot(query!, withTail!)).toBeGreaterThan(dot(query!, without!) + 0.005);
});

test('a text of any size or content is embedded', async () => {
  const texts = ['x'.repeat(2_000_000), '\u0000', '\ud800', '😀', '日本語', '\u200b', '<|endoftext|>'];
  const vectors = await embed(texts, AbortSignal.timeout(300_000));
  for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 5);
});

test('an empty text is bad input, and is named', async () => {
  for (const empty of ['', ' \n\t\u00a0']) {
    const { vectors, failures } = await provider.embed(['fine', 'fine', empty]);
    expect(failures).toMatchObject([{ kind: 'bad_input', index: 2 }]);
    expect(vectors.map((vector) => vector?.length)).toEqual([512, 512, undefined]);
  }
});

test('the event loop stays free while 200 texts are embedded', async () => {
  let turns = 0;
  let longest = 0;
  const began = performance.now();
  let last = began;
  let done = false;
  const embedding = provider
    .embed(Array.from({ length: 200 }, (_, i) => `Message number ${i} about the weather and the sea.`))
    .finally(() => {
      done = true;
    });
  while (!done) {
    await setImmediate();
    turns += 1;
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  expect((await embedding).vectors).toHaveLength(200);
  // On this thread the same work would let the loop turn a few dozen times, and stand still for most of the time.
  expect(turns).toBeGreaterThan(1_000);
  expect(longest).toBeLessThan((last - began) / 3);
});

test('callers share one worker; one of them closing does not disturb the other', async () => {
  const [a, b] = [openProvider(VERSION), openProvider(VERSION)];
  let started = 0;
  const count = () => started++;
  process.on('worker', count);
  await Promise.all([a.embed(['one']), b.embed(['two']), provider.embed(['three'])]);
  await a.close();
  await a.close();
  await expect(a.embed(['four'])).rejects.toMatchObject({ kind: 'unavailable' });
  expect((await b.embed(['four'])).vectors).toHaveLength(1);
  await b.close();
  expect((await provider.embed(['five'])).vectors).toHaveLength(1);
  process.off('worker', count);
  expect(started).toBe(0);
});

test('a worker killed in mid-batch ends its requests as unavailable; the next request works', async () => {
  await provider.close();
  const fresh = openProvider(VERSION);
  const worker = await workerOf(() => fresh.embed(['warm']));
  const long = fresh.embed(
    new Array(64).fill('A sentence that takes a while to embed, repeated many times.'),
  );
  const rejected = expect(long).rejects.toMatchObject({ name: 'ProviderError', kind: 'unavailable' });
  await worker.terminate();
  await rejected;
  const [again] = (await fresh.embed([RUG])).vectors;
  expect(dot(again!, again!)).toBeCloseTo(1, 5);
  await fresh.close();
});

test('an open provider does not keep the process alive, and prints nothing', () => {
  const url = new URL('../../../models/open-provider.ts', import.meta.url).href;
  const script = `
    const { openProvider } = await import(${JSON.stringify(url)});
    const { vectors } = await openProvider(${JSON.stringify(VERSION)}).embed(['hello']);
    process.exitCode = vectors.length === 1 ? 0 : 3;`;
  const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    timeout: 300_000,
    encoding: 'utf8',
  });
  expect(result).toMatchObject({ status: 0, signal: null, stdout: '', stderr: '' });
});

test('a provider, model or dimension that does not exist is refused with CQ310', () => {
  for (const wrong of [{ provider: 'oracle' }, { model: 'large' }, { dimensions: 768 }]) {
    expect(() => openProvider({ ...VERSION, ...wrong })).toThrow(
      expect.objectContaining({ code: 'CQ310', hint: expect.stringContaining('local') }),
    );
  }
});
