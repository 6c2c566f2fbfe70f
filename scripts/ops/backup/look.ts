import type { Command } from 'commander';
import { print, table, UsageError } from '../../../lib/cli.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { readCatalogue } from '../../../operations/backup/catalogue.ts';
import { openTarget } from '../../../operations/backup/open-target.ts';
import { pruneBackups } from '../../../operations/backup/prune.ts';
import { type Verified, type VerifyContext, verifyBackups } from '../../../operations/backup/verify.ts';
import {
  backupContext,
  interruptible,
  placesOfEnvironment,
  recordedWhereItCan,
  report,
  wholeNumber,
  withDatabase,
} from './shared.ts';

async function list({ json }: { json?: boolean }): Promise<void> {
  const target = await openTarget();
  const { sets, unfinished } = await readCatalogue(target);
  if (json) return print(JSON.stringify({ target: target.description, sets, unfinished }, null, 2));
  const rows = sets.map((set) => [
    set.id,
    set.parent ?? '-',
    set.stoppedAt.slice(0, 19).replace('T', ' '),
    formatBytes(set.parts.reduce((sum, part) => sum + part.size, 0)),
    set.files ? `${set.files.count} files` : 'no files',
    set.encryption ?? '-',
    set.verifiedAt?.slice(0, 19).replace('T', ' ') ?? 'never',
  ]);
  if (rows.length > 0)
    print(
      table([
        ['backup', 'builds on', 'ended (UTC)', 'size', 'files', 'encrypted', 'verified (UTC)'],
        ...rows,
      ]),
    );
  else print(`There is no backup in ${target.description}.`);
  for (const id of unfinished)
    print(`${id} was never finished: the next backup or prune removes it, unless it is being made.`);
}

interface VerifyOptions {
  all?: boolean;
  withoutDatabase?: boolean;
  json?: boolean;
}

async function verify(ids: string[], { all = false, withoutDatabase, json }: VerifyOptions): Promise<void> {
  const work = (context: VerifyContext): Promise<Verified> => verifyBackups(context, { ids, all });
  const verified = await interruptible(async (signal) =>
    withoutDatabase
      ? work({ ...(await placesOfEnvironment()), signal })
      : withDatabase(async (database) => {
          const context = await backupContext(database, signal);
          return recordedWhereItCan(database, 'backup-verify', () => work(context));
        }),
  );
  const { sets, findings, details } = verified;
  const lines =
    findings.length === 0
      ? [`Every byte of ${sets.join(', ')} is as it was written, and the log after it has no gap.`]
      : [];
  report({ sets, ...details }, lines, findings, json);
}

interface PruneOptions {
  keepFull?: string;
  keepDays?: string;
  dryRun?: boolean;
  json?: boolean;
}

async function prune({ keepFull, keepDays, dryRun = false, json }: PruneOptions): Promise<void> {
  if (keepFull === undefined && keepDays === undefined) {
    throw new UsageError('CQ200', 'Say what is to be kept.', {
      hint: 'npm run ops -- backup prune --keep-full 4 --keep-days 30 --dry-run',
    });
  }
  const policy = {
    keepFull: keepFull === undefined ? undefined : wholeNumber(keepFull, '--keep-full', 1, 10_000),
    keepDays: keepDays === undefined ? undefined : wholeNumber(keepDays, '--keep-days', 1, 36_500),
  };
  await interruptible((signal) =>
    withDatabase(async (database) => {
      const context = { ...(await backupContext(database, signal)), pool: database.pool('backup') };
      const work = () => pruneBackups(context, policy, { dryRun });
      const { removed, notes, details } = await (dryRun
        ? work()
        : recordedWhereItCan(database, 'backup-prune', work));
      const word = dryRun ? 'would be removed' : 'removed';
      const lines = [
        ...[...removed.sets, ...removed.unfinished].map((id) => `${id} ${word}`),
        `${details.sets + details.unfinished} backups, ${details.wal} files of the log and the bytes of ${details.files} files ${word}: ${formatBytes(details.bytes)}. ${details.keptSets} backups stay.`,
        ...notes,
      ];
      report({ removed, notes, ...details, dryRun }, lines, [], json);
    }),
  );
}

export function addLook(backup: Command): void {
  backup
    .command('list')
    .description('the backups of the target, the oldest first; needs no database')
    .option('--json', 'as JSON, with parts and hashes')
    .addHelpText(
      'after',
      '\nExample: BACKUP_TARGET=/backups npm run ops -- backup list\nExit codes: 0 fine; 2 it could not.',
    )
    .action(list);
  backup
    .command('verify [ids...]')
    .description(
      'read backups, and say what is damaged or missing (default: the newest, with what it builds on)',
    )
    .option('--all', 'every one of the target')
    .option('--without-database', 'where the database is lost: it is not taken down that they were verified')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
It reads every part against its hash, every file of the database against the manifest (pg_verifybackup, on a copy in the target or in
BACKUP_STAGING_DIR), the bytes of files against theirs, and whether the log after it has a gap.

Examples:
  npm run ops -- backup verify
  npm run ops -- backup verify --all --json
Exit codes: 0 whole; 1 findings; 2 it could not. docs/operations/backup.md`,
    )
    .action(verify);
  backup
    .command('prune')
    .description('remove what a policy does not keep, and what killed runs left')
    .option('--keep-full <number>', 'the newest full backups, with their incremental ones, and as many dumps')
    .option('--keep-days <days>', 'what it takes to restore to any moment of the last days')
    .option('--dry-run', 'say what would be removed')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
What either option keeps stays; the newest full backup always does. With it go the log before the oldest one that stays, and bytes of
files that neither a backup nor the database has any more.

Example: npm run ops -- backup prune --keep-full 4 --keep-days 30 --dry-run
Exit codes: 0 fine; 2 it could not. docs/operations/backup.md`,
    )
    .action(prune);
}
