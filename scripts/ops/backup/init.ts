import type { Command } from 'commander';
import { FINDINGS, print, say } from '../../../lib/cli.ts';
import { env } from '../../../lib/env.ts';
import {
  type ArchivePlan,
  planArchiving,
  proveArchiving,
  writeSettings,
} from '../../../operations/backup/archiving.ts';
import { clusterFacts, demandServer } from '../../../operations/backup/cluster.ts';
import { withLocks } from '../../../operations/backup/locks.ts';
import { openTarget } from '../../../operations/backup/open-target.ts';
import { readBack } from '../../../operations/backup/read-back.ts';
import { keysOfEnvironment } from '../../../operations/backup/sealing.ts';
import { interruptible, wholeNumber, withDatabase } from './shared.ts';

interface Options {
  archiveDir?: string;
  timeout: string;
  dryRun?: boolean;
  json?: boolean;
}

const describe = ({ changes }: ArchivePlan): string[] =>
  changes.map(
    ({ name, value, current, needsRestart }) =>
      `${name} = ${value}  (now ${current || 'not set'}${needsRestart ? '; needs a restart' : ''})`,
  );

async function init(options: Options): Promise<void> {
  const timeout = wholeNumber(options.timeout, '--timeout', 1, 86_400);
  await interruptible((signal) =>
    withDatabase(async (database) => {
      demandServer(database);
      const admin = database.pool('admin');
      const plan = await planArchiving(admin, { folder: options.archiveDir, timeout });
      const answer: Record<string, unknown> = { ...plan };
      const lines = describe(plan);
      if (options.dryRun) {
        lines.push(lines.length === 0 ? 'Nothing is to be written.' : 'Nothing was written.');
      } else {
        const restart = [...new Set([...plan.waiting, ...(await writeSettings(admin, plan))])];
        answer.restart = restart;
        if (restart.length > 0) {
          lines.push(
            `Restart the server for ${restart.join(', ')}, then run this again: it proves that archiving works.`,
          );
          process.exitCode = FINDINGS;
        } else {
          say('Ending a segment of the log, and waiting until it is archived …');
          const proof = await proveArchiving(admin, plan.folder, { signal });
          answer.proof = proof;
          lines.push(
            `${proof.segment} was archived to ${plan.folder} within ${proof.milliseconds} ms, and read back: it is the same.`,
          );
          if (env.BACKUP_TARGET !== undefined) {
            const target = await openTarget();
            const { systemIdentifier } = await clusterFacts(admin);
            const folder = env.BACKUP_ARCHIVE_DIR ?? plan.folder;
            const back = await withLocks(admin, target, ['wal'], () =>
              readBack({ folder, target, keys: keysOfEnvironment(), systemIdentifier, signal }, proof),
            );
            answer.target = back;
            lines.push(back);
          } else lines.push('BACKUP_TARGET is not set: npm run ops -- backup wal ships the archive there.');
        }
      }
      print(options.json ? JSON.stringify(answer, null, 2) : lines.join('\n'));
    }),
  );
}

export function addInit(backup: Command): void {
  backup
    .command('init')
    .description('have the server archive its log, and prove that it does')
    .option(
      '--archive-dir <folder>',
      'folder of the server to which it archives (default: the one that it has)',
    )
    .option(
      '--timeout <seconds>',
      'after which a segment is archived though it is not full: what can be lost at most',
      '60',
    )
    .option('--dry-run', 'say which settings would be written')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
It works as a superuser (DATABASE_URL) and writes settings by ALTER SYSTEM. Run it again at any time: it proves anew.

Examples:
  npm run ops -- backup init --archive-dir /var/lib/postgresql/archive --dry-run
  npm run ops -- backup init --archive-dir /var/lib/postgresql/archive
Exit codes: 0 archiving works; 1 the server must be restarted first; 2 it does not work. docs/operations/backup.md`,
    )
    .action(init);
}
