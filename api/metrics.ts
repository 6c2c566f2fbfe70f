import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { collectDefaultMetrics } from 'prom-client';
import { measurePools } from '../lib/connections/purposes.ts';
import { log } from '../lib/log.ts';
import {
  collectors,
  doctorFindings,
  doctorRunAt,
  queueJobs,
  registry,
  requestSeconds,
  requestsTotal,
} from '../lib/metrics.ts';
import { sendJson } from './http/answers.ts';

export interface MetricsOptions {
  /** A port of their own, without a token. 0: any that is free. */
  port?: number | undefined;
  /** Whose bearer may read them at /metrics of the API. */
  token?: string | undefined;
}

/** What a request asked, as far as it is known: fields of the schema, never what a client wrote. */
export interface Asked {
  kind: 'query' | 'mutation' | 'subscription' | 'files' | 'mcp' | 'other';
  operation: string;
}

const asked = new WeakMap<IncomingMessage, Asked>();

/** Says what a request asks, once that is known. */
export function askedFor(request: IncomingMessage, what: Asked): void {
  asked.set(request, what);
}

/** Counts a request that has been answered. */
export function countRequest(request: IncomingMessage, status: number, milliseconds: number): void {
  const { kind, operation } = asked.get(request) ?? { kind: 'other', operation: 'other' };
  requestsTotal.inc({ kind, operation, status });
  requestSeconds.observe({ kind }, milliseconds / 1000);
}

async function measureQueues(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ queue: string; state: string; jobs: number }>(
    `select q.name as queue, s.state, s.jobs
     from pgboss.queue q
     cross join lateral (values
       ('waiting', q.queued_count), ('deferred', q.deferred_count), ('active', q.active_count)
     ) as s (state, jobs)`,
  );
  queueJobs.reset();
  for (const { queue, state, jobs } of rows) queueJobs.set({ queue, state }, Number(jobs));
}

async function measureFindings(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ at: Date; errors: number; warnings: number; toKnow: number }>(
    'select finished_at as at, errors, warnings, to_know as "toKnow" from app_hidden.last_doctor_run()',
  );
  doctorFindings.reset();
  const last = rows[0];
  doctorRunAt.set(last ? last.at.getTime() / 1000 : 0);
  if (!last) return;
  doctorFindings.set({ severity: 'error' }, last.errors ?? 0);
  doctorFindings.set({ severity: 'warning' }, last.warnings ?? 0);
  doctorFindings.set({ severity: 'info' }, last.toKnow ?? 0);
}

function isBearer(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

let isCollecting = false;

export interface Metrics {
  /** Where they have a port of their own. */
  url?: string;
  /** Whether /metrics of the API gives them to who sends this request. */
  mayRead(request: IncomingMessage): boolean;
  send(response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the metrics of this process. With neither a port nor a token, nobody reads them.
 * @param pool  connections of colloquy_authenticator, which may read how long the queues are. Absent, of a worker: what it measures of the
 *   database says so
 * @param listen  makes a server listen on a port, and says where
 */
export async function openMetrics(
  pool: Pool | undefined,
  { port, token }: MetricsOptions,
  listen: (server: Server, port: number) => Promise<string>,
): Promise<Metrics> {
  if ((port !== undefined || token !== undefined) && !isCollecting) {
    collectDefaultMetrics({ register: registry });
    isCollecting = true;
  }

  async function send(response: ServerResponse): Promise<void> {
    measurePools();
    // a database that does not answer is a reason to look at the rest
    if (pool) {
      await measureQueues(pool).catch((error: unknown) => {
        queueJobs.reset();
        log.warn({ err: error }, 'The lengths of the queues cannot be read');
      });
      await measureFindings(pool).catch((error: unknown) => {
        doctorFindings.reset();
        log.warn({ err: error }, 'The findings of the doctor cannot be read');
      });
    }
    await Promise.all([...collectors].map((collect) => collect()));
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(text);
  }

  let server: Server | undefined;
  let url: string | undefined;
  if (port !== undefined) {
    server = createServer((request, response) => {
      if (request.method === 'GET' && request.url === '/metrics') {
        send(response).catch((error: unknown) => response.destroy(error as Error));
      } else if (request.method === 'GET' && request.url === '/healthz') {
        sendJson(response, 200, { status: 'ok' });
      } else response.writeHead(404).end();
    });
    url = await listen(server, port);
  }
  return {
    ...(url ? { url } : {}),
    mayRead: (request) => token !== undefined && request.method === 'GET' && isBearer(request, token),
    send,
    async close() {
      server?.closeAllConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    },
  };
}
