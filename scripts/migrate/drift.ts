import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queues } from '../../jobs/registry.ts';
import { type Catalogue, compareCatalogues, type Difference, readCatalogue } from '../../lib/catalogue.ts';
import { isWhatIsMade, programDigest } from '../../lib/catalogue-reference.ts';
import { type Database, embeddedDatabase, inTransaction } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { currentMigrations, isInHand } from '../../lib/migrations/current.ts';
import { migrateDatabase } from '../../lib/migrations.ts';

const made = new Map<string, Promise<Catalogue>>();

/** The reference for the files as they are now: made once per process. */
export function referenceCatalogue(inHand = false): Promise<Catalogue> {
  const key = [programDigest(), ...(inHand ? currentMigrations().map((one) => one.sql) : [])].join('\n');
  const reference = made.get(key) ?? makeReference(inHand);
  made.set(key, reference);
  reference.catch(() => made.delete(key));
  return reference;
}

/**
 * What an empty database is after this copy's migrations and functions/: made anew, in a folder that goes.
 * @param inHand  with the migration in hand
 */
async function makeReference(inHand: boolean): Promise<Catalogue> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-reference-'));
  try {
    const database = await embeddedDatabase(folder, 'as a reference');
    try {
      await migrateDatabase(database, queues, { inHand });
      const client = await database.pool('owner').connect();
      try {
        return await readCatalogue(client);
      } finally {
        client.release();
      }
    } finally {
      await database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The differences for people, one a line. */
export function describeDifferences(differences: Difference[]): string {
  return differences.map((one) => `  ${one.kind} ${one.name}: ${one.state}`).join('\n');
}

/**
 * What differs between a database and what this copy of the project makes: tables, columns, constraints, indexes, row
 * security, policies, functions, triggers, grants, comments. Reads the catalogue alone. To show a view, PostgreSQL takes the
 * lock of a reader on its tables: only a change of such a table keeps it waiting.
 * @throws ColloquyError CQ040 when a table of a view is being changed for longer than 2 s
 */
export async function findDrift(database: Database, inHand = false): Promise<Difference[]> {
  try {
    const actual = await inTransaction(database.pool('admin'), async (client) => {
      await client.query(`set transaction read only; set local lock_timeout = '2s'`);
      return readCatalogue(client);
    });
    // where all is as it was made, nothing has to be made again
    if (!(inHand && isInHand()) && isWhatIsMade(actual)) return [];
    return compareCatalogues(actual, await referenceCatalogue(inHand));
  } catch (error) {
    if (errorCode(error) !== '55P03') throw error;
    throw new ColloquyError(
      'CQ040',
      `The schema could not be compared: a table is being changed (${(error as Error).message}).`,
      { hint: 'Try again in a moment, or leave this part out: --status --no-drift.', cause: error },
    );
  }
}
