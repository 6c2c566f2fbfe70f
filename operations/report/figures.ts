import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { describeError } from '../../lib/errors.ts';
import { looking, placeOf } from '../doctor/run.ts';

/** What each query of sql/report/ returns. */
export interface Rows {
  now: {
    databaseBytes: number;
    hitRatio: number | null;
    diskBytes: number | null;
    freeBytes: number | null;
    bytesPerDay: number | null;
    daysLeft: number | null;
    version: string;
    connections: number;
    maxConnections: number;
  };
  days: {
    day: string;
    databaseBytes: number;
    filesBytes: number;
    diskBytes: number | null;
    freeBytes: number | null;
    hitRatio: number | null;
    commitsPerDay: number | null;
    tempBytesPerDay: number | null;
    walBytesPerDay: number | null;
  };
  relations: {
    kind: 'table' | 'index';
    name: string;
    bytes: number;
    rows: number;
    bytesPerDay: number | null;
  };
  partitions: {
    name: string;
    partitions: number;
    bytes: number;
    rows: number;
    largestBytes: number;
    defaultBytes: number | null;
    until: Date | null;
  };
  statements: {
    statement: string;
    role: string | null;
    calls: number;
    totalMs: number;
    meanMs: number;
    maxMs: number;
    rows: number;
    hitRatio: number | null;
  };
  queues: { name: string; waiting: number; deferred: number; active: number; failed: number };
  recall: { day: string; series: string; recall: number; objective: number };
  runs: {
    task: string;
    outcome: string;
    startedAt: Date;
    finishedAt: Date;
    details: Record<string, unknown>;
    error: string | null;
  };
  findings: { day: string; errors: number | null; warnings: number | null };
}

/** Of a figure: its rows, or why there are none. */
export type Figure<Name extends keyof Rows> = { rows: Rows[Name][]; reason?: string };
export type Figures = { [Name in keyof Rows]: Figure<Name> };

const FOLDER = join(import.meta.dirname, '../../sql/report');
const NAMES = [
  'now',
  'days',
  'relations',
  'partitions',
  'statements',
  'queues',
  'recall',
  'runs',
  'findings',
] as const satisfies (keyof Rows)[];
/** Seconds that one query may take. */
const TIMEOUT = 10;

/**
 * Reads what the report draws. A figure that cannot be read says why, and the others are there.
 * @param pool  of colloquy_monitor, or of who may become it
 */
export async function readFigures(pool: pg.Pool): Promise<Figures> {
  const client = await pool.connect();
  let broken: boolean | Error = false;
  try {
    const { extensions } = await placeOf(client);
    const figures: Partial<Record<keyof Rows, { rows: object[]; reason?: string }>> = {};
    for (const name of NAMES) {
      const sql = readFileSync(join(FOLDER, `${name}.sql`), 'utf8');
      const extension = /^-- extension: *(\w+)/m.exec(sql)?.[1];
      const schema = extension && extensions.get(extension);
      if (extension && !schema) {
        figures[name] = { rows: [], reason: `The extension ${extension} is not installed.` };
        continue;
      }
      try {
        const { rows } = await looking(client, () => client.query(sql), TIMEOUT, schema ? [schema] : []);
        figures[name] = { rows };
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        figures[name] = { rows: [], reason: describeError(error) };
      }
    }
    return figures as Figures;
  } catch (error) {
    broken = error instanceof Error ? error : true;
    throw error;
  } finally {
    client.release(broken);
  }
}
