import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import { addressKey } from '../client-address.ts';
import { HEADERS_TIMEOUT } from '../limits/values.ts';
import { endWithError } from './answers.ts';

/** What Node's parser refuses, by its own codes; all else is no HTTP. */
const REFUSALS: Record<string, { status: number; code: string; message: string; hint: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'CQ428',
    message: 'The headers of the request are too large.',
    hint: 'The address and all headers together have at most 16 KiB; send long documents and variables by POST.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'CQ413',
    message: 'The chunk extensions of the request are too large.',
    hint: 'Leave them out.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'CQ427',
    message: 'The request did not arrive in time.',
    hint: 'Send its headers at once.',
  },
};

const NO_HTTP = {
  status: 400,
  code: 'CQ400',
  message: 'This is no HTTP request.',
  hint: 'Check what the client sends, and that it speaks http here and not https.',
};

function refuse(error: Error, socket: Duplex): void {
  const code = errorCode(error);
  if (code === 'ECONNRESET' || !socket.writable || ('bytesWritten' in socket && isAnswering(socket))) {
    socket.destroy();
    return;
  }
  const refusal = REFUSALS[code ?? ''] ?? NO_HTTP;
  const id = randomUUID();
  log.info({ requestId: id, status: refusal.status, code: refusal.code, reason: code }, 'request refused');
  endWithError(socket, { ...refusal, id });
}

/** Whether an answer is on its way already: another one would be read as part of it. */
function isAnswering(socket: Duplex): boolean {
  const message = (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage;
  return message?.headersSent === true;
}

export interface ConnectionLimits {
  /** Connections at the same time, in all and from one address. */
  total: number;
  perAddress: number;
  /** Whether an address is one of a proxy, whose connections are those of many. */
  isProxy(address: string): boolean;
}

/** Bounds how many connections there are, and how long their requests may be on their way; explains what is no request. */
export function guardConnections(server: Server, { total, perAddress, isProxy }: ConnectionLimits): void {
  const open = new Map<string, number>();
  server.maxConnections = total;
  server.headersTimeout = HEADERS_TIMEOUT;
  // bodies have a rule of their own: api/http/progress.ts
  server.requestTimeout = 0;
  server.on('clientError', refuse);
  server.on('drop', () => log.warn({ total }, 'A connection was refused: too many are open'));
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isProxy(address)) return;
    const key = addressKey(address);
    const count = (open.get(key) ?? 0) + 1;
    open.set(key, count);
    socket.once('close', () => {
      const left = open.get(key)! - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
    if (count <= perAddress) return;
    log.warn({ ip: key, perAddress }, 'A connection was refused: too many are open from its address');
    endWithError(socket, {
      status: 429,
      code: 'CQ421',
      message: 'Too many connections from this address.',
      hint: 'Use fewer connections, each for many requests.',
      id: randomUUID(),
    });
  });
}
