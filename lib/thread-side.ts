import { parentPort } from 'node:worker_threads';
import { ColloquyError } from './errors.ts';
import type { Reply } from './thread.ts';

/** The other end of a Thread: answers its requests one after the other. */
export function answerRequests<Request, Result>(work: (request: Request) => Result | Promise<Result>): void {
  parentPort?.on('message', async (request: Request) => {
    let reply: Reply<Result>;
    try {
      reply = { result: await work(request) };
    } catch (error) {
      reply =
        error instanceof ColloquyError
          ? { error: { code: error.code, message: error.message, hint: error.hint } }
          : { crash: String(error) };
    }
    parentPort?.postMessage(reply);
  });
}
