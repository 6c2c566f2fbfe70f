import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareCatalogues, readCatalogue } from '../../lib/catalogue.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { testBinaries } from '../support/binaries.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal, testServer } from '../support/server.ts';
import { registerUser } from '../support/users.ts';

/** The commands of the runbook, a line each. */
const [bringBack, repair, look] = /## Runbook: a table was dropped[\s\S]*?```sh\n([\s\S]*?)```/
  .exec(readFileSync(join(projectFolder, 'docs/operations/restore.md'), 'utf8'))![1]!
  .trim()
  .split(/\n\s*/);

describeReal('docs/operations/restore.md', () => {
  let live: Database;
  let copy: Database;
  let copyName: string;
  let bin: string;
  const admin = (text: string) => live.pool('admin').query(text);
  const shell = (line: string) =>
    run('bash', ['-c', `set -o pipefail; ${line}`], {
      cwd: projectFolder,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        COPY_URL: copy.url('admin'),
        DATABASE_URL: live.url('admin'),
        LOG_LEVEL: 'silent',
      },
    });
  const catalogueOf = async (database: Database) => readCatalogue(database.pool('admin'));

  beforeAll(async () => {
    bin = (await testBinaries()).bin;
    const made = await createTestDatabase();
    live = serverDatabase(made.url);
    const ann = await registerUser(live, 'ann@example.org');
    await live
      .pool('owner')
      .query(`insert into app_public.tags (workspace_id, name) values ($1, 'green')`, [ann.workspaceId]);
    await live.close();
    // the copy of an earlier moment
    const { adminUrl } = testServer() as { adminUrl: string };
    const server = serverDatabase(adminUrl);
    copyName = `${made.name.slice(0, 50)}_${randomBytes(3).toString('hex')}`;
    await server.pool('admin').query(`create database "${copyName}" template "${made.name}"`);
    await server.close();
    copy = serverDatabase(Object.assign(new URL(adminUrl), { pathname: `/${copyName}` }).href);
    live = serverDatabase(made.url);
  });
  afterAll(async () => {
    await copy?.close();
    await admin(`drop database if exists "${copyName}" with (force)`);
    await live?.close();
  });

  it('brings a table back that was dropped, with its rows and what hung on it', {
    timeout: LONG,
  }, async () => {
    await admin('drop table app_public.tags cascade');
    for (const line of [bringBack!, repair!]) {
      const done = await shell(line);
      expect([line, done.code], done.stderr).toEqual([line, 0]);
    }
    const drift = await shell(`${look!} --json`);
    const { findings } = JSON.parse(drift.stdout.slice(drift.stdout.indexOf('{')));
    expect(findings.length).toBeGreaterThan(0);
    for (const { remedy } of findings) {
      expect(remedy).toMatch(/^alter table app_public\.\w+ add constraint .* references app_public\.tags/i);
      await live.pool('owner').query(remedy);
    }
    expect(compareCatalogues(await catalogueOf(live), await catalogueOf(copy))).toEqual([]);
    expect((await admin('select name from app_public.tags')).rows).toEqual([{ name: 'green' }]);
  });
});
