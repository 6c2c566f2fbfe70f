import { Socket } from 'node:net';
import pg from 'pg';

/** What of node-postgres is not in its types: a client's own connection, and what a cancellation names. */
interface Inside {
  host: string;
  port: number;
  ssl: boolean | object;
  processID: number | null;
  secretKey: number | null;
  connection: {
    stream: { destroy(): void };
    connect(portOrPath: number | string, host?: string): void;
    requestSsl(): void;
    cancel(processId: number, secretKey: number): void;
    on(event: 'connect' | 'sslconnect' | 'end' | 'error', listener: () => void): void;
  };
}

const insideOf = (client: pg.ClientBase): Inside => client as unknown as Inside;

/** Whether there is a server at the other end. An embedded database has one session, which nobody may break. */
const isToServer = (client: pg.ClientBase): boolean => insideOf(client).connection?.stream instanceof Socket;

/** Breaks a connection: what runs on it rejects, and its pool does not take it back. Not one to an embedded database. */
export function breakConnection(client: pg.ClientBase): void {
  if (!isToServer(client)) return;
  // the end is expected: it is told to what runs, and to nobody else
  client.on('error', () => {});
  insideOf(client).connection.stream.destroy();
}

/**
 * Asks the server to end what it does for a connection, by a connection of its own, which is the protocol's way and works through
 * PgBouncer. Resolves when the server has taken note, or after `patience` milliseconds. An embedded database cannot be asked.
 */
export async function cancelQuery(client: pg.ClientBase, patience = 2_000): Promise<void> {
  const { host, port, ssl, processID, secretKey } = insideOf(client);
  if (!isToServer(client) || processID === null || secretKey === null) return;
  const { connection } = insideOf(new pg.Client({ host, port, ssl }));
  const { promise, resolve } = Promise.withResolvers<void>();
  connection.on('error', resolve);
  connection.on('end', resolve);
  const cancel = () => connection.cancel(processID, secretKey);
  connection.on('connect', ssl ? () => connection.requestSsl() : cancel);
  connection.on('sslconnect', cancel);
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
  const timer = setTimeout(resolve, patience);
  await promise;
  clearTimeout(timer);
  connection.stream.destroy();
}
