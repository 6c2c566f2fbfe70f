import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'vitest';
import { ColloquyError } from '../../client/index.ts';

/** What a request was refused with. */
export async function refusal(work: Promise<unknown>): Promise<ColloquyError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ColloquyError);
  return error;
}

/** A network between a client and the API, which breaks when it is told to. */
export async function openRelay(api: string) {
  const { hostname, port } = new URL(api);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Sockets that are open. */
    size: () => open.size,
    /** Ends what is open. */
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    /** Lets nothing more through of what is open, and does not say so. */
    hold: () => {
      for (const socket of open) socket.unpipe().pause();
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
export type Relay = Awaited<ReturnType<typeof openRelay>>;
