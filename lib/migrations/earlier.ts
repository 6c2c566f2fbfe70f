import type { PoolClient } from 'pg';
import type { CommittedMigration } from './committed.ts';

/**
 * Before 0.1.0 the functions were copied into migrations: 000015-functions.sql made them, 000016-answers.sql changed tables
 * and made many of them again. A database that has both has the tables that 000015-answers.sql makes now, and all of
 * functions/ is applied to it anyway: it only needs to be recorded as such. Other databases from before 0.1.0 are
 * brought here first: docs/upgrading.md.
 */
const LAST_BEFORE_0_1_0 = {
  '000015.sql': 'sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83',
  '000016.sql': 'sha1:13f8718595e07d753eabf39a2f9bab537c8e992e',
};

/** Whether a database has what was on main before 0.1.0, all of it: fourteen migrations that are those of today, and these two. */
export function isEarlierLayout(
  applied: { filename: string; hash: string }[],
  committed: CommittedMigration[],
): boolean {
  const hashes = new Map(applied.map((one) => [one.filename, one.hash]));
  const before = committed.slice(0, 14).map((one) => [`${one.filename.slice(0, 6)}.sql`, one.hash] as const);
  return [...before, ...Object.entries(LAST_BEFORE_0_1_0)].every(
    ([filename, hash]) => hashes.get(filename) === hash,
  );
}

/** Records such a database as one that has the migrations of today up to 000015-answers.sql. */
export async function adoptEarlierLayout(
  owner: PoolClient,
  committed: CommittedMigration[],
): Promise<boolean> {
  const exists = await owner.query(`select to_regclass('graphile_migrate.migrations') as found`);
  if (exists.rows[0].found === null) return false;
  const { rows } = await owner.query('select filename, hash from graphile_migrate.migrations');
  if (!isEarlierLayout(rows, committed)) return false;
  const answers = committed.find((one) => one.filename.startsWith('000015'))!;
  await owner.query('begin');
  try {
    await owner.query(
      `delete from graphile_migrate.migrations where filename in ('000015.sql', '000016.sql')`,
    );
    await owner.query(
      'insert into graphile_migrate.migrations (hash, previous_hash, filename) values ($1, $2, $3)',
      [answers.hash, answers.previous, '000015.sql'],
    );
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
  return true;
}
