import { type Command, InvalidArgumentError } from 'commander';
import { FINDINGS, INTERRUPTED, print, say, table, UsageError } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { formatBytes } from '../../lib/progress.ts';
import { type Rehearsal, rehearse } from '../../operations/rehearsal/rehearse.ts';
import { stoppable } from '../shared/stoppable.ts';

interface Options {
  on?: string;
  file?: string[];
  maxLock: number;
  json?: boolean;
}

const milliseconds = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of milliseconds.');
  return Number(text);
};

function show({ units, notTried }: Rehearsal): void {
  if (units.length === 0) print('Nothing is pending.');
  for (const one of units) {
    print(
      `${one.unit}: ${one.milliseconds} ms, ${formatBytes(one.walBytes)} of log, ${one.otherChanges} objects${one.error ? ', FAILED' : ''}`,
    );
    const locks = one.locks.map(({ relation, mode, held, stops }) => [
      `  ${relation}`,
      mode,
      `${held} ms`,
      `${stops} wait`,
    ]);
    if (locks.length > 0) print(table(locks));
    for (const { relation, bytes } of one.rewrites)
      print(`  ${relation}: written anew, had ${formatBytes(bytes)}`);
    for (const { kind, name, state } of one.rights)
      print(`  ${kind} ${name}: ${{ extra: 'new', missing: 'gone', differs: 'changed' }[state]}`);
    for (const { name, subject, detail, remedy } of one.findings)
      print(`  ! ${name}  ${subject}: ${detail}\n      → ${remedy}`);
  }
  for (const name of notTried) print(`${name}: not tried`);
}

async function run({ on, file, maxLock, json }: Options): Promise<void> {
  const url = on ?? env.DATABASE_URL;
  if (!url) {
    throw new UsageError(
      'CQ664',
      'A rehearsal needs a database on a server: the embedded one has none beside it.',
      {
        hint: 'Set DATABASE_URL, or give --on URL. Before it upgrades an embedded database, npm start keeps a copy of it.',
      },
    );
  }
  await stoppable(async (signal) => {
    try {
      const rehearsal = await rehearse(url, {
        files: file ?? [],
        maxLock,
        onUnit: (name) => say(`${name} …`),
        signal,
      });
      if (json) print(JSON.stringify(rehearsal));
      else show(rehearsal);
      if (rehearsal.units.some(({ findings }) => findings.length > 0)) process.exitCode = FINDINGS;
    } catch (error) {
      if (!signal.aborted) throw error;
      say('Interrupted; the clone is dropped.');
      process.exitCode = INTERRUPTED;
    }
  });
}

export function addRehearse(ops: Command): void {
  ops
    .command('rehearse')
    .description(
      'Applies pending migrations and functions to a clone of the database, and says what that does to others.',
    )
    .option(
      '--on <url>',
      'clone this idle database, as an administrator: a restored backup, say. Default: DATABASE_URL',
    )
    .option('--file <path...>', 'SQL files beside what is pending, as a migration has them')
    .option('--max-lock <ms>', 'how long others may be kept waiting', milliseconds, 1000)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- rehearse
  npm run ops -- rehearse --on postgres://postgres:…@db:5432/restored
  npm run ops -- rehearse --file change.sql

The clone takes as much disk as the database, for its time; a killed run's is dropped by the next one. docs/operations/changes.md`,
    )
    .action((options: Options) => run(options));
}
