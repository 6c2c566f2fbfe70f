import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { countTokens } from '../../../chunking/tokens.ts';
import { readEnv } from '../../../lib/env.ts';
import { openProvider } from '../../../models/open-provider.ts';
import { costOf, type EmbeddingProvider } from '../../../models/provider.ts';
import { openGuards } from '../../../models/remote/guard.ts';
import { memoryPause, type ProviderPause } from '../../../models/remote/pause.ts';
import { retryAfterOf } from '../../../models/remote/statuses.ts';
import { type FakeOpenAi, startFakeOpenAi, vectorOfText } from '../../support/fake-openai.ts';

const KEY = 'sk-very-secret-0123456789';
const DIMENSIONS = 8;

let fake: FakeOpenAi;
let pause: ProviderPause;
let provider: EmbeddingProvider;

beforeAll(async () => {
  fake = await startFakeOpenAi({ dimensions: DIMENSIONS });
});
afterAll(() => fake?.close());
beforeEach(() => {
  fake.requests = [];
  fake.billed = [];
  fake.faults = [];
  fake.judge = () => undefined;
  pause = memoryPause();
  provider = open();
});
afterEach(() => provider.close());

function open({
  settings = {},
  guard = {},
  dimensions = DIMENSIONS,
  model = 'm',
  name = 'openai-compatible',
} = {}) {
  const env = readEnv({
    EMBEDDING_BASE_URL: fake.url,
    EMBEDDING_API_KEY: KEY,
    EMBEDDING_PRICE: '0.5',
    EMBEDDING_BATCH_SIZE: '8',
    ...settings,
  });
  const guards = openGuards(pause, { delays: { least: 1, greatest: 2 }, ...guard });
  return openProvider({ provider: name, model, dimensions }, { env, guards });
}

/** A text of its own for each number. */
const texts = (count: number) => Array.from({ length: count }, (_, i) => `text ${i}`);

function unit(text: string): number[] {
  const values = vectorOfText(text, DIMENSIONS);
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function expectVector(vector: Float32Array | undefined, text: string): void {
  expect(vector).toBeDefined();
  unit(text).forEach((value, i) => void expect(vector![i]).toBeCloseTo(value, 5));
}

describe('when all is well', () => {
  test('texts come back as vectors of length one, in order, counted and in batches that the service takes', async () => {
    const asked = texts(20);
    const { vectors, tokens, failures } = await provider.embed(asked);
    expect(failures).toEqual([]);
    asked.forEach((text, i) => void expectVector(vectors[i], text));
    expect(fake.requests.map((request) => request.texts.length).sort()).toEqual([4, 8, 8]);
    expect(tokens).toBe(asked.join('').length);
    expect(costOf(provider, 1_000_000)).toBe(0.5);
    for (const request of fake.requests) {
      expect(request).toMatchObject({ path: '/v1/embeddings', authorization: `Bearer ${KEY}`, model: 'm' });
      expect(request.body).not.toHaveProperty('dimensions');
    }
  });

  test('texts are counted here when the service does not say what they took', async () => {
    const asked = texts(3);
    const data = asked.map((text, index) => ({ index, embedding: vectorOfText(text, DIMENSIONS) }));
    for (const usage of [{}, { usage: { prompt_tokens: 0, total_tokens: 0 } }]) {
      fake.faults = [{ status: 200, body: { data, ...usage } }];
      const { tokens, failures } = await provider.embed(asked);
      expect(failures).toEqual([]);
      expect(tokens).toBe(asked.reduce((sum, text) => sum + countTokens(text), 0));
    }
  });

  test('the dimensions are named for models that take them, or when told so', async () => {
    await open({ model: 'text-embedding-3-small' }).embed(['a']);
    await open({ settings: { EMBEDDING_SEND_DIMENSIONS: 'true' } }).embed(['a']);
    await open({ model: 'text-embedding-3-small', settings: { EMBEDDING_SEND_DIMENSIONS: 'false' } }).embed([
      'a',
    ]);
    expect(fake.requests.map(({ body }) => body.dimensions)).toEqual([DIMENSIONS, DIMENSIONS, undefined]);
  });

  test('an empty text is left out, and nothing is asked for when there is nothing else', async () => {
    const { vectors, failures } = await provider.embed(['a', ' \n']);
    expect(failures).toMatchObject([{ kind: 'bad_input', index: 1 }]);
    expectVector(vectors[0], 'a');
    expect(vectors[1]).toBeUndefined();
    expect(await provider.embed([])).toEqual({ vectors: [], tokens: 0, failures: [] });
    expect(fake.requests).toHaveLength(1);
  });

  test('a text longer than the model reads is shortened, and a batch has no more tokens than it may', async () => {
    const short = open({ settings: { EMBEDDING_MAX_TOKENS: '16', EMBEDDING_BATCH_TOKENS: '100' } });
    const long = 'word '.repeat(60).trim();
    const { failures } = await short.embed([`${long} a`, `${long} b`, 'c']);
    expect(failures).toEqual([]);
    expect(fake.requests).toHaveLength(2);
    const sent = fake.requests.flatMap((request) => request.texts);
    expect(Math.max(...sent.map((text) => text.length))).toBeLessThan(100);
    expect(Math.max(...sent.map((text) => text.length))).toBeGreaterThan(50);
  });

  test('vectors that are numbered otherwise are put in order', async () => {
    fake.faults = ['shuffled'];
    const { vectors } = await provider.embed(texts(5));
    texts(5).forEach((text, i) => void expectVector(vectors[i], text));
  });

  test('no more requests run at once than were allowed', async () => {
    fake.judge = ({ texts }) => (texts.includes('barrier') ? undefined : 'hang');
    for (const concurrency of [1, 3]) {
      fake.requests = [];
      const bounded = open({
        settings: { EMBEDDING_CONCURRENCY: String(concurrency), EMBEDDING_BATCH_SIZE: '1' },
      });
      const going = new AbortController();
      const refused = expect(bounded.embed(texts(12), going.signal)).rejects.toThrow('enough');
      await expect.poll(() => fake.hanging()).toBe(concurrency);
      // whatever was sent with those has arrived when this comes back
      for (let i = 0; i < 3; i++) await provider.embed(['barrier']);
      expect(fake.hanging()).toBe(concurrency);
      going.abort(new Error('enough'));
      await refused;
      await expect.poll(() => fake.hanging()).toBe(0);
      expect(fake.requests).toHaveLength(concurrency + 3);
    }
  });
});

describe('faults that pass', () => {
  for (const fault of [{ status: 500 }, { status: 503 }, 'close', 'close in the middle'] as const) {
    test(`${JSON.stringify(fault)} is tried again at once`, async () => {
      fake.faults = [fault, fault];
      const { vectors, failures } = await provider.embed(['a']);
      expect(failures).toEqual([]);
      expectVector(vectors[0], 'a');
      expect(fake.requests).toHaveLength(3);
    });
  }

  test('one that does not pass ends as unavailable', async () => {
    fake.judge = () => ({ status: 502 });
    await expect(provider.embed(['a'])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('502'),
    });
    expect(fake.requests).toHaveLength(3);
  });

  test('a service that nobody answers for is unavailable', async () => {
    const gone = await startFakeOpenAi();
    await gone.close();
    await expect(open({ settings: { EMBEDDING_BASE_URL: gone.url } }).embed(['a'])).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  test('a slow answer is given up, and the request ended', async () => {
    fake.judge = () => 'hang';
    const slow = open({ guard: { timeout: 1000, retries: 1 } });
    await expect(slow.embed(['a'])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('1 second'),
    });
    expect(fake.requests).toHaveLength(2);
    await expect.poll(() => fake.hanging()).toBe(0);
  });

  test('whoever goes away is told so at once, by its own reason, and the service is not blamed', async () => {
    fake.judge = () => 'hang';
    const impatient = open({ guard: { failures: 1 } });
    const going = new AbortController();
    const asked = impatient.embed(['a'], going.signal);
    const refused = expect(asked).rejects.toThrow('gone fishing');
    await expect.poll(() => fake.hanging()).toBe(1);
    going.abort(new Error('gone fishing'));
    await refused;
    await expect.poll(() => fake.hanging()).toBe(0);
    fake.judge = () => undefined;
    expect((await impatient.embed(['a'])).failures).toEqual([]);
    await expect(impatient.embed(['a'], AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });

  test('a closed provider ends what waits as unavailable', async () => {
    fake.judge = () => 'hang';
    const asked = expect(provider.embed(['a'])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect.poll(() => fake.hanging()).toBe(1);
    await provider.close();
    await asked;
  });
});

describe('429', () => {
  test('pauses the provider for as long as it asks, for everybody who shares the pauses', async () => {
    fake.faults = [{ status: 429, headers: { 'retry-after': '7' } }];
    const asked = Date.now();
    await expect(provider.embed(['a'])).rejects.toMatchObject({ kind: 'rate_limited', retryAfter: 7 });
    const { until } = (await pause.pausedUntil('openai-compatible'))!;
    expect(until.getTime() - asked).toBeGreaterThanOrEqual(7_000);
    expect(until.getTime() - Date.now()).toBeLessThanOrEqual(7_000);
    const second = await open()
      .embed(['b'])
      .catch((error) => error);
    expect(second).toMatchObject({ kind: 'rate_limited' });
    expect(second.retryAfter).toBeLessThanOrEqual(7);
    expect(second.retryAfter).toBeGreaterThan(0);
    // the second never reached the service, and the first was not repeated
    expect(fake.requests).toHaveLength(1);
  });

  test('what was embedded before is kept, and what was not is named', async () => {
    const one = open({ settings: { EMBEDDING_CONCURRENCY: '1', EMBEDDING_BATCH_SIZE: '2' } });
    fake.faults = [undefined, { status: 429, headers: { 'retry-after': '3' } }];
    const { vectors, failures } = await one.embed(texts(6));
    expect(vectors.map((vector) => vector !== undefined)).toEqual([true, true, false, false, false, false]);
    expect(failures.map(({ kind, index }) => [kind, index])).toEqual(
      [2, 3, 4, 5].map((i) => ['rate_limited', i]),
    );
    expect(failures[0]!.retryAfter).toBe(3);
    expect(fake.requests).toHaveLength(2);
  });

  test('without a time the pause begins short and grows', async () => {
    fake.judge = () => ({ status: 429 });
    const first = await provider.embed(['a']).catch((error) => error);
    expect(first).toMatchObject({ kind: 'rate_limited' });
    expect(first.retryAfter).toBeGreaterThanOrEqual(1);
    expect(first.retryAfter).toBeLessThanOrEqual(1.5);
    // as if each pause were over when the next request comes
    pause = { pausedUntil: async () => undefined, pause: async () => {} };
    const patient = open();
    const refusal = async () => (await patient.embed(['a']).catch((error) => error)).retryAfter;
    const expectPause = (seconds: number, least: number) => {
      expect(seconds).toBeGreaterThanOrEqual(least);
      expect(seconds).toBeLessThanOrEqual(1.5 * least);
    };
    for (const least of [1, 2, 4, 8, 16, 32, 60, 60]) expectPause(await refusal(), least);
    // an answer ends it
    fake.judge = () => undefined;
    await patient.embed(['a']);
    fake.judge = () => ({ status: 429 });
    for (const least of [1, 2]) expectPause(await refusal(), least);
    await patient.close();
  });

  test('for want of credit is a matter of settings', async () => {
    fake.faults = [
      { status: 429, body: { error: { message: 'No money', type: 'x', code: 'insufficient_quota' } } },
    ];
    await expect(provider.embed(['a'])).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('credit'),
    });
  });

  test('Retry-After is read as seconds, milliseconds and a date, and is never more than an hour', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterOf({ 'retry-after': '12' }, now)).toBe(12);
    expect(retryAfterOf({ 'retry-after': '0.5' }, now)).toBe(0.5);
    expect(retryAfterOf({ 'retry-after-ms': '1500', 'retry-after': '9' }, now)).toBe(1.5);
    expect(retryAfterOf({ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, now)).toBe(60);
    expect(retryAfterOf({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, now)).toBe(0);
    expect(retryAfterOf({ 'retry-after': '99999999' }, now)).toBe(3600);
    const others: (Record<string, string> | undefined)[] = [
      undefined,
      {},
      { 'retry-after': '' },
      { 'retry-after': 'soon' },
    ];
    for (const headers of others) {
      expect(retryAfterOf(headers, now)).toBeUndefined();
    }
  });
});

describe('settings that are wrong', () => {
  for (const [status, remedy] of [
    [401, 'API key'],
    [403, 'right to use'],
    [404, 'name of the model'],
  ] as const) {
    test(`${status} pauses the provider and says what to do`, async () => {
      fake.faults = [{ status }];
      await expect(provider.embed(texts(3))).rejects.toMatchObject({
        kind: 'misconfigured',
        message: expect.stringContaining(remedy),
        retryAfter: 60,
      });
      expect(fake.requests).toHaveLength(1);
      expect(await pause.pausedUntil('openai-compatible')).toMatchObject({
        reason: expect.stringContaining(remedy),
      });
    });
  }

  test('a model of other dimensions than the version promises', async () => {
    fake.judge = () => ({ dimensions: 3 });
    await expect(provider.embed(texts(3))).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringMatching(/3 dimensions.*promises 8/),
    });
    expect(fake.requests).toHaveLength(1);
  });

  test('a service that refuses every text is soon believed', async () => {
    const many = open({ settings: { EMBEDDING_BATCH_SIZE: '64' } });
    fake.judge = () => ({ status: 400, body: { error: { message: 'encoding_format unknown' } } });
    await expect(many.embed(texts(64))).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('encoding_format unknown'),
    });
    expect(fake.requests.length).toBeLessThan(16);
  });

  test('no message shows the key, even when the service repeats it', async () => {
    for (const message of [
      `Incorrect API key provided: ${KEY}`,
      'Incorrect key sk-very*******6789, try another',
    ]) {
      pause = memoryPause();
      fake.faults = [{ status: 401, body: { error: { message } } }];
      const error = await open()
        .embed(['a user wrote this'])
        .catch((error) => error);
      const shown = JSON.stringify([error.message, error.cause, { ...error }, String(error.stack)]);
      expect(error.kind).toBe('misconfigured');
      expect(shown).toContain('[hidden]');
      expect(shown).not.toContain(KEY);
      expect(shown).not.toContain('sk-very');
      expect(shown).not.toContain('a user wrote this');
    }
  });

  test('a name, a password or a key in the address is sent as it should be, and not shown', async () => {
    const url = new URL(fake.url);
    url.username = 'ann';
    url.password = 'p%40ss-word';
    const withPassword = open({ settings: { EMBEDDING_BASE_URL: url.href, EMBEDDING_API_KEY: '' } });
    fake.faults = [undefined, { status: 401, body: { error: { message: 'not p@ss-word' } } }];
    expect((await withPassword.embed(['a'])).failures).toEqual([]);
    const basic = `Basic ${Buffer.from('ann:p@ss-word').toString('base64')}`;
    expect(fake.requests[0]!.authorization).toBe(basic);
    await expect(withPassword.embed(['a'])).rejects.toMatchObject({
      message: expect.stringContaining('not [hidden]'),
    });
  });

  test('a provider without an address, and one without a model, say which setting is missing', () => {
    expect(() => open({ settings: { EMBEDDING_BASE_URL: '' } })).toThrow(
      expect.objectContaining({ code: 'CQ314', hint: expect.stringContaining('EMBEDDING_BASE_URL') }),
    );
    expect(() => readEnv({ EMBEDDING_BASE_URL: 'ftp://x' })).toThrow(
      expect.objectContaining({ code: 'CQ001' }),
    );
    expect(() => readEnv({ EMBEDDING_ENDPOINTS: `{"a": {"apiKey": "${KEY}"` })).toThrow(
      expect.objectContaining({ code: 'CQ001', message: expect.not.stringContaining(KEY) }),
    );
  });
});

describe('one bad text among many', () => {
  test('400: the batch is halved until it is found; the others are kept and billed once', async () => {
    const asked = texts(8);
    fake.judge = ({ texts }) => (texts.includes('text 5') ? { status: 400 } : undefined);
    const { vectors, failures } = await provider.embed(asked);
    expect(failures).toMatchObject([{ kind: 'bad_input', index: 5 }]);
    expect(vectors.map((vector) => vector !== undefined)).toEqual(asked.map((_, i) => i !== 5));
    asked.forEach((text, i) => void (i !== 5 && expectVector(vectors[i], text)));
    expect(fake.billed.sort()).toEqual(asked.filter((_, i) => i !== 5));
    expect(fake.requests).toHaveLength(7);
    expect(await pause.pausedUntil('openai-compatible')).toBeUndefined();
  });

  for (const fault of ['nan', 'null', 'no json', 'fewer'] as const) {
    test(`an answer with ${fault} for one text is halved likewise`, async () => {
      const asked = texts(8);
      fake.judge = ({ texts }) => (texts.includes('text 7') ? fault : undefined);
      const { vectors, failures } = await provider.embed(asked);
      expect(failures).toMatchObject([{ kind: 'bad_output', index: 7 }]);
      asked.slice(0, 7).forEach((text, i) => void expectVector(vectors[i], text));
    });
  }

  test('a vector of zeros is refused alone, without another request', async () => {
    fake.faults = ['zeros'];
    const { vectors, failures } = await provider.embed(texts(3));
    expect(failures).toMatchObject([{ kind: 'bad_output', index: 2 }]);
    expectVector(vectors[1], 'text 1');
    expect(fake.requests).toHaveLength(1);
  });

  test('one text alone that is refused is a failure, not an exception', async () => {
    fake.judge = () => ({ status: 400 });
    expect(await provider.embed(['a'])).toMatchObject({ failures: [{ kind: 'bad_input', index: 0 }] });
  });
});

describe('an outage', () => {
  test('opens the circuit, leaves the other provider alone, and ends with the outage', async () => {
    const other = await startFakeOpenAi({ dimensions: DIMENSIONS });
    try {
      const endpoints = JSON.stringify({ other: { baseUrl: other.url } });
      const guards = openGuards(pause, {
        delays: { least: 1, greatest: 2 },
        retries: 0,
        failures: 3,
        rests: [3_000],
      });
      const env = readEnv({ EMBEDDING_BASE_URL: fake.url, EMBEDDING_ENDPOINTS: endpoints });
      const version = { model: 'm', dimensions: DIMENSIONS };
      const broken = openProvider({ provider: 'openai-compatible', ...version }, { env, guards });
      const working = openProvider({ provider: 'other', ...version }, { env, guards });
      fake.judge = () => ({ status: 500 });
      for (let i = 0; i < 3; i++)
        await expect(broken.embed(['a'])).rejects.toMatchObject({ kind: 'unavailable' });
      const open = await broken.embed(['a']).catch((error) => error);
      expect(open).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('several times') });
      expect(open.retryAfter).toBeGreaterThan(0);
      expect(fake.requests).toHaveLength(3);

      expect((await working.embed(texts(3))).failures).toEqual([]);

      fake.judge = () => undefined;
      await expect
        .poll(() =>
          broken.embed(['a']).then(
            (result) => result.failures,
            (error) => error.kind,
          ),
        )
        .toEqual([]);
    } finally {
      await other.close();
    }
  });
});

test('so many requests a minute begin, and the next one waits', async () => {
  const limited = open({ settings: { EMBEDDING_REQUESTS_PER_MINUTE: '2', EMBEDDING_BATCH_SIZE: '1' } });
  const going = new AbortController();
  const asked = limited.embed(texts(4), going.signal);
  const refused = expect(asked).rejects.toThrow('enough');
  await expect.poll(() => fake.billed.length).toBe(2);
  going.abort(new Error('enough'));
  await refused;
  expect(fake.requests).toHaveLength(2);
});
