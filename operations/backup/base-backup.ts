import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ColloquyError } from '../../lib/errors.ts';
import { findProgram, type ProgramOptions, runProgram } from '../programs.ts';
import { hashGrowing } from './hash-growing.ts';
import type { Written } from './target.ts';

export interface BaseBackupOptions {
  /** The connection string of a role with REPLICATION. */
  url: string;
  serverVersion: number;
  /** An empty folder, or one that is not there. */
  folder: string;
  label: string;
  /** How its sessions are told from others: that of sessionsOf. */
  application: string;
  /** The path of the manifest that an incremental one builds on. */
  parent?: string;
  signal?: AbortSignal | undefined;
  /** Bytes of the database that were read, and how many there are. */
  onProgress?: (done: number, total: number) => void;
}

export interface BaseBackup {
  startLsn: string;
  stopLsn: string;
  timeline: number;
}

/** Of the parts that are compressed already, what they are: hashed while they were written. */
export type WrittenParts = Map<string, Written>;

const manifestSchema = z.object({
  'WAL-Ranges': z
    .array(z.object({ Timeline: z.number(), 'Start-LSN': z.string(), 'End-LSN': z.string() }))
    .min(1),
});

const NO_ROOM = /No space left on device|Disk quota exceeded|File too large/;
/** What is said where no incremental one can be: in the answer to the request alone, not in a path, or a warning before another error. */
const REFUSED =
  /error: (?:could not upload manifest: ERROR: |could not initiate base backup: ERROR: .*(?:incremental backup|WAL summar|manifest)|server does not support incremental backup)/;
const NO_ZSTD = /zstd.*not supported|unrecognized compression algorithm/i;
/** A libzstd without threads. */
const NO_WORKERS = /could not set compression worker count|does not accept a worker count/i;
/** How the tar is compressed: beside the hashing of the files, which takes as long; one after the other; and where the server cannot. */
const COMPRESSIONS = ['server-zstd:level=3,workers=1', 'server-zstd:3', 'client-zstd:3'];

/** What the words of pg_basebackup mean. */
function explained(error: unknown, { folder, parent }: BaseBackupOptions): unknown {
  if (!(error instanceof ColloquyError) || error.code !== 'CQ605') return error;
  if (NO_ROOM.test(error.message)) {
    return new ColloquyError('CQ601', `There is no room left in ${folder} for the backup.`, {
      hint: 'Make room (npm run ops -- backup prune), or set BACKUP_TARGET or BACKUP_STAGING_DIR to a larger place. Nothing half was left.',
      cause: error,
    });
  }
  if (parent !== undefined && REFUSED.test(error.message)) {
    return new ColloquyError('CQ607', `The server refuses an incremental backup: ${error.message}`, {
      hint: 'Take a full one: npm run ops -- backup full; or let --or-full do so. summarize_wal must be on: npm run ops -- backup init.',
      cause: error,
    });
  }
  if (
    /password authentication failed|permission denied|must be superuser or replication role|no pg_hba.conf entry/.test(
      error.message,
    )
  ) {
    return new ColloquyError('CQ608', `The role of backups may not make one: ${error.message}`, {
      hint: 'pg_hba.conf must let colloquy_backup in for replication, with its password: docs/operations/backup.md.',
      cause: error,
    });
  }
  return error;
}

/**
 * A physical backup by pg_basebackup: a tar of each tablespace, compressed by the server, the log beside it, and the manifest.
 * @throws ColloquyError CQ601 no room, CQ607 an incremental one is refused, CQ608 the role may not
 */
export async function takeBaseBackup(
  options: BaseBackupOptions,
): Promise<BaseBackup & { written: WrittenParts }> {
  const { url, serverVersion, folder, label, application, parent, signal, onProgress } = options;
  const program = await findProgram('pg_basebackup', serverVersion);
  const take = (compress: string): Promise<unknown> =>
    runProgram(
      program,
      [
        ...['--pgdata', folder, '--format=tar', `--compress=${compress}`, '--wal-method=stream'],
        ...[
          '--checkpoint=fast',
          `--label=${label}`,
          // of each file, cheap: the SHA-256 of each part, and of the manifest itself, stand in set.json
          '--manifest-checksums=CRC32C',
          '--no-password',
          '--progress',
          // what puts the parts into the target writes them to the disk
          '--no-sync',
        ],
        ...(parent === undefined ? [] : [`--incremental=${parent}`]),
      ],
      {
        url,
        env: { PGAPPNAME: application },
        ...(signal ? { signal } : {}),
        onLine(line) {
          const [, done, total] = /^\s*(\d+)\/(\d+) kB/.exec(line) ?? [];
          if (done !== undefined) onProgress?.(Number(done) * 1024, Number(total) * 1024);
        },
      } satisfies ProgramOptions,
    );
  const takeWith = async ([compression, ...others]: readonly string[]): Promise<WrittenParts> => {
    try {
      // the log is in a tar whose headers are written over, and small
      const isAppended = (name: string): boolean => name.endsWith('.tar.zst') && name !== 'pg_wal.tar.zst';
      return (await hashGrowing(folder, isAppended, () => take(compression!))).written;
    } catch (error) {
      const isUnable =
        error instanceof ColloquyError && (NO_ZSTD.test(error.message) || NO_WORKERS.test(error.message));
      if (!isUnable || others.length === 0) throw error;
      return takeWith(others);
    }
  };
  let written: WrittenParts;
  try {
    written = await takeWith(COMPRESSIONS);
  } catch (error) {
    throw explained(error, options);
  }
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, 'backup_manifest'), 'utf8')));
  const ranges = manifest['WAL-Ranges'];
  const last = ranges.at(-1)!;
  return { startLsn: ranges[0]!['Start-LSN'], stopLsn: last['End-LSN'], timeline: last.Timeline, written };
}
