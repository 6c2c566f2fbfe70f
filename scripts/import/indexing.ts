import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../shared/session.ts';
import type { ProgressStream } from './progress.ts';

/** What still has to be done until everything in the workspace is found by meaning. */
export interface IndexingState {
  pendingDocuments: number;
  pendingConversations: number;
  pendingFiles: number;
  pendingEvents: number;
  chunks: number;
  embeddedChunks: number;
  isComplete: boolean;
}

const POLL_MS = 500;
const LINE_MS = 10_000;
/** After so long without any change it is worth saying that perhaps nobody works. */
const HINT_MS = 30_000;
/** And after so long, waiting ends: a script must not hang. */
const GIVE_UP_MS = 300_000;

/** Asks the database, as the web page would. */
export async function indexingState(session: Session): Promise<IndexingState> {
  const { rows } = await session.transaction((client) =>
    client.query('select * from app_public.indexing_progress()'),
  );
  const row = rows[0];
  return {
    pendingDocuments: Number(row.pending_documents),
    pendingConversations: Number(row.pending_conversations),
    pendingFiles: Number(row.pending_files),
    pendingEvents: Number(row.pending_events),
    chunks: Number(row.chunks),
    embeddedChunks: Number(row.embedded_chunks),
    isComplete: row.is_complete,
  };
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `3 documents and 1 conversation`, or how many passages when only vectors are missing. */
export function describeWaiting(state: IndexingState): string {
  const parts = [
    ...(state.pendingFiles > 0 ? [counted(state.pendingFiles, 'file')] : []),
    ...(state.pendingEvents > 0 ? [counted(state.pendingEvents, 'event')] : []),
    ...(state.pendingDocuments > 0 ? [counted(state.pendingDocuments, 'document')] : []),
    ...(state.pendingConversations > 0 ? [counted(state.pendingConversations, 'conversation')] : []),
  ];
  return (
    parts.join(', ').replace(/, ([^,]*)$/, ' and $1') ||
    counted(state.chunks - state.embeddedChunks, 'passage')
  );
}

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
    const picture = JSON.stringify(state);
    if (picture !== last) changed = now();
    last = picture;
    const done = state.isComplete || signal.aborted || now() - changed > GIVE_UP_MS;
    if (stream.isTTY || (!done && now() - shown >= LINE_MS)) {
      shown = now();
      const line = `Indexing: ${describeWaiting(state)} left, ${state.embeddedChunks} of ${state.chunks} passages done`;
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
