import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Difference } from '../../lib/catalogue.ts';
import { type Database, inTransaction } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { committedMigrations, projectFolder } from '../../lib/migrations/committed.ts';
import { keepCopy } from '../../lib/migrations.ts';
import { describeDifferences, findDrift } from './drift.ts';

/** The last migration that a database from before 0.1.0 may stand for. */
const LAST_ADOPTED = '000015';
/** What functions/ makes again anyway. */
const MADE_AGAIN = new Set(['function', 'procedure', 'trigger', 'policy', 'view']);

/** The tables and types that migrations make after it was recorded: they are not there yet. */
const stillToCome = (): string[] =>
  committedMigrations()
    .filter((one) => one.filename.slice(0, 6) > LAST_ADOPTED)
    .map((one) => readFileSync(join(projectFolder, 'migrations/committed', one.filename), 'utf8'))
    .flatMap((text) => [...text.matchAll(/\bcreate (?:table|type)(?: if not exists)? (app_\w+\.\w+)/g)])
    .map((match) => match[1]!);

/** Whether a difference is about tables and types, which only migrations change; not about those that are `still` to come. */
function isHistory(one: Difference, still: string[]): boolean {
  // with the sequence of a table's identity, which begins as the table does
  if (still.some((name) => one.name.startsWith(name))) return false;
  if (MADE_AGAIN.has(one.kind)) return false;
  return one.kind !== 'grant' && !(one.kind === 'comment' && /^(function|trigger|policy)/.test(one.name));
}

/**
 * Records a database from before 0.1.0, whose history had other texts, as one that has the migrations of today, after
 * comparing its tables and types with what they make. No row is touched.
 * @param onCopy  told of the copy of an embedded database
 * @throws ColloquyError CQ044 with the differences, when there are any
 */
export async function adopt(database: Database, onCopy: (message: string) => void = () => {}): Promise<void> {
  const still = stillToCome();
  const drift = (await findDrift(database)).filter((one) => isHistory(one, still));
  if (drift.length > 0) {
    throw new ColloquyError(
      'CQ044',
      `The tables and types of this database are not those of today's migrations:\n${describeDifferences(drift)}`,
      {
        hint: 'Nothing was changed. Bring these to what is expected, as colloquy_owner (--json of --status has the definitions), then run --adopt again: docs/upgrading.md.',
      },
    );
  }
  await keepCopy(database, onCopy);
  const adopted = committedMigrations().filter((one) => one.filename.slice(0, 6) <= LAST_ADOPTED);
  await inTransaction(database.pool('owner'), async (client) => {
    await client.query('delete from graphile_migrate.migrations');
    for (const one of adopted) {
      await client.query(
        'insert into graphile_migrate.migrations (hash, previous_hash, filename) values ($1, $2, $3)',
        [one.hash, one.previous ?? null, `${one.filename.slice(0, 6)}.sql`],
      );
    }
  });
}
