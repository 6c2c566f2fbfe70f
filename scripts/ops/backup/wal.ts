import type { Command } from 'commander';
import type { Database } from '../../../lib/database.ts';
import { env } from '../../../lib/env.ts';
import { ColloquyError } from '../../../lib/errors.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { archiveFolder } from '../../../operations/backup/archiving.ts';
import { clusterFacts, demandServer } from '../../../operations/backup/cluster.ts';
import { copyContents, describeMissing } from '../../../operations/backup/contents.ts';
import { withLocks } from '../../../operations/backup/locks.ts';
import { shipWal } from '../../../operations/backup/ship-wal.ts';
import { backupContext, interruptible, recordedNowAndThen, report, withDatabase } from './shared.ts';

interface Options {
  archiveDir?: string;
  keep?: boolean;
  withoutFiles?: boolean;
  json?: boolean;
}

async function folderOf(database: Database, given: string | undefined): Promise<string> {
  const folder = given ?? env.BACKUP_ARCHIVE_DIR ?? (await archiveFolder(database.pool('backup')));
  if (folder) return folder;
  throw new ColloquyError('CQ613', 'The server archives to no folder.', {
    hint: 'npm run ops -- backup init --archive-dir FOLDER has it do so; --archive-dir names that of pg_receivewal.',
  });
}

async function wal({ archiveDir, keep = false, withoutFiles, json }: Options): Promise<void> {
  await interruptible((signal) =>
    withDatabase(async (database) => {
      demandServer(database);
      const context = await backupContext(database, signal);
      const pool = database.pool('backup');
      const { target, keys, storage } = context;
      const result = await recordedNowAndThen(database, 'backup-wal', async () => {
        const { systemIdentifier } = await clusterFacts(pool);
        const folder = await folderOf(database, archiveDir);
        return withLocks(pool, target, ['wal'], async () => {
          const shipped = await shipWal({ folder, target, keys, systemIdentifier, keep, signal });
          // after the log: whatever is a row of it has its bytes in the storage, or had them there at an earlier run
          const files = withoutFiles ? null : await copyContents(pool, storage!, target, keys, { signal });
          const missing = files ? describeMissing(files.missing) : undefined;
          return {
            shipped: shipped.shipped,
            findings: missing === undefined ? [] : [missing],
            details: {
              ...shipped.details,
              filesCopied: files?.copied ?? null,
              filesMissing: files?.missing.length ?? null,
            },
          };
        });
      });
      const { details, shipped, findings } = result;
      const lines = [
        shipped.length === 0
          ? 'Nothing was waiting in the archive.'
          : `${shipped.length} files of the log shipped (${formatBytes(details.bytes)}), the last ${shipped.at(-1)}.`,
        ...(details.filesCopied ? [`${details.filesCopied} new files copied.`] : []),
      ];
      report({ shipped, ...details }, lines, findings, json);
    }),
  );
}

export function addWal(backup: Command): void {
  backup
    .command('wal')
    .description('ship what was archived of the log to the target, and copy the bytes of new files')
    .option('--archive-dir <folder>', 'where it is (default: BACKUP_ARCHIVE_DIR, or as the server says)')
    .option(
      '--keep',
      'leave it in the archive, too (default: it is removed there once it lies in the target)',
    )
    .option('--without-files', 'leave out the bytes of files')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
Run it every minute, by cron or a timer of systemd, as a user who may write the archive. It goes on where it ended.

Examples:
  * * * * *  cd /srv/colloquy && BACKUP_TARGET=s3://backups/chat npm run ops -- backup wal
  npm run ops -- backup wal --archive-dir /var/lib/postgresql/received     of backup receive
Exit codes: 0 fine; 1 bytes of files are missing; 2 it could not. docs/operations/backup.md`,
    )
    .action(wal);
}
