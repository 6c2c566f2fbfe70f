import { type Command, Option } from 'commander';
import { print, say, UsageError } from '../../lib/cli.ts';
import { embeddedDatabase, serverDatabase } from '../../lib/database.ts';
import { storageAt } from '../../lib/open-storage.ts';
import { openTarget } from '../../operations/backup/open-target.ts';
import { keysOfEnvironment } from '../../operations/backup/sealing.ts';
import type { BackupSet } from '../../operations/backup/set.ts';
import { demandEmpty } from '../../operations/logical/empty.ts';
import { bringAllFilesBack } from '../../operations/logical/files.ts';
import { findDump, restoreDump } from '../../operations/logical/restore-dump.ts';
import { isRowSet } from '../../operations/logical/row-set.ts';
import { stepProgress } from '../shared/step-progress.ts';
import { toCount, toMebibytes, toServerUrl } from './arguments.ts';
import { interruptible, report } from './backup/shared.ts';
import { stagingFolder } from './staging.ts';

interface Options {
  set?: string;
  into?: string;
  data?: string;
  filesTo?: string;
  jobs?: number;
  indexMemory?: number;
  dryRun?: boolean;
  json?: boolean;
}

async function plan(set: BackupSet, { into: url, data }: Options): Promise<void> {
  if (url !== undefined) {
    const into = serverDatabase(url);
    try {
      await demandEmpty(into, { mayBePrepared: isRowSet(set) });
    } finally {
      await into.close();
    }
  }
  print(
    `${set.id}, of ${set.stoppedAt}, would be restored into ${url === undefined ? data : 'that database'}. Nothing was changed.`,
  );
}

async function restore(options: Options): Promise<void> {
  if ((options.into === undefined) === (options.data === undefined)) {
    throw new UsageError('CQ200', 'A dump is restored into a database of a server, or into a data folder.', {
      hint: 'Give --into postgres://…/DATABASE, or --data FOLDER.',
    });
  }
  const target = await openTarget();
  const keys = keysOfEnvironment();
  const set = await findDump(target, options.set);
  if (options.dryRun) return plan(set, options);
  // what all jobs need is half of what a command takes to start
  const { queues } = await import('../../jobs/registry.ts');
  const into =
    options.into === undefined ? await embeddedDatabase(options.data!) : serverDatabase(options.into);
  const progress = stepProgress();
  try {
    const { rows } = await interruptible((signal) =>
      restoreDump({
        target,
        keys,
        set,
        into,
        queues,
        staging: stagingFolder(),
        jobs: options.jobs,
        indexMemory: options.indexMemory,
        signal,
        onStep: progress.step,
      }),
    );
    const folder = options.filesTo ?? options.data;
    const missing =
      folder === undefined ? [] : await bringAllFilesBack(into, storageAt(folder), { target, keys });
    progress.end();
    report(
      { set: set.id, rows, filesMissing: missing.length },
      [`${rows} rows of ${set.id} are in ${into.name}, counted; the database is as it was ${set.stoppedAt}.`],
      missing.length > 0
        ? [`${missing.length} files have rows and no bytes: ${missing.slice(0, 5).join(', ')}`]
        : [],
      options.json,
    );
    say('It is a copy: its workers send nothing until it is adopted (npm run ops -- adopt).');
  } finally {
    progress.end();
    await into.close();
  }
}

const EXAMPLES = `
The database must be empty: createdb NAME first. Roles come first, vector indexes last, with memory of their own.

Examples:
  npm run ops -- restore-dump --into postgres://postgres:secret@db.example.org/colloquy_new
  npm run ops -- restore-dump --set 20261127T190512Z-dump-3f2a --into postgres://… --files-to /srv/colloquy
  npm run ops -- restore-dump --data ~/colloquy-again      a dump of an embedded database, into an empty folder
Exit codes: 0 fine; 1 bytes of files are missing; 2 it could not. docs/operations/dumps.md`;

export function addRestoreDump(ops: Command): void {
  ops
    .command('restore-dump')
    .description('restore a dump into an empty database')
    .option('--set <id>', 'the dump (default: the newest of a whole database)')
    .addOption(new Option('--into <url>', 'an empty database, as its administrator').argParser(toServerUrl))
    .option('--data <folder>', 'an empty data folder, for an embedded database and files')
    .option('--files-to <place>', 'the data folder, or s3://BUCKET/PREFIX, that gets the bytes of files')
    .addOption(
      new Option(
        '--jobs <n>',
        'processes of pg_restore (default: as many as processors, at most 4)',
      ).argParser(toCount),
    )
    .addOption(
      new Option('--index-memory <mb>', 'for the build of one vector index (default: 512)').argParser(
        toMebibytes,
      ),
    )
    .option('--dry-run', 'say what would be restored')
    .option('--json', 'the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => restore(options));
}
