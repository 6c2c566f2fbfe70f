import type { Command } from 'commander';
import { addTake } from './backup/take.ts';

/** Each subcommand is a file of its own in scripts/ops/backup/. */
const COMMANDS: readonly ((backup: Command) => void)[] = [addTake];

export function addBackup(ops: Command): void {
  const backup = ops
    .command('backup')
    .description(
      'physical backups with the log and the bytes of files: take, list, verify, prune; docs/operations/backup.md',
    );
  for (const add of COMMANDS) add(backup);
}
