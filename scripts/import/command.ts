import { checkPaths, importPaths } from '../../import/import-paths.ts';
import { type ImportItem, nameOf } from '../../import/items.ts';
import type { Listing } from '../../import/listing.ts';
import type { ReadOptions } from '../../import/options.ts';
import type { SkippedItem } from '../../import/skipped.ts';
import { createSummary, type Summary } from '../../import/summary.ts';
import type { Outcome } from '../../import/tally.ts';
import { databaseWriter, dryRunWriter } from '../../import/writing/database-writer.ts';
import type { Visibility } from '../../import/writing/payloads.ts';
import { archiveGone, findGone } from '../../import/writing/prune.ts';
import { queues } from '../../jobs/registry.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { FINDINGS, INTERRUPTED, print, say } from '../../lib/cli.ts';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import { openStorage } from '../../lib/open-storage.ts';
import type { ProgressStream } from '../../lib/progress.ts';
import { queueIsAlive } from '../../lib/queue.ts';
import { askPassword } from '../shared/ask-password.ts';
import { type AccountOptions, findCredentials } from '../shared/credentials.ts';
import { indexingState } from '../shared/indexing.ts';
import { type OpenedDatabase, openPrepared } from '../shared/prepared-database.ts';
import { openSession, type Session } from '../shared/session.ts';
import { BroughtItems } from './brought.ts';
import { type Indexed, reportJson, reportText } from './report.ts';
import { waitForBrought } from './wait-for-brought.ts';

export interface CommandOptions extends AccountOptions {
  dryRun?: boolean;
  wait?: boolean;
  /** Absent: of what is known to come from the very same place. */
  prune?: boolean;
  visibility: Visibility;
  sharePrivate?: boolean;
  name?: string;
  maxBytes?: number;
  workspace?: string;
  data: string;
  json?: boolean;
  verbose?: boolean;
}

/** npm hands on the Ctrl-C that the terminal has sent as well: the second within this time is the first. */
const SAME_SIGNAL_MS = 1000;

/** Aborted by the first Ctrl-C or SIGTERM; a later one ends the process on the spot. */
function interruption(): { signal: AbortSignal; end: () => void } {
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

interface Run {
  paths: string[];
  options: CommandOptions;
  read: ReadOptions;
  summary: Summary;
  stream: ProgressStream;
  signal: AbortSignal;
}

function itemLine(item: ImportItem, outcome: Outcome | SkippedItem): void {
  const word = typeof outcome === 'string' ? outcome : outcome.reason;
  say(`${word.padEnd(9)}  ${nameOf(item).replace(/\p{Cc}/gu, ' ')}`);
}

/** What makes things searchable, and nothing that wants mail or a schedule. */
const INDEXING = queues
  .map(({ name }) => name)
  .filter((name) => /^(?:index-|embed-|extract-|process-|sweep-un)/.test(name));

/**
 * Waits, with a worker of our own where there is nobody else: on the embedded database when nobody has it open, on a server when no worker has been
 * seen of late, or nothing moves.
 */
async function waitUntilSearchable(
  { database, isAlone }: OpenedDatabase,
  session: Session,
  brought: BroughtItems,
  { stream, signal, options }: Run,
): Promise<Indexed> {
  // The worker's log would stand between the lines of the summary, or inside the JSON.
  log.level = options.json ? 'silent' : 'error';
  const storage = openStorage(options.data);
  let worker: Worker | null = null;
  const helpOut = async (): Promise<boolean> => {
    if (worker !== null || (database.isJoined && !isAlone)) return worker !== null;
    try {
      const pool = database.pool('worker');
      worker = await startWorker({
        pool,
        storage,
        ...(isAlone ? {} : { only: INDEXING }),
        pollingIntervalSeconds: 0.5,
      });
      return true;
    } catch (error) {
      // this process may not know the login of the worker: then only a server can
      log.debug({ err: error }, 'no worker of our own');
      return false;
    }
  };
  try {
    if (isAlone || !(await queueIsAlive(database.pool('authenticator')))) await helpOut();
    const { state, workspace } = await waitForBrought(session, brought, { stream, signal, helpOut });
    return { state, workspace };
  } finally {
    await (worker as Worker | null)?.stop();
  }
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
const readAll = (run: Run): Promise<Listing[]> =>
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

interface Ended {
  indexing: Indexed | null;
  /** Nobody else has the database open. */
  isAlone: boolean;
}

/** Opens, signs in, imports, signs out. */
async function importForReal(run: Run): Promise<Ended> {
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

/**
 * The whole command.
 * @returns its exit code
 */
export async function importCommand(paths: string[], options: CommandOptions): Promise<number> {
  const { dryRun = false, verbose = false, json = false } = options;
  const read: ReadOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  };
  await checkPaths(paths, read);
  const summary = createSummary({ verbose: verbose || json, dryRun });
  const stopping = interruption();
  // Lines of items and a bar do not go together.
  const stream = verbose ? { write: () => {} } : process.stderr;
  const run: Run = { paths, options, read, summary, stream, signal: stopping.signal };
  const started = performance.now();
  let ended: Ended | null = null;
  try {
    // what is gone is known to the database alone
    if (dryRun && !options.prune) {
      await readAll(run);
      ended = { indexing: null, isAlone: false };
    } else ended = await importForReal(run);
  } finally {
    stopping.end();
    // What was done before it failed is worth knowing.
    if (ended !== null || summary.found() > 0) {
      const facts = {
        dryRun,
        isWhole: ended !== null && !run.signal.aborted,
        waited: options.wait === true,
        seconds: (performance.now() - started) / 1000,
        indexing: ended?.indexing ?? null,
        isAlone: ended?.isAlone ?? false,
      };
      print(json ? reportJson(summary, facts) : reportText(summary, facts));
    }
  }
  if (run.signal.aborted) return INTERRUPTED;
  if (summary.found() === 0) {
    throw new ColloquyError('CQ035', `There is nothing to import in ${paths.join(', ')}.`, {
      hint: 'The list above says what was passed over; docs/import.md explains why.',
    });
  }
  const isLate = options.wait && !dryRun && !ended.indexing?.state.isComplete;
  return isLate || summary.isDamaged() ? FINDINGS : 0;
}
