import type { Command } from 'commander';
import { addDump } from './backup/dump.ts';
import { addInit } from './backup/init.ts';
import { addLook } from './backup/look.ts';
import { addReceive } from './backup/receive.ts';
import { addTake } from './backup/take.ts';
import { addWal } from './backup/wal.ts';

/** Each subcommand is a file of its own in scripts/ops/backup/. */
const COMMANDS: readonly ((backup: Command) => void)[] = [
  addDump,
  addInit,
  addTake,
  addWal,
  addReceive,
  addLook,
];

export function addBackup(ops: Command): void {
  const backup = ops
    .command('backup')
    .description(
      'physical backups with the log and the bytes of files: take, list, verify, prune; docs/operations/backup.md',
    );
  for (const add of COMMANDS) add(backup);
}
