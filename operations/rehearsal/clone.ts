import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseName, maintenanceUrl, otherDatabase } from '../../lib/connections/addresses.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/** Names of databases that only rehearsals make, and that the next one drops. */
const PREFIX = 'colloquy_rehearsal_';
const quote = pg.escapeIdentifier;

async function sweep(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_catalog.pg_database where starts_with(datname, $1)',
    [PREFIX],
  );
  for (const { name } of rows) await client.query(`drop database if exists ${quote(name)} with (force)`);
  return rows.map(({ name }) => name);
}

function refused(error: unknown, name: string): unknown {
  const code = errorCode(error);
  if (code === '55006') {
    return new ColloquyError('CQ661', `The database ${name} is in use, and only an idle one can be cloned.`, {
      hint: 'Rehearse on a copy: restore a backup beside it, and give its address with --on URL. Or end API and workers for the time of the copy.',
      cause: error,
    });
  }
  if (code === '42501') {
    return new ColloquyError('CQ662', `This login may not clone ${name}: ${(error as Error).message}.`, {
      hint: 'It needs CREATEDB, and to be a superuser or the owner of that database.',
      cause: error,
    });
  }
  return error;
}

/**
 * Clones a database of the same server for a piece of work, and drops the clone in any case. What a killed run left is dropped first.
 * @param adminUrl  the database to clone, as its administrator
 * @throws ColloquyError CQ660 when another rehearsal runs on that server, CQ661 when the database is in use, CQ662 without the right
 */
export async function onClone<T>(adminUrl: string, work: (cloneUrl: string) => Promise<T>): Promise<T> {
  const source = databaseName(adminUrl);
  const client = new pg.Client({
    connectionString: maintenanceUrl(adminUrl),
    application_name: 'colloquy rehearse',
  });
  client.on('error', () => {});
  await client.connect();
  let isOurs = false;
  try {
    await client.query('set idle_session_timeout = 0');
    const { rows } = await client.query(
      `select pg_catalog.pg_try_advisory_lock(hashtextextended('colloquy rehearsal', 0)) as is_ours`,
    );
    isOurs = rows[0].is_ours;
    if (!isOurs) {
      throw new ColloquyError('CQ660', 'Another rehearsal runs on this server.', {
        hint: 'Wait for its end.',
      });
    }
    await sweep(client);
    const name = `${PREFIX}${randomBytes(4).toString('hex')}`;
    try {
      // not into the log: nobody recovers or replicates it
      await client.query(`create database ${quote(name)} template ${quote(source)} strategy file_copy`);
    } catch (error) {
      throw refused(error, source);
    }
    return await work(otherDatabase(adminUrl, name));
  } finally {
    if (isOurs) await sweep(client).catch(() => {});
    await client.end();
  }
}
