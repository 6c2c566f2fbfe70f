import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanupFiles } from '../../jobs/cleanup-files.ts';
import type { JobContext } from '../../jobs/job.ts';
import { openStorage, storageAt } from '../../lib/open-storage.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { copyContents } from '../../operations/backup/contents.ts';
import { folderTarget } from '../../operations/backup/folder-target.ts';
import { moveFiles } from '../../operations/files/move.ts';
import { ops, startOps } from '../operations/backup/support.ts';
import { images } from '../support/files.ts';
import { LONG } from '../support/limits.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describeReal('files in a bucket', () => {
  let server: S3Server;
  let folder: string;
  let storage: FileStorage;
  /** Two instances: one gives links, the other has none. */
  let api: TestApi;
  let second: TestApi;
  let ann: Account;
  let bob: Account;

  const place = () => `s3://${server.bucket}/files`;
  const variables = () => ({
    FILES_STORAGE: place(),
    FILES_S3_ENDPOINT: server.endpoint,
    FILES_S3_REGION: 'us-east-1',
    FILES_S3_ACCESS_KEY_ID: server.accessKeyId,
    FILES_S3_SECRET_ACCESS_KEY: server.secretAccessKey,
  });
  const opened = (more: { FILES_LINK_SECONDS?: number; FILES_STORAGE_BEFORE?: string } = {}) =>
    openStorage(folder, {
      FILES_STORAGE_BEFORE: undefined,
      FILES_LINK_SECONDS: undefined,
      FILES_LINK_ENDPOINT: undefined,
      ...variables(),
      ...more,
    });
  const objects = async (): Promise<string[]> => {
    const found = await fetch(`${server.endpoint}/${server.bucket}?prefix=files/&list-type=2`);
    return [...(await found.text()).matchAll(/<Key>files\/(.*?)<\/Key>/g)].map(([, key]) => key!);
  };
  const bearer = ({ token }: Account) => ({ authorization: `Bearer ${token}` });
  const post = async (
    at: TestApi,
    account: Account,
    body: Buffer | string,
    query: Record<string, string>,
  ) => {
    const response = await fetch(`${at.api.url}/files?${new URLSearchParams(query)}`, {
      method: 'POST',
      body: body as string,
      headers: { 'content-type': '', ...bearer(account) },
    });
    return readReply(response);
  };
  const send = async (at: TestApi, account: Account, body: Buffer | string, name = 'a.txt') =>
    JSON.parse((await post(at, account, body, { name })).text).file;
  const get = (at: TestApi, account: Account, path: string, headers: Record<string, string> = {}) =>
    fetch(`${at.api.url}/files/${path}`, { headers: { ...bearer(account), ...headers } });

  beforeAll(async () => {
    server = await startS3Server();
    folder = await mkdtemp(join(tmpdir(), 'colloquy-bucket-'));
    storage = opened({ FILES_STORAGE_BEFORE: folder, FILES_LINK_SECONDS: 60 });
    api = await startTestApi({ storage });
    second = await startTestApi({ storage: opened(), database: api.database });
    ann = await register(api, 'ann@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterAll(async () => {
    await second?.api.close();
    await api?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('are stored by one instance, read by the other, by parts too, and kept once', async () => {
    const file = await send(api, ann, '0123456789');
    const path = `${ann.workspaceId}/${file.sha256.slice(0, 2)}/${file.sha256}`;
    await until(async () => (await objects()).length === 1);
    expect(await objects()).toEqual([path]);
    expect((await send(second, ann, '0123456789')).id).toBe(file.id);
    const part = await get(second, ann, file.id, { range: 'bytes=2-4' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    expect((await get(second, bob, file.id)).status).toBe(404);
    const png = images['image/png']!(4, 4);
    const image = await send(second, ann, png, 'a.png');
    const back = await get(api, ann, image.id);
    expect([back.headers.get('content-type'), Buffer.from(await back.arrayBuffer()).equals(png)]).toEqual([
      'image/png',
      true,
    ]);
    expect(codeOf(await post(api, ann, 'no image', { name: 'a.png' }))).toBe('CQ860');
    await until(async () => (await objects()).length === 2);
  });

  it('are copied by backups, and removed when nobody has them', async () => {
    const file = await send(api, ann, 'to be deleted');
    const target = folderTarget(join(folder, 'backup'));
    const paths: string[] = [];
    const copied = await copyContents(
      api.database.pool('backup'),
      storage,
      target,
      { recipients: [], identities: [] } as never,
      {
        onContent: async ({ path }) => {
          paths.push(path);
        },
      },
    );
    const path = `${ann.workspaceId}/${file.sha256.slice(0, 2)}/${file.sha256}`;
    expect(copied.missing).toEqual([]);
    expect(paths).toContain(path);
    const deleted = await api.ask(
      'mutation ($id: UUID!) { deleteFile(input: { fileId: $id }) { file { id } } }',
      { id: file.id },
      ann,
    );
    expect(deleted.errors).toEqual([]);
    const context = { pool: api.database.pool('worker'), storage, signal: new AbortController().signal };
    expect(await cleanupFiles.handle(context as unknown as JobContext, {})).toMatchObject({ contents: 1 });
    expect(await objects()).not.toContain(path);
    expect((await get(api, ann, file.id)).status).toBe(404);
  });

  it('are read and sent by links, where an operator offers them', async () => {
    const file = await send(api, ann, 'by a link');
    const { link } = JSON.parse(await (await get(api, ann, `${file.id}?link`)).text());
    const answer = await fetch(link.url);
    expect(await answer.text()).toBe('by a link');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="a.txt"/);
    expect(new Date(link.expiresAt).getTime()).toBeGreaterThan(Date.now());
    expect((await get(api, bob, `${file.id}?link`)).status).toBe(404);
    const none = await readReply(await get(second, ann, `${file.id}?link`));
    expect([none.status, codeOf(none)]).toEqual([400, 'CQ864']);

    const bytes = images['image/jpeg']!(9, 7, 'sent directly');
    const query = { link: '', name: 'direct.jpg', size: String(bytes.length), sha256: sha256(bytes) };
    const asked = await post(api, ann, '', query);
    const { upload } = JSON.parse(asked.text);
    const complete = (account: Account, id = upload.id, name = 'direct.jpg') =>
      post(api, account, '', { name, upload: id });
    expect(codeOf(await complete(ann))).toBe('CQ865');
    const put = await fetch(upload.url, {
      method: upload.method,
      headers: upload.headers,
      body: new Uint8Array(bytes),
    });
    expect(put.status).toBe(200);
    // somebody else's is not there for anybody
    expect(codeOf(await complete(bob))).toBe('CQ865');
    expect(codeOf(await complete(ann, '../../x'))).toBe('CQ865');
    const done = await complete(ann);
    expect(done.status).toBe(201);
    expect(JSON.parse(done.text).file).toMatchObject({
      sha256: sha256(bytes),
      byteSize: bytes.length,
      mimeType: 'image/jpeg',
      image: { width: 9, height: 7 },
    });
    expect(codeOf(await complete(ann))).toBe('CQ865');
    const refused = async (more: Record<string, string>) =>
      codeOf(await post(api, ann, '', { ...query, ...more }));
    expect(await refused({ size: '0' })).toBe('CQ200');
    expect(await refused({ sha256: 'x' })).toBe('CQ200');
    expect(await refused({ size: '99999999999' })).toBe('CQ413');
    expect(await refused({ name: 'film.mp4' })).toBe('CQ244');

    // what is no image after all is removed, and no file
    const fake = await post(api, ann, '', { ...query, name: 'fake.jpg' });
    const { upload: other } = JSON.parse(fake.text);
    await fetch(other.url, { method: 'PUT', headers: other.headers, body: 'x'.repeat(bytes.length) });
    expect(codeOf(await complete(ann, other.id, 'fake.jpg'))).toBe('CQ860');
  });

  it('are moved by one command while they are served, also when it is killed', {
    timeout: LONG,
  }, async () => {
    const old = storageAt(folder);
    const before = await startTestApi({ storage: old, database: api.database });
    const texts = Array.from({ length: 12 }, (_, n) => `moved ${n} `.repeat(20_000));
    const files: { id: string; sha256: string }[] = [];
    for (const text of texts) files.push(await send(before, ann, text));
    await before.api.close();
    const serves = async () => {
      for (const [n, { id }] of files.entries())
        expect(await (await get(api, ann, id)).text()).toBe(texts[n]);
    };
    await serves();
    const environment = {
      ...variables(),
      DATABASE_URL: api.database.url('admin'),
      DATA_DIR: folder,
      LOG_LEVEL: 'silent',
    };
    const isMoved = async () =>
      (await objects()).filter((key) => files.some((file) => key.endsWith(file.sha256)));

    const planned = await ops(['files', 'move', '--dry-run', '--json'], environment);
    expect([planned.code, planned.stderr]).toEqual([0, expect.not.stringContaining('RVER')]);
    expect(JSON.parse(planned.stdout)).toMatchObject({ copied: 12, missing: [], damaged: [] });
    expect(await isMoved()).toEqual([]);

    const { child, ended } = startOps(['files', 'move'], environment);
    await until(async () => (await isMoved()).length > 1 || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
    await serves();

    const moved = await ops(['files', 'move', '--remove', '--json'], environment);
    expect([moved.code, JSON.parse(moved.stdout)]).toMatchObject([
      0,
      { missing: [], damaged: [], removed: 12 },
    ]);
    expect(await isMoved()).toHaveLength(12);
    for (const { sha256: hash } of files)
      expect(await old.size(`${ann.workspaceId}/${hash.slice(0, 2)}/${hash}`)).toBeNull();
    await serves();
    const { rows } = await api.database
      .pool('owner')
      .query(
        `select outcome, details from app_hidden.maintenance_runs where task = 'files-move' and outcome = 'succeeded'`,
      );
    expect(rows).toMatchObject([{ details: { removed: 12, missing: 0 } }]);

    // back, with what was lost and what was changed in the bucket
    const [lost, changed] = files.map(({ sha256: hash }) => `${ann.workspaceId}/${hash.slice(0, 2)}/${hash}`);
    await storage.remove(lost!);
    const fake = await storage.receive(
      (async function* () {
        yield Buffer.from('others');
      })(),
      { maxBytes: 10 },
    );
    await storage.remove(changed!);
    await fake.place(changed!);
    await fake.discard();
    const looked = await ops(['files', 'move', '--verify', '--dry-run', '--json'], environment);
    expect([looked.code, JSON.parse(looked.stdout)]).toMatchObject([
      1,
      { missing: [lost], damaged: [changed] },
    ]);
    const again = storageAt(join(folder, 'again'));
    const report = await moveFiles(api.database.pool('owner'), opened(), again);
    expect(report).toMatchObject({ missing: [lost], damaged: [changed] });
    expect(await again.size(changed!)).toBeNull();
    const third = `${ann.workspaceId}/${files[2]!.sha256.slice(0, 2)}/${files[2]!.sha256}`;
    expect((await buffer(again.read(third))).toString()).toBe(texts[2]);
    expect((await ops(['files', 'move', '--from', place()], environment)).code).toBe(2);
  });
});
