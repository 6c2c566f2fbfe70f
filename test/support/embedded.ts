import { constants, existsSync, mkdirSync, renameSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Database, openDatabase } from '../../lib/database.ts';
import { withFileLock } from '../../lib/lock.ts';
import { migrateDatabase } from '../../lib/migrations.ts';

/** Puts a migrated embedded database into a folder: that takes its time, so it is made once per run, and copied. */
export async function copyEmbedded(dataDir: string): Promise<void> {
  const template = join(inject('scratch'), 'embedded');
  const lock = { what: 'The embedded database to copy from', wait: 600_000 };
  await withFileLock(`${template}.lock`, lock, async () => {
    if (existsSync(template)) return;
    const half = `${template}.half`;
    await rm(half, { recursive: true, force: true });
    const database = await openDatabase({ dataDir: half });
    try {
      await migrateDatabase(database, queues, { inHand: true });
    } finally {
      await database.close();
    }
    renameSync(half, template);
  });
  mkdirSync(dataDir, { recursive: true });
  await cp(join(template, 'postgres'), join(dataDir, 'postgres'), {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
  });
}

/** An embedded database in a new folder, migrated. */
export async function createEmbedded(dataDir: string): Promise<Database> {
  await copyEmbedded(dataDir);
  return openDatabase({ dataDir });
}
