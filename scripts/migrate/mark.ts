import type { Database } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

export type Environment = 'production' | 'development';

/** What a database says it is. Without the setting, or without a schema, it counts as production. */
export async function readEnvironment(database: Database): Promise<Environment> {
  try {
    const { rows } = await database
      .pool('owner')
      .query(`select value from app_private.settings where name = 'environment'`);
    return rows[0]?.value === 'development' ? 'development' : 'production';
  } catch (error) {
    // no schema, no table, no role yet
    const unmade = ['3F000', '42P01', '22023', '28000'];
    if (unmade.includes(errorCode(error) ?? '')) return 'production';
    throw error;
  }
}

/** Says that the data of this database may be thrown away. It must have its schema. */
export async function markAsDevelopment(database: Database): Promise<void> {
  await database.pool('owner').query(
    `insert into app_private.settings (name, value, unit, description)
     values ('environment', 'development', 'word', 'production or development: only a development database may be reset.')
     on conflict (name) do update set value = excluded.value`,
  );
}

/**
 * Stops whoever is about to run unfinished SQL on a database that somebody may need.
 * @throws ColloquyError CQ041 unless the database is marked
 */
export async function demandDevelopment(database: Database, command: string): Promise<void> {
  if ((await readEnvironment(database)) === 'development') return;
  throw new ColloquyError(
    'CQ041',
    `${command} is refused, since this is not marked as a development database: ${database.description}.`,
    {
      hint: 'If everything in it may be lost, mark it once: npm run migrate -- --development',
    },
  );
}
