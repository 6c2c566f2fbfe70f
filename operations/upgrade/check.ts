import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { type MigrationStatus, migrationStatus, projectFolder } from '../../lib/migrations.ts';

/** What stands in the way of an upgrade, or has to be done after one; in the columns of the doctor's checks. */
export interface UpgradeFinding {
  name: string;
  severity: 'error' | 'warning';
  subject: string;
  detail: string;
  remedy: string;
  runbook: string;
}

const finding = (
  name: string,
  severity: UpgradeFinding['severity'],
  subject: string,
  detail: string,
  remedy: string,
): UpgradeFinding => ({
  name,
  severity,
  subject,
  detail,
  remedy,
  runbook: `docs/operations/changes.md#${name}`,
});

/** What the database and this copy of the project do not have in common. */
export function migrationFindings({
  pending,
  changed,
  unknown,
  pendingFunctions,
  supersededFunctions,
}: MigrationStatus): UpgradeFinding[] {
  const functions = [...pendingFunctions, ...supersededFunctions];
  return [
    ...unknown.map((name) =>
      finding(
        'program_older',
        'error',
        name,
        'The database has this migration, and this copy of Colloquy is older.',
        'Update this copy.',
      ),
    ),
    ...changed.map((name) =>
      finding(
        'migration_differs',
        'error',
        name,
        'The database was migrated by another text.',
        'docs/upgrading.md says how to go on.',
      ),
    ),
    ...pending.map((name) =>
      finding(
        'migration_pending',
        'error',
        name,
        'The database lacks this migration.',
        'npm run ops -- rehearse, then npm run migrate.',
      ),
    ),
    ...(functions.length > 0
      ? [
          finding(
            'functions_pending',
            'error',
            `${functions.length} files of functions/`,
            `They differ from what the database has: ${functions.slice(0, 5).join(', ')}.`,
            'npm run ops -- rehearse, then npm run migrate.',
          ),
        ]
      : []),
  ];
}

/**
 * Looks for all that an upgrade of PostgreSQL, of its extensions or of Colloquy would meet. Reads only.
 * @param pool  of the monitor
 */
export async function checkUpgrade(pool: Pick<Pool, 'query'>): Promise<UpgradeFinding[]> {
  const found = migrationFindings(await migrationStatus(pool));
  for (const path of globSync('sql/upgrade/*.sql', { cwd: projectFolder }).sort()) {
    const { rows } = await pool.query<UpgradeFinding>(readFileSync(join(projectFolder, path), 'utf8'));
    found.push(...rows);
  }
  return found;
}
