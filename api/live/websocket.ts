import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { GraphQLError, parse } from 'postgraphile/graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import { log } from '../../lib/log.ts';
import { publicError } from '../errors.ts';
import { requestIds } from '../http/request-ids.ts';
import { MAX_MESSAGE_BYTES, STALL_TIMEOUT } from '../limits/values.ts';
import { type Caller, RightsEnded } from './caller.ts';
import { type Connection, codeOf } from './hub.ts';
import { type Body, type Subscribing, subscribe } from './subscribe.ts';

/** Milliseconds between two pings; a client that has not answered one at the next is gone. */
const PING_INTERVAL = 12_000;
/** Bytes that wait for a client, beyond which it is gone. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Milliseconds that the last words to a client have before its connection ends. */
const LAST_WORDS = 50;

export interface WebSocketOptions extends Subscribing {
  /**
   * Finds out who it is.
   * @param given  the payload of connection_init
   */
  authenticate(request: IncomingMessage, given: Record<string, unknown> | undefined): Promise<Caller>;
  pingInterval?: number | undefined;
}

interface Extra {
  socket: WebSocket;
  request: IncomingMessage;
  connection?: Connection;
}

/** graphql-ws wants to see a subscription; the one that was sent is read in subscribe.ts. */
const ANY = parse('subscription { any }');

/** The reason of a close frame has 123 bytes. */
const reasonOf = (code: string, message: string): string =>
  Buffer.from(`${code} ${message}`).subarray(0, 120).toString();

/** Ends a connection that is silent for two intervals, while nothing waits for it. */
export function keepAlive(socket: WebSocket, interval: number): void {
  let isAlive = true;
  const timer = setInterval(() => {
    // while something waits for it, a client is slow, and the patience with it has an end of its own
    if (!isAlive && socket.bufferedAmount === 0) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, interval).unref();
  socket.on('pong', () => {
    isAlive = true;
  });
  socket.once('close', () => clearInterval(timer));
}

/** Ends a connection, and does not wait for a client that does not listen. */
function close(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), STALL_TIMEOUT / 10).unref();
}

/** Serves subscriptions over websockets, in the protocol graphql-transport-ws. */
export function openWebSockets(options: WebSocketOptions) {
  const sockets = new Set<WebSocket>();
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols,
  });

  /** Why the server ends a connection, as a close code: 4401 is for good, the others are tried again by clients. */
  function codeFor(error: Error): number {
    if (error instanceof RightsEnded) return error.isSignedOut ? CloseCode.Unauthorized : CloseCode.Forbidden;
    return codeOf(error) === 'CQ801' ? 1013 : 1001;
  }

  const server = makeServer<Record<string, unknown>, Extra>({
    async onConnect({ extra, connectionParams }) {
      const { request, socket } = extra;
      try {
        const caller = await options.authenticate(request, connectionParams);
        if (socket.readyState !== socket.OPEN) return false;
        extra.connection = options.hub.connect(caller, (error) => {
          const end = () => close(socket, codeFor(error), reasonOf(codeOf(error), error.message));
          if (codeFor(error) === 1001) end();
          else setTimeout(end, LAST_WORDS);
        });
        return true;
      } catch (error) {
        const { code, message } = publicError(error);
        const isPassing = code === 'CQ503' || code === 'CQ438' || code === 'CQ429';
        close(socket, isPassing ? 1013 : CloseCode.Unauthorized, reasonOf(code, message));
        // it is closed already, with the reason
        return false;
      }
    },
    // what graphql-ws would make of it is made in subscribe.ts
    onSubscribe: (_context, _id, payload) => ({ document: ANY, payload }) as never,
    subscribe: (args) => {
      const { payload, contextValue } = args as unknown as { payload: Body; contextValue: Extra };
      return subscribe(options, contextValue.connection!, payload);
    },
    context: ({ extra }) => extra as never,
    // graphql-ws wraps what is thrown, without its code
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => {
        const thrown = (error as GraphQLError).originalError;
        return (thrown instanceof GraphQLError ? thrown : (error as GraphQLError)).toJSON();
      }),
  });

  wss.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const extra: Extra = { socket, request };
    const start = performance.now();
    sockets.add(socket);
    keepAlive(socket, options.pingInterval ?? PING_INTERVAL);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            if (socket.bufferedAmount > MOST_WAITING) socket.terminate();
            socket.send(data, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (told) => {
          socket.on('message', (data) => {
            told(String(data)).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              log.error({ err: error, requestId: requestIds(request).id }, 'A message of a websocket');
              close(socket, CloseCode.InternalServerError, 'CQ500 Internal error');
            });
          });
        },
      },
      extra,
    );
    // the end follows as close
    socket.on('error', () => {});
    socket.once('close', (code, reason) => {
      sockets.delete(socket);
      extra.connection?.close();
      void closed(code, String(reason));
      const ms = Math.round(performance.now() - start);
      log.info({ requestId: requestIds(request).id, code, ms }, 'websocket closed');
    });
  });

  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request));
    },
    /** Ends those that have not said yet who they are, too. */
    close(): void {
      for (const socket of sockets) close(socket, 1001, 'The server stops.');
    },
  };
}
