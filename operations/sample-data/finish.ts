import type { Database } from '../../lib/database.ts';

const TABLES = [
  'messages',
  'conversations',
  'tool_calls',
  'message_feedback',
  'message_chunks',
  'usage_logs',
  'documents',
  'chunks',
  'memory_items',
  'raw_events',
  'conversation_analytics',
];

/** What the jobs of the night would do: the figures of dashboards, the partition of the time before, and statistics. */
export async function finish(
  database: Database,
  {
    analytics,
    signal,
    say,
  }: { analytics: boolean; signal?: AbortSignal | undefined; say: (text: string) => void },
): Promise<void> {
  const worker = database.pool('worker');
  await worker.query('select app_hidden.ensure_partitions()');
  await database.pool('owner').query(`analyze ${TABLES.map((name) => `app_public.${name}`).join(', ')}`);
  if (!analytics) return;
  say('Computing the figures of dashboards …');
  while (!signal?.aborted) {
    const { rows } = await worker.query('select from app_hidden.compute_conversation_analytics(200)');
    if (rows.length === 0) break;
  }
  if (signal?.aborted) return;
  await worker.query('select app_hidden.compute_configuration_performance()');
  await worker.query('select app_hidden.refresh_summary_stats()');
}
