import { resolve } from 'node:path';
import { Command } from 'commander';
import { formatOutcome, runSteps } from './check/run-steps.ts';
import { steps } from './check/steps.ts';

const about = steps.map((step) => `  ${step.name.padEnd(10)} ${step.about}`).join('\n');

const program = new Command('npm run check --')
  .description('Everything that can be checked without a database.')
  .option('--fix', 'write what can be put right by a program (format, lock file)', false)
  .option('--only <names...>', 'run only these steps')
  .addHelpText('after', `\nSteps:\n${about}\n\nExit codes: 0 all passed, 1 a step failed, 2 wrong usage.`)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const { fix, only } = program.opts<{ fix: boolean; only?: string[] }>();
const wanted = only?.flatMap((names) => names.split(','));
const unknown = wanted?.filter((name) => !steps.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown step: ${unknown.join(', ')}\n  → The steps are ${steps.map((step) => step.name).join(', ')}.\n`,
  );
  process.exit(2);
}

const outcomes = await runSteps(
  steps.filter((step) => wanted?.includes(step.name) ?? true),
  {
    root: resolve(import.meta.dirname, '..'),
    fix,
    atOnce: 2,
    onDone: (outcome) => process.stdout.write(`${formatOutcome(outcome)}\n`),
  },
);
const failed = outcomes.filter((outcome) => !outcome.ok).map((outcome) => outcome.name);
if (failed.length > 0) {
  process.stdout.write(`\n${failed.length} of ${outcomes.length} checks failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
