import type { IncomingMessage, ServerResponse } from 'node:http';
import { log } from '../../lib/log.ts';
import { endWithError } from './answers.ts';
import { requestIds } from './request-ids.ts';

export interface Pace {
  /** Milliseconds in which a body must bring so many bytes more, or end. */
  window: number;
  bytes: number;
  /** Milliseconds in which a client must take something of an answer that waits for it. */
  stall: number;
}

/**
 * Ends requests whose body does not come, and answers that are not taken: both keep what others need, and cost their
 * client nothing. A body that waits for us is not held against its client, and one that was answered before it came must come as well.
 */
export function demandProgress(request: IncomingMessage, response: ServerResponse, pace: Pace): void {
  const { socket } = request;
  // from the end of an answer to the next request Node's own limit for idle connections holds
  const demandTaking = () => socket.setTimeout(pace.stall);
  response.once('pipe', demandTaking).once('prefinish', demandTaking);
  if (request.complete) return;
  let seen = socket.bytesRead;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    const came = socket.bytesRead - seen;
    seen = socket.bytesRead;
    if (came >= pace.bytes || request.readableLength > 0) return;
    clearInterval(timer);
    const { id } = requestIds(request);
    log.info({ requestId: id, bytes: came }, 'The body of a request does not come');
    if (!response.headersSent) {
      const message = 'The body of the request did not come.';
      const hint = 'Send it at once, in one go; or check the connection, and send it again.';
      endWithError(socket, { status: 408, code: 'CQ427', message, hint, id });
    }
    socket.destroySoon();
  }, pace.window).unref();
  request.once('close', () => request.complete && clearInterval(timer));
}
