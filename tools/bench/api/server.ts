import { hash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type pg from 'pg';
import { Counter, Histogram } from 'prom-client';
import { requestSettings, type Settings } from '../../../api/authentication.ts';
import { CLAIMS } from '../../../api/request-transactions.ts';
import { startApi } from '../../../api/server.ts';
import type { Purpose } from '../../../lib/connections/purposes.ts';
import { serverDatabase } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import { OPERATIONS, type Question, queryVector } from './operations.ts';

/**
 * A process of its own, whose processor time is its alone: the API, or what somebody would write by hand for a few
 * operations. Its parent is told where it listens, and, whenever it asks, what was sent to the database since.
 */

export interface Wire {
  /** Times that something was sent and an answer waited for. */
  trips: number;
  /** Connections that were taken out of a pool. */
  checkouts: number;
}

const wire: Wire = { trips: 0, checkouts: 0 };

/** Counts what a pool's connections send: one trip, however much goes out before anything comes back. */
function counted(pool: pg.Pool): pg.Pool {
  pool.on('acquire', () => {
    wire.checkouts += 1;
  });
  pool.on('connect', (client) => {
    const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadWriteStream } }).connection;
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let isAsked = false;
    stream.write = ((...args: unknown[]) => {
      if (!isAsked) wire.trips += 1;
      isAsked = true;
      return write(...args);
    }) as typeof stream.write;
    stream.on('data', () => {
      isAsked = false;
    });
  });
  return pool;
}

const database = serverDatabase(process.argv[3]!);
const pools = new Map<string, pg.Pool>();
function poolOf(purpose?: Purpose): pg.Pool {
  const key = purpose ?? '';
  const pool = pools.get(key) ?? counted(database.pool('authenticator', purpose));
  pools.set(key, pool);
  return pool;
}

async function startOurs(): Promise<string> {
  const api = await startApi({
    database: { kind: 'server', pool: (_role, purpose) => poolOf(purpose) },
    host: '127.0.0.1',
    port: 0,
    embedQuery: async () => queryVector(),
    development: false,
  });
  return api.url;
}

/** Bytes of a body, at most. */
const MAX_BODY = 1024 * 1024;

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > MAX_BODY) reject(new Error('too large'));
      else pieces.push(piece);
    });
    request.on('end', () => resolve(Buffer.concat(pieces).toString()));
    request.on('error', reject);
  });
}

const requests = new Counter({
  name: 'requests',
  help: 'Requests.',
  labelNames: ['path', 'status'],
  registers: [],
});
const seconds = new Histogram({ name: 'seconds', help: 'Their time.', labelNames: ['path'], registers: [] });

/** What whoever runs a server wants of each request, also of one that is written by hand: an id, a line, and figures. */
function watched(request: IncomingMessage, response: ServerResponse): string {
  const id = randomUUID();
  const start = performance.now();
  const path = request.url!;
  response.setHeader('x-request-id', id);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  response.once('finish', () => {
    const ms = performance.now() - start;
    requests.inc({ path, status: response.statusCode });
    seconds.observe({ path }, ms / 1000);
    log.info({ id, path, status: response.statusCode, ms: Math.round(ms) }, 'request');
  });
  return id;
}

/**
 * Whoever writes it by hand prepares what is sent each time, takes one connection for a request, and waits for each answer before
 * the next question. Accounts, roles, claims, time limits and the audit log are those of the API; what is asked is its SQL.
 */
async function startByHand(): Promise<string> {
  const pool = poolOf();
  const vector = `[${queryVector().join(',')}]`;
  const settingsOf = async (
    client: pg.PoolClient,
    request: IncomingMessage,
    id: string,
  ): Promise<Settings> => {
    const { rows } = await client.query({
      name: 'authenticate',
      text: 'select * from app_hidden.authenticate_hash(token_hash => $1, is_key => false, workspace_id => $2)',
      values: [
        hash('sha256', request.headers.authorization!.slice('Bearer '.length), 'buffer'),
        request.headers['x-workspace-id'],
      ],
    });
    const userAgent = request.headers['user-agent'];
    return requestSettings({ ip: request.socket.remoteAddress, userAgent, id }, rows[0]);
  };
  const server = createServer(async (request, response) => {
    const id = watched(request, response);
    const question = JSON.parse(await bodyOf(request)) as Question;
    const client = await pool.connect();
    try {
      const settings = await settingsOf(client, request, id);
      await client.query('begin');
      await client.query({ name: 'claims', text: CLAIMS, values: [JSON.stringify(settings)] });
      const answer = await OPERATIONS[request.url!.slice(1)]!.byHand(client, question, vector);
      await client.query('commit');
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    } catch (error) {
      await client.query('rollback');
      response.writeHead(500).end(String(error));
    } finally {
      client.release();
    }
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

log.level = 'error';
process.on('message', () => process.send!({ ...wire }));
process.on('disconnect', () => process.exit(0));
process.send!({ url: await (process.argv[2] === 'ours' ? startOurs() : startByHand()) });
