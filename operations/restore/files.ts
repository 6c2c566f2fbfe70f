import { createHash } from 'node:crypto';
import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type pg from 'pg';
import { isBucket, storageAt } from '../../lib/open-storage.ts';
import { localStorage } from '../../lib/storage.ts';
import { bareName, openObject } from '../backup/sealing.ts';
import type { TargetObject } from '../backup/target.ts';
import { contentsQuery } from '../contents.ts';
import type { BackupSource } from './source.ts';

/** What the bytes of files came to, against the rows of a restored database. */
export interface FilesReport {
  /** Contents that the rows name; equal ones of a workspace count once. */
  wanted: number;
  bytes: number;
  /** Brought, and there already: both with the hash of their rows. */
  restored: number;
  present: number;
  /** Not in the target, or with another hash: their storage paths. */
  missing: string[];
  damaged: string[];
}

interface Content {
  path: string;
  sha256: Buffer;
  bytes: number;
}

/** The contents that rows name, in order of their paths, by pages: an installation may have millions. */
async function* contents(client: pg.Client): AsyncIterable<Content> {
  const named = await contentsQuery(client);
  let after = '';
  for (;;) {
    const { rows } = await client.query<{ path: string; sha256: Buffer; bytes: string }>(
      `select c.path, c.sha256, max(c.bytes) as bytes from (${named}) as c
       where c.path > $1 group by 1, 2 order by 1 limit 1000`,
      [after],
    );
    for (const { path, sha256, bytes } of rows) yield { path, sha256, bytes: Number(bytes) };
    if (rows.length === 0) return;
    after = rows.at(-1)!.path;
  }
}

/** The objects below files/ by storage path, as far as the target's listing has come: it goes by key, as the rows do by path. */
async function stored(source: BackupSource): Promise<Map<string, TargetObject>> {
  const objects = new Map<string, TargetObject>();
  for await (const object of source.target.list('files/'))
    objects.set(bareName(object.key).slice('files/'.length), object);
  return objects;
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece);
  return hash.digest();
}

/**
 * Brings the bytes of files back: for each content that a row names, from the target to a folder of files or a bucket, checked by its
 * hash. What is there already is checked and stays.
 */
export async function restoreFiles(
  source: BackupSource,
  client: pg.Client,
  to: string,
  signal?: AbortSignal,
): Promise<FilesReport> {
  const root = resolve(to);
  const storage = isBucket(to) ? storageAt(to) : localStorage(root);
  const objects = await stored(source);
  const report: FilesReport = { wanted: 0, bytes: 0, restored: 0, present: 0, missing: [], damaged: [] };
  const owner = !isBucket(to) && process.getuid?.() === 0 && existsSync(root) ? statSync(root) : undefined;
  for await (const { path, sha256, bytes } of contents(client)) {
    signal?.throwIfAborted();
    report.wanted += 1;
    report.bytes += bytes;
    if ((await storage.size(path)) !== null) {
      if (sha256.equals(await hashOf(storage.read(path)))) report.present += 1;
      else report.damaged.push(path);
      continue;
    }
    const object = objects.get(path);
    if (!object) {
      report.missing.push(path);
      continue;
    }
    const received = await storage.receive(await openObject(source.target, object.key, source.keys), {
      maxBytes: Number.MAX_SAFE_INTEGER,
    });
    try {
      if (!received.sha256.equals(sha256)) report.damaged.push(path);
      else {
        await received.place(path);
        report.restored += 1;
        // as the storage's folder: the API is not root
        if (owner)
          for (let each = join(root, path); each !== root; each = dirname(each))
            chownSync(each, owner.uid, owner.gid);
      }
    } finally {
      await received.discard();
    }
  }
  return report;
}

/** Reads contents in the target and checks them, without writing: a sample of them, and whether all are there. */
export async function checkFiles(
  source: BackupSource,
  client: pg.Client,
  sample: number,
): Promise<FilesReport> {
  const objects = await stored(source);
  const report: FilesReport = { wanted: 0, bytes: 0, restored: 0, present: 0, missing: [], damaged: [] };
  const { rows } = await client.query<{ count: string }>(
    `select count(distinct c.path) from (${await contentsQuery(client)}) as c`,
  );
  const each = Math.max(1, Math.ceil(Number(rows[0]!.count) / sample));
  for await (const { path, sha256, bytes } of contents(client)) {
    report.wanted += 1;
    report.bytes += bytes;
    const object = objects.get(path);
    if (!object) report.missing.push(path);
    else if (report.wanted % each !== 0) report.present += 1;
    else if (sha256.equals(await hashOf(await openObject(source.target, object.key, source.keys))))
      report.restored += 1;
    else report.damaged.push(path);
  }
  return report;
}
