/** Attacks by connections that are held, rather than by what is asked on them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../../lib/errors.ts';
import type { Attack, Attacker } from './attack.ts';
import type { Got } from './http.ts';

/** Holds one connection that begins with a text, and reads what comes. Ends with it, or as nothing comes for a while. */
async function hold(
  { url, address }: Attacker,
  text: string,
  read?: (socket: Socket) => Promise<void>,
): Promise<Got> {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: address });
  let answer = '';
  const lost = new Promise<string | undefined>((resolve) => {
    socket.on('error', (error) => resolve(errorCode(error)));
    socket.on('close', () => resolve(undefined));
  });
  if (!read)
    socket.on('data', (part) => {
      answer += part;
    });
  await Promise.race([once(socket, 'connect').catch(() => {}), lost]);
  socket.write(text);
  if (read) await Promise.race([read(socket), lost]);
  const error = await Promise.race([lost, delay(300)]);
  const code = /CQ\d{3}/.exec(answer)?.[0] ?? /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? error ?? 'held';
  if (code !== 'held') socket.destroy();
  return { status: 0, code, headers: {}, data: undefined };
}

/** Once each: what is held stays, and no more is done until the end. */
const onceEach = (work: (attacker: Attacker, prepared: unknown) => Promise<Got>): Attack['act'] => {
  const done = new WeakSet<Attacker>();
  return async (attacker, prepared) => {
    if (done.has(attacker)) return delay(50, undefined);
    done.add(attacker);
    return work(attacker, prepared);
  };
};

const head = (path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${more}content-length: 1000\r\n\r\n`;

export const halfOpenBodies: Attack = {
  name: 'four hundred bodies that stay half open',
  times: 400,
  act: onceEach((one) => hold(one, `${head('/graphql')}{"qu`)),
  told: ['held'],
};

export const idleConnections: Attack = {
  name: 'thousands of connections that say nothing',
  times: 2_500,
  act: onceEach((one) => hold(one, '')),
  told: ['CQ421'],
  others: 'newcomers',
  // the room of all, when one address may have it
  without: { MAX_CONNECTIONS: '2000', MAX_CONNECTIONS_PER_ADDRESS: '2000' },
};

export const upgrades: Attack = {
  name: 'upgrades to what is not spoken here',
  times: 50,
  act: (one) =>
    hold(
      one,
      'GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n',
    ),
  told: ['CQ400', 'CQ405', '101', '400', '405', '404'],
};

/** A client that takes a byte of an answer from time to time. */
export const slowDownloads = (upload: (attacker: Attacker) => Promise<string>): Attack => ({
  name: 'downloads taken byte by byte',
  times: 200,
  prepare: upload,
  act: onceEach((one, id) =>
    hold(
      one,
      `GET /files/${id} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${one.token}\r\n\r\n`,
      async (socket) => {
        for (;;) {
          await once(socket, 'readable');
          socket.read(1);
          await delay(500);
        }
      },
    ),
  ),
  told: [],
});
