import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { errorCode } from '../../../lib/errors.ts';

export interface Sent {
  method?: string;
  path?: string;
  token?: string | undefined;
  headers?: Record<string, string>;
  body?: string | Buffer | object;
  /** Goes away after so many milliseconds. */
  leaveAfter?: number;
}

export interface Got {
  status: number;
  /** The code of its first error; else the status; what the connection met, where there was no answer. */
  code: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: an attack reads what it asked for
  data: any;
}

export interface HttpClient {
  send(what: Sent): Promise<Got>;
  /** POST /graphql. */
  ask(query: string, variables?: object, token?: string): Promise<Got>;
  close(): void;
}

function read(status: number, headers: IncomingHttpHeaders, text: string): Got {
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  const code = body.errors?.[0]?.extensions?.code ?? String(status);
  return { status, code, headers, data: body.data ?? body };
}

/** A client from an address of its own on the loopback, with connections that stay open, or one for each request. */
export function httpClient(url: string, localAddress: string, keepAlive = true): HttpClient {
  const agent = new Agent({ keepAlive, maxSockets: 1_000 });

  function send({ method = 'POST', path = '/graphql', token, headers = {}, body, leaveAfter }: Sent) {
    const isObject = typeof body === 'object' && !Buffer.isBuffer(body);
    const bytes = isObject ? JSON.stringify(body) : body;
    return new Promise<Got>((resolve) => {
      const failed = (error: Error): void =>
        resolve({ status: 0, code: errorCode(error) ?? error.message, headers: {}, data: undefined });
      const outgoing = request(`${url}${path}`, {
        method,
        agent,
        localAddress,
        headers: {
          ...(bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) }),
          ...(isObject ? { 'content-type': 'application/json' } : {}),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      outgoing.on('error', failed);
      outgoing.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', failed);
        response.on('end', () =>
          resolve(read(response.statusCode!, response.headers, Buffer.concat(parts).toString())),
        );
      });
      outgoing.end(bytes);
      if (leaveAfter === undefined) return;
      const leaving = setTimeout(() => outgoing.destroy(), leaveAfter);
      outgoing.on('close', () => clearTimeout(leaving));
    });
  }

  return {
    send,
    ask: (query, variables = {}, token) => send({ body: { query, variables }, token }),
    close: () => agent.destroy(),
  };
}
