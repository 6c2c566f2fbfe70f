import { join, resolve } from 'node:path';
import { parseAddress } from '../../lib/connections/addresses.ts';

export interface PoolerSettings {
  /** The server's address, one. */
  serverUrl: string;
  /** Logins that go through it, as connection strings. */
  logins: string[];
  folder: string;
  listen: string;
  port: number;
  /** Connections to the server per login. */
  poolSize: number;
  /** Connections of clients. */
  clients: number;
}

/** The file that PgBouncer reads, for transaction mode. What is not set here has the default that docs/pooler.md was tried with. */
export function pgbouncerIni({
  serverUrl,
  logins,
  folder,
  listen,
  port,
  poolSize,
  clients,
}: PoolerSettings): string {
  const url = parseAddress(serverUrl);
  const database = decodeURIComponent(url.pathname.slice(1));
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const users = logins.map((login) => decodeURIComponent(new URL(login).username));
  const tls = url.searchParams.get('sslmode');
  return `; Written by npm run ops -- pooler config. Who goes through it, and who does not: docs/pooler.md.
[databases]
${database} = host=${host} port=${url.port || 5432} dbname=${database}

[pgbouncer]
listen_addr = ${listen}
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(resolve(folder), 'userlist.txt')}
; a connection of a client gets another connection to the server with each transaction
pool_mode = transaction
; per login, so ${users.length} times that many on the server: ${users.join(', ')}
default_pool_size = ${poolSize}
max_client_conn = ${clients}
; Colloquy prepares nothing by name behind a pooler; from 1.21 on, others may
;max_prepared_statements = 200
; after a restart or a failover of the server it is tried again soon
server_login_retry = 1
; may look with SHOW, for npm run ops -- pooler config --check
stats_users = ${users[0]}
; never "options" here: a role that is asked for so would be dropped in silence
ignore_startup_parameters = extra_float_digits
${tls ? `server_tls_sslmode = ${tls === 'no-verify' ? 'require' : tls}\n` : ''}`;
}

/** Which variable leads where. */
export const ROUTES: readonly (readonly [variable: string, way: string, why: string])[] = [
  ['AUTHENTICATOR_DATABASE_URL', 'PgBouncer', 'the API: many short transactions, nothing that outlives one'],
  [
    'WORKER_DATABASE_URL',
    'PostgreSQL, or PgBouncer',
    'the queue: few connections; direct, a lost one is noticed sooner',
  ],
  ['DATABASE_URL, OWNER_DATABASE_URL', 'PostgreSQL', 'migrations hold a lock in their session (CQ047)'],
  ['BACKUP_DATABASE_URL', 'PostgreSQL', 'replication does not go through a pooler'],
  ['MONITOR_DATABASE_URL', 'PostgreSQL', 'what it looks at is the server, not one of its connections'],
  ['READ_DATABASE_URL', 'the standby, or a PgBouncer before it', 'reads of the API'],
];
