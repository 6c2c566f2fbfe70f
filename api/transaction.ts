import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../lib/database.ts';
import { traceSettings } from '../lib/tracing.ts';
import type { Settings } from './authentication.ts';

/** Runs statements in one transaction, as whom the settings say: what PostGraphile does for GraphQL. */
export async function inRequest<T>(
  pool: Pool,
  settings: Settings,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query(
      'select set_config(s.name, s.value, true) from jsonb_each_text($1::jsonb) as s (name, value)',
      [JSON.stringify({ ...settings, ...traceSettings() })],
    );
    return work(client);
  });
}
