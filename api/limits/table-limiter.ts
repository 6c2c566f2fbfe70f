import { ConsecutiveBreaker, circuitBreaker, handleAll, TimeoutStrategy, timeout, wrap } from 'cockatiel';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import { inTransaction } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { limitStoreFailuresTotal } from '../../lib/metrics.ts';

/** Milliseconds that a request waits for the table at most. An answer takes one. */
const PATIENCE = 300;
/** Milliseconds after a failure in which the table is not asked again. */
const REST = 5_000;

interface Query {
  text: string;
  values: unknown[];
}

/**
 * Limits whose counts are in a table, for all processes together. When the table does not answer in time, this process counts for
 * itself, and asks again after a while: no request waits for the table's locks, none goes uncounted, and none is refused for that.
 */
export function tableLimiter(
  pool: Pool,
  patience = PATIENCE,
): (options: { keyPrefix: string; points: number; duration: number }) => RateLimiterPostgres {
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: REST, breaker: new ConsecutiveBreaker(1) });
  const guard = wrap(breaker, timeout(patience, TimeoutStrategy.Aggressive));
  breaker.onBreak((reason) => {
    limitStoreFailuresTotal.inc();
    const err = 'error' in reason ? reason.error : undefined;
    log.warn({ err }, 'The table of limits does not answer: this process counts for itself');
  });
  const storeClient = {
    query: ({ text, values }: Query) =>
      guard.execute(({ signal }) =>
        inTransaction(pool, async (client) => {
          // this process has counted it meanwhile
          signal.throwIfAborted();
          // the server gives up as well, so that no connection is left waiting
          await client.query(`select set_config('lock_timeout', $1, true)`, [String(patience)]);
          return client.query(text, values);
        }),
      ),
  };
  return (options) =>
    new RateLimiterPostgres({
      ...options,
      storeClient,
      storeType: 'client',
      schemaName: 'app_hidden',
      tableName: 'rate_limits',
      // by a migration
      tableCreated: true,
      // by the job remove-expired
      clearExpiredByTimeout: false,
      // what is used up costs no further look at the table
      inMemoryBlockOnConsumed: options.points,
      insuranceLimiter: new RateLimiterMemory(options),
    });
}
