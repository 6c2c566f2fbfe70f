import { Worker } from 'node:worker_threads';
import { ProviderError } from '../error.ts';
import { unitVector } from '../vectors.ts';
import type { WorkerReply, WorkerRequest } from './local-worker.ts';

/** A message to the worker holds at most this much, so that a search query never waits long behind a back-fill. */
const BATCH_TEXTS = 16;
const BATCH_CHARACTERS = 4_000;

interface Job {
  texts: readonly string[];
  /** Batches that threads have in hand. */
  running: number;
  /** Positions still to be sent, shortest text first: the model pads a batch to its longest text. */
  waiting: number[];
  vectors: Float32Array[];
  settled: boolean;
  resolve(vectors: Float32Array[]): void;
  reject(reason: unknown): void;
}

/** A thread, from its first batch on, and what it has in hand. */
interface Lane {
  worker?: Worker | undefined;
  running?: { job: Job; batch: number[] } | undefined;
}

/**
 * Worker threads and the queue before them. Jobs take turns, one batch each; a thread starts when there is work and no other is
 * free, keeps the process alive only while it works, and is replaced after it dies: everything that
 * waited is then rejected as unavailable, and the next embed() starts a new one.
 */
export class LocalEngine {
  readonly #entry: URL;
  readonly #dimensions: number;
  readonly #lanes: readonly Lane[];
  #queue: Job[] = [];

  readonly #data: unknown;

  /** @param data  what each thread gets to begin with */
  constructor(
    entry: URL,
    dimensions: number,
    { data, threads = 1 }: { data?: unknown; threads?: number } = {},
  ) {
    this.#entry = entry;
    this.#dimensions = dimensions;
    this.#data = data;
    this.#lanes = Array.from({ length: threads }, () => ({}));
  }

  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (texts.length === 0) return resolve([]);
      const abort = () => job.reject(signal?.reason);
      const job: Job = {
        texts,
        running: 0,
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
    const workers = this.#lanes.map((lane) => lane.worker);
    for (const lane of this.#lanes) lane.worker = undefined;
    this.#rejectAll(new ProviderError('unavailable', 'The local embedding provider was closed'));
    await Promise.all(workers.map((worker) => worker?.terminate()));
  }

  #pump(): void {
    for (const lane of this.#lanes) {
      if (lane.running) continue;
      const job = this.#nextJob();
      if (job) this.#begin(lane, job);
      else lane.worker?.unref();
    }
  }

  #begin(lane: Lane, job: Job): void {
    const batch: number[] = [];
    let characters = 0;
    while (job.waiting.length > 0 && batch.length < BATCH_TEXTS) {
      const length = job.texts[job.waiting[0]!]!.length;
      if (batch.length > 0 && characters + length > BATCH_CHARACTERS) break;
      characters += length;
      batch.push(job.waiting.shift()!);
    }
    job.running += 1;
    lane.running = { job, batch };
    lane.worker ??= this.#start(lane);
    lane.worker.ref();
    const request: WorkerRequest = { texts: batch.map((i) => job.texts[i]!) };
    lane.worker.postMessage(request);
  }

  /** The first job that still wants an answer; those that were aborted fall out here. Where none waits, one that is under way. */
  #nextJob(): Job | undefined {
    const isOpen = (job: Job) => !job.settled && job.waiting.length > 0;
    let job = this.#queue.shift();
    while (job && !isOpen(job)) job = this.#queue.shift();
    return job ?? this.#lanes.flatMap(({ running }) => running?.job ?? []).find(isOpen);
  }

  #start(lane: Lane): Worker {
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
      if (worker === lane.worker) this.#receive(lane, reply);
    });
    worker.on('exit', (code) => {
      if (worker !== lane.worker) return;
      lane.worker = undefined;
      const message = `The local embedding worker stopped (exit code ${code}); the next request starts it again`;
      this.#rejectAll(new ProviderError('unavailable', message, { cause }));
    });
    return worker;
  }

  #receive(lane: Lane, reply: WorkerReply): void {
    if (!lane.running) return;
    const { job, batch } = lane.running;
    lane.running = undefined;
    job.running -= 1;
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
      if (job.waiting.length > 0) {
        // its next batch comes after those of the others
        if (!this.#queue.includes(job)) this.#queue.push(job);
      } else if (job.running === 0) job.resolve(job.vectors);
    } catch (error) {
      job.reject(error);
    }
    this.#pump();
  }

  #rejectAll(error: ProviderError): void {
    const jobs = [...this.#lanes.flatMap(({ running }) => (running ? [running.job] : [])), ...this.#queue];
    this.#queue = [];
    for (const lane of this.#lanes) if (!lane.worker) lane.running = undefined;
    for (const job of jobs) job.reject(error);
  }
}
