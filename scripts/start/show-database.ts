import type { Pool } from 'pg';
import { listen } from '../../api/http/listen.ts';
import { openMetrics } from '../../api/metrics.ts';
import { env } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { collectors } from '../../lib/metrics.ts';
import { databaseMetrics } from '../../operations/metrics/database-gauges.ts';

/**
 * Has the metrics of a process that works on jobs tell of the database, too, and serves them where no API does.
 * @param pool  of colloquy_worker, which becomes the monitor to look
 * @returns what ends it
 */
export async function showDatabase(
  pool: Pool,
  { workerOnly, host }: { workerOnly?: boolean; host: string },
): Promise<() => Promise<void>> {
  if (env.METRICS_PORT === undefined && env.METRICS_TOKEN === undefined) return async () => {};
  const measure = databaseMetrics(pool);
  collectors.add(measure);
  const own = { port: workerOnly ? env.METRICS_PORT : undefined };
  const metrics = await openMetrics(undefined, own, (server, port) => listen(server, host, port));
  if (metrics.url) log.info({ url: metrics.url }, 'The metrics are served');
  return async () => {
    collectors.delete(measure);
    await metrics.close();
  };
}
