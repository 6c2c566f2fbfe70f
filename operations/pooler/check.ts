import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { otherDatabase } from '../../lib/connections/addresses.ts';
import { namedProcess } from '../../lib/database/login.ts';
import { ColloquyError } from '../../lib/errors.ts';

export interface PoolerCheck {
  version: string;
  settings: Record<string, string>;
  /** Transactions that looked for the claims of others, and how often they saw any. */
  probes: number;
  leaks: number;
  findings: string[];
}

const SHOWN = [
  'pool_mode',
  'default_pool_size',
  'max_client_conn',
  'max_prepared_statements',
  'ignore_startup_parameters',
  'auth_type',
];
const CLIENTS = 8;
const ROUNDS = 15;

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Its own console. */
async function askConsole(url: string): Promise<Pick<PoolerCheck, 'version' | 'settings'>> {
  const client = await connected(otherDatabase(url, 'pgbouncer'));
  try {
    const version = (await client.query('show version')).rows[0].version as string;
    const rows = (await client.query('show config')).rows as { key: string; value: string }[];
    const all = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    return {
      version,
      settings: Object.fromEntries(SHOWN.filter((name) => name in all).map((name) => [name, all[name]!])),
    };
  } finally {
    await client.end();
  }
}

/** What a request does: claims inside a transaction, which must be those of the transaction, and gone after it. */
async function probeClaims(client: pg.Client): Promise<number> {
  let leaks = 0;
  const read = `select coalesce(pg_catalog.current_setting('colloquy.user_id', true), '') as who`;
  for (let n = 0; n < ROUNDS; n += 1) {
    const who = randomUUID();
    await client.query('begin');
    const before = (await client.query(read)).rows[0].who;
    await client.query(`select pg_catalog.set_config('colloquy.user_id', $1, true)`, [who]);
    const within = (await client.query(read)).rows[0].who;
    await client.query(n % 3 === 0 ? 'rollback' : 'commit');
    if (before !== '' || within !== who) leaks += 1;
  }
  return leaks;
}

/**
 * Looks at a PgBouncer that runs: what it says of itself, and whether claims stay with their transaction.
 * @param url  of the API's login, through the pooler
 * @throws ColloquyError CQ678 when it does not answer, or no pooler is there
 */
export async function checkPooler(url: string): Promise<PoolerCheck> {
  const clients: pg.Client[] = [];
  try {
    for (let n = 0; n < CLIENTS; n += 1) clients.push(await connected(url));
    const [first] = clients;
    const { rows } = await first!.query(
      `select pg_catalog.pg_backend_pid() as pid, current_user as who, pg_catalog.current_setting('max_connections')::int as "mostConnections"`,
    );
    if (rows[0].pid === namedProcess(first!))
      throw new ColloquyError('CQ678', 'There is no pooler at this address: PostgreSQL itself answers.', {
        hint: 'Set AUTHENTICATOR_DATABASE_URL to the address of PgBouncer.',
      });
    const leaks = (await Promise.all(clients.map(probeClaims))).reduce((sum, each) => sum + each, 0);
    const told = await askConsole(url);
    return { ...told, probes: CLIENTS * ROUNDS, leaks, findings: findingsOf(told.settings, leaks, rows[0]) };
  } catch (error) {
    if (error instanceof ColloquyError) throw error;
    throw new ColloquyError(
      'CQ678',
      `PgBouncer does not answer as it should: ${error instanceof Error ? error.message : error}.`,
      {
        hint: 'Is it started with the files of npm run ops -- pooler config, and does AUTHENTICATOR_DATABASE_URL lead there?',
        cause: error,
      },
    );
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
  }
}

function findingsOf(
  settings: Record<string, string>,
  leaks: number,
  server: { who: string; mostConnections: number },
): string[] {
  const findings: string[] = [];
  const {
    pool_mode: mode,
    ignore_startup_parameters: ignored = '',
    default_pool_size: size = '20',
  } = settings;
  if (leaks > 0)
    findings.push(
      `Claims of another transaction were seen ${leaks} times: nothing may go through this pooler.`,
    );
  if (mode !== 'transaction') findings.push(`pool_mode is ${mode}: set it to transaction.`);
  if (ignored.split(',').some((name) => name.trim() === 'options'))
    findings.push(
      'ignore_startup_parameters has "options": a role that is asked for so is dropped in silence. Remove it.',
    );
  if (server.who !== 'colloquy_authenticator')
    findings.push(`It logs in as ${server.who}, and must as colloquy_authenticator.`);
  if (2 * Number(size) + 20 > server.mostConnections)
    findings.push(
      `default_pool_size is ${size} for each of two logins, and max_connections of the server ${server.mostConnections}: lower the one, or raise the other.`,
    );
  return findings;
}
