import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FINDINGS, INTERRUPTED, print, say, UsageError } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { isBucket, storageAt } from '../../lib/open-storage.ts';
import { formatBytes } from '../../lib/progress.ts';
import { type MoveReport, moveFiles } from '../../operations/files/move.ts';
import { recorded } from '../../operations/run.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { stepProgress } from '../shared/step-progress.ts';
import { stoppable } from '../shared/stoppable.ts';

interface Options {
  from?: string;
  to?: string;
  data: string;
  dryRun?: boolean;
  verify?: boolean;
  remove?: boolean;
  json?: boolean;
}

function placesOf({ from, to, data }: Options): { from: string; to: string } {
  const places = {
    from: from ?? env.FILES_STORAGE_BEFORE ?? data,
    to: to ?? env.FILES_STORAGE,
  };
  if (places.to === undefined) {
    throw new UsageError('CQ200', 'Nothing says where the files go.', {
      hint: 'Give --to s3://BUCKET/PREFIX or a data folder, or set FILES_STORAGE.',
    });
  }
  const named = (place: string): string => (isBucket(place) ? place.replace(/\/+$/, '') : resolve(place));
  if (named(places.from) === named(places.to)) {
    throw new UsageError('CQ200', 'The files are to be moved to where they are.', {
      hint: 'Give --from and --to. npm run ops -- files move --help',
    });
  }
  return { from: places.from, to: places.to };
}

function show(report: MoveReport, isDry: boolean): void {
  const { contents, bytes, copied, copiedBytes, present, removed, missing, damaged } = report;
  const words = isDry ? 'would be copied' : 'copied and hashed again';
  print(
    `${contents} contents, ${formatBytes(bytes)}: ${copied} ${words} (${formatBytes(copiedBytes)}), ${present} there already.`,
  );
  if (removed > 0) print(`${removed} were removed where they had been.`);
  for (const [word, paths] of [
    ['are nowhere', missing],
    ['have other bytes than their hash says', damaged],
  ] as const) {
    if (paths.length > 0)
      print(`${paths.length} ${word}: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}`);
  }
}

async function move(options: Options): Promise<void> {
  const { from, to } = placesOf(options);
  const { dryRun = false, verify = false, remove = false, json } = options;
  const progress = stepProgress();
  await withPrepared(
    'owner',
    (database) =>
      stoppable(async (signal) => {
        say(`From ${from} to ${to}, of ${database.description}.`);
        const work = () =>
          moveFiles(database.pool('owner'), storageAt(from), storageAt(to), {
            dryRun,
            verify,
            remove,
            signal,
            onProgress: ({ contents }, total) => progress.step('files', contents / Math.max(total, 1)),
          });
        let report: MoveReport | undefined;
        if (dryRun) report = await work();
        else {
          await recorded(database.pool('worker'), 'files-move', async () => {
            report = await work();
            const { missing, damaged, ...figures } = report;
            return {
              outcome: signal.aborted ? 'stopped' : 'succeeded',
              details: { ...figures, missing: missing.length, damaged: damaged.length },
            };
          });
        }
        progress.end();
        if (json) print(JSON.stringify(report));
        else show(report!, dryRun);
        if (report!.missing.length + report!.damaged.length > 0) process.exitCode = FINDINGS;
        if (signal.aborted) {
          say('Stopped; the same command goes on.');
          process.exitCode = INTERRUPTED;
        }
      }),
    options.data,
  );
}

export function addFiles(ops: Command): void {
  const files = ops
    .command('files')
    .description('The bytes of stored files: moving them to another storage.')
    .addHelpText('after', '\nExample:\n  npm run ops -- files move --to s3://chat/files --dry-run');
  files
    .command('move')
    .description('Brings the bytes of all files to another storage, and checks each by its hash.')
    .option(
      '--from <place>',
      'a data folder, or s3://BUCKET/PREFIX. Default: FILES_STORAGE_BEFORE, or the data folder',
    )
    .option('--to <place>', 'likewise. Default: FILES_STORAGE')
    .option('--data <folder>', 'data folder, with the files and the embedded database', env.DATA_DIR)
    .option('--verify', 'hash what is there already, too')
    .option('--remove', 'remove each where it was, when it is in the other place')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
Run again, it goes on where it was stopped or killed. Buckets are reached with FILES_S3_ENDPOINT and its keys.

Examples:
  npm run ops -- files move --to s3://chat/files --dry-run
  npm run ops -- files move --from data --to s3://chat/files --remove
  npm run ops -- files move --from s3://chat/files --to /srv/colloquy
Exit codes: 0 fine; 1 bytes are missing or damaged; 2 it could not. docs/files.md`,
    )
    .action((options: Options) => move(options));
}
