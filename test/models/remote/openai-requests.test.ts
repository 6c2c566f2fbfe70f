import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requestChat, requestEmbeddings } from '../../../models/remote/openai-requests.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts';

describe('requests to a service that redirects', () => {
  let fake: FakeOpenAi;
  let elsewhere: FakeOpenAi;

  beforeAll(async () => {
    fake = await startFakeOpenAi();
    elsewhere = await startFakeOpenAi();
  });
  afterAll(async () => {
    await fake?.close();
    await elsewhere?.close();
  });
  beforeEach(() => {
    fake.requests = [];
  });

  const signal = () => new AbortController().signal;
  const target = () => ({
    name: 'here',
    model: 'm',
    endpoint: { baseUrl: fake.url, apiKey: 'sk-very-secret-0123' },
  });

  it.each([301, 302, 303, 307, 308])('send neither texts nor key on (%i)', async (status) => {
    fake.judge = ({ path }) => ({ status, headers: { location: `${new URL(elsewhere.url).origin}${path}` } });
    const attempts = [
      requestEmbeddings(target(), ['a secret text'], signal()),
      requestChat(target(), { instructions: 'sum up', prompt: 'a secret text', maxTokens: 9 }, signal()),
    ];
    for (const attempt of attempts) {
      await expect(attempt).rejects.toMatchObject({
        kind: 'misconfigured',
        message: expect.stringMatching(/redirect, which is not followed/),
      });
    }
    expect(fake.requests).toHaveLength(2);
    expect(elsewhere.requests).toEqual([]);
  });
});
