import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'postgraphile/graphql';
import { ApiError, publicError } from '../errors.ts';
import { sendError } from '../http/answers.ts';
import { readBody } from '../http/body.ts';
import { prepareRefusal, statusOf } from '../http/refusal.ts';
import { hasMoreValues } from '../limits/body.ts';
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

/** Whether a request asks for a stream of events: one that takes JSON too, as those of urql do, is answered as usual. */
export function wantsStream(request: IncomingMessage, path: string): boolean {
  if (path === '/graphql/stream') return true;
  const accept = request.headers.accept ?? '';
  return path === '/graphql' && /\btext\/event-stream\b/.test(accept) && !/\bjson\b/.test(accept);
}

/** What a refusal is by HTTP, where it is not a server that cannot do it now. */
const STATUS: Record<string, number> = { CQ400: 400, CQ405: 405, CQ413: 413, CQ425: 400 };

async function readAsked(request: IncomingMessage): Promise<Body> {
  if (request.method === 'GET') {
    const asked = new URLSearchParams(request.url?.split('?')[1] ?? '');
    const json = (name: string): unknown => JSON.parse(asked.get(name) ?? 'null') ?? undefined;
    return {
      ...Object.fromEntries(asked),
      variables: json('variables'),
      extensions: json('extensions'),
    };
  }
  if (request.method !== 'POST') throw new ApiError('CQ405', 'Send POST or GET.');
  const bytes = await readBody(request, MAX_MESSAGE_BYTES, 'A subscription');
  if (hasMoreValues(bytes, MAX_BODY_VALUES)) {
    throw new ApiError(
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
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const isNoJson = error instanceof SyntaxError;
  const told = isNoJson ? new ApiError('CQ400', 'The body must be an object of JSON.') : error;
  const { code, message, hint } = publicError(told);
  const status = statusOf(error, code, STATUS, 503);
  prepareRefusal(request, response, status);
  sendError(response, status, code, message, hint);
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
        body = await readAsked(request);
        caller = await options.authenticate(request);
      } catch (error) {
        return refuse(request, response, error);
      }
      await tell(request, response, body, caller).catch(() => response.destroy());
    },
  };
}
