import { Worker } from 'node:worker_threads';
import { ProviderError } from './error.ts';
import type { WorkerReply, WorkerRequest } from './local-worker.ts';
import { unitVector } from './vectors.ts';

/** A message to the worker holds at most this much, so that a search query never waits long behind a back-fill. */
const BATCH_TEXTS = 16;
const BATCH_CHARACTERS = 4_000;

interface Job {
  texts: readonly string[];
  /** Positions still to be sent, shortest text first: the model pads a batch to its longest text. */
  waiting: number[];
  vectors: Float32Array[];
  settled: boolean;
  resolve(vectors: Float32Array[]): void;
  reject(reason: unknown): void;
}

/**
 * One worker thread and the queue before it. Jobs take turns, one batch each; the thread starts with the first
 * job, keeps the process alive only while there is work, and is replaced after it dies: everything that
 * waited is then rejected as unavailable, and the next embed() starts a new one.
 */
export class LocalEngine {
  readonly #entry: URL;
  readonly #dimensions: number;
  #worker: Worker | undefined;
  #queue: Job[] = [];
  #running: { job: Job; batch: number[] } | undefined;

  readonly #data: unknown;

  /** @param data  what the thread gets to begin with */
  constructor(entry: URL, dimensions: number, data?: unknown) {
    this.#entry = entry;
    this.#dimensions = dimensions;
    this.#data = data;
  }

  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (texts.length === 0) return resolve([]);
      const abort = () => job.reject(signal?.reason);
      const job: Job = {
        texts,
        waiting: texts.map((_, i) => i).sort((a, b) => texts[a]!.length - texts[b]!.length),
        vectors: new Array(texts.length),
        settled: false,
        resolve: (vectors) => settle(() => resolve(vectors)),
        reject: (reason) => settle(() => reject(reason)),
      };
      const settle = (how: () => void) => {
        if (job.settled) return;
        job.settled = true;
        signal?.removeEventListener('abort', abort);
        how();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(job);
      this.#pump();
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(new ProviderError('unavailable', 'The local embedding provider was closed'));
    await worker?.terminate();
  }

  #pump(): void {
    if (this.#running) return;
    const job = this.#nextJob();
    if (!job) {
      this.#worker?.unref();
      return;
    }
    const batch: number[] = [];
    let characters = 0;
    while (job.waiting.length > 0 && batch.length < BATCH_TEXTS) {
      const length = job.texts[job.waiting[0]!]!.length;
      if (batch.length > 0 && characters + length > BATCH_CHARACTERS) break;
      characters += length;
      batch.push(job.waiting.shift()!);
    }
    this.#running = { job, batch };
    this.#worker ??= this.#start();
    this.#worker.ref();
    const request: WorkerRequest = { texts: batch.map((i) => job.texts[i]!) };
    this.#worker.postMessage(request);
  }

  /** The first job that still wants an answer; those that were aborted fall out here. */
  #nextJob(): Job | undefined {
    let job = this.#queue.shift();
    while (job?.settled) job = this.#queue.shift();
    return job;
  }

  #start(): Worker {
    // The thread gets no environment and no flags of ours: it needs neither, and the first holds secrets. Its
    // output stays unread: reading it would keep the process alive, and errors arrive as events.
    const worker = new Worker(this.#entry, {
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      workerData: this.#data,
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('messageerror', () => void worker.terminate());
    worker.on('message', (reply: WorkerReply) => {
      if (worker === this.#worker) this.#receive(reply);
    });
    worker.on('exit', (code) => {
      if (worker !== this.#worker) return;
      this.#worker = undefined;
      const message = `The local embedding worker stopped (exit code ${code}); the next request starts it again`;
      this.#rejectAll(new ProviderError('unavailable', message, { cause }));
    });
    return worker;
  }

  #receive(reply: WorkerReply): void {
    if (!this.#running) return;
    const { job, batch } = this.#running;
    this.#running = undefined;
    try {
      if ('kind' in reply) throw new ProviderError(reply.kind, reply.message);
      if (reply.vectors.length !== batch.length * this.#dimensions) {
        const message = `The model returned ${reply.vectors.length} numbers for ${batch.length} texts of ${this.#dimensions} dimensions`;
        throw new ProviderError('bad_output', message);
      }
      batch.forEach((index, i) => {
        const values = reply.vectors.subarray(i * this.#dimensions, (i + 1) * this.#dimensions);
        job.vectors[index] = unitVector(values, this.#dimensions, index);
      });
      if (job.waiting.length > 0) this.#queue.push(job);
      else job.resolve(job.vectors);
    } catch (error) {
      job.reject(error);
    }
    this.#pump();
  }

  #rejectAll(error: ProviderError): void {
    const jobs = this.#running ? [this.#running.job, ...this.#queue] : this.#queue;
    this.#running = undefined;
    this.#queue = [];
    for (const job of jobs) job.reject(error);
  }
}
