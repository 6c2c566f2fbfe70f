import type { Pool } from 'pg';

/** Milliseconds for which an answer is given again. */
const FRESH = 3_000;

/**
 * Why the database of a process is a copy in quarantine; null when it is not. Asked of the database every few seconds at most.
 * @param pool  any login that may call app_hidden.quarantine
 * @param environment  that this process declares
 */
export function openQuarantine(pool: Pool, environment: string | undefined): () => Promise<string | null> {
  let last: { at: number; answer: Promise<string | null> } | undefined;

  async function ask(): Promise<string | null> {
    const { rows } = await pool.query<{ reason: string | null }>(
      'select app_hidden.quarantine(for_environment => $1) as reason',
      [environment ?? null],
    );
    return rows[0]!.reason;
  }

  return () => {
    if (last && Date.now() - last.at < FRESH) return last.answer;
    const answer = ask();
    const begun = { at: Date.now(), answer };
    last = begun;
    answer.catch(() => {
      if (last === begun) last = undefined;
    });
    return answer;
  };
}
