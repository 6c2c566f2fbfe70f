import type { OpenBackups } from '../../jobs/job.ts';
import { type Database, openDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { openStorage } from '../../lib/open-storage.ts';
import { backupPlaces } from './backup-places.ts';

/** How a worker of this process takes backups; undefined where BACKUP_TARGET is not set, and for the embedded database. */
export function openBackups({ kind }: Pick<Database, 'kind'>, dataDir: string): OpenBackups | undefined {
  if (kind === 'embedded' || env.BACKUP_TARGET === undefined) return undefined;
  return async () => {
    const places = await backupPlaces(dataDir);
    // of its own, and of the server that takes changes now: programs of PostgreSQL get its address
    const database = await openDatabase();
    return {
      context: {
        ...places,
        database,
        storage: openStorage(dataDir),
      },
      close: () => database.close(),
    };
  };
}
