import { INTERRUPTED, say } from '../../lib/cli.ts';

/** npm hands on the Ctrl-C that the terminal has sent as well: the second within this time is the first. */
const SAME_SIGNAL_MS = 1000;

/** Aborted by the first Ctrl-C or SIGTERM; a later one ends the process on the spot. */
export function interruption(): { signal: AbortSignal; end: () => void } {
  const stopping = new AbortController();
  let first = 0;
  const stop = () => {
    if (first === 0) {
      first = Date.now();
      say('\nStopping after the transaction in hand; again to stop at once.');
      stopping.abort();
    } else if (Date.now() - first > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: stopping.signal,
    end() {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
