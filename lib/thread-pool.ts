import PQueue, { TimeoutError } from 'p-queue';
import { Piscina } from 'piscina';
import { ColloquyError } from './errors.ts';
import type { ThreadReply } from './thread-task.ts';

export interface ThreadPoolOptions {
  /** Threads at the most. Default: 1. */
  threads?: number | undefined;
  /** Mebibytes of JavaScript heap of each. Default: no limit of ours. */
  memory?: number;
  /** Milliseconds that one request may take from the moment it has a thread. Default: no limit. */
  timeout?: number;
  /** The workerData of each thread. */
  data?: unknown;
  /** Whether an aborted request leaves its thread to finish, because that took long to start. Default: its thread ends. */
  outlivesCaller?: boolean;
  /** What a request ends with that took too long. */
  tooLong?(): Error;
  /** What a request ends with whose thread died, and what waited when the pool was closed. */
  died(reason: string, cause: unknown): Error;
}

/**
 * Threads for work that would hold up everything else, each within bounds of time and memory. They start with the first requests, let the
 * process exit while idle, and are replaced when they die or are ended for a time limit or a caller that aborted.
 * Requests are served in their order.
 */
export class ThreadPool<Request, Result> {
  readonly #options: ThreadPoolOptions;
  readonly #threads: Piscina<Request, ThreadReply<Result>>;
  // Piscina has at most one request per thread: what waits in its own queue behind a thread that dies is never served.
  readonly #queue: PQueue;
  #failing = new AbortController();

  /** @param entry  a file whose default export is a threadTask() */
  constructor(entry: URL, options: ThreadPoolOptions) {
    const { threads = 1, memory, timeout, data } = options;
    this.#options = options;
    this.#queue = new PQueue({ concurrency: threads, timeout });
    this.#threads = new Piscina({
      filename: entry.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      // neither the environment, which holds secrets, nor flags of ours
      env: {},
      execArgv: [],
      workerData: data,
      ...(memory ? { resourceLimits: { maxOldGenerationSizeMb: memory } } : {}),
      // an idle thread goes on with what it left unfinished, so that a late error meets no later request
      atomics: 'disabled',
      recordTiming: false,
    });
    // A thread died idle, which ends no request, or before it was ready: its request would wait for ever.
    this.#threads.on('error', (error) => {
      if (this.#threads.queueSize > 0) this.#fail(error);
    });
  }

  async run(request: Request, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    const { outlivesCaller, tooLong, died } = this.#options;
    const failing = this.#failing.signal;
    try {
      const added = this.#queue.add(
        async ({ signal: ending }) => {
          failing.throwIfAborted();
          if (outlivesCaller) signal?.throwIfAborted();
          const either = ending ? AbortSignal.any([ending, failing]) : failing;
          return this.#threads.run(request, { signal: either });
        },
        signal && !outlivesCaller ? { signal } : {},
      );
      const reply = await (signal && outlivesCaller ? unlessAborted(added, signal) : added);
      if ('result' in reply) return reply.result;
      const { code, message, hint } = reply.error;
      throw new ColloquyError(code, message, hint === undefined ? {} : { hint });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof ColloquyError) throw error;
      if (error instanceof TimeoutError && tooLong) throw tooLong();
      const cause = failing.aborted ? failing.reason : error;
      throw died(String(cause), cause);
    }
  }

  /** Ends all threads. Another request starts new ones. */
  async close(): Promise<void> {
    this.#fail('it was closed');
    await this.#threads.destroy();
  }

  #fail(reason: unknown): void {
    this.#failing.abort(reason);
    this.#failing = new AbortController();
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
