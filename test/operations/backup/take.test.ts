import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCatalogue } from '../../../operations/backup/catalogue.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { LONG } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { describeWithBinaries, one } from '../../tools/postgres/support.ts';
import { filesBelow, ops, storeFile } from './support.ts';

await describeWithBinaries('a physical backup', (binaries) => {
  let server: OwnServer;
  let folder: string;
  let variables: Record<string, string>;
  const target = () => join(folder, 'target');

  beforeAll(async () => {
    server = await openOwnServer(binaries, { summarize_wal: 'on', wal_level: 'replica' });
    folder = await mkdtemp(join(tmpdir(), 'colloquy-backup-'));
    await chmod(folder, 0o755);
    variables = {
      DATABASE_URL: server.url,
      PG_BIN: binaries.bin,
      DATA_DIR: join(folder, 'data'),
      BACKUP_TARGET: target(),
    };
  }, LONG);
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is taken with the bytes of files, full and then incremental', async () => {
    const path = await storeFile(server.url, variables.DATA_DIR!, 'the first file');
    const full = await ops(['backup', 'full', '--json'], variables);
    expect([full.code, full.stderr]).toEqual([0, expect.stringContaining('Full backup')]);
    const set = JSON.parse(full.stdout);
    expect(set).toMatchObject({ kind: 'full', parent: null, timeline: 1, files: { count: 1, bytes: 14 } });
    expect(await filesBelow(target())).toEqual([
      `files/${path}`,
      ...['backup_manifest', 'base.tar.zst', 'files.ndjson.zst', 'pg_wal.tar.zst', 'set.json'].map(
        (name) => `sets/${set.id}/${name}`,
      ),
    ]);
    const incremental = await ops(['backup', 'incremental', '--json'], variables);
    expect([incremental.code, incremental.stderr]).toEqual([
      0,
      expect.stringContaining('Incremental backup'),
    ]);
    const { sets, unfinished } = await readCatalogue(folderTarget(target()));
    expect(unfinished).toEqual([]);
    expect(sets.map((each) => [each.kind, each.parent])).toEqual([
      ['full', null],
      ['incremental', set.id],
    ]);
    expect(
      await one(
        server.url,
        `select array_agg(details ->> 'kind' || ' ' || outcome order by started_at) from app_hidden.maintenance_runs`,
      ),
    ).toEqual(['full succeeded', 'incremental succeeded']);
  });
});
