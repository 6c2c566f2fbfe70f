import type { Command } from 'commander';
import { FINDINGS, print, say, table } from '../../lib/cli.ts';
import { readCatalogue } from '../../operations/backup/catalogue.ts';
import { openTarget } from '../../operations/backup/open-target.ts';
import { keysOfEnvironment } from '../../operations/backup/sealing.ts';
import { type DrillReport, drill } from '../../operations/restore/drill.ts';
import { toWhole } from './arguments.ts';
import { interruptible, recordedWhereItCan, withDatabase } from './backup/shared.ts';

interface Options {
  set?: string;
  wal: string[];
  scratch?: string;
  sampleFiles: number;
  json?: boolean;
}

function show({ details, findings }: DrillReport): void {
  const { set, rtoSeconds, rpoSeconds, restoredTo, invariants, files, filesRead, pagesChecked } = details;
  print(
    `${set}, to ${restoredTo}: ready after ${rtoSeconds} s; at most ${rpoSeconds} s of commits would be lost now.`,
  );
  print(
    `${invariants} invariants, ${pagesChecked ? 'every page' : 'no page (there is no amcheck)'}, ${files} contents of files (${filesRead} read).`,
  );
  for (const [name, { source, copy }] of Object.entries(details.rows))
    if (source > 0) print(`${name}: ${copy} of ${source} rows`);
  if (findings.length === 0) print('The copy is whole.');
  else
    print(
      table([
        ['finding', 'subject', 'detail', 'runbook'],
        ...findings.map(({ name, subject, detail, runbook }) => [name, subject, detail, runbook]),
      ]),
    );
}

async function run(options: Options): Promise<void> {
  const report = await interruptible((signal) =>
    withDatabase(async (database) => {
      const source = { target: await openTarget(), keys: keysOfEnvironment() };
      let report: DrillReport | undefined;
      await recordedWhereItCan(database, 'restore-drill', async () => {
        const { sets } = await readCatalogue(source.target);
        report = await drill({
          source,
          sets,
          ...(options.set === undefined ? {} : { set: options.set }),
          ...(options.scratch === undefined ? {} : { scratch: options.scratch }),
          wal: options.wal,
          original: database.pool('backup'),
          sampleFiles: options.sampleFiles,
          signal,
          say,
        });
        return report;
      });
      return report!;
    }),
  );
  if (options.json) print(JSON.stringify(report, null, 2));
  else show(report);
  if (report.findings.length > 0) process.exitCode = FINDINGS;
}

const EXAMPLES = `
It restores into a temporary folder, asks the copy whether it is whole, and takes down in the database that it comes from how long that
took (RTO) and what would have been lost (RPO). The copy is gone afterwards.

Examples:
  npm run ops -- restore-drill                              the newest set
  npm run ops -- restore-drill --scratch /srv/scratch       where there is room for the whole database
  0 4 * * 0  cd /srv/colloquy && npm run ops -- restore-drill --json >> drills.ndjson      weekly, by cron
Exit codes: 0 the copy is whole; 1 findings; 2 it could not be restored. docs/operations/restore.md`;

export function addRestoreDrill(ops: Command): void {
  ops
    .command('restore-drill')
    .description(
      'restores the newest backup beside everything, and checks that it is whole; docs/operations/restore.md',
    )
    .option('--set <id>', 'this set (default: the newest)')
    .option(
      '--wal <dir>',
      'also with the log in this folder; may be repeated',
      (dir: string, all: string[]) => [...all, dir],
      [],
    )
    .option('--scratch <dir>', 'where the copy lies meanwhile (default: the folder for temporary files)')
    .option('--sample-files <number>', 'contents of files whose bytes are read', toWhole, 200)
    .option('--json', 'the report as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run);
}
