import type { ServerResponse } from 'node:http';
import type { ClientBase } from 'pg';
import { breakConnection, cancelQuery } from '../lib/cancel-query.ts';
import { ApiError } from './errors.ts';

/** Milliseconds from a cancellation to the breaking of a connection that has not heard of it. */
const CANCEL_GRACE = 5_000;

/**
 * What a request does in the database, which ends when its time is over or its client has gone: statements that run are cancelled,
 * further ones are not begun, and connections go back to their pool.
 */
export class RequestWork {
  readonly #signal: AbortSignal;
  readonly #connections = new Map<ClientBase, Promise<void> | undefined>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const client of this.#connections.keys()) this.#connections.set(client, cancelQuery(client));
    });
  }

  /** @throws ApiError CQ408 when the request is over */
  check(): void {
    this.#signal.throwIfAborted();
  }

  /** Does something on a connection, which is not given back before a cancellation of it has come to its end. */
  async on<T>(client: ClientBase, work: () => Promise<T> | T): Promise<T> {
    this.check();
    this.#connections.set(client, undefined);
    let breaking: NodeJS.Timeout | undefined;
    const breakLater = () => {
      breaking = setTimeout(() => breakConnection(client), CANCEL_GRACE);
    };
    this.#signal.addEventListener('abort', breakLater);
    try {
      const result = await work();
      this.check();
      return result;
    } finally {
      // the cancellation must not meet the next one who has this connection
      await this.#connections.get(client);
      clearTimeout(breaking);
      this.#signal.removeEventListener('abort', breakLater);
      this.#connections.delete(client);
    }
  }
}

export interface Deadline {
  work: RequestWork;
  /** The result of something, unless the request ends before. */
  orEnd<T>(result: Promise<T>): Promise<T>;
  /** To be called when the answer is there. */
  close(): void;
}

/**
 * Gives a request so many milliseconds, and no more than its client waits.
 * @param cancelled  says that the client does not wait any more, although it is there
 */
export function openDeadline(
  response: ServerResponse | undefined,
  milliseconds: number,
  cancelled?: AbortSignal,
): Deadline {
  const ending = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
  const timer = setTimeout(() => {
    const hint =
      'Ask for less, or in several requests. A change may have been made: look before you repeat it.';
    ending.abort(
      new ApiError('CQ408', `The request took longer than ${milliseconds / 1_000} seconds.`, hint),
    );
  }, milliseconds);
  const leave = () => {
    if (!response?.writableFinished) ending.abort(new ApiError('CQ408', 'The client has gone.'));
  };
  response?.once('close', leave);
  const cancel = () => ending.abort(new ApiError('CQ408', 'The request was cancelled.'));
  cancelled?.addEventListener('abort', cancel);
  if (cancelled?.aborted) cancel();
  return {
    work: new RequestWork(ending.signal),
    orEnd: (result) => {
      result.catch(() => {});
      return Promise.race([result, ended]);
    },
    close() {
      clearTimeout(timer);
      response?.off('close', leave);
      cancelled?.removeEventListener('abort', cancel);
    },
  };
}
