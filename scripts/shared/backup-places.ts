import { join } from 'node:path';
import { env } from '../../lib/env.ts';
import { openTarget } from '../../operations/backup/open-target.ts';
import { keysOfEnvironment } from '../../operations/backup/sealing.ts';
import type { BackupContext } from '../../operations/backup/take.ts';

/** Where backups lie and are made, and their keys, as the environment says: needs no database. */
export async function backupPlaces(
  dataDir = env.DATA_DIR,
): Promise<Pick<BackupContext, 'target' | 'keys' | 'staging'>> {
  return {
    target: await openTarget(),
    keys: keysOfEnvironment(),
    staging: env.BACKUP_STAGING_DIR ?? join(dataDir, 'backup-staging'),
  };
}
