import { type Command, Option } from 'commander';
import type { Pool } from 'pg';
import { FINDINGS, print, table, UsageError } from '../../lib/cli.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { openStorage, storageAt } from '../../lib/open-storage.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { openTarget } from '../../operations/backup/open-target.ts';
import { keysOfEnvironment } from '../../operations/backup/sealing.ts';
import { bringFilesBack, type FileSource } from '../../operations/logical/files.ts';
import { findDump } from '../../operations/logical/restore-dump.ts';
import { type ReturnReport, returnFromBackup, type Wanted } from '../../operations/logical/return.ts';
import { withScratch } from '../../operations/logical/scratch.ts';
import { recorded } from '../../operations/run.ts';
import { openPrepared } from '../shared/prepared-database.ts';
import { stepProgress } from '../shared/step-progress.ts';
import { toId, toIds, toServerUrl } from './arguments.ts';
import { interruptible } from './backup/shared.ts';
import { stagingFolder } from './staging.ts';

interface Options {
  from?: string;
  set?: string;
  scratch?: string;
  conversation?: string[];
  workspace?: string;
  table?: string;
  where?: string;
  filesFrom?: string;
  dryRun?: boolean;
  json?: boolean;
}

const usage = (message: string, hint: string): UsageError => new UsageError('CQ200', message, { hint });

function wantedOf({ conversation = [], workspace, table: name, where }: Options): Wanted[] {
  if ([conversation.length > 0, workspace !== undefined, name !== undefined].filter(Boolean).length !== 1)
    throw usage('Say what is to come back.', 'Give one of --conversation, --workspace and --table.');
  if (where !== undefined && name === undefined)
    throw usage('--where is for --table.', 'Leave it out, or name a table.');
  if (workspace !== undefined) return [{ of: 'workspace', id: workspace }];
  if (name !== undefined) return [{ of: 'table', table: name, where }];
  return conversation.map((id) => ({ of: 'conversation', id }));
}

interface Backup {
  pool: Pool;
  name: string;
  files: FileSource | undefined;
}

/** A database that was restored already, or a dump that is loaded for the while. */
async function withBackup<T>(
  options: Options,
  signal: AbortSignal,
  work: (backup: Backup) => Promise<T>,
): Promise<T> {
  const folder: FileStorage | undefined =
    options.filesFrom === undefined ? undefined : storageAt(options.filesFrom);
  if (options.from !== undefined) {
    const database = serverDatabase(options.from);
    try {
      return await work({
        pool: database.pool('admin'),
        name: database.name,
        files: folder && { storage: folder },
      });
    } finally {
      await database.close();
    }
  }
  const target = await openTarget();
  const keys = keysOfEnvironment();
  const set = await findDump(target, options.set);
  const progress = stepProgress();
  // what all jobs need is half of what a command takes to start
  const { queues } = await import('../../jobs/registry.ts');
  return withScratch(
    { target, keys, set, queues, staging: stagingFolder(), signal, onStep: progress.step },
    options.scratch,
    (scratch) => {
      progress.end();
      return work({
        pool: scratch.pool('admin'),
        name: set.id,
        files: folder ? { storage: folder } : { target, keys },
      });
    },
  );
}

function show(wanted: Wanted, report: ReturnReport, missing: string[], isDry: boolean): void {
  const what = wanted.of === 'table' ? wanted.table : `${wanted.of} ${wanted.id}`;
  print(`${what}: ${report.returned} rows ${isDry ? 'would come' : 'came'} back.`);
  const rows = [...report.tables].map(([name, counts]) => [
    name,
    ...[counts.inBackup, counts.returned, counts.alreadyThere, counts.withoutParent, counts.conflicts].map(
      String,
    ),
  ]);
  print(
    table([['table', 'in backup', 'returned', 'there', 'without parent', 'conflict'], ...rows], {
      numbers: true,
    }),
  );
  if (report.keptMessages)
    print('It is packed on one side and not on the other: its messages were left as they are.');
  if (missing.length > 0)
    print(`${missing.length} files came without their bytes: ${missing.slice(0, 5).join(', ')}`);
}

async function bringBack(live: Database, backup: Backup, wanted: Wanted, options: Options): Promise<boolean> {
  const missing: string[] = [];
  const storage = openStorage(env.DATA_DIR);
  const report = await returnFromBackup(live.pool('owner'), backup.pool, wanted, {
    from: backup.name,
    dryRun: options.dryRun ?? false,
    onFiles: async (client, paths) => {
      if (!options.dryRun) missing.push(...(await bringFilesBack(client, paths, storage, backup.files)));
    },
  });
  if (options.json)
    print(
      JSON.stringify({ wanted, ...report, tables: Object.fromEntries(report.tables), filesMissing: missing }),
    );
  else show(wanted, report, missing, options.dryRun ?? false);
  const isOdd = [...report.tables.values()].some(
    ({ conflicts, withoutParent }) => conflicts + withoutParent > 0,
  );
  return isOdd || missing.length > 0 || report.keptMessages;
}

async function restoreRows(options: Options): Promise<void> {
  const wanted = wantedOf(options);
  if ((options.from === undefined) === (options.set === undefined))
    throw usage(
      'Say where the rows come from.',
      'Give --from with the URL of a restored database, or --set with the id of a dump.',
    );
  const { database: live } = await openPrepared(env.DATA_DIR, 'owner');
  try {
    const isOdd = await interruptible((signal) =>
      withBackup(options, signal, async (backup) => {
        let found = false;
        for (const each of wanted) {
          signal.throwIfAborted();
          const work = (): Promise<boolean> => bringBack(live, backup, each, options);
          if (options.dryRun) found = (await work()) || found;
          else {
            await recorded(live.pool('worker'), 'restore-rows', async () => {
              found = (await work()) || found;
              return { details: { of: each.of, from: backup.name } };
            });
          }
        }
        return found;
      }),
    );
    if (isOdd) process.exitCode = FINDINGS;
  } finally {
    await live.close();
  }
}

const EXAMPLES = `
What is in the live database stays as it is; what is missing comes back with all that hung on it, in one transaction for each
conversation, workspace or table. Done again, it changes nothing. Links, API keys, invitations, sessions and mail stay away.

Examples:
  npm run ops -- restore-rows --from postgres://postgres:secret@127.0.0.1:5433/colloquy --conversation ID --dry-run
  npm run ops -- restore-rows --set 20261127T190512Z-dump-3f2a --scratch postgres://… --workspace ID
  npm run ops -- restore-rows --from postgres://… --table app_public.tags --where "t.workspace_id = 'ID'"
Exit codes: 0 fine; 1 some rows stayed away, which the table says; 2 nothing came back. docs/operations/dumps.md`;

export function addRestoreRows(ops: Command): void {
  ops
    .command('restore-rows')
    .description('bring a conversation, a workspace or rows of a table back into the live database')
    .addOption(
      new Option('--from <url>', 'a database that was restored from a backup').argParser(toServerUrl),
    )
    .option('--set <id>', 'a dump, which is loaded into a scratch database')
    .addOption(
      new Option('--scratch <url>', 'an administrator of the server for the scratch database').argParser(
        toServerUrl,
      ),
    )
    .addOption(new Option('--conversation <id>', 'may be given several times').argParser(toIds))
    .addOption(new Option('--workspace <id>', 'everything of a workspace').argParser(toId))
    .option('--table <name>', 'rows of one table, as app_public.tags')
    .option('--where <condition>', 'which rows of the table, which is called t')
    .option('--files-from <place>', 'a data folder, or s3://BUCKET/PREFIX, with the bytes of files')
    .option('--dry-run', 'say what would come back')
    .option('--json', 'the results as JSON, a line each')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => restoreRows(options));
}
