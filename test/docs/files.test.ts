import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { openStorage } from '../../lib/open-storage.ts';
import { runningPostmaster } from '../../operations/postmaster.ts';
import { run } from '../../tools/postgres/run.ts';
import { freePort } from '../../tools/postgres/server.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { filesBelow, ops, sha256 } from '../operations/backup/support.ts';
import { LONG } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { until } from '../support/users.ts';
import { describeWithBinaries, one } from '../tools/postgres/support.ts';

/** What docs/files.md says of a bucket, from the upload to the erasure; test/api/files-in-a-bucket.test.ts has what requests see. */
await describeWithBinaries('files in a bucket, as docs/files.md says', (binaries) => {
  let s3: S3Server;
  let server: OwnServer;
  let folder: string;
  let api: TestApi;
  let worker: Worker;
  let ann: Account;
  let bob: Account;
  let variables: Record<string, string>;
  const paths: Record<string, string> = {};

  const BYTES = { ann: 'The samovar keeps the water hot.', bob: 'The kettle is in the cupboard.' };
  const place = (name: string): string => `s3://${s3.bucket}/${name}`;
  const settings = (name: string) => ({
    FILES_STORAGE: place(name),
    FILES_S3_ENDPOINT: s3.endpoint,
    FILES_S3_REGION: 'us-east-1',
    FILES_S3_ACCESS_KEY_ID: s3.accessKeyId,
    FILES_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
  });
  /** The paths of the contents at a place of the bucket. */
  const contentsAt = async (name: string): Promise<string[]> => {
    const found = await fetch(`${s3.endpoint}/${s3.bucket}?prefix=${name}/&list-type=2`);
    const keys = [...(await found.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key!);
    return keys.map((key) => key.slice(name.length + 1)).sort();
  };
  const bytesAt = async (name: string, path: string): Promise<string> =>
    (await fetch(`${s3.endpoint}/${s3.bucket}/${name}/${path}`)).text();
  const upload = async (account: Account, text: string): Promise<string> => {
    const answer = await fetch(`${api.api.url}/files?name=a.txt`, {
      method: 'POST',
      body: text,
      headers: { authorization: `Bearer ${account.token}`, 'content-type': 'text/plain' },
    });
    expect(answer.status).toBe(201);
    const hash = sha256(text);
    return `${account.workspaceId}/${hash.slice(0, 2)}/${hash}`;
  };
  /** A command that finds nothing amiss. */
  const done = async (args: string[], more: Record<string, string> = {}): Promise<string> => {
    const ended = await ops(args, { ...variables, ...more });
    expect([args.join(' '), ended.code], ended.stderr + ended.stdout).toEqual([args.join(' '), 0]);
    return ended.stdout;
  };
  beforeAll(async () => {
    s3 = await startS3Server();
    server = await openOwnServer(binaries);
    folder = await mkdtemp(join(tmpdir(), 'colloquy-files-'));
    // the restored server is not root's
    await chmod(folder, 0o755);
    const target = {
      BACKUP_TARGET: place('backup'),
      BACKUP_S3_ENDPOINT: s3.endpoint,
      BACKUP_S3_ACCESS_KEY_ID: s3.accessKeyId,
      BACKUP_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    variables = {
      ...settings('files'),
      ...target,
      DATABASE_URL: server.url,
      DATA_DIR: join(folder, 'data'),
      PG_BIN: binaries.bin,
      LOG_LEVEL: 'silent',
    };
    const storage = openStorage(folder, {
      FILES_STORAGE_BEFORE: undefined,
      FILES_LINK_SECONDS: undefined,
      FILES_LINK_ENDPOINT: undefined,
      ...settings('files'),
    });
    api = await startTestApi({ storage, database: serverDatabase(server.url) });
    worker = await startWorker({
      pool: api.database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      storage,
      mailer: null,
    });
    ann = await register(api, 'ann@example.org');
    bob = await register(api, 'bob@example.org');
    paths.ann = await upload(ann, BYTES.ann);
    paths.bob = await upload(bob, BYTES.bob);
  }, LONG);
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
    await server?.stop();
    await s3?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('are read by the worker, and found', async () => {
    const read = `select count(distinct c.workspace_id)::int from app_public.chunks c`;
    await until(async () => (await one(server.url, read)) === 2);
    const { data } = await api.ask('{ search(query: "samovar", mode: TEXT) { results { title } } }', {}, ann);
    expect(data.search.results).toEqual([{ title: 'a' }]);
    expect(await contentsAt('files')).toEqual(Object.values(paths).sort());
    // no process keeps them on its disk
    expect(await filesBelow(folder)).toEqual([]);
  });

  it('are in a backup, restored into a bucket, and come back with a workspace from there', {
    timeout: LONG,
  }, async () => {
    const set = JSON.parse(await done(['backup', 'full', '--json']));
    expect(set.files.count).toBe(2);
    const drill = JSON.parse(await done(['restore-drill', '--scratch', join(folder, 'drill'), '--json']));
    expect(drill.details).toMatchObject({ files: 2, filesRead: 2 });
    await one(server.url, `delete from app_public.workspaces where id = '${bob.workspaceId}'`);
    await worker.boss.send('cleanup-files', {});
    await until(async () => !(await contentsAt('files')).includes(paths.bob!));

    const [to, port] = [join(folder, 'restored'), String(await freePort())];
    const goal = ['--immediate', '--port', port, '--files', place('restored')];
    const restored = JSON.parse(await done(['restore', '--to', to, ...goal, '--json']));
    expect(restored.files).toMatchObject({ wanted: 2, restored: 2, missing: [], damaged: [] });
    expect(await contentsAt('restored')).toEqual(Object.values(paths).sort());
    const copy = new URL(server.url);
    copy.port = port;
    try {
      const wanted = ['--from', copy.href, '--workspace', bob.workspaceId, '--files-from', place('restored')];
      const back = JSON.parse(await done(['restore-rows', ...wanted, '--json']));
      expect(back).toMatchObject({ filesMissing: [] });
    } finally {
      process.kill(runningPostmaster(join(to, 'data'))!.pid, 'SIGQUIT');
    }
    expect(await bytesAt('files', paths.bob!)).toBe(BYTES.bob);
  });

  it('move with a workspace into another installation', { timeout: LONG }, async () => {
    const archive = join(folder, 'ann.tar.gz');
    await done(['workspace', 'export', ann.workspaceId, '--to', archive]);
    // another bucket is another installation, as far as files go
    const imported = JSON.parse(
      await done(
        ['workspace', 'import', archive, '--name', 'Copy', '--trust-unverified', '--json'],
        settings('other'),
      ),
    );
    expect(imported).toMatchObject({ files: 1, missingFiles: 0 });
    const [path, ...others] = await contentsAt('other');
    expect([path, others]).toEqual([
      expect.stringMatching(new RegExp(`^${imported.workspaceId}/.*${sha256(BYTES.ann)}$`)),
      [],
    ]);
  });

  it('go with a person who is erased', { timeout: LONG }, async () => {
    // which would do it as well
    await worker.stop();
    const erased = await run(process.execPath, ['scripts/users.ts', 'erase', bob.userId, '--yes', '--json'], {
      cwd: projectFolder,
      env: { PATH: process.env.PATH, ...variables },
    });
    expect([erased.code, erased.stdout], erased.stderr).toEqual([0, expect.stringContaining('finished_at')]);
    expect(await contentsAt('files')).toEqual([paths.ann]);
    expect(await readdir(join(folder, 'data'))).not.toContain('files');
  });
});
