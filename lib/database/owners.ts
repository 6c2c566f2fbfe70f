import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { ColloquyError } from '../errors.ts';

const CHECK = join(import.meta.dirname, '../../sql/doctor/wrong_owner.sql');

/**
 * Refuses a database with objects that do not belong to colloquy_owner: functions would run with the rights of their owner,
 * and no migration could change them. A dump that was restored with --no-owner makes such ones.
 * @param pool  any login; what the catalogue says is for everyone to read
 * @throws ColloquyError CQ048 naming some of them
 */
export async function demandOwners(pool: Pick<Pool, 'query'>): Promise<void> {
  const { rows } = await pool.query<{ subject: string }>(readFileSync(CHECK, 'utf8'));
  if (rows.length === 0) return;
  const some = rows.slice(0, 3).map((row) => row.subject);
  const more = rows.length - some.length;
  throw new ColloquyError(
    'CQ048',
    `Objects of Colloquy do not belong to colloquy_owner: ${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    {
      hint: 'Run npm run migrate -- --repair with DATABASE_URL of an administrator: it hands them over. docs/doctor.md#wrong_owner says how this comes about.',
    },
  );
}
