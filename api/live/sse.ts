import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'postgraphile/graphql';
import { AuthenticationError } from '../authentication.ts';
import { publicError, RETRY_AFTER } from '../errors.ts';
import { sendError } from '../http/answers.ts';
import { hasMoreValues } from '../limits/body.ts';
import { RateLimited } from '../limits/limiter.ts';
import { MAX_BODY_VALUES, MAX_MESSAGE_BYTES } from '../limits/values.ts';
import { askedFor } from '../metrics.ts';
import type { Caller } from './caller.ts';
import { codeOf } from './hub.ts';
import { type Body, type Subscribing, subscribe } from './subscribe.ts';

/** Milliseconds between two signs of life, for proxies. */
const PULSE = 12_000;

export interface StreamOptions extends Subscribing {
  /** Finds out who it is. */
  authenticate(request: IncomingMessage): Promise<Caller>;
}

/** Whether a request asks for a stream of events. */
export function wantsStream(request: IncomingMessage, path: string): boolean {
  if (path === '/graphql/stream') return true;
  return path === '/graphql' && /\btext\/event-stream\b/.test(request.headers.accept ?? '');
}

class Unusable extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function readBody(request: IncomingMessage): Promise<Body> {
  if (request.method === 'GET') {
    const asked = new URLSearchParams(request.url?.split('?')[1] ?? '');
    const json = (name: string): unknown => JSON.parse(asked.get(name) ?? 'null') ?? undefined;
    return {
      ...Object.fromEntries(asked),
      variables: json('variables'),
      extensions: json('extensions'),
    };
  }
  if (request.method !== 'POST') throw new Unusable(405, 'CQ405', 'Send POST or GET.');
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_MESSAGE_BYTES)
      throw new Unusable(413, 'CQ413', `A subscription has at most ${MAX_MESSAGE_BYTES} bytes.`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  if (hasMoreValues(bytes, MAX_BODY_VALUES)) {
    throw new Unusable(
      400,
      'CQ425',
      `Variables have at most ${MAX_BODY_VALUES} values, those within lists and objects counted.`,
    );
  }
  const body: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new SyntaxError('Not an object.');
  return body;
}

/** Says why there is no stream. */
function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof Unusable) sendError(response, error.status, error.code, error.message);
  else if (error instanceof SyntaxError) {
    sendError(response, 400, 'CQ400', 'The body must be an object of JSON.');
  } else {
    const { code, message, hint } = publicError(error);
    const status =
      error instanceof AuthenticationError || error instanceof RateLimited ? error.status : undefined;
    if (status === 401)
      response.setHeader('www-authenticate', 'Bearer realm="colloquy", error="invalid_token"');
    if (status === undefined) response.setHeader('retry-after', String(RETRY_AFTER));
    sendError(response, status ?? 503, code, message, hint);
  }
}

/** Sends a part, and waits until the client can take more. */
function send(response: ServerResponse, part: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(part, (error) => (error ? reject(error) : resolve()));
  });
}

const event = (name: string, data?: ExecutionResult): string =>
  `event: ${name}\ndata:${data === undefined ? '' : ` ${JSON.stringify(data)}`}\n\n`;

/** Serves each subscription as a stream of events, in the way of graphql-sse's distinct connections. */
export function openStreams(options: StreamOptions) {
  async function tell(
    request: IncomingMessage,
    response: ServerResponse,
    body: Body,
    caller: Caller,
  ): Promise<void> {
    let isStopping = false;
    const connection = options.hub.connect(caller, (error) => {
      // a stream that ends without "complete" is asked for again
      isStopping = codeOf(error) === 'CQ503';
      if (isStopping || codeOf(error) === 'CQ801') response.destroy();
    });
    response.once('close', () => connection.close());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would hold it back
      'x-accel-buffering': 'no',
    });
    request.socket.setNoDelay(true);
    const pulse = setInterval(() => response.write(':\n\n'), PULSE).unref();
    try {
      await send(response, ':\n\n');
      for await (const result of subscribe(options, connection, body))
        await send(response, event('next', result));
      if (!response.destroyed) await send(response, event('complete'));
    } catch (error) {
      if (!(error instanceof GraphQLError) || isStopping || response.destroyed) return;
      await send(response, event('next', { errors: [error] }));
      await send(response, event('complete'));
    } finally {
      clearInterval(pulse);
      connection.close();
      response.end();
    }
  }

  return {
    /** Answers a request that wants a stream. */
    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      askedFor(request, { kind: 'subscription', operation: 'stream' });
      let body: Body;
      let caller: Caller;
      try {
        body = await readBody(request);
        caller = await options.authenticate(request);
      } catch (error) {
        if (!request.complete) response.setHeader('connection', 'close');
        return refuse(response, error);
      }
      await tell(request, response, body, caller).catch(() => response.destroy());
    },
  };
}
