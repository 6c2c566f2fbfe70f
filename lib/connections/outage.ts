import type { Logger } from 'pino';
import { log as ownLog } from '../log.ts';
import { type Impairment, impairmentOf, isConnectionLost } from './failures.ts';

/** Who met a failure. */
export type Met = 'requests' | 'jobs' | 'queue' | 'probes';

type Trouble = Impairment | 'away';

/** Milliseconds without a failure after which a database that answered since counts as back. */
const CALM = 1_000;
/** The same for a state of the server in which it answers all the time. */
const LONG_CALM = 60_000;
/** Milliseconds between two counts in the log while it lasts. */
const COUNT_INTERVAL = 30_000;

interface State {
  since: number;
  failedAt: number;
  countedAt: number;
  failed: Partial<Record<Met, number>>;
}

const WORDS: Record<'begins' | 'lasts' | 'ends', (trouble: Trouble) => string> = {
  begins: (trouble) =>
    `${trouble === 'away' ? 'The database cannot be reached' : `The database is in trouble: ${trouble}`}; what fails meanwhile is counted`,
  lasts: (trouble) =>
    trouble === 'away' ? 'The database is still away' : `The database is still in trouble: ${trouble}`,
  ends: (trouble) => (trouble === 'away' ? 'The database is back' : `No more of the trouble: ${trouble}`),
};

/**
 * Says in the log that the database is away, or impaired: once when it begins, then as a count of what failed meanwhile, and
 * once when it is over. A line for each request would bury all three.
 */
export class OutageLog {
  readonly #log: Logger;
  readonly #states = new Map<Trouble, State>();
  #timer: NodeJS.Timeout | undefined;
  #answeredAt = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Notes a failure. @returns whether it is one of the database as such, so that the log knows of it */
  failed(error: unknown, met: Met): boolean {
    const trouble = isConnectionLost(error) ? 'away' : impairmentOf(error);
    if (!trouble) return false;
    const now = Date.now();
    let state = this.#states.get(trouble);
    if (!state) {
      this.#log.warn({ err: error }, WORDS.begins(trouble));
      state = { since: now, failedAt: now, countedAt: now, failed: {} };
      this.#states.set(trouble, state);
      this.#timer ??= setInterval(() => this.#tell(), CALM).unref();
    }
    state.failedAt = now;
    state.failed[met] = (state.failed[met] ?? 0) + 1;
    return true;
  }

  /** Notes that the database did what it was asked for. */
  answered(): void {
    this.#answeredAt = Date.now();
  }

  /** Whether a failure of this kind was met within so many milliseconds. */
  recently(trouble: Trouble, milliseconds: number): boolean {
    return Date.now() - (this.#states.get(trouble)?.failedAt ?? 0) < milliseconds;
  }

  #tell(): void {
    const now = Date.now();
    for (const [trouble, state] of this.#states) {
      const { since, failedAt, countedAt, failed } = state;
      const isOver =
        trouble === 'away'
          ? this.#answeredAt > failedAt && now - failedAt >= CALM
          : now - failedAt >= LONG_CALM;
      if (isOver) {
        this.#states.delete(trouble);
        this.#log.info({ seconds: Math.round((failedAt - since) / 1000), failed }, WORDS.ends(trouble));
      } else if (now - countedAt >= COUNT_INTERVAL) {
        state.countedAt = now;
        this.#log.warn({ seconds: Math.round((now - since) / 1000), failed }, WORDS.lasts(trouble));
      }
    }
    if (this.#states.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Of this process. */
export const outage = new OutageLog(ownLog);
