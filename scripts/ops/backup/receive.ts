import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { print, say } from '../../../lib/cli.ts';
import { clusterFacts, demandBackupRole, demandServer } from '../../../operations/backup/cluster.ts';
import { RECEIVER, receiveWal } from '../../../operations/backup/receive.ts';
import { interruptible, withDatabase } from './shared.ts';

interface Options {
  folder: string;
  slot: string;
  synchronous?: boolean;
  dropSlot?: boolean;
}

async function receive({ folder, slot, synchronous = false, dropSlot = false }: Options): Promise<void> {
  await interruptible((signal) =>
    withDatabase(async (database) => {
      demandServer(database);
      const pool = database.pool('backup');
      await demandBackupRole(pool);
      const { serverVersion } = await clusterFacts(pool);
      const { rows } = await pool.query<{ names: string }>(
        `select current_setting('synchronous_standby_names') as names`,
      );
      if (!dropSlot) await mkdir(folder, { recursive: true, mode: 0o700 });
      if (synchronous && !rows[0]!.names.includes(RECEIVER)) {
        say(
          `Commits do not wait yet. As a superuser: alter system set synchronous_standby_names = '${RECEIVER}'; select pg_reload_conf();`,
        );
      }
      await receiveWal({
        url: database.url('backup'),
        serverVersion,
        folder,
        slot,
        synchronous,
        dropSlot,
        signal,
        say,
      });
      if (dropSlot) print(`The slot ${slot} is gone: the server keeps no more of the log for it.`);
    }),
  );
}

export function addReceive(backup: Command): void {
  backup
    .command('receive')
    .description(
      'receive the log as it is written, by pg_receivewal, until it is ended: loses less than archiving, or nothing',
    )
    .requiredOption('--folder <folder>', 'where it is written, on another machine than the server best')
    .option(
      '--slot <name>',
      'the replication slot, for which the server keeps what was not received yet',
      RECEIVER,
    )
    .option(
      '--synchronous',
      'write each commit to the disk at once: commits can wait for it, and none is lost then',
    )
    .option('--drop-slot', 'remove the slot instead, so that the server keeps nothing for it')
    .addHelpText(
      'after',
      `
Keep it running, by systemd; backup wal --archive-dir FOLDER ships what it received. A slot whose receiver is gone fills the disk of
the server: watch it (npm run ops -- doctor), bound it by max_slot_wal_keep_size.

Examples:
  npm run ops -- backup receive --folder /var/lib/colloquy/received
  npm run ops -- backup receive --folder /var/lib/colloquy/received --synchronous
Exit codes: 0 ended by SIGINT or SIGTERM; 2 it could not. docs/operations/backup.md`,
    )
    .action(receive);
}
