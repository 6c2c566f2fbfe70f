import { checkPaths } from '../../import/import-paths.ts';
import type { ReadOptions } from '../../import/options.ts';
import { createSummary } from '../../import/summary.ts';
import { FINDINGS, INTERRUPTED, print } from '../../lib/cli.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { type Ended, importForReal, readAll } from './import-into.ts';
import { interruption } from './interruption.ts';
import { reportJson, reportText } from './report.ts';
import type { CommandOptions, Run } from './run.ts';

/**
 * The whole command.
 * @returns its exit code
 */
export async function importCommand(paths: string[], options: CommandOptions): Promise<number> {
  const { dryRun = false, verbose = false, json = false } = options;
  const read: ReadOptions = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
    surveys: new Map(),
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
