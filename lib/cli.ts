import { Command } from 'commander';
import { ColloquyError, describeError } from './errors.ts';

/**
 * What every command shares. Results go to standard output, everything else to standard error, so that `--json` can be
 * piped. Exit codes: 0 fine; 1 findings, or it could not finish; 2 wrong usage; 130 interrupted. Those of `npm run ops`, which
 * monitoring reads: 0 fine; 1 findings; 2 it could not, wrong usage included.
 */
export const FINDINGS = 1;
export const WRONG_USAGE = 2;
export const COULD_NOT = 2;
export const INTERRUPTED = 130;

/** A result. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** What goes on, and what went wrong. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Something is wrong with the arguments that only the command itself could see. */
export class UsageError extends ColloquyError {}

/**
 * A command that tells of wrong usage with exit code 2.
 * @param name as it is typed: `npm run import --`
 */
export function makeCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError('(--help explains everything)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : WRONG_USAGE));
}

/** The last lines of a help text. `findings` says what 1 means besides "could not finish". */
export function exitCodesHelp(findings?: string): string {
  const one = findings === undefined ? 'could not finish' : `${findings}, or could not finish`;
  return `\nExit codes: 0 fine; 1 ${one}; 2 wrong usage.`;
}

/**
 * Runs a command to its end: an error is told in a line or two, and decides the exit code.
 * @param couldNot  the exit code of an error that is no wrong usage
 */
export async function runCommand(work: () => Promise<unknown>, couldNot: number = FINDINGS): Promise<void> {
  try {
    await work();
  } catch (error) {
    say(describeError(error));
    process.exitCode = error instanceof UsageError ? WRONG_USAGE : couldNot;
  }
}

/** Columns for reading; all but the first to the right when they are numbers. */
export function table(rows: string[][], { numbers = false }: { numbers?: boolean } = {}): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          numbers && column > 0 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
