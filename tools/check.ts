import { resolve } from 'node:path';
import { exitCodesHelp, FINDINGS, makeCommand, print, say, WRONG_USAGE } from '../lib/cli.ts';
import { formatOutcome, runSteps } from './check/run-steps.ts';
import { steps } from './check/steps.ts';

const about = steps.map((step) => `  ${step.name.padEnd(10)} ${step.about}`).join('\n');

const program = makeCommand('npm run check --', 'Everything that can be checked without a database.')
  .option('--fix', 'write what can be put right by a program (format, lock file)', false)
  .option('--only <names...>', 'run only these steps')
  .addHelpText('after', `\nSteps:\n${about}\n${exitCodesHelp('a step failed')}`)
  .allowExcessArguments(false)
  .parse();

const { fix, only } = program.opts<{ fix: boolean; only?: string[] }>();
const wanted = only?.flatMap((names) => names.split(','));
const unknown = wanted?.filter((name) => !steps.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  say(`Unknown step: ${unknown.join(', ')}\n  → The steps are ${steps.map((step) => step.name).join(', ')}.`);
  process.exit(WRONG_USAGE);
}

const outcomes = await runSteps(
  steps.filter((step) => wanted?.includes(step.name) ?? true),
  {
    root: resolve(import.meta.dirname, '..'),
    fix,
    atOnce: 2,
    onDone: (outcome) => print(formatOutcome(outcome)),
  },
);
const failed = outcomes.filter((outcome) => !outcome.ok).map((outcome) => outcome.name);
if (failed.length > 0) {
  print(`\n${failed.length} of ${outcomes.length} checks failed: ${failed.join(', ')}`);
  process.exitCode = FINDINGS;
}
