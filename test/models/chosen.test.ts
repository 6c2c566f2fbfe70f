import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEnv } from '../../lib/env.ts';
import { askModel, chosenModel, contradiction, isChosen } from '../../models/chosen.ts';
import { openProvider } from '../../models/open-provider.ts';
import { knownPrefixes } from '../../models/prefixes.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { memoryPause } from '../../models/remote/pause.ts';
import { type FakeOpenAi, startFakeOpenAi, vectorOfText } from '../support/fake-openai.ts';

let fake: FakeOpenAi;

beforeAll(async () => {
  fake = await startFakeOpenAi({ dimensions: 768 });
});
afterAll(() => fake?.close());
beforeEach(() => {
  fake.faults = [];
  fake.requests = [];
});

const settings = (more: Record<string, string> = {}) =>
  readEnv({
    EMBEDDING_PROVIDER: 'openai-compatible',
    EMBEDDING_BASE_URL: fake.url,
    EMBEDDING_MODEL: 'some-model',
    ...more,
  });
const ask = (more: Record<string, string> = {}) => {
  const env = settings(more);
  return askModel(chosenModel(env)!, { env, guards: openGuards(memoryPause()) });
};

describe('the settings', () => {
  const local = { provider: 'local', model: 'universal-sentence-encoder-lite', dimensions: 512 };

  test('choose a model, or none; a provider without a model says which setting is missing', () => {
    expect(chosenModel(readEnv({}))).toBeUndefined();
    expect(chosenModel(readEnv({ EMBEDDING_PROVIDER: 'local' }))).toMatchObject(local);
    expect(
      chosenModel(settings({ EMBEDDING_DIMENSIONS: '768', EMBEDDING_QUERY_PREFIX: 'q: ' })),
    ).toMatchObject({
      provider: 'openai-compatible',
      model: 'some-model',
      dimensions: 768,
      queryPrefix: 'q: ',
      passagePrefix: undefined,
    });
    expect(() => chosenModel(readEnv({ EMBEDDING_PROVIDER: 'openai-compatible' }))).toThrow(
      expect.objectContaining({ code: 'CQ314', hint: expect.stringContaining('EMBEDDING_MODEL') }),
    );
  });

  test('never override a version: they name the one command that switches', () => {
    expect(contradiction(local, readEnv({}))).toBeUndefined();
    expect(contradiction(local, readEnv({ EMBEDDING_PROVIDER: 'local' }))).toBeUndefined();
    expect(contradiction(local, settings())).toMatch(
      /choose openai-compatible some-model, .*local universal-sentence-encoder-lite \(512\).*npm run embeddings -- switch$/,
    );
    const version = { provider: 'openai-compatible', model: 'some-model', dimensions: 768 };
    expect(contradiction(version, settings())).toBeUndefined();
    expect(contradiction(version, settings({ EMBEDDING_DIMENSIONS: '768' }))).toBeUndefined();
    expect(contradiction(version, settings({ EMBEDDING_DIMENSIONS: '256' }))).toContain('(256)');
    // prefixes count when they were said
    expect(isChosen(version, chosenModel(settings({ EMBEDDING_PASSAGE_PREFIX: 'none' }))!)).toBe(true);
    expect(isChosen(version, chosenModel(settings({ EMBEDDING_PASSAGE_PREFIX: 'passage: ' }))!)).toBe(false);
  });
});

describe('a model is asked', () => {
  test('how long its vectors are', async () => {
    expect(await ask()).toEqual({
      provider: 'openai-compatible',
      model: 'some-model',
      dimensions: 768,
      native_dimensions: null,
      query_prefix: '',
      passage_prefix: '',
    });
    expect(fake.requests).toHaveLength(1);
    await expect(ask({ EMBEDDING_DIMENSIONS: '512' })).rejects.toMatchObject({
      code: 'CQ310',
      message: expect.stringContaining('768 dimensions, not of 512'),
      hint: expect.stringContaining('EMBEDDING_TRUNCATE'),
    });
  });

  test('and its vectors are cut and made of length one again where that was said (Matryoshka)', async () => {
    const model = await ask({ EMBEDDING_DIMENSIONS: '256', EMBEDDING_TRUNCATE: 'true' });
    expect(model).toMatchObject({ dimensions: 256, native_dimensions: 768 });
    const provider = openProvider(model, { env: settings(), guards: openGuards(memoryPause()) });
    const { vectors } = await provider.embed(['a text']);
    const whole = vectorOfText('a text', 768).slice(0, 256);
    const length = Math.hypot(...whole);
    expect(vectors[0]).toHaveLength(256);
    expect(Math.hypot(...vectors[0]!)).toBeCloseTo(1, 5);
    for (const [i, value] of whole.entries()) expect(vectors[0]![i]).toBeCloseTo(value / length, 5);
    // neither the whole length nor the cut one: not what the version promises
    fake.faults = [{ dimensions: 512 }];
    await expect(provider.embed(['a text'])).rejects.toMatchObject({ kind: 'misconfigured' });
    await provider.close();
    expect(() =>
      openProvider({
        provider: 'transformers',
        model: 'some/model',
        dimensions: 256,
        native_dimensions: 768,
      }),
    ).toThrow(expect.objectContaining({ code: 'CQ310' }));
    expect(() =>
      openProvider({
        provider: 'local',
        model: 'universal-sentence-encoder-lite',
        dimensions: 512,
        native_dimensions: 1024,
      }),
    ).toThrow(expect.objectContaining({ code: 'CQ310' }));
  });

  test('and says what is wrong when it does not answer', async () => {
    fake.faults = ['close'];
    await expect(ask()).rejects.toMatchObject({
      code: 'CQ317',
      hint: expect.stringContaining('EMBEDDING_BASE_URL'),
    });
    fake.faults = ['hang'];
    await expect(ask({ EMBEDDING_TIMEOUT_SECONDS: '1' })).rejects.toMatchObject({
      code: 'CQ317',
      message: expect.stringContaining('no answer in time'),
    });
    fake.faults = ['no json'];
    await expect(ask()).rejects.toMatchObject({ code: 'CQ317' });
    await expect(ask({ EMBEDDING_BASE_URL: 'http://127.0.0.1:9/v1' })).rejects.toMatchObject({
      code: 'CQ317',
    });
    await expect(ask({ EMBEDDING_PROVIDER: 'nobody' })).rejects.toMatchObject({ code: 'CQ310' });
  });
});

test('prefixes of known models, by their names with owner, version and tag', () => {
  for (const [model, query, passage] of [
    ['nomic-embed-text', 'search_query: ', 'search_document: '],
    ['nomic-embed-text:v1.5', 'search_query: ', 'search_document: '],
    ['text-embedding-nomic-embed-text-v1.5', 'search_query: ', 'search_document: '],
    ['intfloat/multilingual-e5-large', 'query: ', 'passage: '],
    ['intfloat/e5-base-v2', 'query: ', 'passage: '],
    ['text-embedding-3-small', '', ''],
    ['bge-m3', '', ''],
    ['embeddinggemma:300m', 'task: search result | query: ', 'title: none | text: '],
    ['snowflake-arctic-embed2', 'query: ', ''],
  ] as const)
    expect(knownPrefixes(model), model).toEqual({ query, passage });
  for (const model of ['mxbai-embed-large', 'BAAI/bge-small-en-v1.5', 'snowflake-arctic-embed:335m'])
    expect(knownPrefixes(model).query, model).toMatch(/^Represent this sentence/);
  for (const model of [
    'Qwen/Qwen3-Embedding-0.6B',
    'intfloat/multilingual-e5-large-instruct',
    'intfloat/e5-mistral-7b-instruct',
  ])
    expect(knownPrefixes(model), model).toMatchObject({
      query: expect.stringMatching(/^Instruct: /),
      passage: '',
    });
});
