import type { Pool } from 'pg';
import { isConnectionLost } from '../lib/connections/failures.ts';
import { errorCode } from '../lib/errors.ts';
import { BUSY } from '../lib/gate.ts';
import { log } from '../lib/log.ts';
import { readsTotal } from '../lib/metrics.ts';

/** How far the primary had come at a moment: whatever was committed by then, anywhere, is before it. */
export interface Position {
  /** Of the cluster: a standby has that of its primary, and no other server has. */
  system: string;
  /** Every promotion begins a new one. */
  timeline: string;
  lsn: string;
}

/**
 * The position of the primary, for the list of a select. What was committed and can be seen has been flushed, unless the server
 * does not wait for that. Null on a standby: no position is known then, and nothing is read elsewhere.
 */
export const POSITION = `case when not pg_catalog.pg_is_in_recovery() then (
    select pg_catalog.json_build_object('system', c.system_identifier::text, 'lsn', at.lsn::text,
      'timeline', pg_catalog.left(pg_catalog.pg_walfile_name(at.lsn), 8))
    from pg_catalog.pg_control_system() as c, lateral (select case pg_catalog.current_setting('synchronous_commit')
      when 'off' then pg_catalog.pg_current_wal_insert_lsn() else pg_catalog.pg_current_wal_flush_lsn() end as lsn) as at
  ) end`;

/**
 * Whether a server is a standby of that primary, on its timeline, and has applied everything up to the position. The timeline
 * of the control file is behind for a while after a promotion: so long the primary reads.
 */
const HAS = `select pg_catalog.pg_is_in_recovery() and c.system_identifier::text = $1
    and pg_catalog.lpad(pg_catalog.to_hex(k.timeline_id), 8, '0') = pg_catalog.lower($2) as follows,
  pg_catalog.pg_last_wal_replay_lsn() >= $3::pg_catalog.pg_lsn as has
  from pg_catalog.pg_control_system() as c, pg_catalog.pg_control_checkpoint() as k`;

/** Milliseconds between two questions whether the standby has come so far. */
const STEP = 3;
/** Milliseconds for which a standby that cannot be reached, or lags, is left alone; then one read tries it. */
const REST = 1_000;

/** Milliseconds that a look at its state waits for it. */
const LOOK = 200;

/** Asks on one connection. */
export interface Asking {
  query(statement: { text: string; values: unknown[] }): Promise<{ rows: readonly unknown[] }>;
}

/** Why the primary reads. */
type Why = 'behind' | 'other_server' | 'unreachable' | 'busy' | 'refused' | 'conflict' | 'resting' | 'failed';

/** A standby that does not do for a reading; the primary does. */
class NotHere extends Error {
  readonly why: Why;
  constructor(why: Why) {
    super(`The standby is not read: ${why}`);
    this.why = why;
  }
}

/** What the data itself says, which is that of the primary: an error of a function, a value that is none, the end of the time. */
const OF_THE_REQUEST = /^(?:CQ|22|P0001$|57014$)/;

function whyOf(error: unknown): Why {
  if (error instanceof NotHere) return error.why;
  const code = errorCode(error);
  if (code === BUSY) return 'busy';
  if (code === '25006') return 'refused';
  if (code === '40001' || code === '40P01') return 'conflict';
  return isConnectionLost(error) ? 'unreachable' : 'failed';
}

export type StandbyState = 'ok' | 'behind' | 'failed';

/**
 * Reads on a standby, which never show less than the primary would: a request takes the position of the primary with its
 * authentication, which the primary does, and the standby must have come so far. Nothing is kept about who has written
 * what, so it holds with any number of API processes, for what jobs wrote, and for what others did.
 */
export class StandbyReads {
  readonly pool: Pool;
  readonly #patience: number;
  #restsUntil = 0;
  #isWell = true;

  constructor(pool: Pool, patience: number) {
    this.pool = pool;
    this.#patience = patience;
  }

  /** Whether a reading may try it. After a failure one does, a second later. */
  mayTry(): boolean {
    if (this.#restsUntil === 0) return true;
    const now = Date.now();
    if (now < this.#restsUntil) {
      readsTotal.inc({ where: 'primary', why: 'resting' });
      return false;
    }
    this.#restsUntil = now + REST;
    return true;
  }

  /**
   * Waits until the standby has come to a position.
   * @throws NotHere when it does not in time, or is no standby of that primary
   */
  async reach(asking: Asking, position: Position, patience = this.#patience): Promise<void> {
    const end = performance.now() + patience;
    const values = [position.system, position.timeline, position.lsn];
    for (;;) {
      const [row] = (await asking.query({ text: HAS, values })).rows as { follows: boolean; has: boolean }[];
      if (!row?.follows) throw new NotHere('other_server');
      if (row.has) return;
      if (performance.now() + STEP > end) throw new NotHere('behind');
      await new Promise((resolve) => setTimeout(resolve, STEP));
    }
  }

  /** Counts a reading that it did. */
  answered(): void {
    readsTotal.inc({ where: 'standby', why: '' });
    this.#restsUntil = 0;
    if (this.#isWell) return;
    this.#isWell = true;
    log.info('The standby is read again');
  }

  /** Notes why it did not do a reading. @returns whether the primary is to do it */
  failed(error: unknown): boolean {
    if (OF_THE_REQUEST.test(errorCode(error) ?? '') && errorCode(error) !== BUSY) return false;
    const why = whyOf(error);
    readsTotal.inc({ where: 'primary', why });
    if (why === 'behind' || why === 'other_server' || why === 'unreachable' || why === 'failed') {
      this.#restsUntil = Date.now() + REST;
      if (this.#isWell) log.warn({ err: error, why }, 'The standby is not read; the primary is');
      this.#isWell = false;
    }
    return true;
  }

  /** What the standby is now, against a position of the primary. */
  async state(position: Position): Promise<StandbyState> {
    try {
      await this.reach(this.pool, position, Math.min(this.#patience, LOOK));
      return 'ok';
    } catch (error) {
      return whyOf(error) === 'behind' ? 'behind' : 'failed';
    }
  }
}
