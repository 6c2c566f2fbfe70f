import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { contentsQuery } from '../contents.ts';

interface Content {
  path: string;
  sha256: Buffer;
  size: number;
}

export interface MoveReport {
  /** Contents that rows name, and their bytes. */
  contents: number;
  bytes: number;
  copied: number;
  copiedBytes: number;
  /** There already. */
  present: number;
  /** In neither place, and with other bytes than their hash says: their paths. */
  missing: string[];
  damaged: string[];
  removed: number;
}

export interface MoveOptions {
  dryRun?: boolean;
  /** Hashes what was there already, too. */
  verify?: boolean;
  /** Removes from the first place what is in the second, whole. */
  remove?: boolean;
  signal?: AbortSignal;
  onProgress?: (report: MoveReport, total: number) => void;
}

/** Rows of one statement. */
const PAGE = 500;

async function hashOf(storage: FileStorage, path: string): Promise<Buffer | null> {
  const hash = createHash('sha256');
  try {
    for await (const piece of storage.read(path)) hash.update(piece);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  return hash.digest();
}

async function* contents(pool: Pool): AsyncGenerator<Content> {
  const named = await contentsQuery(pool);
  for (let after = ''; ; ) {
    const { rows } = await pool.query<{ path: string; sha256: Buffer; bytes: string }>(
      `select c.path, c.sha256, max(c.bytes) as bytes from (${named}) as c where c.path > $1 group by 1, 2 order by 1 limit ${PAGE}`,
      [after],
    );
    for (const { path, sha256, bytes } of rows) yield { path, sha256, size: Number(bytes) };
    if (rows.length === 0) return;
    after = rows.at(-1)!.path;
  }
}

/** Copies one, while nobody removes it; what was deleted meanwhile is left out. */
async function copy(
  client: PoolClient,
  named: string,
  { path, sha256 }: Content,
  from: FileStorage,
  to: FileStorage,
): Promise<'copied' | 'missing' | 'damaged' | 'gone'> {
  await client.query('select pg_advisory_xact_lock_shared(app_private.content_lock($1))', [path]);
  const { rowCount } = await client.query(`select from (${named}) as c where c.path = $1 limit 1`, [path]);
  if (rowCount === 0) return 'gone';
  if ((await from.size(path)) === null) return 'missing';
  const received = await to.receive(from.read(path), { maxBytes: Number.MAX_SAFE_INTEGER });
  try {
    if (!received.sha256.equals(sha256)) return 'damaged';
    await received.place(path);
  } finally {
    await received.discard();
  }
  return sha256.equals((await hashOf(to, path)) ?? Buffer.alloc(0)) ? 'copied' : 'damaged';
}

/**
 * Brings the bytes of all files from one storage to another. What is there already stays, so that a run that was stopped, or killed,
 * goes on with the next; each is hashed as it is read from the first place, and again as the second gives it back.
 * @param pool  acts as colloquy_owner
 */
export async function moveFiles(
  pool: Pool,
  from: FileStorage,
  to: FileStorage,
  { dryRun = false, verify = false, remove = false, signal, onProgress }: MoveOptions = {},
): Promise<MoveReport> {
  const report: MoveReport = {
    contents: 0,
    bytes: 0,
    copied: 0,
    copiedBytes: 0,
    present: 0,
    missing: [],
    damaged: [],
    removed: 0,
  };
  const named = await contentsQuery(pool);
  const { rows } = await pool.query<{ count: number }>(
    `select count(distinct c.path)::integer as count from (${named}) as c`,
  );
  const total = rows[0]!.count;
  for await (const content of contents(pool)) {
    if (signal?.aborted) break;
    const { path, sha256, size } = content;
    report.contents += 1;
    report.bytes += size;
    const there = await to.size(path);
    let isWhole = there === size && (!verify || sha256.equals((await hashOf(to, path)) ?? Buffer.alloc(0)));
    if (isWhole) report.present += 1;
    else if (there !== null && verify) report.damaged.push(path);
    else if (dryRun) {
      if ((await from.size(path)) === null) report.missing.push(path);
      else {
        report.copied += 1;
        report.copiedBytes += size;
      }
    } else {
      const result = await inTransaction(pool, (client) => copy(client, named, content, from, to));
      isWhole = result === 'copied';
      if (result === 'missing' || result === 'damaged') report[result].push(path);
      if (isWhole) {
        report.copied += 1;
        report.copiedBytes += size;
      }
    }
    if (isWhole && remove && !dryRun && (await from.size(path)) !== null) {
      await from.remove(path);
      report.removed += 1;
    }
    onProgress?.(report, total);
  }
  return report;
}
