import { setTimeout as delay } from 'node:timers/promises';
import { barRow, type ProgressStream } from '../../lib/progress.ts';
import { aboutSeconds, describeHold, type IndexingState, indexingState } from '../shared/indexing.ts';
import type { Session } from '../shared/session.ts';
import type { BroughtItems, BroughtState } from './brought.ts';
import { createRate } from './rate.ts';

const POLL_MS = 500;
/** Looking takes at most one part in so many of the time: it must not hold up what is waited for. */
const REST = 20;
const LINE_MS = 10_000;
/** After so long without any change somebody else has to do it. A batch of vectors may take half of it where much else goes on. */
const STALL_MS = 45_000;
/** And after so long, waiting ends: a script must not hang. */
const GIVE_UP_MS = 300_000;

export interface WaitOptions {
  stream: ProgressStream;
  signal: AbortSignal;
  /** Starts to work on it here, when nobody does; false when that cannot be. */
  helpOut: () => Promise<boolean>;
  now?: () => number;
  pause?: (milliseconds: number) => Promise<unknown>;
}

const percent = (share: number): string => `${Math.floor(100 * share)} %`;
const number = (count: number): string => count.toLocaleString('en');

interface Left {
  words: number | null;
  vectors: number | null;
}

/** `62 % found by words (1,870 of 3,000), about 20 seconds left; 3 % by meaning`. */
export function describeBrought(state: BroughtState, left: Left, workspace: IndexingState): string {
  const time = (seconds: number | null) => (seconds === null ? '' : `, ${aboutSeconds(seconds)} left`);
  const { items, waiting, words, withVector, expected } = state;
  const meaning = expected === null ? 0 : expected === 0 ? 1 : Math.min(1, withVector / expected);
  const hold = describeHold(workspace);
  if (waiting > 0) {
    const others = workspace.pendingSources - waiting;
    const behind = left.words === null && others > 0 ? `, beside ${number(others)} others` : '';
    return `${percent(words)} found by words (${number(items - waiting)} of ${number(items)})${time(left.words)}${behind}; ${percent(meaning)} by meaning`;
  }
  const passages = `${number(withVector)} of ${number(expected ?? 0)} passages`;
  return `all found by words; ${percent(meaning)} by meaning (${passages})${hold === '' ? time(left.vectors) : `, ${hold}`}`;
}

/** What is shown is a share of both: words are a small part of the work. */
function share({ waiting, words, withVector, expected }: BroughtState): number {
  return waiting > 0 ? words : expected ? withVector / expected : 1;
}

/**
 * Waits until everything that an import brought is searchable, whatever else the workspace has to do, and shows how far it is.
 * @returns the last state; not complete when it was stopped, or when nothing moved for minutes
 */
export async function waitForBrought(
  session: Session,
  brought: BroughtItems,
  {
    stream,
    signal,
    helpOut,
    now = Date.now,
    pause = (milliseconds) => delay(milliseconds, undefined, { signal }).catch(() => {}),
  }: WaitOptions,
): Promise<{ state: BroughtState; workspace: IndexingState }> {
  const words = createRate(now);
  const vectors = createRate(now);
  let last = '';
  let changed = now();
  let shown = Number.NEGATIVE_INFINITY;
  let isHelpAsked = false;
  const clear = stream.isTTY ? '\r\u001b[2K' : '';
  for (;;) {
    const began = now();
    const state = await brought.look(session);
    const workspace = await indexingState(session);
    words.note(state.words);
    vectors.note(state.withVector);
    // a time that only passes is no change
    const picture = JSON.stringify([state, { ...workspace, wordsSecondsLeft: 0, vectorsSecondsLeft: 0 }]);
    if (picture !== last) changed = now();
    last = picture;
    const done = state.isComplete || signal.aborted || now() - changed > GIVE_UP_MS;
    if (done) {
      stream.write(clear);
      return { state, workspace };
    }
    if (stream.isTTY || now() - shown >= LINE_MS) {
      shown = now();
      const line = describeBrought(
        state,
        {
          words: words.secondsFor(1 - state.words),
          vectors: vectors.secondsFor((state.expected ?? 0) - state.withVector),
        },
        workspace,
      );
      if (!stream.isTTY) stream.write(`Indexing: ${line}\n`);
      else stream.write(barRow(share(state), line, stream));
    }
    if (!isHelpAsked && now() - changed > STALL_MS && workspace.paused === null) {
      isHelpAsked = true;
      const helps = await helpOut();
      stream.write(
        helps
          ? `${clear}Nothing has moved for a while: this command works on it itself.\n`
          : `${clear}Nothing has moved for a while. Does a server run that works on it (npm start)?\n`,
      );
      changed = now();
    }
    await pause(Math.max(POLL_MS, REST * (now() - began)));
  }
}
