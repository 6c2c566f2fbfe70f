import { Worker } from 'node:worker_threads';
import { ColloquyError } from './errors.ts';

/** What a thread sends back: the result, or the error, which cannot cross the border with its class. */
export type Reply<Result> =
  | { result: Result }
  | { error: { code: string; message: string; hint: string | undefined } }
  | { crash: string };

export interface ThreadOptions {
  /** Milliseconds that one request may take. */
  timeout: number;
  /** Mebibytes of JavaScript heap. */
  memory: number;
  /** What a request ends with that took too long, or whose thread died. */
  tooLong(): Error;
  died(reason: string): Error;
}

interface Task {
  request: unknown;
  transfer: ArrayBuffer[];
  signal: AbortSignal | undefined;
  resolve(value: never): void;
  reject(reason: unknown): void;
}

/**
 * A thread for work that would hold up everybody else: one request at a time, each within bounds of time and memory.
 * It starts with the first request, lets the process end while idle, and is replaced when it dies, is stopped for
 * taking too long, or works for somebody who has gone away.
 */
export class Thread<Request, Result> {
  readonly #entry: URL;
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #waiting: Task[] = [];
  #running: Task | undefined;

  constructor(entry: URL, options: ThreadOptions) {
    this.#entry = entry;
    this.#options = options;
  }

  /** @param transfer  buffers of the request that are handed over: they are empty here afterwards */
  async run(request: Request, signal?: AbortSignal, transfer: ArrayBuffer[] = []): Promise<Result> {
    signal?.throwIfAborted();
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ request, transfer, signal, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    const error = this.#options.died('it was closed');
    for (const task of this.#waiting.splice(0)) task.reject(error);
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#running) return;
    const task = this.#waiting.shift();
    if (!task) {
      this.#worker?.unref();
      return;
    }
    if (task.signal?.aborted) {
      task.reject(task.signal.reason);
      this.#next();
      return;
    }
    this.#running = task;
    this.#worker ??= this.#start();
    this.#perform(task, this.#worker);
  }

  #perform(task: Task, worker: Worker): void {
    let died = 'it ended';
    const settle = (how: () => void) => {
      clearTimeout(timer);
      task.signal?.removeEventListener('abort', abort);
      worker.off('message', message).off('error', crash).off('exit', exit);
      this.#running = undefined;
      how();
      this.#next();
    };
    /** The thread is in the middle of something that cannot be stopped otherwise. */
    const drop = (reason: unknown) => {
      if (this.#worker === worker) this.#worker = undefined;
      void worker.terminate();
      settle(() => task.reject(reason));
    };
    const abort = () => drop(task.signal?.reason);
    const message = (reply: Reply<never>) => {
      if ('result' in reply) settle(() => task.resolve(reply.result));
      else if ('error' in reply) {
        const { code, message, hint } = reply.error;
        settle(() => task.reject(new ColloquyError(code, message, hint === undefined ? {} : { hint })));
      } else settle(() => task.reject(this.#options.died(reply.crash)));
    };
    const crash = (error: unknown) => {
      died = String(error);
    };
    const exit = () => {
      if (this.#worker === worker) this.#worker = undefined;
      settle(() => task.reject(this.#options.died(died)));
    };
    const timer = setTimeout(() => drop(this.#options.tooLong()), this.#options.timeout);
    task.signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', message).on('error', crash).on('exit', exit);
    worker.ref();
    worker.postMessage(task.request, task.transfer);
  }

  #start(): Worker {
    // no environment and no flags of ours: it needs neither, and the first holds secrets
    const worker = new Worker(this.#entry, {
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.memory },
    });
    // one that dies while idle is replaced by the next request
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}
