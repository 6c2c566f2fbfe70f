import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRetryAfter } from '../../lib/outgoing-request.ts';
import { type Delivery, type SendOptions, sendDelivery } from '../../webhooks/send.ts';
import { type Answer, type Receiver, startReceiver } from '../support/webhook-receiver.ts';

let receiver: Receiver;
const keys = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver?.close());

const delivery = (url = receiver.url, secrets = [keys[0]!]): Delivery => ({
  id: '01890000-0000-7000-8000-000000000001',
  attempt: 1,
  webhook_id: '01890000-0000-7000-8000-000000000002',
  url,
  secrets,
  payload: { type: 'webhook.test', data: { text: 'ä' } },
});
const send = (one: Delivery, options: Partial<SendOptions> = {}) =>
  sendDelivery(one, { networks: ['127.0.0.0/8'], ...options });

it('is signed as Standard Webhooks says, also with the key before', async () => {
  expect(await send(delivery(undefined, keys))).toEqual({
    status: 204,
    error: null,
    retryAfter: null,
    isGone: false,
  });
  const { headers, body } = receiver.received.at(-1)!;
  for (const key of keys)
    expect(new Webhook(`whsec_${key}`).verify(body, headers)).toEqual({
      type: 'webhook.test',
      data: { text: 'ä' },
    });
  expect(() =>
    new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`).verify(body, headers),
  ).toThrow();
  expect(() => new Webhook(`whsec_${keys[0]}`).verify(`${body} `, headers)).toThrow();
  expect(headers['content-type']).toBe('application/json');
});

it.each<[string, Answer, object]>([
  ['500', 500, { status: 500, error: 'It answered 500.' }],
  [
    'a pause that is asked for',
    { status: 429, headers: { 'retry-after': '120' } },
    { status: 429, retryAfter: 120 },
  ],
  [
    'a redirect',
    { status: 302, headers: { location: '/elsewhere' } },
    { status: 302, error: 'It redirects (302), which is not followed.' },
  ],
  ['that it is gone', 410, { status: 410, isGone: true }],
  // its answer is its status, whatever follows
  ['half of an answer', 'midway', { status: 200, error: null }],
  ['an answer without end', 'endless', { status: 200, error: null }],
])('takes %s for what it is', async (_, answer, outcome) => {
  receiver.answer = () => answer;
  expect(await send(delivery(`${receiver.url}/answers`))).toMatchObject(outcome);
  expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
});

it('waits so long and no longer, and says what is wrong without secrets', async () => {
  receiver.answer = () => 'hang';
  expect(await send(delivery(), { timeout: 200 })).toMatchObject({
    status: null,
    error: 'It does not answer: no answer in 0.2 seconds',
  });
  expect(await send(delivery('http://127.0.0.1:1/'))).toMatchObject({
    error: expect.stringContaining('ECONNREFUSED'),
  });
  const ending = new AbortController();
  const sent = send(delivery(), { signal: ending.signal });
  ending.abort(new Error('this process ends'));
  await expect(sent).rejects.toThrow('this process ends');
});

it('connects to the address that was looked at, wherever the name leads later', async () => {
  receiver.answer = () => 204;
  const port = new URL(receiver.url).port;
  const before = receiver.received.length;
  let asked = 0;
  const rebinding = async () => (asked++ === 0 ? ['127.0.0.1'] : ['10.0.0.1']);
  expect(await send(delivery(`http://receiver.example:${port}/`), { resolve: rebinding })).toMatchObject({
    status: 204,
  });
  expect([asked, receiver.received.length - before]).toEqual([1, 1]);
  expect(receiver.received.at(-1)!.headers.host).toBe(`receiver.example:${port}`);
  // without the operator's word nothing reaches this machine, by any name
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'])
    expect(await sendDelivery(delivery(`http://${host}:${port}/`), { networks: [] })).toMatchObject({
      status: null,
      error: 'The address leads into a network that is not public.',
    });
  expect(receiver.received.length - before).toBe(1);
});

it('reads Retry-After as seconds or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(readRetryAfter('30', now)).toBe(30);
  expect(readRetryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60);
  expect(readRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  expect(readRetryAfter('soon', now)).toBeUndefined();
  expect(readRetryAfter(undefined, now)).toBeUndefined();
});
