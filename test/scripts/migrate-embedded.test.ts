import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Database, openDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { readFunctions } from '../../lib/functions.ts';
import { committedMigrations, migrateDatabase } from '../../lib/migrations.ts';
import { markAsDevelopment } from '../../scripts/migrate/mark.ts';
import { reset } from '../../scripts/migrate/reset.ts';
import { readStatus } from '../../scripts/migrate/status.ts';
import { isLong, LONG } from '../support/limits.ts';
import { migrate } from './migrate-command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'colloquy-migrate-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// with DATABASE_URL, openDatabase takes that server: nothing here may touch it
it.skipIf(env.DATABASE_URL)(
  'the embedded database is looked at without being made, made, left alone, and reset only when marked',
  { timeout: LONG },
  async () => {
    const dataDir = join(scratch, 'data');
    const none = await migrate({ data: dataDir }, '--status');
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining('does not exist yet') });
    expect(existsSync(dataDir)).toBe(false);

    const made = await migrate({ data: dataDir });
    const committed = committedMigrations().map((one) => one.filename);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        `${committed.length} migrations and ${readFunctions().length} files of functions/ applied.`,
      ),
    });
    expect(made.stdout).toContain(`the embedded database in ${dataDir}, because DATABASE_URL is not set`);
    writeFileSync(join(dataDir, 'upload.txt'), 'stays');

    const open = (): Promise<Database> => openDatabase({ dataDir });
    const options = { force: false, confirm: async () => true };
    const database = await open();
    try {
      expect(await migrateDatabase(database, queues)).toEqual({ migrations: [], functions: [] });
      expect(await readStatus(database, { drift: true })).toMatchObject({ upToDate: true, drift: [] });
      const kept = async (): Promise<Database> => ({ ...database, close: async () => {} });
      await expect(reset({ dataDir }, kept, options)).rejects.toMatchObject({ code: 'CQ041' });
      await markAsDevelopment(database);
      await database.pool('owner').query('create table app_private.leftover ()');
      const no = { ...options, confirm: async () => false };
      expect(await reset({ dataDir }, kept, no)).toBeUndefined();
    } finally {
      await database.close();
    }

    // from zero a second time
    if (!isLong()) return;
    expect(await reset({ dataDir }, open, options)).toEqual(committed);
    const fresh = await open();
    try {
      const { rows } = await fresh
        .pool('owner')
        .query(`select to_regclass('app_private.leftover') as leftover`);
      expect(rows).toEqual([{ leftover: null }]);
    } finally {
      await fresh.close();
    }
    expect(readFileSync(join(dataDir, 'upload.txt'), 'utf8')).toBe('stays');
  },
);
