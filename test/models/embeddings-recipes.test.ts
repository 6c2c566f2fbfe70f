import { afterEach, describe, expect, test } from 'vitest';
import { readEnv } from '../../lib/env.ts';
import { askModel, chosenModel } from '../../models/chosen.ts';
import { openProvider } from '../../models/open-provider.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { memoryPause } from '../../models/remote/pause.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { recipe } from '../support/recipes.ts';
import { llamaCpp, lmStudio, ollama, openAi, type ServerShape, tei, vllm } from '../support/server-shapes.ts';

const KEY = 'sk-very-secret-0123456789';

const fakes: FakeOpenAi[] = [];
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close();
});

/** A recipe of docs/embeddings.md beside a server of its shape. */
async function cook(name: string, shape: ServerShape, dimensions: number, more: Record<string, string> = {}) {
  const fake = await startFakeOpenAi({ shape, dimensions });
  fakes.push(fake);
  const settings = { ...recipe(name, fake.url), ...more };
  const env = readEnv(settings);
  const guards = openGuards(memoryPause(), { delays: { least: 1, greatest: 2 } });
  const chosen = chosenModel(env)!;
  return { env, chosen, options: { env, guards }, fake, settings };
}

/** Asks for the model, and for the vectors of many texts, one of them too long for it. */
async function serve(
  name: string,
  shape: ServerShape,
  dimensions: number,
  more: Record<string, string> = {},
) {
  const cooked = await cook(name, shape, dimensions, more);
  const model = await askModel(cooked.chosen, cooked.options);
  cooked.fake.requests = [];
  const provider = openProvider(model, cooked.options);
  const texts = Array.from({ length: 70 }, (_, n) => `Passage ${n} says something.`);
  const embedded = await provider.embed(texts);
  await provider.close();
  expect(embedded.failures).toEqual([]);
  expect(embedded.vectors.every((vector) => vector?.length === model.dimensions)).toBe(true);
  // what the service counted, or an estimate where it counts nothing
  expect(embedded.tokens).toBeGreaterThan(70);
  expect(cooked.fake.requests.every(({ path }) => path === '/v1/embeddings')).toBe(true);
  return { ...cooked, model };
}

/** What becomes of one text that is too long beside one that is not. */
async function tooLong(cooked: Awaited<ReturnType<typeof serve>>, words: number) {
  const provider = openProvider(cooked.model, cooked.options);
  const { vectors, failures } = await provider.embed([
    'short',
    Array(words).fill('supercalifragilistic').join(' '),
  ]);
  await provider.close();
  expect(vectors[0]).toBeDefined();
  return failures;
}

describe('the recipe for', () => {
  test('Ollama: asks for the dimensions, knows the prefixes, estimates tokens', async () => {
    const { model, fake } = await serve('Ollama', ollama('nomic-embed-text:latest'), 768);
    expect(model).toMatchObject({
      model: 'nomic-embed-text',
      dimensions: 768,
      query_prefix: 'search_query: ',
      passage_prefix: 'search_document: ',
    });
    expect(
      fake.requests.every(
        ({ authorization, body }) => authorization === undefined && !('dimensions' in body),
      ),
    ).toBe(true);
  });

  test('Ollama: a model with a tag, and one that was not pulled', async () => {
    const shape = ollama('nomic-embed-text:latest', 'bge-m3:567m');
    const tagged = await serve('Ollama', shape, 1024, { EMBEDDING_MODEL: 'bge-m3:567m' });
    expect(tagged.model).toMatchObject({ model: 'bge-m3:567m', dimensions: 1024, query_prefix: '' });
    const absent = await cook('Ollama', shape, 768, { EMBEDDING_MODEL: 'mxbai-embed-large' });
    await expect(askModel(absent.chosen, absent.options)).rejects.toMatchObject({
      code: 'CQ317',
      message: expect.stringMatching(/mxbai-embed-large.*404.*try pulling it first/),
    });
  });

  test('OpenAI: names the dimensions, which the service cuts to; never shows the key', async () => {
    const { model, fake } = await serve('OpenAI', openAi(KEY), 1536, { EMBEDDING_API_KEY: KEY });
    expect(model).toMatchObject({ dimensions: 1536, native_dimensions: null, query_prefix: '' });
    expect(fake.requests.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true);
    const short = await serve('OpenAI', openAi(KEY), 1536, {
      EMBEDDING_API_KEY: KEY,
      EMBEDDING_DIMENSIONS: '256',
    });
    expect(short.model).toMatchObject({ dimensions: 256, native_dimensions: null });
    expect(short.fake.requests.every(({ body }) => body.dimensions === 256)).toBe(true);
    const wrong = await cook('OpenAI', openAi(KEY), 1536, { EMBEDDING_API_KEY: `${KEY}-wrong` });
    const refused = await askModel(wrong.chosen, wrong.options).catch((error) => error);
    expect(refused).toMatchObject({ code: 'CQ317', message: expect.stringContaining('401') });
    expect(`${refused.message} ${refused.hint}`).not.toContain('very-secret');
  });

  test('vLLM: the whole name, no dimensions in requests, and the one text that is too long is refused alone', async () => {
    const served = await serve('vLLM', vllm('intfloat/multilingual-e5-large', 512), 1024);
    expect(served.model).toMatchObject({
      dimensions: 1024,
      query_prefix: 'query: ',
      passage_prefix: 'passage: ',
    });
    // shortened to what the recipe says before it is sent
    expect(await tooLong(served, 3000)).toEqual([]);
    const unbounded = await serve('vLLM', vllm('intfloat/multilingual-e5-large', 512), 1024, {
      EMBEDDING_MAX_TOKENS: '8000',
    });
    expect(await tooLong(unbounded, 600)).toMatchObject([{ kind: 'bad_input', index: 1 }]);
  });

  test('LM Studio: says that it counted nothing; the estimate counts', async () => {
    const { model } = await serve('LM Studio', lmStudio('text-embedding-nomic-embed-text-v1.5'), 768);
    expect(model).toMatchObject({ dimensions: 768, query_prefix: 'search_query: ' });
    const absent = await cook('LM Studio', lmStudio('text-embedding-other'), 768);
    await expect(askModel(absent.chosen, absent.options)).rejects.toMatchObject({ code: 'CQ317' });
  });

  test('llama.cpp: a text that is too long is refused alone, though the server calls it its own error', async () => {
    const served = await serve('llama.cpp', llamaCpp(512), 1024);
    expect(await tooLong(served, 3000)).toEqual([]);
    const unbounded = await serve('llama.cpp', llamaCpp(512), 1024, { EMBEDDING_MAX_TOKENS: '8000' });
    unbounded.fake.requests = [];
    expect(await tooLong(unbounded, 600)).toMatchObject([{ kind: 'bad_input', index: 1 }]);
    // asked once together and once each: no text is asked for again for that
    expect(unbounded.fake.requests).toHaveLength(3);
    const without = await cook('llama.cpp', llamaCpp(512, { embeddings: false }), 1024);
    await expect(askModel(without.chosen, without.options)).rejects.toMatchObject({
      code: 'CQ317',
      message: expect.stringContaining('--embeddings'),
    });
  });

  test('text-embeddings-inference: no more texts in a request than it takes', async () => {
    const served = await serve('text-embeddings-inference', tei(512), 384);
    expect(served.model).toMatchObject({
      query_prefix: 'Represent this sentence for searching relevant passages: ',
    });
    expect(served.fake.requests.every(({ texts }) => texts.length <= 32)).toBe(true);
    expect(await tooLong(served, 3000)).toEqual([]);
    const unbounded = await serve('text-embeddings-inference', tei(512), 384, {
      EMBEDDING_MAX_TOKENS: '8000',
      EMBEDDING_BATCH_SIZE: '64',
    });
    expect(await tooLong(unbounded, 600)).toMatchObject([{ kind: 'bad_input', index: 1 }]);
  });
});
