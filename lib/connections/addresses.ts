/** A connection string in its parts; the hosts are as they stand, each with its port. */
const PARTS = /^(\w+:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s;

/**
 * The connection strings of the servers that one names, in their order: postgres://login:password@one:5432,two:5433/database.
 * node-postgres knows one host only.
 */
export function addressesOf(connectionString: string): string[] {
  const [, before, hosts, after] = PARTS.exec(connectionString) ?? [];
  if (!hosts?.includes(',')) return [connectionString];
  return hosts.split(',').map((host) => `${before}${host}${after}`);
}

/** With a host, also where a connection string names a socket and none: postgres://login@/database?host=/folder. */
const withHost = (connectionString: string): string =>
  connectionString.replace(/^(\w+:\/\/(?:[^@/?#]*@)?)(?=[/?#]|$)/, '$1localhost');

/** A connection string as a URL. */
export const parseAddress = (connectionString: string): URL => new URL(withHost(connectionString));

/** Changes a connection string, with one host or several. */
export function changeAddress(connectionString: string, change: (url: URL) => void): string {
  const [first, ...more] = addressesOf(connectionString);
  const url = parseAddress(first!);
  change(url);
  if (more.length === 0) return url.toString();
  return url.toString().replace(PARTS, (_, before, __, after) => {
    return `${before}${PARTS.exec(connectionString)![2]}${after}`;
  });
}

/** The database that a connection string names, or else that of its login's name. */
export function databaseName(connectionString: string): string {
  const url = parseAddress(addressesOf(connectionString)[0]!);
  return decodeURIComponent(url.pathname.slice(1)) || url.username;
}

/** The same server and login, another database. */
export const otherDatabase = (connectionString: string, name: string): string =>
  changeAddress(connectionString, (url) => {
    url.pathname = `/${encodeURIComponent(name)}`;
  });

/** A database that is on every server, to make and drop the one that a connection string names from. */
export const maintenanceUrl = (connectionString: string): string =>
  otherDatabase(connectionString, databaseName(connectionString) === 'postgres' ? 'template1' : 'postgres');

/** Where a connection string leads, without secrets. */
export function shownAddress(connectionString: string): string {
  const places = addressesOf(connectionString).map((address) => {
    const url = parseAddress(address);
    return {
      host: `${url.searchParams.get('host') || url.hostname || 'localhost'}${url.port ? `:${url.port}` : ''}`,
      url,
    };
  });
  return `${places.map(({ host }) => host).join(',')}${places[0]!.url.pathname}`;
}

/** What is wrong with a connection string; undefined: nothing. */
export function addressFault(connectionString: string): string | undefined {
  const addresses = addressesOf(connectionString);
  for (const address of addresses) {
    if (!URL.canParse(withHost(address)))
      return addresses.length > 1 ? 'must name its hosts as host:port,host:port' : 'must be an address';
  }
  const wanted = parseAddress(addresses[0]!).searchParams.get('target_session_attrs');
  if (wanted === null || wanted === 'read-write' || wanted === 'primary') return undefined;
  return 'target_session_attrs must be read-write: the server that takes changes is chosen';
}
