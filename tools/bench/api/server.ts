import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { requestSettings, type Settings } from '../../../api/authentication.ts';
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

/** Whoever writes it by hand prepares what is sent each time, and takes one connection for a request. */
async function startByHand(): Promise<string> {
  const pool = poolOf();
  const vector = `[${queryVector().join(',')}]`;
  const settingsOf = async (client: pg.PoolClient, headers: IncomingHttpHeaders): Promise<Settings> => {
    const { rows } = await client.query({
      name: 'authenticate',
      text: 'select * from app_hidden.authenticate_hash(token_hash => $1, is_key => false, workspace_id => $2)',
      values: [
        createHash('sha256').update(headers.authorization!.slice('Bearer '.length)).digest(),
        headers['x-workspace-id'],
      ],
    });
    return requestSettings({ ip: '127.0.0.1', id: 'by-hand' }, rows[0]);
  };
  const server = createServer(async (request, response) => {
    const question = JSON.parse(await text(request)) as Question;
    const client = await pool.connect();
    try {
      const settings = await settingsOf(client, request.headers);
      await client.query('begin');
      await client.query({
        name: 'claims',
        text: 'select set_config(s.name, s.value, true) from json_each_text($1::json) as s (name, value)',
        values: [JSON.stringify(settings)],
      });
      const answer = await OPERATIONS[request.url!.slice(1)]!.byHand(client, question, vector);
      await client.query('commit');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
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
