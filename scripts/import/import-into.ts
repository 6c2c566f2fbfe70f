import { importPaths } from '../../import/import-paths.ts';
import { type ImportItem, nameOf } from '../../import/items.ts';
import type { Listing } from '../../import/listing.ts';
import type { SkippedItem } from '../../import/skipped.ts';
import type { Outcome } from '../../import/tally.ts';
import { databaseWriter, dryRunWriter } from '../../import/writing/database-writer.ts';
import { archiveGone, findGone } from '../../import/writing/prune.ts';
import { say } from '../../lib/cli.ts';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { openStorage } from '../../lib/open-storage.ts';
import { askPassword } from '../shared/ask-password.ts';
import { findCredentials } from '../shared/credentials.ts';
import { indexingState } from '../shared/indexing.ts';
import { type OpenedDatabase, openPrepared } from '../shared/prepared-database.ts';
import { openSession, type Session } from '../shared/session.ts';
import { BroughtItems } from './brought.ts';
import type { Indexed } from './report.ts';
import type { CommandOptions, Run } from './run.ts';
import { waitUntilSearchable } from './wait-until-searchable.ts';

function itemLine(item: ImportItem, outcome: Outcome | SkippedItem): void {
  const word = typeof outcome === 'string' ? outcome : outcome.reason;
  say(`${word.padEnd(9)}  ${nameOf(item).replace(/\p{Cc}/gu, ' ')}`);
}

/** Archives what an earlier import brought and is gone; with --dry-run it is only listed. */
async function prune(
  session: Session,
  listings: Listing[],
  files: ReadonlySet<string>,
  { options, summary }: Run,
): Promise<void> {
  if (options.prune === false) return;
  for (const listing of listings) {
    const gone = await findGone(session, listing, files, options.prune === true);
    if (gone.kept === null && !options.dryRun) gone.sources = await archiveGone(session, gone.sources);
    summary.lose({ name: listing.name, ...gone });
  }
}

const outcomesOf = ({ verbose }: CommandOptions) => (verbose ? itemLine : () => {});

/** Reads everything and writes nothing. */
export const readAll = (run: Run): Promise<Listing[]> =>
  importPaths({
    ...run,
    writer: dryRunWriter({ summary: run.summary, onOutcome: outcomesOf(run.options) }),
  });

/** Imports as whoever is signed in. */
async function importInto(opened: OpenedDatabase, session: Session, run: Run): Promise<Indexed | null> {
  const { options, summary, signal } = run;
  if (options.dryRun) {
    const listings = await readAll(run);
    if (!signal.aborted) await prune(session, listings, new Set(), run);
    return null;
  }
  const storage = openStorage(options.data);
  const brought = new BroughtItems();
  const writer = databaseWriter(session, {
    summary,
    onOutcome: outcomesOf(options),
    onBrought: (item) => brought.add(item),
    visibility: options.visibility,
    sharePrivate: options.sharePrivate,
    storage,
  });
  const listings = await importPaths({ ...run, writer });
  if (signal.aborted || summary.found() === 0) return null;
  await prune(session, listings, brought.fileIds(), run);
  const indexed = options.wait
    ? await waitUntilSearchable(opened, session, brought, run)
    : { state: await brought.look(session), workspace: await indexingState(session) };
  summary.fail(indexed.state.failures);
  return indexed;
}

/** How far it came. */
export interface Ended {
  indexing: Indexed | null;
  /** Nobody else has the database open. */
  isAlone: boolean;
}

/** Opens, signs in, imports, signs out. */
export async function importForReal(run: Run): Promise<Ended> {
  const { options } = run;
  // Asked for before anything is opened: a person may take their time.
  const credentials = await findCredentials(options, options.data, process.stdin.isTTY ? askPassword : null);
  const opened = await openPrepared(options.data);
  try {
    if (options.verbose) say(`Into ${opened.database.description}.`);
    const session = await openSession(opened.database, credentials, options.workspace);
    try {
      return { indexing: await importInto(opened, session, run), isAlone: opened.isAlone };
    } finally {
      // When the connection is lost, what happened before is what has to be told.
      await session.end().catch(() => {});
    }
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    throw new ColloquyError('CQ034', `The connection was lost: ${opened.database.description}.`, {
      hint: 'What was imported is kept. When the database is back, run the same command again: it goes on from there.',
      cause: error,
    });
  } finally {
    await opened.database.close();
  }
}
