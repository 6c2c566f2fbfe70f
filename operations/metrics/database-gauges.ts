import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { Gauge } from 'prom-client';
import { outage } from '../../lib/connections/outage.ts';
import { log } from '../../lib/log.ts';
import { registry } from '../../lib/metrics.ts';
import { looking } from '../doctor/run.ts';

/** What is shown of the database: name, labels, meaning. The files of sql/metrics/ have the values. */
const DEFINITIONS: Record<string, [labels: string[], help: string]> = {
  colloquy_queue_oldest_due_seconds: [['queue'], 'Since when the oldest job of a queue is due.'],
  colloquy_queue_day_failed: [['queue'], 'Jobs that failed in a day.'],
  colloquy_queue_day_completed: [
    ['queue'],
    'Jobs that were completed in a day, as far as the queue keeps them.',
  ],
  colloquy_worker_seen_timestamp_seconds: [[], 'When a worker last looked after the queue; 0: never.'],
  colloquy_embedding_passages: [['version'], 'Passages of all workspaces.'],
  colloquy_embedding_vectors: [['version'], 'Passages that have a vector.'],
  colloquy_embedding_given_up: [['version'], 'Passages that were given up.'],
  colloquy_embedding_oldest_pending_seconds: [
    [],
    'Since when the passage that waits the longest waits for its vector.',
  ],
  colloquy_provider_paused: [['provider'], 'Whether a provider of vectors is left alone: 1 or 0.'],
  colloquy_month_cost_usd: [[], 'US dollars that models cost in this month, as far as it was taken down.'],
  colloquy_day_searches: [['path'], 'Searches of this day (UTC), by how they were answered.'],
  colloquy_day_short_returns: [['path'], 'Those of them that returned fewer results than were asked for.'],
  colloquy_day_lost_returns: [['path'], 'Those of them that returned fewer results than there are.'],
  colloquy_search_recall: [['version', 'size'], 'The latest measured recall, by size of workspaces.'],
  colloquy_search_recall_objective: [[], 'The setting search_recall_objective.'],
  colloquy_webhooks_failing: [[], 'Webhooks that are on and fail.'],
  colloquy_webhook_deliveries: [
    ['status'],
    'Deliveries that wait, and that were given up and are of the last day.',
  ],
  colloquy_mail_due: [[], 'Mails that are due.'],
  colloquy_mail_oldest_due_seconds: [[], 'Since when the oldest of them is due.'],
  colloquy_mail_day_given_up: [[], 'Mails that were given up in a day.'],
  colloquy_run_success_timestamp_seconds: [
    ['task'],
    'When a task of maintenance last succeeded; 0: never (backup, restore-drill).',
  ],
  colloquy_run_day_failures: [['task'], 'Runs of maintenance that failed in a day.'],
  colloquy_expired_waiting: [['kind'], 'What should have been removed a day ago, counted to 10,000.'],
  colloquy_database_bytes: [[], 'Size of the database.'],
  colloquy_files_bytes: [[], 'Size of all files, as last measured.'],
  colloquy_disk_free_bytes: [[], 'What is free on the disk of the database, as far as that is known.'],
  colloquy_disk_days_left: [[], 'In how many days nothing is free, as far as that is known.'],
  colloquy_database_connections: [[], 'Connections to the server.'],
  colloquy_database_max_connections: [[], 'How many it takes.'],
  colloquy_transaction_oldest_seconds: [[], 'For how long the oldest transaction is open.'],
  colloquy_standbys: [[], 'Standbys that are connected.'],
  colloquy_replication_lag_seconds: [[], 'How far the slowest of them is behind.'],
  colloquy_archive_failing: [[], 'Whether the last attempt to archive the write-ahead log failed: 1 or 0.'],
  colloquy_deadlocks_total: [[], 'Deadlocks since the statistics of the server began.'],
};

export const gauges: ReadonlyMap<string, Gauge> = new Map(
  Object.entries(DEFINITIONS).map(([name, [labelNames, help]]) => [
    name,
    new Gauge({ name, help, labelNames, registers: [registry] }),
  ]),
);

const measuredAt = new Gauge({
  name: 'colloquy_database_measured_timestamp_seconds',
  help: 'When this process last measured the database for these metrics; 0: it could not.',
  registers: [registry],
});

/** Leaves all of them out. A gauge without labels would be 0 otherwise, as if that had been measured. */
function clear(): void {
  for (const [name, gauge] of gauges) {
    gauge.reset();
    if (DEFINITIONS[name]![0].length === 0) gauge.remove();
  }
}

// of a process that works on no jobs nothing is shown
clear();
measuredAt.remove();

/** Milliseconds for which what was measured is shown again: two that read the metrics cost no more than one. */
const FRESH = 15_000;
/** Seconds that one file may take. */
const TIMEOUT = 3;

const FOLDER = join(import.meta.dirname, '../../sql/metrics');

interface Row {
  metric: string;
  labels: Record<string, string>;
  value: number;
}

/** The questions, by the names of their files. */
export const questions: readonly { name: string; sql: string }[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => ({ name: file.slice(0, -'.sql'.length), sql: readFileSync(join(FOLDER, file), 'utf8') }));

function show(rows: Row[]): void {
  for (const { metric, labels, value } of rows) gauges.get(metric)?.set(labels, Number(value));
}

/**
 * Measures what all processes share, as colloquy_monitor, when it is asked for and not more often than every 15 seconds. A question that
 * fails leaves its metrics out, so that nobody takes an old value for a new one.
 * @param pool  of colloquy_worker, which may become the monitor, or of the monitor
 */
export function databaseMetrics(pool: pg.Pool, fresh: number = FRESH): () => Promise<void> {
  let last: { at: number; done: Promise<void> } | undefined;

  async function measure(): Promise<void> {
    const client = await pool.connect();
    let isWhole = true;
    try {
      clear();
      for (const { name, sql } of questions) {
        try {
          show(await looking(client, async () => (await client.query<Row>(sql)).rows, TIMEOUT));
        } catch (error) {
          isWhole = false;
          if (!outage.failed(error, 'probes'))
            log.warn({ err: error, question: name }, 'The database could not be measured');
        }
      }
    } finally {
      client.release();
    }
    measuredAt.set(isWhole ? Date.now() / 1000 : 0);
  }

  return () => {
    if (!last || Date.now() - last.at >= fresh) {
      const done = measure().catch((error: unknown) => {
        clear();
        measuredAt.set(0);
        if (!outage.failed(error, 'probes')) log.warn({ err: error }, 'The database could not be measured');
      });
      last = { at: Date.now(), done };
    }
    return last.done;
  };
}
