import type { Pool, PoolClient } from 'pg';
import type { Settings } from './authentication.ts';

/** Runs statements in one transaction, as whom the settings say: what PostGraphile does for GraphQL. */
export async function inRequest<T>(
  pool: Pool,
  settings: Settings,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: boolean | Error = false;
  try {
    await client.query('begin');
    await client.query(
      'select set_config(s.name, s.value, true) from jsonb_each_text($1::jsonb) as s (name, value)',
      [JSON.stringify(settings)],
    );
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
