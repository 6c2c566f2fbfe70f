import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { otherDatabase } from '../../lib/connections/addresses.ts';
import { type Database, embeddedDatabase, serverDatabase } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import { nameOfOwn } from '../backup/folder-target.ts';
import { loadRows } from './load.ts';
import { pgRestore } from './pg-restore.ts';
import type { RestoreDumpOptions } from './restore-dump.ts';
import { isRowSet, openRowSet } from './row-set.ts';

/** A database of a server that is dropped when the work ends; of a run that was killed, its name says what it was. */
async function onServer<T>(serverUrl: string, work: (scratch: Database) => Promise<T>): Promise<T> {
  const name = `colloquy_scratch_${randomBytes(6).toString('hex')}`;
  const server = serverDatabase(serverUrl);
  try {
    await server.pool('admin').query(`create database ${name}`);
    const scratch = serverDatabase(otherDatabase(serverUrl, name));
    try {
      return await work(scratch);
    } finally {
      await scratch.close();
      await server.pool('admin').query(`drop database if exists ${name} with (force)`);
    }
  } finally {
    await server.close();
  }
}

async function inFolder<T>(work: (scratch: Database) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-scratch-'));
  try {
    const scratch = await embeddedDatabase(folder);
    try {
      return await work(scratch);
    } finally {
      await scratch.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Loads a dump into a database that is there for the work alone.
 * @param serverUrl  an administrator's, of a server that may have one more database; without one, the dump must be lines of rows, and
 *   goes into an embedded database
 * @throws ColloquyError CQ689 when a dump of pg_dump has no server to go to
 */
export async function withScratch<T>(
  options: Omit<RestoreDumpOptions, 'into'>,
  serverUrl: string | undefined,
  work: (scratch: Database) => Promise<T>,
): Promise<T> {
  const { target, keys, set, queues, staging, signal, onStep } = options;
  if (!isRowSet(set)) {
    if (serverUrl === undefined) {
      throw new ColloquyError(
        'CQ689',
        `${set.id} was made by pg_dump, and there is no server to load it into.`,
        {
          hint: 'Name an administrator of a server that may have one more database for a while: --scratch postgres://…',
        },
      );
    }
    return onServer(serverUrl, async (into) => {
      const folder = join(staging, nameOfOwn());
      const jobs = Math.min(4, availableParallelism());
      await pgRestore({
        target,
        keys,
        set,
        into,
        folder,
        jobs,
        signal,
        withoutVectorIndexes: true,
        ...(onStep ? { onStep } : {}),
      });
      return work(into);
    });
  }
  const fill = async (scratch: Database): Promise<T> => {
    await migrateDatabase(scratch, queues, { inHand: options.inHand ?? false });
    await loadRows(scratch, await openRowSet(target, keys, set), { signal, isScratch: true });
    return work(scratch);
  };
  return serverUrl === undefined ? inFolder(fill) : onServer(serverUrl, fill);
}
