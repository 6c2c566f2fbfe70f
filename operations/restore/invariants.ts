import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { errorCode } from '../../lib/errors.ts';
import { projectFolder } from '../../lib/migrations.ts';

/** A row of a file of sql/invariants/. */
export interface Finding {
  name: string;
  severity: 'error' | 'warning' | 'info';
  subject: string;
  detail: string;
  remedy: string;
  runbook: string;
}

const FOLDER = join(projectFolder, 'sql', 'invariants');

export const invariantNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();

/**
 * Reads a copy by one file of sql/invariants/, in a transaction that is rolled back. A file that cannot be run is a finding too: a
 * damaged page is told so.
 * @param client  of the copy's superuser
 */
export async function checkInvariant(client: pg.Client, name: string): Promise<Finding[]> {
  const text = readFileSync(join(FOLDER, `${name}.sql`), 'utf8');
  try {
    await client.query('begin');
    const results: pg.QueryResult<Finding> | pg.QueryResult<Finding>[] = await client.query(text);
    return (Array.isArray(results) ? results.at(-1)! : results).rows;
  } catch (error) {
    if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
    return [
      {
        name,
        severity: 'error',
        subject: `sql/invariants/${name}.sql`,
        detail: `It cannot be read: ${error.message} (${errorCode(error)})`,
        remedy:
          'A damaged page or a missing table: restore from another set, and look at the server that it comes from.',
        runbook: `docs/operations/restore.md#${name}`,
      },
    ];
  } finally {
    await client.query('rollback');
  }
}
