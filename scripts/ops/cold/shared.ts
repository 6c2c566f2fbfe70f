import type { Pool } from 'pg';
import { INTERRUPTED, say, UsageError } from '../../../lib/cli.ts';
import { type FileStorage, filesFolder, localStorage } from '../../../lib/storage.ts';
import { openPrepared } from '../../shared/prepared-database.ts';

export interface Common {
  data: string;
  json?: boolean;
}
export interface Choice extends Common {
  conversation?: string;
  all?: boolean;
  dryRun?: boolean;
}

/** Conversations between two words about how far it is. */
export const SPOKEN = 500;

/** Runs a command as colloquy_worker, with the files of the data folder; a signal ends it between two conversations. */
export async function working(
  data: string,
  work: (pool: Pool, storage: FileStorage, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { database } = await openPrepared(data, 'worker');
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    say(`On ${database.description}.`);
    await work(database.pool('worker'), localStorage(filesFolder(data)), ending.signal);
    if (ending.signal.aborted) process.exitCode = INTERRUPTED;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await database.close();
  }
}

export function demandChoice({ conversation, all }: Choice): void {
  if ((conversation !== undefined) !== (all === true)) return;
  throw new UsageError('CQ200', 'Say which: --conversation ID, or --all.', {
    hint: 'npm run ops -- cold --help',
  });
}
