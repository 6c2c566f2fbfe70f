import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import { type Database, embeddedDatabase, serverDatabase } from '../../lib/database.ts';
import { runningEmbedded } from '../../lib/embedded/open.ts';
import { env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { isBucket, openStorage, storageAt } from '../../lib/open-storage.ts';
import { formatBytes } from '../../lib/progress.ts';
import { type MoveReport, moveFiles } from '../../operations/files/move.ts';
import { demandEmpty } from '../../operations/logical/empty.ts';
import { moveDatabase, planMove } from '../../operations/logical/move.ts';
import { stepProgress } from '../shared/step-progress.ts';
import { toServerUrl } from './arguments.ts';
import { interruptible } from './backup/shared.ts';

interface Options {
  to: string;
  data: string;
  filesTo?: string;
  dryRun?: boolean;
  json?: boolean;
}

function demandStill(dataDir: string): void {
  if (!existsSync(join(dataDir, 'postgres'))) {
    throw new ColloquyError('CQ681', `There is no embedded database in ${resolve(dataDir)}.`, {
      hint: 'Name the data folder that it is in: --data FOLDER.',
    });
  }
  if (!runningEmbedded(dataDir)) return;
  throw new ColloquyError('CQ681', `The embedded database in ${resolve(dataDir)} is in use.`, {
    hint: 'Stop Colloquy first (Ctrl-C in its terminal): what it wrote meanwhile would be left behind.',
  });
}

async function plan(source: Database, target: Database, json: boolean | undefined): Promise<void> {
  await demandEmpty(target);
  const { tables, bytes } = await planMove(source);
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  if (json) return print(JSON.stringify({ dryRun: true, tables, rows, bytes }));
  const filled = tables.filter((one) => one.rows > 0);
  print(
    table(
      filled.map((one) => [one.name, String(one.rows)]),
      { numbers: true },
    ),
  );
  print(`${rows} rows, ${formatBytes(bytes)}, would move into ${target.name}. Nothing was changed.`);
}

/** What is set next, so that the files are found. */
function filesStep({ data, filesTo }: Options): string {
  if (filesTo === undefined) return `leave DATA_DIR as it is (${resolve(data)}): files stay there`;
  return isBucket(filesTo) ? `FILES_STORAGE to ${filesTo}` : `DATA_DIR to ${resolve(filesTo)}`;
}

function showFiles({ copied, copiedBytes, missing, damaged }: MoveReport): void {
  print(`${copied} contents of files copied (${formatBytes(copiedBytes)}), and hashed again.`);
  const lost = [...missing, ...damaged];
  if (lost.length > 0)
    print(
      `${lost.length} files have no bytes, or others than their hash says: ${lost.slice(0, 5).join(', ')}`,
    );
}

async function move(options: Options): Promise<void> {
  const { data, json } = options;
  if (new URL(options.to).pathname.length < 2)
    throw new UsageError('CQ200', 'The connection string names no database.', {
      hint: 'Write it as postgres://…/DATABASE.',
    });
  demandStill(data);
  const source = await embeddedDatabase(data);
  const target = serverDatabase(options.to);
  const progress = stepProgress();
  try {
    if (options.dryRun) return await plan(source, target, json);
    const { rows: total } = await planMove(source).then(({ tables }) => ({
      rows: tables.reduce((sum, one) => sum + one.rows, 0),
    }));
    let done = 0;
    // what all jobs need is half of what a command takes to start
    const { queues } = await import('../../jobs/registry.ts');
    const { rows, sums } = await interruptible((signal) =>
      moveDatabase(source, target, {
        queues,
        // as npm run migrate does, by which the source was made
        inHand: true,
        signal,
        onRows(name, count) {
          done += count;
          progress.step(name, Math.min(1, done / Math.max(1, total)));
        },
        onStep: progress.step,
      }),
    );
    const files =
      options.filesTo === undefined
        ? null
        : await moveFiles(target.pool('owner'), openStorage(data), storageAt(options.filesTo), {
            onProgress: ({ contents }, count) => progress.step('files', contents / Math.max(1, count)),
          });
    progress.end();
    if (files && files.missing.length + files.damaged.length > 0) process.exitCode = FINDINGS;
    if (json)
      return print(JSON.stringify({ rows, tables: Object.fromEntries(sums), files, target: target.name }));
    const filled = [...sums.values()].filter(({ count }) => count > 0).length;
    print(
      `${rows} rows of ${filled} tables moved into ${target.name}; each table was compared, and is the same on both sides.`,
    );
    if (files) showFiles(files);
    print(`Set DATABASE_URL to that database, and ${filesStep(options)}. Then npm start.`);
    say(
      `The embedded database is as it was. Keep ${join(resolve(data), 'postgres')} until you are content, then remove it.`,
    );
  } finally {
    progress.end();
    await target.close();
    await source.close();
  }
}

const EXAMPLES = `
Everything comes along: accounts, sign-ins, conversations, memories, documents, vectors, settings, the log. The rows are copied in
one transaction and compared; stopped at any point, it leaves both sides as they were, and is called again. Jobs are not copied: what
they have to do is in the rows. Bytes of files stay where they are, or are copied with --files-to.

Examples:
  npm run ops -- move --to postgres://postgres:secret@db.example.org/colloquy --dry-run
  npm run ops -- move --to postgres://postgres:secret@db.example.org/colloquy --files-to s3://chat/files
Exit codes: 0 moved; 1 moved, and bytes of files were missing; 2 nothing was moved. docs/operations/dumps.md`;

export function addMove(ops: Command): void {
  ops
    .command('move')
    .description('move the embedded database to a server, with everything in it')
    .addOption(
      new Option('--to <url>', 'an empty database, as its administrator')
        .argParser(toServerUrl)
        .makeOptionMandatory(),
    )
    .option('--data <folder>', 'the data folder that it is in', env.DATA_DIR)
    .option('--files-to <place>', 'copy the bytes of files into this data folder, or to s3://BUCKET/PREFIX')
    .option('--dry-run', 'say what would be moved')
    .option('--json', 'the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => move(options));
}
