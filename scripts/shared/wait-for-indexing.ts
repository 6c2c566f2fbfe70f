import { setTimeout as delay } from 'node:timers/promises';
import type { ProgressStream } from '../../lib/progress.ts';
import { describeProgress, type IndexingState, indexingState } from './indexing.ts';
import type { Session } from './session.ts';

const POLL_MS = 500;
const LINE_MS = 10_000;
/** After so long without any change it is worth saying that perhaps nobody works. */
const HINT_MS = 30_000;
/** And after so long, waiting ends: a script must not hang. */
const GIVE_UP_MS = 300_000;

/**
 * Waits until everything in the workspace is searchable, and shows how far it is.
 * @returns the last state; not complete when it was stopped, or when nothing moved for minutes
 */
export async function waitForIndexing(
  session: Session,
  { stream, signal, now = Date.now }: { stream: ProgressStream; signal: AbortSignal; now?: () => number },
): Promise<IndexingState> {
  let last = '';
  let changed = now();
  let shown = 0;
  let isHinted = false;
  for (;;) {
    const state = await indexingState(session);
    // a time that only passes is no change
    const picture = JSON.stringify({ ...state, wordsSecondsLeft: 0, vectorsSecondsLeft: 0 });
    if (picture !== last) changed = now();
    last = picture;
    const done = state.isComplete || signal.aborted || now() - changed > GIVE_UP_MS;
    if (stream.isTTY || (!done && now() - shown >= LINE_MS)) {
      shown = now();
      const line = `Indexing: ${describeProgress(state)}`;
      if (!stream.isTTY) stream.write(`${line}\n`);
      else stream.write(`\r\u001b[2K${done ? '' : line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
    }
    if (done) return state;
    if (!isHinted && now() - changed > HINT_MS) {
      isHinted = true;
      const lead = stream.isTTY ? '\r\u001b[2K' : '';
      stream.write(
        `${lead}Nothing has moved for half a minute. Does a server run that works on it (npm start)?\n`,
      );
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
