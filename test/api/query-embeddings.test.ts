import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { queryEmbedder } from '../../api/query-embeddings.ts';
import { log } from '../../lib/log.ts';

log.level = 'silent';

let asked: string[] = [];
let version = 'one';
let isDown = false;
const embedder = () =>
  queryEmbedder(
    async (text) => {
      asked.push(text);
      if (isDown) throw new Error('down');
      return new Float32Array([text.length]);
    },
    async () => version,
  );

beforeEach(() => {
  asked = [];
  version = 'one';
  isDown = false;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('remembers 1,000 texts, and lets the one go that was unused for longest', async () => {
  const embed = embedder();
  for (let n = 0; n < 1_000; n += 1) await embed(`text ${n}`, 'hybrid');
  asked = [];
  await embed('text 0', 'hybrid');
  expect(asked).toEqual([]);
  await embed('one more', 'hybrid');
  await embed('text 0', 'hybrid');
  await embed('text 2', 'hybrid');
  expect(asked).toEqual(['one more']);
  await embed('text 1', 'hybrid');
  expect(asked).toEqual(['one more', 'text 1']);
});

it('asks again after five minutes, also for what was used meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const pass = (seconds: number) => {
    now += seconds * 1_000;
    vi.advanceTimersByTime(seconds * 1_000);
  };
  const embed = embedder();
  await embed('tea', 'hybrid');
  pass(299);
  await embed('tea', 'hybrid');
  expect(asked).toEqual(['tea']);
  pass(2);
  await embed('tea', 'hybrid');
  expect(asked).toEqual(['tea', 'tea']);
});

it('remembers by embedding version', async () => {
  const embed = embedder();
  expect(await embed('tea', 'hybrid')).toMatchObject({ vector: [3], versionId: 'one' });
  version = 'two';
  expect(await embed('tea', 'hybrid')).toMatchObject({ vector: [3], versionId: 'two' });
  expect(asked).toEqual(['tea', 'tea']);
});

it('does not remember a failure', async () => {
  const embed = embedder();
  isDown = true;
  expect(await embed('tea', 'hybrid')).toMatchObject({ vector: null, reason: 'provider_unavailable' });
  isDown = false;
  expect(await embed('tea', 'hybrid')).toMatchObject({ vector: [3], reason: null });
});

it('embeds nothing that a search refuses or searches by words alone', async () => {
  const embed = embedder();
  for (const [query, mode] of [
    ['tea', 'text'],
    ['  ', 'hybrid'],
    ['x'.repeat(10_001), 'hybrid'],
  ] as const)
    expect(await embed(query, mode)).toEqual({ vector: null, versionId: null, reason: null });
  await embed('x'.repeat(10_000), 'hybrid');
  expect(asked).toHaveLength(1);
});

it('remembers by workspace: what another one has asked is embedded again', async () => {
  const embed = embedder();
  await embed('tea', 'hybrid', 'mine');
  await embed('tea', 'hybrid', 'mine');
  expect(asked).toEqual(['tea']);
  await embed('tea', 'hybrid', 'yours');
  expect(asked).toEqual(['tea', 'tea']);
});

it('embeds the beginning of a long text', async () => {
  const embed = queryEmbedder(
    async (text) => {
      asked.push(text);
      return new Float32Array([1]);
    },
    undefined,
    { tokens: 16, each: 1, patience: 60_000 },
  );
  const long = 'one two three four '.repeat(500);
  await embed(long, 'hybrid');
  expect(long.startsWith(asked[0]!)).toBe(true);
  expect(asked[0]!.length).toBeLessThan(16 * 8);
  await embed('short', 'hybrid');
  expect(asked[1]).toBe('short');
});

it('says that it is busy when a workspace has no turn in time, and serves another one meanwhile', async () => {
  const ends: (() => void)[] = [];
  const embed = queryEmbedder(
    (text) => {
      asked.push(text);
      const vector = new Float32Array([1]);
      return new Promise((resolve) =>
        text.startsWith('slow') ? ends.push(() => resolve(vector)) : resolve(vector),
      );
    },
    undefined,
    { tokens: 256, each: 2, patience: 20 },
  );
  const slow = ['slow one', 'slow two'].map((text) => embed(text, 'hybrid', 'mine'));
  expect(await embed('slow three', 'hybrid', 'mine')).toEqual({
    vector: null,
    versionId: null,
    reason: 'busy',
  });
  await expect(embed('slow four', 'vector', 'mine')).rejects.toMatchObject({ extensions: { code: 'CQ439' } });
  expect(await embed('quick', 'hybrid', 'yours')).toMatchObject({ vector: [1] });
  for (const end of ends) end();
  expect(await Promise.all(slow)).toMatchObject([{ vector: [1] }, { vector: [1] }]);
  // a turn that was not had is not remembered
  expect(await embed('quick', 'hybrid', 'mine')).toMatchObject({ vector: [1] });
});
