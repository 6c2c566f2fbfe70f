import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isLong, LONG, sized } from '../../support/limits.ts';
import { describeReal } from '../../support/server.ts';
import { type Account, type Reply, register, startTestApi, type TestApi } from '../support.ts';
import { condition } from './support.ts';

/** Subscribers, each of its own connection; of ten to a conversation. */
const SUBSCRIBERS = sized(50, 1_000);
const CONVERSATIONS = SUBSCRIBERS / 10;

const SUBSCRIPTION =
  'subscription ($id: UUID!) { messageChanged(conversationId: $id) { cursor changes { text } } }';

describeReal('many subscribers', () => {
  let api: TestApi;
  let ada: Account;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    api = await startTestApi({ live: { limits: new Map([['account', undefined]]) } });
    ada = await register(api, 'ada@example.org');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await api?.close();
  });

  /** As often as it takes: many at once find the server busy. */
  const ask = async (query: string, variables: object = {}): Promise<Reply> => {
    const reply = await api.ask(query, variables, ada);
    return reply.status === 503 ? ask(query, variables) : reply;
  };

  it(
    'are each told what is posted, and cost little while nothing is',
    async () => {
      const conversations: string[] = [];
      while (conversations.length < CONVERSATIONS) {
        const { data } = await ask('mutation { startConversation(input: {}) { conversation { id } } }');
        conversations.push(data.startConversation.conversation.id);
      }
      const texts: string[][] = Array.from({ length: SUBSCRIBERS }, () => []);
      let begun = 0;
      const memory = process.memoryUsage().rss;
      const connect = (seen: string[], id: string): void => {
        const socket = new WebSocket(`${api.api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        sockets.push(socket);
        const send = (message: object) => socket.send(JSON.stringify(message));
        socket.on('open', () =>
          send({ type: 'connection_init', payload: { authorization: `Bearer ${ada.token}` } }),
        );
        // the server was busy
        socket.on('close', (code) => code === 1013 && setTimeout(() => connect(seen, id), 100));
        socket.on('message', (message) => {
          const { type, payload } = JSON.parse(String(message));
          if (type === 'connection_ack')
            send({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION, variables: { id } } });
          if (type !== 'next') return;
          const { changes } = payload.data.messageChanged;
          if (changes.length === 0) begun += 1;
          seen.push(...changes.map(({ text }: { text: string }) => text));
        });
      };
      for (const [number, seen] of texts.entries()) {
        connect(seen, conversations[number % CONVERSATIONS]!);
        if (number % 50 === 49) await condition(() => begun > number - 25);
      }
      await condition(() => begun === SUBSCRIBERS);
      const figures: Record<string, number> = {
        megabytes: Math.round((process.memoryUsage().rss - memory) / 1e6),
      };
      const quiet = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, isLong() ? 5_000 : 200));
      const spent = process.cpuUsage(quiet);
      figures.quietCpuPercent = Math.round((spent.user + spent.system) / (isLong() ? 50_000 : 2_000));
      const start = performance.now();
      const busy = process.cpuUsage();
      await Promise.all(
        conversations.map((id) =>
          ask(
            'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "Hello" }) { message { id } } }',
            { id },
          ),
        ),
      );
      await condition(() => texts.every((seen) => seen.length > 0));
      const used = process.cpuUsage(busy);
      figures.millisecondsToAll = Math.round(performance.now() - start);
      figures.cpuMilliseconds = Math.round((used.user + used.system) / 1_000);
      if (isLong()) process.stdout.write(`${SUBSCRIBERS} subscribers: ${JSON.stringify(figures)}\n`);
      expect(texts.flat()).toEqual(Array.from({ length: SUBSCRIBERS }, () => 'Hello'));
      expect(figures.quietCpuPercent).toBeLessThan(50);
    },
    LONG,
  );
});
