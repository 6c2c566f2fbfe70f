import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyze } from '../../jobs/analyze.ts';
import { indexHealth } from '../../jobs/index-health.ts';
import type { JobContext } from '../../jobs/job.ts';
import type { Database } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { readBloat } from '../../operations/indexes/bloat.ts';
import { readIndexes } from '../../operations/indexes/facts.ts';
import { checkUpgrade } from '../../operations/upgrade/check.ts';
import { createEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';

let folder: string;
let database: Database | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-indexes-'));
  database = await createEmbedded(folder);
}, LONG);
afterAll(async () => {
  await database?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('are analysed and rebuilt by the jobs on the embedded database, whose session is left as it was', async () => {
  const embedded = database!;
  const context = {
    pool: embedded.pool('worker'),
    log,
    signal: new AbortController().signal,
  } as unknown as JobContext;
  const owner = embedded.pool('owner');
  await owner.query(
    `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap) values ('x', 'x', 'x', 8, 100, 0)`,
  );
  await embedded
    .pool('admin')
    .query(`update pg_index set indisvalid = false where indexrelid = 'app_public.users_pkey'::regclass`);
  expect(await indexHealth.handle(context, {})).toMatchObject({
    rebuilt: ['app_public.users_pkey'],
    failed: 0,
    left: 0,
  });
  expect((await readIndexes(owner)).filter(({ isValid }) => !isValid)).toEqual([]);
  expect((await readBloat(embedded.pool('monitor'), { exact: false })).indexes.length).toBeGreaterThan(100);
  expect(await checkUpgrade(embedded.pool('monitor'))).toEqual([]);
  expect(((await analyze.handle(context, {})) as { parents: number }).parents).toBeGreaterThan(6);
  for (const role of ['worker', 'authenticator', 'owner'] as const) {
    const { rows } = await embedded
      .pool(role)
      .query(`select current_user::text as who, current_setting('maintenance_work_mem') as memory`);
    expect(rows).toEqual([{ who: `colloquy_${role}`, memory: '64MB' }]);
  }
});

it('are rebuilt by the command on the embedded database, which says that everybody waits; it has no settings to tune', async () => {
  await database?.close();
  database = undefined;
  const ops = (...words: string[]) =>
    promisify(execFile)(process.execPath, ['scripts/ops.ts', ...words], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: '', DATA_DIR: folder, LOG_LEVEL: 'silent' },
    });
  const { stdout, stderr } = await ops('reindex', '--index', 'users_pkey', 'documents_pkey');
  expect(stderr).toContain('everybody waits meanwhile');
  expect(stdout).toMatch(/app_public\.users_pkey: rebuilt in .*\n.*app_public\.documents_pkey: rebuilt in/);
  await expect(ops('tune')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('CQ659') });
});
