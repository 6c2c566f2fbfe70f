import { ColloquyError } from './errors.ts';

export interface Patience {
  /** How often it is tried again. */
  retries: number;
  /** Seconds that a pause lasts at most; an answer that says to wait longer is an error at once. */
  longestWait: number;
  /** Whether it may be sent again when it is not known what became of it. */
  mayRepeat: boolean;
  signal?: AbortSignal | null | undefined;
}

/** Waits, unless it is aborted. */
export const wait = (seconds: number, signal?: AbortSignal | null): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', abort, { once: true });
  });

/** Seconds before the next attempt, so that many clients do not come back at the same moment. */
export const pause = (failures: number, longest: number): number =>
  Math.min(0.2 * 2 ** failures, longest) * (1 + Math.random() / 4);

/** Does what the server may be too busy for, again until it is done. */
export async function patiently<T>(
  { retries, longestWait, mayRepeat, signal }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ColloquyError) || !error.isTemporary || attempt >= retries) throw error;
      // what a limit refused was not begun
      if (!mayRepeat && error.status !== 429) throw error;
      if ((error.retryAfter ?? 0) > longestWait) throw error;
      const seconds = error.retryAfter
        ? error.retryAfter * (1 + Math.random() / 4)
        : pause(attempt, longestWait);
      await wait(seconds, signal);
    }
  }
}
