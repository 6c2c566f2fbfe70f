import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { env } from '../../lib/env.ts';
import { folderTarget } from '../backup/folder-target.ts';
import { openTarget } from '../backup/open-target.ts';
import { compressed, keysOfEnvironment, putObject } from '../backup/sealing.ts';
import type { BackupTarget } from '../backup/target.ts';

/** Where exports lie, and for whom they are encrypted. */
export interface Place {
  target: BackupTarget;
  recipients: readonly string[];
}

/** The target of backups, or without one the folder `partitions` of DATA_DIR. */
export async function exportPlace(): Promise<Place> {
  const target = env.BACKUP_TARGET ? await openTarget() : folderTarget(join(env.DATA_DIR, 'partitions'));
  return { target, recipients: keysOfEnvironment().recipients };
}

export interface Exported {
  rows: number;
  /** Of the object with the rows. */
  key: string;
}

/** Rows of one statement. */
const PAGE = 5000;

/**
 * Writes the rows of a partition as lines of JSON, compressed, and a manifest with their count and SHA-256 after it: rows without a
 * manifest were never exported. They are named by their first id, so that a second try writes the same objects again.
 */
export async function exportPartition(
  pool: Pick<Pool, 'query'>,
  partition: string,
  { target, recipients }: Place,
  signal: AbortSignal,
): Promise<Exported> {
  const hash = createHash('sha256');
  let rows = 0;
  let last: string | null = null;
  const page = async (): Promise<{ id: string; line: string }[]> => {
    signal.throwIfAborted();
    const found = await pool.query<{ id: string; line: string }>(
      'select id, line from app_hidden.partition_rows($1, $2, $3)',
      [partition, last, PAGE],
    );
    last = found.rows.at(-1)?.id ?? last;
    return found.rows;
  };
  let next = await page();
  const name = `partitions/${partition}-${next[0]?.id ?? 'empty'}`;
  async function* lines(): AsyncGenerator<string> {
    while (next.length > 0) {
      const text = next.map(({ line }) => `${line}\n`).join('');
      rows += next.length;
      hash.update(text);
      yield text;
      next = await page();
    }
  }
  const written = await putObject(target, `${name}.ndjson.zst`, compressed(Readable.from(lines())), {
    recipients,
  });
  const manifest = {
    partition,
    rows,
    /** Of the lines, before they are compressed and encrypted. */
    sha256: hash.digest('hex'),
    object: { key: written.key, size: written.size, sha256: written.sha256 },
    exportedAt: new Date().toISOString(),
  };
  await target.put(`${name}.json`, Readable.from([JSON.stringify(manifest, null, 2)]));
  return { rows, key: written.key };
}
