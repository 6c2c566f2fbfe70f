import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { migrationStatus } from '../lib/migrations.ts';

/** One thing that must be well before the server takes traffic. */
export type Check = 'ok' | 'failed' | 'unknown';

export interface Readiness {
  ready: boolean;
  database: Check;
  migrations: Check;
  /** Absent when nobody said how to look. */
  queue?: Check;
}

/** A load balancer shall not wait for a database that hangs. */
const PATIENCE = 5_000;

async function withinPatience<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function checkDatabase(pool: Pool): Promise<Pick<Readiness, 'database' | 'migrations'>> {
  try {
    const { pending } = await withinPatience(migrationStatus(pool));
    return { database: 'ok', migrations: pending.length === 0 ? 'ok' : 'failed' };
  } catch (error) {
    const code = errorCode(error);
    // The right to look comes with a migration: without it, that one is missing.
    if (code === '42501') return { database: 'ok', migrations: 'failed' };
    log.warn({ err: error }, 'Not ready: the database cannot be asked');
    return { database: 'failed', migrations: 'unknown' };
  }
}

async function checkQueue(isQueueAlive: () => Promise<boolean>): Promise<Check> {
  try {
    return (await withinPatience(isQueueAlive())) ? 'ok' : 'failed';
  } catch (error) {
    log.warn({ err: error }, 'Not ready: the queue cannot be asked');
    return 'failed';
  }
}

/** Whether requests can be served: the database answers, knows every migration of this release, and jobs are worked on. */
export async function readiness(pool: Pool, isQueueAlive?: () => Promise<boolean>): Promise<Readiness> {
  const { database, migrations } = await checkDatabase(pool);
  const queue = isQueueAlive && (await checkQueue(isQueueAlive));
  const ready = database === 'ok' && migrations === 'ok' && (queue ?? 'ok') === 'ok';
  return { ready, database, migrations, ...(queue ? { queue } : {}) };
}
