import { parseAddress } from '../lib/connections/addresses.ts';

/** Parameters of a connection string and the variable of libpq that means the same. */
const VARIABLES: Record<string, string> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslcrldir: 'PGSSLCRLDIR',
  sslsni: 'PGSSLSNI',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  gssencmode: 'PGGSSENCMODE',
  krbsrvname: 'PGKRBSRVNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
};

/** `no-verify` is a word of node-postgres: encrypted, whoever answers. */
const SSL_MODES: Record<string, string> = { 'no-verify': 'require' };

/**
 * A connection string as variables of libpq. PostgreSQL's programs get it so, and not as an argument, which every user of the
 * machine can read while they run.
 */
export function connectionVariables(connectionString: string): Record<string, string> {
  const url = parseAddress(connectionString);
  const parameters: Record<string, string> = {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    dbname: decodeURIComponent(url.pathname.slice(1)),
    ...Object.fromEntries(url.searchParams),
  };
  if (parameters.sslmode) parameters.sslmode = SSL_MODES[parameters.sslmode] ?? parameters.sslmode;
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name, value]) => name in VARIABLES && value !== '')
      .map(([name, value]) => [VARIABLES[name]!, value]),
  );
}
