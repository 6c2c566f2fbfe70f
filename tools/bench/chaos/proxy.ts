import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An address that moves, and a network that fails. */
export interface TcpProxy {
  readonly port: number;
  /** Leads to another port of this machine from now on: what is connected is cut off. */
  moveTo(port: number): void;
  /** Nothing passes until it is released, and nothing is lost: a network that hangs. */
  hold(): void;
  /** What is connected now never hears anything again, without a word; new connections neither, until it is released. */
  lose(): void;
  release(): void;
  close(): Promise<void>;
}

interface Pair {
  sockets: [Socket, Socket];
  isLost: boolean;
}

/** A proxy on a free port of 127.0.0.1 that leads to another one. */
export async function openProxy(to: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let target = to;
  let state: 'passing' | 'held' | 'lost' = 'passing';

  const lead = (from: Socket, into: Socket, pair: Pair): void => {
    from.on('data', (data) => {
      if (pair.isLost) return;
      if (!into.write(data)) {
        from.pause();
        into.once('drain', () => state !== 'held' && from.resume());
      }
    });
    from.on('error', () => from.destroy());
    from.on('close', () => {
      // the end of a lost connection is lost, too
      if (!pair.isLost) into.destroy();
      if (pair.sockets.every((socket) => socket.destroyed)) pairs.delete(pair);
    });
    if (state === 'held') from.pause();
  };
  const server = createServer((client) => {
    const pair: Pair = { sockets: [client, connect(target, '127.0.0.1')], isLost: state === 'lost' };
    pairs.add(pair);
    lead(client, pair.sockets[1], pair);
    lead(pair.sockets[1], client, pair);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    moveTo(port) {
      target = port;
      cut();
    },
    hold() {
      state = 'held';
      for (const { sockets } of pairs) for (const socket of sockets) socket.pause();
    },
    lose() {
      state = 'lost';
      for (const pair of pairs) pair.isLost = true;
    },
    release() {
      state = 'passing';
      for (const { sockets } of pairs) for (const socket of sockets) socket.resume();
    },
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
