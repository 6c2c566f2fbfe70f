import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import { acquireFileLock } from '../../lib/lock.ts';
import { ofFolder } from './folder-target.ts';
import type { BackupTarget } from './target.ts';

/** Seed of the advisory locks, as functions/operations/contents_are_held.sql has it. */
const SEED = 5640871;
/** Milliseconds. */
const PATIENCE = 3_000;
const POLL = 100;

/**
 * backup: one at a time makes or removes sets. wal: one at a time ships the log. contents: bytes of deleted files are not removed
 * while a backup copies them.
 */
export type BackupLock = 'backup' | 'wal' | 'contents';

/** Locks of a session of the database, which end with it, also when this process is killed. */
export interface HeldLocks {
  /** @throws when the session was lost, and its locks with it */
  check(): Promise<void>;
}

const busy = (what: string): ColloquyError =>
  new ColloquyError('CQ606', `Another backup is at work on ${what}.`, {
    hint: 'Wait for it to end; of one that was killed, the lock ends within moments.',
  });

async function takeLock(client: pg.PoolClient, name: string): Promise<boolean> {
  await client.query('select pg_advisory_lock(hashtextextended($1, $2))', [name, SEED]);
  return true;
}

async function tryLock(client: pg.PoolClient, name: string, patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; ; await delay(POLL)) {
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, $2)) as taken',
      [name, SEED],
    );
    if (rows[0]!.taken || Date.now() > deadline) return rows[0]!.taken;
  }
}

/**
 * Works under locks that hold on every machine: of the database, and of the folder of a target.
 * @throws ColloquyError CQ606 when another has one of them, CQ010 when another process of this machine works on the folder
 */
export async function withLocks<T>(
  pool: pg.Pool,
  target: Pick<BackupTarget, 'incoming' | 'description'>,
  locks: readonly BackupLock[],
  work: (held: HeldLocks) => Promise<T>,
): Promise<T> {
  const [first] = locks;
  const file =
    target.incoming === null
      ? undefined
      : await mkdir(target.incoming, { recursive: true, mode: 0o700 })
          .then(() => acquireFileLock(join(target.incoming!, `${first}.lock`), { what: target.description }))
          .catch((error) => {
            throw ofFolder(error, target.description);
          });
  const client = await pool.connect().catch((error) => {
    file?.release();
    throw error;
  });
  try {
    for (const lock of locks) {
      const name = `colloquy ${lock}`;
      // the session of a process that was killed ends a moment after it; and the bytes of files are let go one by one
      const isTaken =
        lock === 'contents' ? await takeLock(client, name) : await tryLock(client, name, PATIENCE);
      if (!isTaken) throw busy('this database');
    }
    return await work({
      check: async () => void (await client.query('select')),
    });
  } finally {
    // the session ends, and its locks with it
    client.release(true);
    file?.release();
  }
}
