import type { Pool } from 'pg';

/** What may be asked of a provider within any minute. */
export interface RateLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}

/** A rate limit that several processes keep together. */
export interface SharedRate {
  /** Takes a request of so many tokens: 0 when it may begin, else the seconds to wait before asking again. */
  take(provider: string, limits: RateLimits, tokens: number): Promise<number>;
}

/**
 * The rate limit that all workers keep together.
 * @param pool  acts as colloquy_worker
 */
export function tableRate(pool: Pool): SharedRate {
  return {
    async take(provider, { requestsPerMinute, tokensPerMinute }, tokens) {
      const { rows } = await pool.query<{ wait: number }>(
        `select app_hidden.take_provider_rate(
           for_provider => $1, requests_per_minute => $2, tokens_per_minute => $3, wanted_tokens => $4) as wait`,
        [provider, requestsPerMinute, tokensPerMinute, tokens],
      );
      return rows[0]!.wait;
    },
  };
}
