import type { Pool } from 'pg';
import { INTERRUPTED, say, UsageError } from '../../../lib/cli.ts';
import { openStorage } from '../../../lib/open-storage.ts';
import type { FileStorage } from '../../../lib/storage.ts';
import { withPrepared } from '../../shared/prepared-database.ts';
import { stoppable } from '../../shared/stoppable.ts';

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
  await withPrepared(
    'worker',
    (database) =>
      stoppable(async (signal) => {
        say(`On ${database.description}.`);
        await work(database.pool('worker'), openStorage(data), signal);
        if (signal.aborted) process.exitCode = INTERRUPTED;
      }),
    data,
  );
}

export function demandChoice({ conversation, all }: Choice): void {
  if ((conversation !== undefined) !== (all === true)) return;
  throw new UsageError('CQ200', 'Say which: --conversation ID, or --all.', {
    hint: 'npm run ops -- cold --help',
  });
}
