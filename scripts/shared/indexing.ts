import type { Session } from './session.ts';

/** What still has to be done until everything in the workspace is found, by its words and by meaning. */
export interface IndexingState {
  /** Documents, conversations, memories, files and events that are not found by their words yet. */
  pendingSources: number;
  pendingDocuments: number;
  pendingConversations: number;
  pendingMemoryItems: number;
  pendingFiles: number;
  pendingEvents: number;
  chunks: number;
  embeddedChunks: number;
  pendingChunks: number;
  /** At the rate of the last minutes; null when there is none. */
  wordsSecondsLeft: number | null;
  vectorsSecondsLeft: number | null;
  /** What holds the vectors back: budget, quota, switch or provider. */
  paused: string | null;
  isComplete: boolean;
}

/** Asks the database, as the web page would. */
export async function indexingState(session: Session): Promise<IndexingState> {
  const { rows } = await session.transaction((client) =>
    client.query('select * from app_public.indexing_progress()'),
  );
  const row = rows[0];
  return {
    pendingSources: Number(row.pending_sources) + Number(row.pending_files) + Number(row.pending_events),
    pendingDocuments: Number(row.pending_documents),
    pendingConversations: Number(row.pending_conversations),
    pendingMemoryItems: Number(row.pending_memory_items),
    pendingFiles: Number(row.pending_files),
    pendingEvents: Number(row.pending_events),
    chunks: Number(row.chunks),
    embeddedChunks: Number(row.embedded_chunks),
    pendingChunks: Number(row.pending_chunks),
    wordsSecondsLeft: row.words_seconds_left,
    vectorsSecondsLeft: row.vectors_seconds_left,
    paused: row.paused,
    isComplete: row.is_complete,
  };
}

function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `3 documents and 1 conversation`: what is not found by its words yet. Empty when there is nothing. */
function describePending(state: IndexingState): string {
  const kinds: [number, string][] = [
    [state.pendingFiles, 'file'],
    [state.pendingEvents, 'event'],
    [state.pendingDocuments, 'document'],
    [state.pendingConversations, 'conversation'],
  ];
  const parts = kinds.filter(([number]) => number > 0).map(([number, noun]) => counted(number, noun));
  // the word is that of the database for what was remembered
  if (state.pendingMemoryItems > 0)
    parts.push(
      state.pendingMemoryItems === 1
        ? '1 memory'
        : `${state.pendingMemoryItems.toLocaleString('en')} memories`,
    );
  return parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** `about 3 minutes`: as exact as it can be meant. */
export function aboutSeconds(seconds: number): string {
  if (seconds < 90)
    return `about ${counted(seconds < 9.5 ? Math.max(Math.round(seconds), 1) : Math.round(seconds / 10) * 10, 'second')}`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90
    ? `about ${counted(minutes, 'minute')}`
    : `about ${counted(Math.round(minutes / 60), 'hour')}`;
}

const HOLDS: Record<string, string> = {
  budget: 'held back by the budget',
  quota: 'held back by the quota',
  switch: 'held back by the setting paid_embedding',
  provider: 'waiting for the provider',
};

/** What holds the vectors back; empty when nothing does. */
export function describeHold({ paused }: IndexingState): string {
  return paused === null ? '' : (HOLDS[paused] ?? paused);
}

/** `words: all found; vectors: 1,234 of 5,000, about 3 minutes left`. */
export function describeProgress(state: IndexingState): string {
  const left = (seconds: number | null) => (seconds === null ? '' : `, ${aboutSeconds(seconds)} left`);
  const pending = describePending(state);
  const words = pending === '' ? 'all found' : `${pending} to go${left(state.wordsSecondsLeft)}`;
  if (state.pendingChunks === 0)
    return `words: ${words}; vectors: ${pending === '' ? 'all' : counted(state.embeddedChunks, 'passage')}`;
  const some = `${state.embeddedChunks.toLocaleString('en')} of ${state.chunks.toLocaleString('en')}`;
  const hold = state.paused === null ? left(state.vectorsSecondsLeft) : `, ${describeHold(state)}`;
  return `words: ${words}; vectors: ${some}${hold}`;
}
