import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What this process counts about itself, in Prometheus' terms. Labels have few values, all known beforehand: names of limits, pools,
 * queues and fields of the schema. Nothing of a tenant, of an account or of an address is a label.
 */
export const registry = new Registry();

const registers = [registry];
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const requestsTotal = new Counter({
  name: 'colloquy_requests_total',
  help: 'Requests answered, by what was asked (files, or the root field; several, when there is more than one) and HTTP status.',
  labelNames: ['kind', 'operation', 'status'] as const,
  registers,
});

export const errorsTotal = new Counter({
  name: 'colloquy_errors_total',
  help: 'Errors that clients were told in answers of GraphQL, by code (docs/error-codes.md).',
  labelNames: ['code'] as const,
  registers,
});

/** What is read anew whenever the metrics are, before they are shown. None of them throws. */
export const collectors = new Set<() => Promise<void>>();

const CODE = /^CQ\d{3}$/;

/** Counts the errors of an answer. A code that is none of ours is counted as other. */
export function countErrors(errors: readonly { extensions?: Record<string, unknown> }[]): void {
  for (const { extensions } of errors) {
    const code = String(extensions?.code);
    errorsTotal.inc({ code: CODE.test(code) ? code : 'other' });
  }
}

export const requestSeconds = new Histogram({
  name: 'colloquy_request_seconds',
  help: 'Time from the headers of a request to the end of its answer.',
  labelNames: ['kind'] as const,
  buckets: SECONDS,
  registers,
});

export const limitedTotal = new Counter({
  name: 'colloquy_limited_total',
  help: 'Requests refused with HTTP 429, by limit (docs/limits.md).',
  labelNames: ['limit'] as const,
  registers,
});

export const limitStoreFailuresTotal = new Counter({
  name: 'colloquy_limit_store_failures_total',
  help: 'Times that the table of limits could not be asked, so that this process counted for itself.',
  registers,
});

export const connectionsWaiting = new Gauge({
  name: 'colloquy_pool_waiting',
  help: 'Requests that wait for a connection to the database, by pool.',
  labelNames: ['pool'] as const,
  registers,
});

export const connectionsInUse = new Gauge({
  name: 'colloquy_pool_in_use',
  help: 'Connections to the database that requests hold, by pool.',
  labelNames: ['pool'] as const,
  registers,
});

export const connectionsAllowed = new Gauge({
  name: 'colloquy_pool_size',
  help: 'Connections to the database that requests may hold, by pool.',
  labelNames: ['pool'] as const,
  registers,
});

export const connectionWaitSeconds = new Histogram({
  name: 'colloquy_pool_wait_seconds',
  help: 'Time that requests waited for a connection to the database, by pool.',
  labelNames: ['pool'] as const,
  buckets: SECONDS,
  registers,
});

export const connectionsRefusedTotal = new Counter({
  name: 'colloquy_pool_refused_total',
  help: 'Requests that got no connection or no place in time (CQ438), by pool; door is the wait for a place.',
  labelNames: ['pool'] as const,
  registers,
});

export const readsTotal = new Counter({
  name: 'colloquy_reads_total',
  help: 'Readings of requests, where a standby is set: by the server that answered, and why it was the primary.',
  labelNames: ['where', 'why'] as const,
  registers,
});

export const embeddingsWaiting = new Gauge({
  name: 'colloquy_query_embeddings_waiting',
  help: 'Queries that wait for their turn to be embedded.',
  registers,
});

export const embeddingWaitSeconds = new Histogram({
  name: 'colloquy_query_embedding_wait_seconds',
  help: 'Time that queries waited for their turn to be embedded.',
  buckets: SECONDS,
  registers,
});

export const embeddingsTotal = new Counter({
  name: 'colloquy_query_embeddings_total',
  help: 'Queries by what became of them: embedded, remembered, cut (and embedded), busy (no turn in time), failed.',
  labelNames: ['outcome'] as const,
  registers,
});

export const queueJobs = new Gauge({
  name: 'colloquy_queue_jobs',
  help: 'Background jobs by queue and state, as the queue last counted them.',
  labelNames: ['queue', 'state'] as const,
  registers,
});

export const subscriptionsOpen = new Gauge({
  name: 'colloquy_subscriptions_open',
  help: 'Subscriptions that are open, by field.',
  labelNames: ['field'] as const,
  registers,
});

export const subscriptionEventsTotal = new Counter({
  name: 'colloquy_subscription_events_total',
  help: 'Events that subscribers were sent, by field.',
  labelNames: ['field'] as const,
  registers,
});

export const subscriptionReadsTotal = new Counter({
  name: 'colloquy_subscription_reads_total',
  help: 'Readings for subscriptions, by what became of them: told, nothing (new), failed.',
  labelNames: ['outcome'] as const,
  registers,
});

export const subscriptionsEndedTotal = new Counter({
  name: 'colloquy_subscriptions_ended_total',
  help: 'Subscriptions that the server ended, by code.',
  labelNames: ['code'] as const,
  registers,
});

export const listening = new Gauge({
  name: 'colloquy_listening',
  help: 'Whether this process hears of changes in the database: 1 or 0.',
  registers,
});

export const doctorFindings = new Gauge({
  name: 'colloquy_doctor_findings',
  help: 'Findings of the last run of the doctor, by severity (docs/doctor.md).',
  labelNames: ['severity'] as const,
  registers,
});

export const doctorRunAt = new Gauge({
  name: 'colloquy_doctor_run_timestamp_seconds',
  help: 'When the doctor ran last, in seconds since 1970; 0: never.',
  registers,
});

export const searchesTotal = new Counter({
  name: 'colloquy_searches_total',
  help: 'Searches answered, by how (path) and whether they returned as many results as were asked for (full), or fewer (short).',
  labelNames: ['path', 'outcome'] as const,
  registers,
});

export const jobsTotal = new Counter({
  name: 'colloquy_jobs_total',
  help: 'Background jobs that this process ended, by queue and what became of them.',
  labelNames: ['queue', 'outcome'] as const,
  registers,
});

export const jobSeconds = new Histogram({
  name: 'colloquy_job_seconds',
  help: 'Time that they took.',
  labelNames: ['queue'] as const,
  buckets: [0.05, 0.25, 1, 5, 30, 120, 600, 3600],
  registers,
});
