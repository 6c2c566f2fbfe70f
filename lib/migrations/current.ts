import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, inTransaction } from '../database.ts';
import { ColloquyError, errorCode } from '../errors.ts';
import { projectFolder } from './committed.ts';
import { placeOf } from './place.ts';

/** The files of migrations/current/, in the order in which they are run: 2-b.sql before 10-a.sql. */
export function currentMigrations(root: string = projectFolder): { path: string; sql: string }[] {
  const folder = join(root, 'migrations/current');
  if (!existsSync(folder)) return [];
  const number = (name: string): number => Number.parseInt(name, 10) || 0;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1))
    .map((name) => ({ path: `migrations/current/${name}`, sql: readFileSync(join(folder, name), 'utf8') }));
}

/**
 * Runs the migration in hand, as the owner, in one transaction: it has to be one that can be run again and again.
 * @throws ColloquyError CQ016 with file and line when it fails
 */
export async function runCurrent(database: Database): Promise<void> {
  try {
    await inTransaction(database.pool('owner'), async (client) => {
      await client.query(`set local search_path = pg_catalog, extensions; set local lock_timeout = '30s'`);
      for (const { path, sql } of currentMigrations()) {
        try {
          await client.query(sql);
        } catch (error) {
          throw new ColloquyError(
            'CQ016',
            `${placeOf(path, sql, error)} failed: ${(error as Error).message}.`,
            {
              hint: 'Nothing of migrations/current/ was applied. Correct the file, and try again.',
              cause: error,
            },
          );
        }
      }
    });
  } catch (error) {
    throw errorCode(error) === '55P03'
      ? new ColloquyError(
          'CQ040',
          'The migration in hand waited 30s for a lock that another session holds.',
          {
            hint: 'End that session, or wait for it, and try again.',
            cause: error,
          },
        )
      : error;
  }
}

/** Whether a migration is in hand: something in migrations/current/ but comments. */
export const isInHand = (): boolean => currentMigrations().some(({ sql }) => /^\s*(?!--)\S/m.test(sql));
