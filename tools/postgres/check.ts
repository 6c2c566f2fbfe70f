import pg from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/** A connection string without its password, for messages. */
export function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1:***@');
}

/** What a server that others run must offer; the rows that `checkServer` reads. */
interface Facts {
  number: number;
  version: string;
  vector: boolean;
  may_create_databases: boolean;
  may_create_roles: boolean;
  who: string;
}

const FACTS = `
  select current_setting('server_version_num')::int as number,
         current_setting('server_version') as version,
         exists (select from pg_available_extensions where name = 'vector') as vector,
         rolsuper or rolcreatedb as may_create_databases,
         rolsuper or rolcreaterole as may_create_roles,
         current_user as who
    from pg_roles where rolname = current_user`;

/**
 * Proves that a server can be used: it answers, it is PostgreSQL 18 or newer, pgvector is there, and the role may
 * create databases and roles. Returns its version.
 * @throws ColloquyError CQ024 (no answer), CQ025 (too old), CQ026 (no pgvector), CQ027 (rights)
 */
export async function checkServer(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  let facts: Facts;
  try {
    await client.connect();
    facts = (await client.query<Facts>(FACTS)).rows[0] as Facts;
  } catch (error) {
    const why = error instanceof AggregateError ? error.errors.map(String).join(', ') : String(error);
    const code = errorCode(error) ?? '';
    throw new ColloquyError('CQ024', `${name} (${withoutPassword(url)}) does not answer: ${why}`, {
      hint: code.startsWith('28')
        ? 'The server is there but does not let this role in: check user and password.'
        : `Start that server, or correct ${name}, or unset it to have a server found or made.`,
      cause: error,
    });
  } finally {
    await client.end().catch(() => {});
  }
  const at = `${name} (${withoutPassword(url)})`;
  if (facts.number < 180000) {
    throw new ColloquyError('CQ025', `${at} is PostgreSQL ${facts.version}; Colloquy needs 18 or newer`, {
      hint: `Point ${name} to a newer server, or unset it to have one found or made.`,
    });
  }
  if (!facts.vector) {
    throw new ColloquyError('CQ026', `${at} does not have the extension vector (pgvector)`, {
      hint: 'Install it on that machine: apt-get install postgresql-18-pgvector, or https://github.com/pgvector/pgvector.',
    });
  }
  const missing = [
    ...(facts.may_create_databases ? [] : ['createdb']),
    ...(facts.may_create_roles ? [] : ['createrole']),
  ];
  if (missing.length > 0) {
    throw new ColloquyError('CQ027', `${at}: the role "${facts.who}" lacks ${missing.join(' and ')}`, {
      hint: `As its administrator: alter role "${facts.who}" ${missing.join(' ')};`,
    });
  }
  return facts.version;
}
