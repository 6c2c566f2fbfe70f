import type { Pool, QueryResultRow } from 'pg';

/** What is measured, and by which statement. */
export interface Measuring<Target> {
  targets: string;
  measure: string;
  values(target: Target): unknown[];
}

/**
 * Measures every target, each in a transaction of its own. Without a measurement there was nothing to ask, or another run holds the
 * lock of that target.
 */
export async function* measureEach<Target extends QueryResultRow, Measured extends QueryResultRow>(
  pool: Pool,
  { targets, measure, values }: Measuring<Target>,
  signal?: AbortSignal,
): AsyncGenerator<{ target: Target; measured: Measured | undefined }> {
  if (signal?.aborted) return;
  const { rows } = await pool.query<Target>(targets);
  for (const target of rows) {
    if (signal?.aborted) return;
    const { rows: measurements } = await pool.query<Measured>(measure, values(target));
    yield { target, measured: measurements[0] };
  }
}
