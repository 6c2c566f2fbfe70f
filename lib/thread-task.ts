import { isMainThread } from 'node:worker_threads';
import { ColloquyError } from './errors.ts';

/** What a thread sends back: the result, or the error, whose class and code do not survive the way. */
export type ThreadReply<Result> =
  | { result: Result }
  | { error: { code: string; message: string; hint: string | undefined } };

// Libraries print banners and warnings, and piscina cannot keep them from the output of the process.
if (!isMainThread) {
  process.stdout.write = () => true;
  process.stderr.write = () => true;
}

/** The worker's end of a ThreadPool: the default export of the file that the pool runs. */
export function threadTask<Request, Result>(
  work: (request: Request) => Result | Promise<Result>,
): (request: Request) => Promise<ThreadReply<Result>> {
  return async (request) => {
    try {
      return { result: await work(request) };
    } catch (error) {
      if (!(error instanceof ColloquyError)) throw error;
      return { error: { code: error.code, message: error.message, hint: error.hint } };
    }
  };
}
