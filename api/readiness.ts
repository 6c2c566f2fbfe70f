import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { type Impairment, impairmentOf } from '../lib/connections/failures.ts';
import { outage } from '../lib/connections/outage.ts';
import { errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { migrationStatus, notCurrent, type Program, readProgram } from '../lib/migrations.ts';
import { POSITION, type Position, type StandbyReads, type StandbyState } from './standby-reads.ts';

/** One thing that is looked at. */
export type Check = 'ok' | 'failed' | 'unknown';

export interface Readiness {
  /** Whether requests can be served: the database answers, takes changes, and has every migration of this release. */
  ready: boolean;
  database: Check;
  /** Whether the database takes changes. */
  writes: Check;
  migrations: Check;
  /** Why it is not ready: what the database lacks, which migrations it has by other text, or why it takes no changes. */
  reason?: string;
  /** Whether jobs are worked on. It makes nobody unready: what requests do is kept, and worked on later. */
  queue?: Check;
  /** Why nothing is sent and nothing spent: the database is a copy. It makes nobody unready. */
  quarantine?: string;
  /** Whether the standby has what the primary has. It makes nobody unready: the primary reads meanwhile. */
  standby?: StandbyState;
}

export interface ReadinessOptions {
  pool: Pool;
  /** Whether room on the disk is looked at, too: of a server. */
  probesDisk: boolean;
  /** Absent: nobody said how to look. */
  isQueueAlive?: (() => Promise<boolean>) | undefined;
  /** Why the database is in quarantine. Absent: it is not asked. */
  quarantine?: (() => Promise<string | null>) | undefined;
  /** Absent: there is none. */
  standby?: StandbyReads | undefined;
}

/** A load balancer shall not wait for a database that hangs. */
const PATIENCE = 2_000;
/** Milliseconds for which an answer is given again: who asks often costs the database nothing. */
const FRESH = 1_000;
/** Milliseconds between two looks at the room on the disk. */
const PROBE_INTERVAL = 10_000;
/** Milliseconds for which the full disk that a request met is believed. */
const REMEMBERED = 60_000;

/**
 * Writes a megabyte where the server keeps its data, and leaves nothing: a sort that does not fit into its memory. A row would
 * find room in a page that is there, and a message in the write-ahead log a segment that is there.
 */
const PROBE = `begin; set local work_mem = '64kB'; set local statement_timeout = '2s';
  select pg_catalog.count(*) from (
    select pg_catalog.repeat(pg_catalog.md5(i::text), 8) as x from pg_catalog.generate_series(1, 4000) as i order by 1 offset 0
  ) as sorted; rollback`;

const RECOVERS_OR_READS = `select pg_catalog.pg_is_in_recovery() or pg_catalog.current_setting('transaction_read_only')::boolean as "isReadOnly"`;

const REASONS: Partial<Record<Impairment, string>> = {
  'read-only': 'The database takes no changes: it is a standby, or read-only (CQ510).',
  'disk full': 'The database has no room left (CQ511).',
  'I/O error': 'The database cannot use its disk (CQ514).',
};

/** What this process was started with: what is pulled or edited meanwhile is not what it runs. */
let program: Program | undefined;

async function checkSchema(pool: Pool): Promise<Pick<Readiness, 'migrations' | 'reason'>> {
  program ??= readProgram();
  try {
    const status = await migrationStatus(pool, program);
    const lacking = notCurrent(status);
    const reason =
      status.changed.length > 0
        ? `The database was migrated by other text than this program has: ${status.changed.join(', ')} (CQ044).`
        : lacking && `The database lacks ${lacking} (CQ018).`;
    return reason ? { migrations: 'failed', reason } : { migrations: 'ok' };
  } catch (error) {
    // The right to look comes with the migrations: without it, they are missing.
    if (errorCode(error) !== '42501') throw error;
    return { migrations: 'failed', reason: 'The database lacks the migrations (CQ018).' };
  }
}

async function checkQueue(isQueueAlive: () => Promise<boolean>): Promise<Check> {
  try {
    return (await isQueueAlive()) ? 'ok' : 'failed';
  } catch (error) {
    if (!outage.failed(error, 'probes')) log.warn({ err: error }, 'The queue cannot be asked');
    return 'failed';
  }
}

/** A standby that gives no answer takes none of the time that the rest has. */
const STANDBY_PATIENCE = 700;

async function checkStandby(pool: Pool, standby: StandbyReads): Promise<StandbyState> {
  const { rows } = await pool.query<{ position: Position | null }>(`select ${POSITION} as position`);
  if (!rows[0]?.position) return 'failed';
  const late = delay<StandbyState>(STANDBY_PATIENCE, 'failed', { ref: false });
  return Promise.race([standby.state(rows[0].position), late]);
}

/** Tells whether requests can be served, within two seconds, and asks the database once a second at most. */
export function openReadiness({
  pool,
  probesDisk,
  isQueueAlive,
  quarantine,
  standby,
}: ReadinessOptions): () => Promise<Readiness> {
  let probedAt = 0;
  let impairment: Impairment | undefined;

  /** Why the database takes no changes, when it does not. */
  async function checkWrites(): Promise<Impairment | undefined> {
    const { rows } = await pool.query<{ isReadOnly: boolean }>(RECOVERS_OR_READS);
    if (rows[0]?.isReadOnly) return 'read-only';
    if (probesDisk && Date.now() - probedAt >= PROBE_INTERVAL) {
      probedAt = Date.now();
      impairment = await pool.query(PROBE).then(
        () => undefined,
        (error: unknown) => {
          outage.failed(error, 'probes');
          return impairmentOf(error);
        },
      );
    }
    if (impairment && REASONS[impairment]) return impairment;
    return (['disk full', 'I/O error'] as const).find((one) => outage.recently(one, REMEMBERED));
  }

  async function look(): Promise<Readiness> {
    const absent = { ready: false, database: 'failed', writes: 'unknown', migrations: 'unknown' } as const;
    try {
      const { migrations, reason } = await checkSchema(pool);
      const impaired = await checkWrites();
      const queue = isQueueAlive && (await checkQueue(isQueueAlive));
      // one that lacks a migration may lack the function, too
      const copy = migrations === 'ok' ? await quarantine?.() : undefined;
      const read = standby && (await checkStandby(pool, standby));
      const why = reason ?? (impaired && REASONS[impaired]);
      return {
        ready: migrations === 'ok' && !impaired,
        database: 'ok',
        writes: impaired ? 'failed' : 'ok',
        migrations,
        ...(why ? { reason: why } : {}),
        ...(queue ? { queue } : {}),
        ...(copy ? { quarantine: copy } : {}),
        ...(read ? { standby: read } : {}),
      };
    } catch (error) {
      if (!outage.failed(error, 'probes'))
        log.warn({ err: error }, 'Not ready: the database cannot be asked');
      return absent;
    }
  }

  let last: { at: number; isDone: boolean; answer: Promise<Readiness> } | undefined;

  return async () => {
    // one that hangs is not asked a second time: it would take connections from those who come when it is back
    if (!last || (last.isDone && Date.now() - last.at >= FRESH)) {
      const begun = { at: Date.now(), isDone: false, answer: look() };
      void begun.answer.then(() => Object.assign(begun, { at: Date.now(), isDone: true }));
      last = begun;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Readiness>((resolve) => {
      const isLate = () =>
        resolve({
          ready: false,
          database: 'failed',
          writes: 'unknown',
          migrations: 'unknown',
          reason: `The database gave no answer within ${PATIENCE / 1000} s.`,
        });
      timer = setTimeout(isLate, PATIENCE);
    });
    try {
      return await Promise.race([last.answer, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
