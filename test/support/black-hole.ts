import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BlackHole {
  /** The same database, reached through here. */
  url: string;
  /** Connections that were made. */
  count(): number;
  /** From now on nothing passes on the connections of this moment; they stay open, and what is sent is acknowledged. */
  swallow(): void;
  /** Whether nothing passes on new connections either. */
  swallowNew(isOn: boolean): void;
  close(): Promise<void>;
}

/** A proxy before a server that loses the network without a word: no reset, no end, no error. */
export async function openBlackHole(databaseUrl: string): Promise<BlackHole> {
  const target = new URL(databaseUrl);
  const pairs = new Set<{ sockets: Socket[]; isSwallowed: boolean }>();
  let made = 0;
  let swallowsNew = false;
  const server = createServer((client) => {
    made += 1;
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { sockets: [client, upstream], isSwallowed: swallowsNew };
    pairs.add(pair);
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (data) => {
        if (!pair.isSwallowed) to.write(data);
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        // the end of a connection is lost with the rest
        if (!pair.isSwallowed) to.destroy();
      });
    };
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    count: () => made,
    swallow() {
      for (const pair of pairs) pair.isSwallowed = true;
    },
    swallowNew(isOn) {
      swallowsNew = isOn;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
