import { createServer, type Server, type Socket } from 'node:net';
import type { PoolClient } from 'pg';
import type { EmbeddedSession } from './session.ts';

/**
 * PostgreSQL's wire protocol in front of the embedded session, for psql and for the project's own commands, over a
 * socket in the data folder that only its owner can reach. A client holds the session from its first message until
 * its transaction ends; its prepared statements get names of its own. Settings last for one transaction.
 * Not spoken: copy from the client, cancel requests. What is notified goes to this process alone, which listens for all.
 */

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_3 = 196608;
/** Milliseconds that a client may keep everybody waiting inside an open transaction. */
const IDLE_IN_TRANSACTION = 60_000;
/** Longest message accepted: PostgreSQL's own limit for one value. */
const LONGEST_MESSAGE = 1024 * 1024 * 1024;

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const cstring = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8');
const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};

function errorMessage(code: string, text: string): Buffer {
  return message(
    'E',
    Buffer.concat([
      cstring('SFATAL'),
      cstring('VFATAL'),
      cstring(`C${code}`),
      cstring(`M${text}`),
      Buffer.from([0]),
    ]),
  );
}

function greeting(): Buffer {
  const parameters: [string, string][] = [
    ['server_version', '18.6 (PGlite)'],
    ['server_encoding', 'UTF8'],
    ['client_encoding', 'UTF8'],
    ['DateStyle', 'ISO, MDY'],
    ['TimeZone', 'UTC'],
    ['integer_datetimes', 'on'],
    ['standard_conforming_strings', 'on'],
  ];
  return Buffer.concat([
    message('R', int32(0)),
    ...parameters.map(([name, value]) => message('S', Buffer.concat([cstring(name), cstring(value)]))),
    message('K', Buffer.concat([int32(process.pid), int32(0)])),
    message('Z', Buffer.from('I')),
  ]);
}

/** Gives a named prepared statement a name that belongs to this connection alone. */
function ownStatementName(type: string, body: Buffer, prefix: string): Buffer {
  const rename = (start: number): Buffer => {
    const end = body.indexOf(0, start);
    if (end <= start) return body;
    return Buffer.concat([body.subarray(0, start), Buffer.from(prefix), body.subarray(start)]);
  };
  if (type === 'P') return rename(0);
  if (type === 'B') return rename(body.indexOf(0) + 1);
  if ((type === 'D' || type === 'C') && body[0] === 0x53) return rename(1);
  return body;
}

/** Takes what was notified out of an answer: the session is everybody's, and so is what it listens to. */
function withoutNotifications(
  answer: Uint8Array,
  session: Pick<EmbeddedSession, 'channels' | 'notified'>,
): Uint8Array {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  // the name of the channel stands in it as it is
  if (![...session.channels].some((channel) => bytes.includes(channel))) return answer;
  const kept: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (bytes[at] === 0x41) {
      const [channel = '', payload = ''] = bytes.toString('utf8', at + 9, end).split('\0');
      session.notified(channel, payload);
    } else kept.push(bytes.subarray(at, end));
    at = end;
  }
  return kept.length === 0 ? bytes.subarray(0, 0) : Buffer.concat(kept);
}

class Connection {
  readonly #session: EmbeddedSession;
  readonly #socket: Socket;
  readonly #prefix: string;
  readonly #users: ReadonlySet<string>;
  readonly #idleInTransaction: number;
  #user: string | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #lease: PoolClient | undefined;
  #working: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    session: EmbeddedSession,
    socket: Socket,
    number: number,
    users: ReadonlySet<string>,
    idleInTransaction: number,
  ) {
    this.#idleInTransaction = idleInTransaction;
    this.#session = session;
    this.#socket = socket;
    this.#prefix = `c${number}_`;
    this.#users = users;
    socket.on('data', (data) => {
      this.#working = this.#working.then(() => this.#receive(data)).catch((error) => this.#fail(error));
    });
    socket.on('error', () => socket.destroy());
    socket.on('timeout', () => {
      if (socket.writable)
        socket.end(errorMessage('25P03', 'The transaction was idle for too long while others waited.'));
      this.#giveBack();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#working = this.#working.then(() => this.#giveBack());
    });
  }

  #giveBack(): void {
    this.#socket.setTimeout(0);
    this.#lease?.release();
    this.#lease = undefined;
  }

  #fail(error: unknown): void {
    if (this.#socket.writable)
      this.#socket.end(errorMessage('XX000', error instanceof Error ? error.message : String(error)));
    this.#giveBack();
  }

  async #receive(data: Buffer): Promise<void> {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    for (;;) {
      if (this.#ended) return;
      const headLength = this.#user === undefined ? 4 : 5;
      if (this.#buffer.length < headLength) return;
      const length = this.#buffer.readInt32BE(headLength - 4) + headLength - 4;
      if (length < headLength || length > LONGEST_MESSAGE) throw new Error('The message is malformed.');
      if (this.#buffer.length < length) return;
      const whole = this.#buffer.subarray(0, length);
      this.#buffer = this.#buffer.subarray(length);
      if (this.#user === undefined) this.#startUp(whole);
      else await this.#handle(String.fromCharCode(whole[0]!), whole.subarray(5));
    }
  }

  #startUp(whole: Buffer): void {
    const code = whole.length >= 8 ? whole.readInt32BE(4) : 0;
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.#socket.write('N');
      return;
    }
    if (code === CANCEL_REQUEST) {
      this.#socket.end();
      return;
    }
    if (code >> 16 !== PROTOCOL_3 >> 16) {
      this.#socket.end(errorMessage('0A000', 'Only version 3 of the protocol is spoken here.'));
      return;
    }
    const words = whole.subarray(8).toString('utf8').split('\0');
    const at = words.findIndex((word, index) => index % 2 === 0 && word === 'user');
    const user = at >= 0 ? words[at + 1] : undefined;
    if (user === undefined || !this.#users.has(user)) {
      this.#socket.end(
        errorMessage(
          '28000',
          `There is no login "${user ?? ''}". Use one of: ${[...this.#users].join(', ')}.`,
        ),
      );
      return;
    }
    this.#user = user;
    this.#socket.write(greeting());
  }

  async #handle(type: string, body: Buffer): Promise<void> {
    if (type === 'X') {
      this.#socket.end();
      this.#giveBack();
      return;
    }
    this.#lease ??= await this.#session.lease(this.#user!);
    this.#session.touch();
    this.#socket.setTimeout(this.#idleInTransaction);
    const { pglite } = this.#session;
    const request = message(type, ownStatementName(type, body, this.#prefix));
    const answer = await pglite.runExclusive(() => pglite.execProtocolRaw(new Uint8Array(request)));
    const told = withoutNotifications(answer, this.#session);
    if (this.#socket.writable && told.length > 0) this.#socket.write(told);
    // a simple query or a sync ends what belongs together
    if ((type === 'Q' || type === 'S') && !pglite.isInTransaction()) this.#giveBack();
  }
}

/**
 * Listens for clients.
 * @param path   a Unix socket; its folder decides who may connect
 * @param users  the logins that exist
 * @param idleInTransaction  milliseconds after which a client that holds an open transaction is cut off
 */
export async function listen(
  session: EmbeddedSession,
  path: string,
  users: ReadonlySet<string>,
  idleInTransaction: number = IDLE_IN_TRANSACTION,
): Promise<Server> {
  const sockets = new Set<Socket>();
  let number = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    number += 1;
    new Connection(session, socket, number, users, idleInTransaction);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const close = server.close.bind(server);
  server.close = (callback) => {
    for (const socket of sockets) socket.destroy();
    return close(callback);
  };
  return server;
}
