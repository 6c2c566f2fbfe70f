import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEnv } from '../../../lib/env.ts';
import { openGuards } from '../../../models/remote/guard.ts';
import { memoryPause } from '../../../models/remote/pause.ts';
import { openSummariser } from '../../../models/summary/open-summariser.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts';

const REPORT = `# Harbour report

Good morning to everybody who reads this. The harbour of Esbjerg was closed on 3 March because of ice in the channel.
Two ships waited outside of the harbour until the ice was broken. The coffee machine on the second floor is blue.
The ice breaker Thor opened the channel of the harbour on 5 March. My cousin plays the cello rather well, they say.
The harbour lost 40,000 euros while the channel was closed. Ships that waited were paid from the harbour's fund.
Nobody saw the film. A window stood open, and it rained in. Tuesday is market day in the next town over the hill.`;

test('without a name of one there is none, also by the name of the one that there was', () => {
  expect(openSummariser({ env: readEnv({}) })).toBeNull();
  expect(openSummariser({ env: readEnv({ SUMMARY_PROVIDER: 'extractive' }) })).toBeNull();
});

describe('a chat model', () => {
  let fake: FakeOpenAi;
  beforeAll(async () => {
    fake = await startFakeOpenAi();
  });
  afterAll(() => fake?.close());
  beforeEach(() => {
    fake.requests = [];
    fake.faults = [];
    fake.judge = () => undefined;
  });
  const open = (settings: Record<string, string> = {}, guard = {}) =>
    openSummariser({
      env: readEnv({
        EMBEDDING_BASE_URL: fake.url,
        EMBEDDING_API_KEY: 'sk-very-secret',
        SUMMARY_PROVIDER: 'openai-compatible',
        SUMMARY_MODEL: 'chat-model',
        ...settings,
      }),
      guards: openGuards(memoryPause(), { delays: { least: 1, greatest: 2 }, ...guard }),
    })!;

  test('answers, and its tokens are counted; the text goes as material, shortened to what is read', async () => {
    const prices = { SUMMARY_INPUT_PRICE: '1000', SUMMARY_OUTPUT_PRICE: '2000' };
    const summary = await open(prices).summarise(REPORT);
    expect(summary).toEqual({
      text: 'In short: # Harbour report\n\nGood morning to everyb',
      promptTokens: 20,
      completionTokens: 5,
      costUsd: 0.03,
    });
    // what is set aside before is never less than what such an answer takes
    const estimate = open(prices).estimate!(REPORT);
    expect(estimate.costUsd).toBeCloseTo((estimate.promptTokens + 2 * estimate.completionTokens) / 1000, 6);
    expect(estimate.promptTokens).toBeGreaterThan(20);
    expect(estimate.completionTokens).toBeGreaterThan(5);
    expect(fake.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: 'Bearer sk-very-secret',
      model: 'chat-model',
    });
    expect(fake.requests[0]!.body).toMatchObject({
      messages: [{ role: 'system' }, { role: 'user', content: REPORT }],
    });
    await open().summarise('word '.repeat(50_000));
    expect(fake.requests[1]!.texts.at(-1)!.length).toBeLessThan(40_000);
  });

  test('a passing fault is tried again; a lasting one, a limit and a refusal are told apart', async () => {
    fake.faults = [{ status: 500 }, 'close'];
    expect((await open().summarise(REPORT)).text).toContain('In short');
    expect(fake.requests).toHaveLength(3);
    fake.judge = () => ({ status: 500 });
    await expect(open().summarise(REPORT)).rejects.toMatchObject({ kind: 'unavailable' });
    fake.judge = () => ({ status: 429, headers: { 'retry-after': '9' } });
    await expect(open().summarise(REPORT)).rejects.toMatchObject({ kind: 'rate_limited', retryAfter: 9 });
    fake.judge = () => ({ status: 401 });
    await expect(open().summarise(REPORT)).rejects.toMatchObject({ kind: 'misconfigured' });
    fake.judge = () => 'no json';
    await expect(open().summarise(REPORT)).rejects.toMatchObject({ kind: 'bad_output' });
    fake.judge = () => 'hang';
    await expect(open({}, { timeout: 30, retries: 0 }).summarise(REPORT)).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await expect.poll(() => fake.hanging()).toBe(0);
  });

  test('nothing to sum up is bad input, and missing settings are named', async () => {
    await expect(open().summarise(' ')).rejects.toMatchObject({ kind: 'bad_input' });
    expect(fake.requests).toHaveLength(0);
    expect(() => open({ SUMMARY_MODEL: '' })).toThrow(
      expect.objectContaining({ code: 'CQ314', hint: expect.stringContaining('SUMMARY_MODEL') }),
    );
    expect(() => open({ SUMMARY_PROVIDER: 'nobody' })).toThrow(expect.objectContaining({ code: 'CQ310' }));
  });
});
