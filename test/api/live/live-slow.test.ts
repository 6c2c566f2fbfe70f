import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { subscriptionEventsTotal, subscriptionsEndedTotal } from '../../../lib/metrics.ts';
import { describeReal } from '../../support/server.ts';
import { until } from '../../support/users.ts';
import { type Account, register, startTestApi, type TestApi } from '../support.ts';
import { overWebSocket, type Subscription, type Told } from './support.ts';

/** Characters of a message; what is on its way within the machine takes some of them. */
const LENGTH = 900_000;
const MOST = 40;

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
  const open: { end(): void }[] = [];

  beforeAll(async () => {
    api = await startTestApi({ live: { patience: 2_000, pingInterval: 400 } });
    ada = await register(api, 'ada@example.org');
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.end();
  });
  afterAll(() => api?.close());

  const subscription = (id: string): Subscription => ({
    query:
      'subscription ($id: UUID!) { messageChanged(conversationId: $id) { cursor changes { sequenceNumber text } } }',
    variables: { id },
  });

  function slowSocket(id: string): Slow {
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
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: subscription(id) });
      if (type !== 'next' || hasBegun) return;
      hasBegun = true;
      socket.pause();
    });
    const ended = new Promise<string>((resolve) =>
      socket.on('close', (code, reason) => resolve(`${code} ${reason}`)),
    );
    return { text: () => text, hasBegun: () => hasBegun, resume: () => socket.resume(), ended };
  }

  function slowStream(id: string): Slow {
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
    asking.end(JSON.stringify(subscription(id)));
    return {
      text: () => text,
      hasBegun: () => text.includes('event: next'),
      resume: () => response.resume(),
      ended,
    };
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
      const { data } = await api.ask(
        'mutation { startConversation(input: {}) { conversation { id } } }',
        {},
        ada,
      );
      const id: string = data.startConversation.conversation.id;
      const [eventsBefore, endedBefore] = [await eventsTold(), await endedSlow()];
      const slow = connect(id);
      const fast: Told = overWebSocket(api.api.url, ada.token, subscription(id));
      open.push(fast);
      await fast.has(1);
      await until(async () => slow.hasBegun());

      let posted = 0;
      const post = async () => {
        posted += 1;
        const { errors } = await api.ask(
          'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
          { id, content: `${posted} `.padEnd(LENGTH, 'x') },
          ada,
        );
        expect(errors).toEqual([]);
        await fast.finds(({ changes }) => changes.at(-1)?.sequenceNumber === posted);
      };
      while (posted < MOST && (await endedSlow()) === endedBefore) await post();
      await until(async () => (await endedSlow()) === endedBefore + 1);
      slow.resume();
      expect(await slow.ended).toContain(end);
      await post();

      // each once, and in order
      const numbers = fast.events.flatMap(({ changes }) =>
        changes.map((one: { sequenceNumber: number }) => one.sequenceNumber),
      );
      expect(numbers).toEqual(Array.from({ length: posted }, (_, index) => index + 1));
      // it was told as much as was on its way, and no more was read for it
      const toldSlow = (await eventsTold()) - eventsBefore - fast.events.length;
      expect(toldSlow).toBeLessThan(posted - 1);
      expect(slow.text().length).toBeLessThan(posted * LENGTH);
    },
  );
});
