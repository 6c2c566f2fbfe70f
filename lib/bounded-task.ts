import { Worker } from 'node:worker_threads';

/**
 * The other end of runBounded(): reads what is handed over, answers, and ends. A thread of its own ends the process when it holds more
 * memory than it may, or has lost its parent, also while this one is busy.
 */
export async function boundedTask(work: (input: Buffer) => Promise<readonly Uint8Array[]>): Promise<void> {
  const [memory = 0, size = 0, parent] = process.argv.slice(2).map(Number);
  const answer = process.stdout.write.bind(process.stdout);
  // what libraries print is no answer
  process.stdout.write = () => true;
  new Worker(new URL('./process-guard.ts', import.meta.url), {
    workerData: { bytes: memory * 1024 * 1024, parent },
  }).unref();

  const input = Buffer.alloc(size);
  let at = 0;
  for await (const piece of process.stdin) at += (piece as Buffer).copy(input, at);
  if (at < size) process.exit(1);
  for (const part of await work(input)) {
    await new Promise<void>((resolve, reject) =>
      answer(part, (error) => (error ? reject(error) : resolve())),
    );
  }
  process.exit(0);
}
