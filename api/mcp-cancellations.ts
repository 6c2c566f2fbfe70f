import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Message } from '../mcp/message.ts';

/**
 * Ends requests whose client has gone, or says that it does not wait any more. The latter comes in a request of its own
 * (notifications/cancelled), which names the other by its id; clients count from zero, so a session id tells them apart. It stands for
 * nothing else, is kept nowhere, and counts for the token that it came with alone.
 */
export class McpCancellations {
  readonly #running = new Map<string, AbortController>();

  /** The end of what a message begins; a cancellation is carried out at once. */
  begin(request: IncomingMessage, response: ServerResponse, token: string, message: Message): AbortSignal {
    const ending = new AbortController();
    const { id, method, params } = message;
    const session = request.headers['mcp-session-id'];
    const keyOf = (of: unknown): string => JSON.stringify([token, session, of]);
    if (method === 'notifications/cancelled' && session !== undefined)
      this.#running.get(keyOf(params?.requestId))?.abort();
    if (method === 'initialize') response.setHeader('mcp-session-id', randomUUID());
    const key = session !== undefined && id !== undefined ? keyOf(id) : undefined;
    if (key !== undefined) this.#running.set(key, ending);
    response.once('close', () => {
      if (key !== undefined && this.#running.get(key) === ending) this.#running.delete(key);
      if (!response.writableFinished) ending.abort();
    });
    // a request that was cancelled has no answer, but an end
    ending.signal.addEventListener('abort', () => response.destroyed || response.end());
    return ending.signal;
  }
}
