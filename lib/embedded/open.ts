import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto';
import { vector } from '@electric-sql/pglite-pgvector';
import type pg from 'pg';
import { ColloquyError } from '../errors.ts';
import { acquireFileLock, readLock } from '../lock.ts';
import { type Copies, copiesOf } from './copy.ts';
import { EmbeddedPool, EmbeddedSession } from './session.ts';
import { socketFolder } from './socket-folder.ts';
import { listen } from './wire.ts';

/** Who may log in to an embedded database: its administrator and the login roles of sql/roles.sql. */
const LOGINS = [
  'postgres',
  'colloquy_owner',
  'colloquy_authenticator',
  'colloquy_worker',
  'colloquy_monitor',
  'colloquy_backup',
] as const;
export type EmbeddedLogin = (typeof LOGINS)[number];

export interface EmbeddedDatabase {
  dataDir: string;
  /** One pool per login, and per purpose where there are several. */
  pool(login: EmbeddedLogin, purpose?: string): pg.Pool;
  /** Hears what transactions notify on a channel; ends by what comes back. */
  hear(channel: string, told: (payload: string) => void): Promise<() => void>;
  /** For commands that want a connection string. */
  url(login: EmbeddedLogin): string;
  copies: Copies;
  close(): Promise<void>;
}

const lockPath = (dataDir: string): string => join(dataDir, 'embedded.lock');

/** A connection string for a login over the socket of a running embedded database. */
function socketUrl(folder: string, login: string): string {
  return `postgres://${login}@/postgres?host=${encodeURIComponent(folder)}`;
}

/**
 * Where a process that runs already serves the embedded database of a folder, if one does.
 * @returns a function from login to connection string, or undefined
 */
export function runningEmbedded(dataDir: string): ((login: EmbeddedLogin) => string) | undefined {
  const folder = readLock(lockPath(resolve(dataDir)))?.data?.socket;
  return typeof folder === 'string' ? (login) => socketUrl(folder, login) : undefined;
}

/**
 * Opens, or makes, the embedded database of a folder: PostgreSQL 18 inside this process, on disk, for one process at
 * a time, with a socket for psql.
 * @param options.idleInTransaction  milliseconds that a client of the socket may hold an open transaction; default a minute
 * @throws ColloquyError CQ010 when another process has the folder, CQ011 when the folder cannot be used
 */
export async function openEmbedded(
  folder: string,
  options: { idleInTransaction?: number } = {},
): Promise<EmbeddedDatabase> {
  const dataDir = resolve(folder);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ColloquyError('CQ011', `The data folder ${dataDir} cannot be made.`, {
      hint: 'Choose another one with --data or DATA_DIR, or correct its permissions.',
      cause: error,
    });
  }
  const lock = await acquireFileLock(lockPath(dataDir), { what: `The data folder ${dataDir}` });
  try {
    const pglite = await PGlite.create({
      dataDir: join(dataDir, 'postgres'),
      extensions: { vector, citext, pgcrypto, pg_trgm, btree_gin, btree_gist },
    }).catch((error: unknown) => {
      throw new ColloquyError('CQ011', `The database in ${dataDir} does not open.`, {
        hint: 'It may come from another version or be damaged: restore a copy of the folder, or start with an empty one (--data).',
        cause: error,
      });
    });
    const session = new EmbeddedSession(pglite);
    const sockets = socketFolder(dataDir);
    let server: Server | undefined;
    if (process.platform !== 'win32') {
      const path = join(sockets, '.s.PGSQL.5432');
      // we hold the lock, so what is left here belongs to a process that is gone
      if (existsSync(path)) rmSync(path);
      server = await listen(session, path, new Set(LOGINS), options.idleInTransaction);
      lock.update({ socket: sockets });
    }
    const pools = new Map<string, EmbeddedPool>();
    let closing: Promise<void> | undefined;
    return {
      dataDir,
      pool(login, purpose = '') {
        const key = `${login} ${purpose}`;
        const pool = pools.get(key) ?? new EmbeddedPool(session, login);
        pools.set(key, pool);
        return pool;
      },
      hear: (channel, told) => session.hear(channel, told),
      url: (login) => socketUrl(sockets, login),
      copies: copiesOf(dataDir, async (work) => {
        // whoever has the session has the only process that could write
        const client = await session.lease('postgres');
        try {
          await client.query('checkpoint');
          return await work();
        } finally {
          client.release();
        }
      }),
      close() {
        closing ??= (async () => {
          server?.close();
          await session.end();
          await pglite.close();
          rmSync(sockets, { recursive: true, force: true });
          lock.release();
        })();
        return closing;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
