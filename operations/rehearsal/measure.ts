import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { describeError } from '../../lib/errors.ts';
import { projectFolder } from '../../lib/migrations/committed.ts';
import { placeOf } from '../../lib/migrations/place.ts';
import type { Unit } from './units.ts';

/** A lock on something that was there before, which others wait for. */
export interface Lock {
  relation: string;
  mode: string;
  /** Milliseconds until the end of the transaction. */
  held: number;
  /** Whom it keeps waiting: everybody, or those who write. */
  stops: 'reads and writes' | 'writes' | 'maintenance';
}

export interface Relation {
  oid: string;
  name: string;
  kind: string;
  file: string | null;
  bytes: number;
  method: string | null;
  tableOid: string | null;
}

export interface Measured {
  milliseconds: number;
  walBytes: number;
  locks: Lock[];
  /** Tables and indexes that were written anew, or emptied, with the bytes that they had. */
  rewrites: { relation: string; bytes: number }[];
  /** Why it failed; what follows was not tried then. */
  error?: string;
}

const sqlOf = (name: string): string => readFileSync(join(projectFolder, 'sql/rehearsal', name), 'utf8');
const RELATIONS = sqlOf('relations.sql');
const LOCKS = sqlOf('locks.sql');

export const readRelations = async (client: Pick<pg.ClientBase, 'query'>): Promise<Map<string, Relation>> =>
  new Map((await client.query<Relation>(RELATIONS)).rows.map((row) => [row.oid, row]));

/** Between two looks at the locks, in milliseconds. */
const LOOK = 10;

const STOPS: Record<string, Lock['stops']> = {
  AccessExclusiveLock: 'reads and writes',
  ExclusiveLock: 'writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
  ShareUpdateExclusiveLock: 'maintenance',
};

/** When each lock of a process was first seen; the last look is that of the process itself, before it commits. */
class LockLog {
  readonly #seen = new Map<string, number>();
  note(rows: { oid: string; mode: string }[]): void {
    for (const { oid, mode } of rows) {
      const key = `${oid} ${mode}`;
      if (!this.#seen.has(key)) this.#seen.set(key, performance.now());
    }
  }
  /** Those on what was there before, the longest first. */
  locks(before: Map<string, Relation>): Lock[] {
    const end = performance.now();
    const locks: Lock[] = [];
    for (const [key, since] of this.#seen) {
      const [oid = '', mode = ''] = key.split(' ');
      const relation = before.get(oid);
      if (relation)
        locks.push({ relation: relation.name, mode, held: Math.round(end - since), stops: STOPS[mode]! });
    }
    return locks.sort((a, b) => b.held - a.held || (a.relation < b.relation ? -1 : 1));
  }
}

async function walOf(client: pg.ClientBase): Promise<number> {
  await client.query('select pg_catalog.pg_stat_force_next_flush()');
  const { rows } = await client.query(
    'select wal_bytes::float8 as bytes from pg_catalog.pg_stat_get_backend_wal(pg_catalog.pg_backend_pid())',
  );
  return rows[0]?.bytes ?? 0;
}

/** Files one after the other. An error is told with its file and line. */
async function runFiles(client: pg.ClientBase, unit: Unit): Promise<string | undefined> {
  for (const { path, sql } of unit.files) {
    try {
      await client.query(sql);
    } catch (error) {
      return `${placeOf(path, sql, error)}: ${describeError(error)}`;
    }
  }
  return undefined;
}

/**
 * Applies a unit as the owner, and measures what it does to others.
 * @param watcher  another connection to the same database
 */
export async function measureUnit(
  client: pg.ClientBase,
  watcher: pg.ClientBase,
  unit: Unit,
): Promise<Measured> {
  const before = await readRelations(client);
  const { rows } = await client.query('select pg_catalog.pg_backend_pid() as pid');
  const pid = rows[0].pid;
  const wal = await walOf(client);
  const log = new LockLog();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      log.note((await watcher.query(LOCKS, [pid])).rows);
      await delay(LOOK);
    }
  })();
  const started = performance.now();
  let error: string | undefined;
  try {
    await client.query('set search_path = pg_catalog, extensions; set client_min_messages = warning');
    if (unit.isFunctions) await client.query('set check_function_bodies = off');
    if (!unit.isBare) await client.query('begin');
    error = await runFiles(client, unit);
    if (!unit.isBare && !error) log.note((await client.query(LOCKS, [pid])).rows);
    const locks = log.locks(before);
    if (!unit.isBare) await client.query(error ? 'rollback' : 'commit');
    const milliseconds = performance.now() - started;
    await client.query('reset search_path; reset client_min_messages; reset check_function_bodies');
    const after = await readRelations(client);
    const rewrites = [...before.values()]
      .filter(({ oid, file }) => after.has(oid) && after.get(oid)!.file !== file)
      .map(({ name, bytes }) => ({ relation: name, bytes }));
    return {
      milliseconds: Math.round(milliseconds),
      walBytes: (await walOf(client)) - wal,
      locks,
      rewrites,
      ...(error ? { error } : {}),
    };
  } finally {
    isOver = true;
    await looking;
  }
}
