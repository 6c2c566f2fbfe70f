import type { Pool } from 'pg';
import type { Database } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/** What a set says of where it came from. */
export interface ClusterFacts {
  systemIdentifier: string;
  timeline: number;
  serverVersion: number;
  database: string;
  migration: string | null;
  databaseSize: number;
  walSegmentSize: number;
}

/**
 * The server's own clock and log: never this machine's. The timeline is that of what is written now: for some minutes after a promotion,
 * until a checkpoint ends, the control file has the old one.
 */
export async function clusterFacts(pool: Pick<Pool, 'query'>): Promise<ClusterFacts> {
  const { rows } = await pool.query(
    `select s.system_identifier::text as "systemIdentifier",
       case when pg_is_in_recovery() then c.timeline_id
         else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer end as timeline,
       current_setting('server_version_num')::int as "serverVersion", current_database() as database,
       (select max(m.filename) from graphile_migrate.migrations m) as migration,
       pg_database_size(current_database())::text as "databaseSize",
       pg_size_bytes(current_setting('wal_segment_size')) as "walSegmentSize"
     from pg_control_system() s, pg_control_checkpoint() c`,
  );
  const facts = rows[0];
  return {
    ...facts,
    databaseSize: Number(facts.databaseSize),
    walSegmentSize: Number(facts.walSegmentSize),
  };
}

/**
 * Refuses what has no physical backups.
 * @throws ColloquyError CQ600 for the embedded database
 */
export function demandServer(database: Database): void {
  if (database.kind === 'server') return;
  throw new ColloquyError(
    'CQ600',
    `${database.name} has no physical backups: it has no server that makes them.`,
    {
      hint: 'npm run ops -- backup dump makes a logical one; or copy its folder while nothing runs.',
    },
  );
}

/**
 * Refuses a login that cannot make a physical backup, before anything is begun.
 * @throws ColloquyError CQ608
 */
export async function demandBackupRole(pool: Pick<Pool, 'query'>): Promise<void> {
  const { rows } = await pool
    .query<{ name: string; can: boolean }>(
      `select r.rolname as name, (r.rolreplication or r.rolsuper) and (r.rolbypassrls or r.rolsuper) as can
       from pg_roles r where r.rolname = current_user`,
    )
    .catch((error) => {
      if (!['42501', '28000', '28P01', '22023'].includes(errorCode(error) ?? '')) throw error;
      throw new ColloquyError('CQ608', `The role of backups cannot be used: ${(error as Error).message}`, {
        hint: 'npm run migrate as a superuser makes colloquy_backup, npm run logins its login (BACKUP_DATABASE_URL).',
        cause: error,
      });
    });
  if (rows[0]?.can) return;
  throw new ColloquyError(
    'CQ608',
    `The role ${rows[0]?.name} may not make backups: it lacks REPLICATION or BYPASSRLS.`,
    {
      hint: 'As a superuser: alter role colloquy_backup replication bypassrls;',
    },
  );
}
