import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { emptyTables } from '../../tools/release-dump/empty-tables.ts';
import { fillEveryTable } from '../../tools/release-dump/fill.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

describeReal('the dump of a release', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  it('has rows in every table', async () => {
    expect(await emptyTables(database)).toContain('app_public.messages');
    await fillEveryTable(database);
    expect(
      await emptyTables(database),
      'a new table gets rows in tools/release-dump/fill.ts or worker-rows.sql',
    ).toEqual([]);
  });

  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  const file = join(projectFolder, `test/fixtures/releases/${version}.sql.gz`);
  it.runIf(existsSync(file))('is not replaced by the way', async () => {
    const before = readFileSync(file);
    const result = await run(process.execPath, [join(projectFolder, 'tools/release-dump.ts')]);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`There is a dump of ${version}`),
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused where a table is empty', async () => {
    await database.pool('owner').query('create table app_hidden.planted (id uuid)');
    expect(await emptyTables(database)).toEqual(['app_hidden.planted']);
  });
});
