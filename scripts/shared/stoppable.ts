/**
 * Runs work with a signal that SIGINT and SIGTERM give.
 * @param onStop  says what happens, and gives the signal its reason
 */
export async function stoppable<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onStop?: (name: NodeJS.Signals) => Error,
): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => controller.abort(onStop?.(name));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
