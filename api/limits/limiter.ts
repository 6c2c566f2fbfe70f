import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Env } from '../../lib/env.ts';
import { limitedTotal } from '../../lib/metrics.ts';
import type { Settings } from '../authentication.ts';
import { addressKey, clientAddress } from '../client-address.ts';
import { ApiError } from '../errors.ts';
import { changedRates, LIMITS, type LimitName, type Rate, SUBJECTS, type Subject } from './rates.ts';
import { tableLimiter } from './table-limiter.ts';

/** Whom a request is counted for. What it has not is not counted. */
export type Subjects = Partial<Record<Subject, string | undefined>>;

/** How much of a limit is left. */
interface Level extends Rate {
  name: string;
  remaining: number;
  /** Seconds until the window ends. */
  reset: number;
}

/** A request that has used up a limit. Its operation is refused as a whole, before anything of it is done. */
export class RateLimited extends ApiError {
  readonly status = 429;
  readonly level: Level;

  constructor(limit: LimitName, level: Level) {
    const { code, what } = LIMITS[limit];
    const every = level.seconds === 1 ? 'second' : `${level.seconds} seconds`;
    super(
      code,
      `Too many ${what}: at most ${level.points} in ${every} (${level.name}).`,
      `Try again in ${level.reset} seconds, as the header Retry-After says.`,
    );
    this.name = 'RateLimited';
    this.level = level;
  }
}

export interface Limiter {
  /**
   * Takes points of a limit for each of the subjects that it counts, and says in the headers of the response what is left.
   * @throws RateLimited when one of them has not so many left
   */
  take(
    limit: LimitName,
    subjects: Subjects,
    response: ServerResponse | undefined,
    points?: number,
  ): Promise<void>;
}

/** For whom a request is counted, before and after it is known whose it is. */
export const addressOf = (request: IncomingMessage): Subjects => ({
  address: addressKey(clientAddress(request)),
});

export function callerOf(settings: Settings): Subjects {
  const [account, key, session] = ['user_id', 'api_key_id', 'session_id'].map(
    (name) => settings[`colloquy.${name}`] || undefined,
  );
  return {
    account,
    key,
    token: key ?? session ?? account,
    workspace: settings['colloquy.workspace_id'] || undefined,
  };
}

/** Among whom connections and other turns are shared: accounts, and the addresses of who is none yet. */
export function partyOf(request: IncomingMessage, settings?: Settings): string {
  return settings?.['colloquy.user_id'] || `address ${addressKey(clientAddress(request))}`;
}

/** The header fields of draft-ietf-httpapi-ratelimit-headers. */
function writeHeaders(response: ServerResponse, level: Level): void {
  if (response.headersSent) return;
  const { name, points, seconds, remaining, reset } = level;
  response.appendHeader('ratelimit-policy', `"${name}";q=${points};w=${seconds}`);
  response.appendHeader('ratelimit', `"${name}";r=${remaining};t=${reset}`);
}

export interface LimiterOptions {
  store: Env['RATE_LIMITS'];
  changes?: Env['RATE_LIMIT_RATES'];
  /** For the store `database`: connections of its own, as colloquy_authenticator. */
  pool?: Pool;
  /** Milliseconds after which the table has not answered, and this process counts for itself. */
  patience?: number;
}

const unlimited: Limiter = { async take() {} };

/**
 * Opens the limits of a process.
 * @throws ColloquyError CQ001 when a setting names a limit that there is not
 */
export function openLimiter({ store, changes = new Map(), pool, patience }: LimiterOptions): Limiter {
  const rates = changedRates(changes);
  if (store === 'off') return unlimited;
  const table = store === 'database' && pool ? tableLimiter(pool, patience) : undefined;
  const limiters = new Map<string, RateLimiterAbstract>();
  for (const [limit, subjects] of Object.entries(rates)) {
    for (const [subject, { points, seconds }] of Object.entries(subjects)) {
      const options = { keyPrefix: `${limit}.${subject}`, points, duration: seconds };
      limiters.set(options.keyPrefix, table ? table(options) : new RateLimiterMemory(options));
    }
  }

  async function takeOne(limit: LimitName, subject: Subject, key: string, points: number): Promise<Level> {
    const name = `${limit}.${subject}`;
    const rate = rates[limit][subject]!;
    const level = ({ remainingPoints, msBeforeNext }: RateLimiterRes): Level => ({
      name,
      ...rate,
      remaining: remainingPoints,
      reset: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    });
    try {
      // more than all is as much as all and one
      return level(await limiters.get(name)!.consume(key, Math.min(points, rate.points + 1)));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      limitedTotal.inc({ limit: name });
      throw new RateLimited(limit, { ...level(error), remaining: 0 });
    }
  }

  return {
    async take(limit, subjects, response, points = 1) {
      // an account that has used up its own takes nothing of its workspace's
      for (const subject of SUBJECTS) {
        const key = subjects[subject];
        if (key === undefined || key === '' || !rates[limit][subject]) continue;
        try {
          const level = await takeOne(limit, subject, key, points);
          if (response) writeHeaders(response, level);
        } catch (error) {
          if (response && error instanceof RateLimited) {
            writeHeaders(response, error.level);
            response.setHeader('retry-after', error.level.reset);
          }
          throw error;
        }
      }
    },
  };
}
