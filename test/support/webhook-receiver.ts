import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliverWebhooks } from '../../jobs/deliver-webhooks.ts';
import type { JobContext } from '../../jobs/job.ts';
import type { Database } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';

export interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What a receiver does: it answers with a status, hangs before or in the midst of its answer, or sends without end. */
export type Answer =
  | number
  | { status: number; headers: Record<string, string> }
  | 'hang'
  | 'midway'
  | 'endless';

export interface Receiver {
  url: string;
  received: Received[];
  /** By path and how often it was asked there, from 1. Default: 204. */
  answer: (path: string, times: number) => Answer;
  close(): Promise<void>;
}

/** A receiver of webhooks on this machine. */
export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: '', received: [], answer: () => 204, close: async () => {} };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const path = request.url!;
    receiver.received.push({
      path,
      headers: request.headers as IncomingHttpHeaders as Record<string, string>,
      body,
    });
    const answer = receiver.answer(path, receiver.received.filter((one) => one.path === path).length);
    response.on('error', () => {});
    if (answer === 'hang') return;
    if (answer === 'midway') response.writeHead(200, { 'content-length': '100' }).write('half of');
    else if (answer === 'endless') {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    } else if (typeof answer === 'number') response.writeHead(answer).end();
    else response.writeHead(answer.status, answer.headers).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return receiver;
}

/** What a worker does with the deliveries of a workspace that are due. */
export const deliverDue = (
  database: Database,
  workspaceId: string,
  context: Partial<JobContext>,
): Promise<{ delivered: number; failed: number }> =>
  deliverWebhooks.handle(
    {
      pool: database.pool('worker'),
      boss: { send: async () => null },
      signal: new AbortController().signal,
      log,
      ...context,
    } as unknown as JobContext,
    { workspaceId },
  ) as Promise<{ delivered: number; failed: number }>;
