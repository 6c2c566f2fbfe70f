import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { subscriptionEventsTotal, subscriptionsEndedTotal } from '../../../lib/metrics.ts';
import { describeReal } from '../../support/server.ts';
import { until } from '../../support/users.ts';
import { type Account, register, startTestApi, type TestApi } from '../support.ts';
import { overWebSocket, type Subscription, type Told } from './support.ts';

/** Characters of a message, and how many there are: more than what is on its way within the machine takes. */
const LENGTH = 900_000;
const MESSAGES = 24;

/** A client that reads its first event and then nothing, until it is told to go on. */
interface Slow {
  /** What it was sent. */
  text(): string;
  hasBegun(): boolean;
  resume(): void;
  /** How its connection ended. */
  ended: Promise<string>;
}

describeReal('a client that stops reading', () => {
  let api: TestApi;
  let ada: Account;
  let id: string;
  let cursor: string;
  let posted = 0;
  const open: { end(): void }[] = [];

  beforeAll(async () => {
    api = await startTestApi({ live: { patience: 2_000, pingInterval: 60_000 } });
    ada = await register(api, 'ada@example.org');
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      ada,
    );
    id = data.startConversation.conversation.id;
    const first = overWebSocket(api.api.url, ada.token, subscription());
    cursor = (await first.has(1))[0].cursor;
    first.end();
    while (posted < MESSAGES) await post();
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.end();
  });
  afterAll(() => api?.close());

  const subscription = (): Subscription => ({
    query: `subscription ($id: UUID!, $after: String) {
      messageChanged(conversationId: $id, after: $after) { cursor changes { sequenceNumber text } } }`,
    variables: { id, after: cursor },
  });
  const numbersOf = ({ events }: Told): number[] =>
    events.flatMap(({ changes }) => changes.map((one: { sequenceNumber: number }) => one.sequenceNumber));

  function slowSocket(): Slow {
    const socket = new WebSocket(`${api.api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    open.push({ end: () => socket.terminate() });
    const send = (message: object) => socket.send(JSON.stringify(message));
    let text = '';
    let hasBegun = false;
    socket.on('open', () =>
      send({ type: 'connection_init', payload: { authorization: `Bearer ${ada.token}` } }),
    );
    socket.on('message', (data) => {
      text += String(data);
      const { type } = JSON.parse(String(data));
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: subscription() });
      if (type !== 'next' || hasBegun) return;
      hasBegun = true;
      socket.pause();
    });
    const ended = new Promise<string>((resolve) =>
      socket.on('close', (code, reason) => resolve(`${code} ${reason}`)),
    );
    return { text: () => text, hasBegun: () => hasBegun, resume: () => socket.resume(), ended };
  }

  function slowStream(): Slow {
    let text = '';
    let response: IncomingMessage;
    const headers = { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' };
    const asking = request(`${api.api.url}/graphql/stream`, { method: 'POST', headers });
    open.push({ end: () => asking.destroy() });
    asking.on('error', () => {});
    const ended = new Promise<string>((resolve) => {
      asking.on('response', (given) => {
        response = given.setEncoding('utf8');
        response.on('data', (data) => {
          const isFirst = !text.includes('event: next');
          text += data;
          if (isFirst && text.includes('event: next')) response.pause();
        });
        response.on('error', () => {});
        response.on('close', () => resolve(text.includes('event: complete') ? 'complete' : 'broken off'));
      });
    });
    asking.end(JSON.stringify(subscription()));
    return {
      text: () => text,
      hasBegun: () => text.includes('event: next'),
      resume: () => response.resume(),
      ended,
    };
  }

  async function post(): Promise<void> {
    posted += 1;
    const { errors } = await api.ask(
      'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
      { id, content: `${posted} `.padEnd(LENGTH, 'x') },
      ada,
    );
    expect(errors).toEqual([]);
  }
  const sum = (values: { value: number }[]): number => values.reduce((all, { value }) => all + value, 0);
  const eventsTold = async () => sum((await subscriptionEventsTotal.get()).values);
  const endedSlow = async () =>
    sum((await subscriptionsEndedTotal.get()).values.filter(({ labels }) => labels.code === 'CQ801'));

  it.each([
    ['a websocket', slowSocket, '1013 CQ801'],
    ['a stream', slowStream, 'broken off'],
  ] as const)(
    'is ended over %s, with little kept for it, and others get everything',
    async (_way, connect, end) => {
      const [eventsBefore, endedBefore] = [await eventsTold(), await endedSlow()];
      const slow = connect();
      await until(async () => slow.hasBegun());
      // it reads on when it is ended, in time for the last words
      const resumed = until(async () => (await endedSlow()) === endedBefore + 1).then(() => slow.resume());
      const fast = overWebSocket(api.api.url, ada.token, subscription());
      open.push(fast);
      await until(async () => numbersOf(fast).length === posted);
      await post();
      await until(async () => numbersOf(fast).length === posted);
      await resumed;
      expect(await slow.ended).toContain(end);
      await post();
      await until(async () => numbersOf(fast).length === posted);
      // each once, and in order
      expect(numbersOf(fast)).toEqual(Array.from({ length: posted }, (_, index) => index + 1));
      const toldSlow = (await eventsTold()) - eventsBefore - fast.events.length;
      // it was read for as long as something was taken, and no further
      expect(toldSlow).toBeLessThan(fast.events.length - 2);
      expect(slow.text().length).toBeLessThan((posted - 2) * LENGTH);
    },
  );
});
