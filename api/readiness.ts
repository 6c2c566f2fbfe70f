import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { migrationStatus, notCurrent, type Program, readProgram } from '../lib/migrations.ts';

/** One thing that must be well before the server takes traffic. */
export type Check = 'ok' | 'failed' | 'unknown';

export interface Readiness {
  ready: boolean;
  database: Check;
  migrations: Check;
  /** Why the schema does not do: what the database lacks, or which migrations it has by other text. */
  reason?: string;
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

/** What this process was started with: what is pulled or edited meanwhile is not what it runs. */
let program: Program | undefined;

async function checkDatabase(pool: Pool): Promise<Pick<Readiness, 'database' | 'migrations' | 'reason'>> {
  program ??= readProgram();
  try {
    const status = await withinPatience(migrationStatus(pool, program));
    const lacking = notCurrent(status);
    const reason =
      status.changed.length > 0
        ? `The database was migrated by other text than this program has: ${status.changed.join(', ')} (CQ044).`
        : lacking && `The database lacks ${lacking} (CQ018).`;
    return { database: 'ok', migrations: reason ? 'failed' : 'ok', ...(reason ? { reason } : {}) };
  } catch (error) {
    const code = errorCode(error);
    // The right to look comes with the migrations: without it, they are missing.
    if (code === '42501') {
      return { database: 'ok', migrations: 'failed', reason: 'The database lacks the migrations (CQ018).' };
    }
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
  const { database, migrations, reason } = await checkDatabase(pool);
  const queue = isQueueAlive && (await checkQueue(isQueueAlive));
  const ready = database === 'ok' && migrations === 'ok' && (queue ?? 'ok') === 'ok';
  return { ready, database, migrations, ...(reason ? { reason } : {}), ...(queue ? { queue } : {}) };
}
