import { afterAll, expect, test } from 'vitest';
import { openProvider } from '../../../models/open-provider.ts';
import { openTransformers } from '../../../models/transformers/transformers.ts';

const fake = new URL('./workers/transformers.mjs', import.meta.url).href;
const VERSION = { provider: 'transformers', model: 'Xenova/all-MiniLM-L6-v2', dimensions: 4 };
const provider = openTransformers(VERSION, { modelsDir: '/models', specifier: fake });
afterAll(() => provider.close());

test('without the package, opening says how to install it', () => {
  expect(() => openTransformers(VERSION, { specifier: 'there-is-no-such-package' })).toThrow(
    expect.objectContaining({ code: 'CQ313', hint: 'Install it: npm install @huggingface/transformers' }),
  );
  // it is no dependency of ours
  expect(() => openProvider(VERSION)).toThrow(expect.objectContaining({ code: 'CQ313' }));
});

test('texts become vectors of length one, and an empty one is left out', async () => {
  const { vectors, tokens, failures } = await provider.embed(['cat', '', 'a longer text']);
  expect(vectors.map((vector) => vector?.length)).toEqual([4, undefined, 4]);
  expect(Math.hypot(...vectors[0]!)).toBeCloseTo(1, 5);
  expect(vectors[0]).not.toEqual(vectors[2]);
  expect(failures).toMatchObject([{ kind: 'bad_input', index: 1 }]);
  expect(tokens).toBeGreaterThan(0);
});

test('a model that is not there is a matter of settings, and is looked for again', async () => {
  const missing = openTransformers({ ...VERSION, model: 'missing' }, { specifier: fake });
  try {
    for (let i = 0; i < 2; i++) {
      await expect(missing.embed(['cat'])).rejects.toMatchObject({
        kind: 'misconfigured',
        message: expect.stringContaining('no model missing'),
      });
    }
  } finally {
    await missing.close();
  }
});

test('a model of other dimensions than the version promises is refused', async () => {
  const other = openTransformers({ ...VERSION, dimensions: 3 }, { specifier: fake });
  try {
    await expect(other.embed(['cat'])).rejects.toMatchObject({ kind: 'bad_output' });
  } finally {
    await other.close();
  }
});

test('a closed one is unavailable', async () => {
  const closed = openTransformers(VERSION, { specifier: fake });
  await closed.close();
  await expect(closed.embed(['cat'])).rejects.toMatchObject({ kind: 'unavailable' });
});
