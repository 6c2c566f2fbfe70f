import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../../../lib/env.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { openTarget } from '../../../operations/backup/open-target.ts';
import { compressed, openObject, putObject, readIdentities } from '../../../operations/backup/sealing.ts';
import type { BackupTarget } from '../../../operations/backup/target.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';
import { filesBelow, sha256 } from './support.ts';

let server: S3Server;
let folder: string;
beforeAll(async () => {
  server = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'colloquy-target-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const from = (content: string | Buffer): Readable => Readable.from([Buffer.from(content)]);
const settings = (more: Record<string, string> = {}) =>
  readEnv({
    BACKUP_TARGET: `s3://${server.bucket}/some/prefix`,
    BACKUP_S3_ENDPOINT: server.endpoint,
    BACKUP_S3_ACCESS_KEY_ID: server.accessKeyId,
    BACKUP_S3_SECRET_ACCESS_KEY: server.secretAccessKey,
    ...more,
  });
const keysOf = async (target: BackupTarget, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of target.list(prefix)) keys.push(key);
  return keys;
};

describe.each([
  ['a folder', async () => openTarget(join(folder, 'target'))],
  ['a bucket', async () => openTarget(settings().BACKUP_TARGET, settings())],
])('%s as a target', (_, open) => {
  let target: BackupTarget;
  beforeAll(async () => {
    target = await open();
  });

  it('keeps objects whole, lists them by key, and removes them', async () => {
    const large = randomBytes(18 * 1024 * 1024);
    expect(await target.put('sets/b/large', Readable.from(large))).toEqual({
      size: large.length,
      sha256: sha256(large),
    });
    expect(await target.put('sets/a/set.json', from('{}'))).toEqual({ size: 2, sha256: sha256('{}') });
    await target.put('sets/a/empty', Readable.from([]));
    await target.put('sets/ab', from('between'));
    const path = join(folder, 'taken');
    await writeFile(path, 'a file');
    expect(await target.putFile('wal/x.zst', path)).toEqual({ size: 6, sha256: sha256('a file') });
    expect(await filesBelow(folder)).not.toContain('taken');

    expect((await buffer(await target.get('sets/b/large'))).equals(large)).toBe(true);
    expect(await target.stat('sets/b/large')).toMatchObject({ key: 'sets/b/large', size: large.length });
    expect(await keysOf(target, 'sets/')).toEqual([
      'sets/a/empty',
      'sets/a/set.json',
      'sets/ab',
      'sets/b/large',
    ]);
    expect(await keysOf(target, 'sets/a/')).toEqual(['sets/a/empty', 'sets/a/set.json']);
    await target.put('sets/a/set.json', from('{"again":1}'));
    expect(await text(await target.get('sets/a/set.json'))).toBe('{"again":1}');

    await target.remove('sets/b/large');
    await target.remove('sets/b/large');
    expect(await target.stat('sets/b/large')).toBeNull();
    await expect(target.get('sets/b/large')).rejects.toMatchObject({ code: 'CQ603' });
    expect(await keysOf(target, 'nothing/')).toEqual([]);
  });

  it('has nothing of what was interrupted', async () => {
    async function* broken() {
      yield randomBytes(1024 * 1024);
      throw new Error('the source ended early');
    }
    const source = Readable.from(broken(), { objectMode: false });
    await expect(target.put('sets/c/part', source)).rejects.toThrow('the source ended early');
    expect(await target.stat('sets/c/part')).toBeNull();
    expect((await filesBelow(join(folder, 'target'))).filter((name) => name.startsWith('incoming'))).toEqual(
      [],
    );
  });

  it('opens what is encrypted with the private key of a recipient, and with no other', async () => {
    const [identity, other] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
    const recipients = [await identityToRecipient(identity)];
    const content = 'plain words '.repeat(20_000);
    const { key, size } = await putObject(target, 'sets/d/base.tar.zst', compressed(from(content)), {
      recipients,
    });
    expect(key).toBe('sets/d/base.tar.zst.age');
    expect(size).toBeLessThan(content.length / 10);
    expect(
      await text(await openObject(target, key, { identities: [other, identity] }, { unpack: true })),
    ).toBe(content);
    await expect(openObject(target, key, { identities: [other] })).rejects.toMatchObject({
      code: 'CQ610',
      message: expect.stringContaining('None of the private keys'),
    });
    await expect(openObject(target, key, { identities: [] })).rejects.toMatchObject({ code: 'CQ610' });
    // one byte of it was changed
    const bytes = await buffer(await target.get(key));
    bytes[bytes.length - 1]! ^= 1;
    await target.put(key, from(bytes));
    await expect(openObject(target, key, { identities: [identity] }).then(buffer)).rejects.toMatchObject({
      code: 'CQ610',
    });
  });
});

describe('a target that cannot be used', () => {
  it('says so: no bucket, wrong keys, nobody there, a folder that is a file', async () => {
    const where = [
      [`s3://absent/x`, settings()],
      [settings().BACKUP_TARGET, settings({ BACKUP_S3_ACCESS_KEY_ID: 'wrong' })],
      [settings().BACKUP_TARGET, settings({ BACKUP_S3_ENDPOINT: 'http://127.0.0.1:9' })],
    ] as const;
    for (const [place, variables] of where)
      await expect((await openTarget(place, variables)).put('sets/a', from('x'))).rejects.toMatchObject({
        code: 'CQ602',
      });
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(folderTarget(file).put('sets/a', from('x'))).rejects.toMatchObject({ code: 'CQ602' });
    await expect(openTarget(undefined)).rejects.toMatchObject({ code: 'CQ600' });
    await expect(folderTarget(folder).put('../x', from('x'))).rejects.toThrow('no key');
  });

  it('and keys that are none', async () => {
    expect(() => settings({ BACKUP_AGE_RECIPIENTS: 'AGE-SECRET-KEY-1XX' })).toThrow('public keys of age');
    expect(() => readIdentities(join(folder, 'absent'))).toThrow('cannot be read');
    const file = join(folder, 'keys');
    await writeFile(file, '# public key: age1x\n');
    expect(() => readIdentities(file)).toThrow('no private key');
    const identity = await generateX25519Identity();
    await writeFile(file, `# created\n${identity}\n`);
    expect(readIdentities(file)).toEqual([identity]);
  });
});
