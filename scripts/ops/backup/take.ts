import type { Command } from 'commander';
import { formatBytes } from '../../../lib/progress.ts';
import { takeBackup } from '../../../operations/backup/take.ts';
import {
  backupContext,
  interruptible,
  recordedWhereItCan,
  report,
  sayProgress,
  withDatabase,
} from './shared.ts';

interface Options {
  withoutFiles?: boolean;
  orFull?: boolean;
  json?: boolean;
}

async function take(
  kind: 'full' | 'incremental',
  { withoutFiles, orFull = false, json }: Options,
): Promise<void> {
  const { set, findings } = await interruptible((signal) =>
    withDatabase(async (database) => {
      const context = { ...(await backupContext(database, signal)), onProgress: sayProgress() };
      if (withoutFiles) context.storage = null;
      return recordedWhereItCan(database, 'backup', () => takeBackup(context, kind, { orFull }));
    }),
  );
  const bytes = set.parts.reduce((sum, part) => sum + part.size, 0);
  const files = set.files
    ? `, ${set.files.count} files of ${formatBytes(set.files.bytes)}`
    : ', without files';
  const lines = [
    set.id,
    `${formatBytes(bytes)} of a database of ${formatBytes(set.databaseSize)}${files}; ended ${set.stoppedAt} at ${set.stopLsn}${set.encryption ? '; encrypted' : ''}.`,
  ];
  report(set, lines, findings, json);
}

const EXAMPLES = `
It works as colloquy_backup, on the whole server, and copies the bytes of files that the target lacks.

Examples:
  BACKUP_TARGET=/backups npm run ops -- backup full
  npm run ops -- backup incremental --or-full       from cron, every hour
  npm run ops -- backup full --without-files        where a storage of its own has them
Exit codes: 0 fine; 1 bytes of files are missing (the backup is usable); 2 there is no new backup. docs/operations/backup.md`;

export function addTake(backup: Command): void {
  for (const kind of ['full', 'incremental'] as const) {
    const command = backup
      .command(kind)
      .description(
        kind === 'full'
          ? 'a whole backup'
          : 'what changed since the newest backup: needs summarize_wal (backup init)',
      )
      .option('--without-files', 'leave out the bytes of files')
      .option('--json', 'the set as JSON')
      .addHelpText('after', EXAMPLES)
      .action((options: Options) => take(kind, options));
    if (kind === 'incremental')
      command.option('--or-full', 'take a full one where an incremental one cannot be');
  }
}
