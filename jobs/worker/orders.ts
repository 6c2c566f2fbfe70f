import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { outage } from '../../lib/connections/outage.ts';
import { log } from '../../lib/log.ts';

/** Milliseconds between two looks. */
const INTERVAL = 3_000;
/** Milliseconds between two lines in the log about the same quarantine. */
const REMINDER = 60_000;

export interface Orders {
  /** Whether jobs of a queue must be left alone. */
  isPaused(queue: string): boolean;
  /** Looks again and again, and tells of changes, until the signal. */
  follow(onChange: (queue: string, isPaused: boolean) => Promise<unknown>): Promise<void>;
}

export interface OrdersOptions {
  /** Acts as colloquy_worker. */
  pool: Pool;
  /** What this process declares. */
  environment: string | undefined;
  signal: AbortSignal;
  interval?: number;
}

/**
 * What the database says to all workers: which queues are paused, and whether it is a copy that nobody has adopted. That one sends
 * and spends nothing is its own rule; here it is said why, once a minute.
 */
export async function readOrders(options: OrdersOptions): Promise<Orders> {
  const { pool, environment, signal, interval = INTERVAL } = options;
  let paused = new Set<string>();
  let toldAt = Number.NEGATIVE_INFINITY;
  let wasTold = false;

  function tell(quarantine: string | null): void {
    if (quarantine === null) {
      if (wasTold) log.info('The database was adopted: what waited is sent now.');
      wasTold = false;
      toldAt = Number.NEGATIVE_INFINITY;
    } else if (Date.now() - toldAt >= REMINDER) {
      toldAt = Date.now();
      wasTold = true;
      log.warn(
        { code: 'CQ635' },
        `This database is a copy in quarantine: no mail is sent, no service is asked, no bytes are removed. ${quarantine} When it shall: npm run ops -- adopt`,
      );
    }
  }

  /** Returns what was paused before. */
  async function look(): Promise<Set<string>> {
    const { rows } = await pool.query<{ paused: string[]; quarantine: string | null }>(
      'select paused, quarantine from app_hidden.worker_orders(for_environment => $1)',
      [environment ?? null],
    );
    const before = paused;
    paused = new Set(rows[0]!.paused);
    tell(rows[0]!.quarantine);
    return before;
  }

  await look();
  return {
    isPaused: (queue) => paused.has(queue),
    async follow(onChange) {
      while (!signal.aborted) {
        await delay(interval, undefined, { signal, ref: false }).catch(() => {});
        if (signal.aborted) return;
        try {
          const before = await look();
          for (const queue of paused.symmetricDifference(before)) await onChange(queue, paused.has(queue));
        } catch (error) {
          if (!outage.failed(error, 'jobs'))
            log.error({ err: error }, 'which jobs are paused cannot be asked');
        }
      }
    },
  };
}
