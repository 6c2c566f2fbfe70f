import type { Pool } from 'pg';
import { ColloquyError, errorCode } from '../lib/errors.ts';

/** What the database was when it was adopted, what it is, and what would happen at once. */
export interface AdoptionState {
  /** Why it is in quarantine; null when it is not. */
  quarantine: string | null;
  environment: string | null;
  adopted_at: Date | null;
  adopted_as: string | null;
  adopted_system_identifier: string | null;
  /** Null: the server does not tell. */
  system_identifier: string | null;
  adopted_database: string | null;
  database: string;
  adopted_timeline: number | null;
  timeline: number | null;
  waiting_mails: string;
  discarded_contents: string;
  waiting_passages: string;
}

/**
 * @param pool  acts as colloquy_owner: nobody else decides about it
 * @param environment  that the processes of this database declare, or will
 */
export async function adoptionState(pool: Pool, environment: string | undefined): Promise<AdoptionState> {
  const { rows } = await pool.query<AdoptionState>(
    'select * from app_hidden.adoption_state(for_environment => $1)',
    [environment ?? null],
  );
  return rows[0]!;
}

export interface Adoption {
  was: string | null;
  environment_before: string | null;
  environment: string | null;
  discarded_mails: string;
}

export interface AdoptOptions {
  /** null takes it away; absent: as it is. */
  environment?: string | null | undefined;
  waitingMail?: 'keep' | 'discard' | undefined;
}

/**
 * Ends the quarantine of a database. For commands that promote a standby or move a database, too.
 * @param pool  acts as colloquy_owner
 * @throws CQ636 when mail waits and the environment changes; ColloquyError CQ643 on a standby, which cannot be written to
 */
export async function adoptDatabase(
  pool: Pool,
  { environment, waitingMail }: AdoptOptions = {},
): Promise<Adoption> {
  try {
    const { rows } = await pool.query<Adoption>(
      'select * from app_hidden.adopt_database(new_environment => $1, waiting_mail => $2)',
      [environment === null ? '' : (environment ?? null), waitingMail ?? null],
    );
    return rows[0]!;
  } catch (error) {
    if (errorCode(error) !== '25006') throw error;
    throw new ColloquyError('CQ643', 'This database cannot be written to: it is a standby, or read-only.', {
      hint: 'Promote it first; then adopt it.',
      cause: error,
    });
  }
}
