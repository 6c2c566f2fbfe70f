import type pg from 'pg';
import type { Pool } from 'pg';
import type { Finding } from './invariants.ts';

/** Tables whose rows come once and go only when they are deleted: a copy has all that the source had at its moment. */
const LASTING = [
  'app_public.users',
  'app_public.workspaces',
  'app_public.conversations',
  'app_public.documents',
  'app_public.files',
  'app_public.memory_items',
] as const;

/** What a transaction may take that began before the copy's moment and was committed after it. */
const MARGIN = 3_600_000;

export interface Comparison {
  /** Rows of the source that are older than the copy, and how many of these the copy has. */
  rows: Record<string, { source: number; copy: number }>;
  findings: Finding[];
}

/**
 * Compares a copy with the database that it comes from: of rows that are an hour older than the copy's last commit, the copy has at
 * least as many, since rows like these are only ever deleted.
 */
export async function compareWithSource(source: Pool, copy: pg.Client, upTo: Date): Promise<Comparison> {
  const comparison: Comparison = { rows: {}, findings: [] };
  const before = new Date(upTo.getTime() - MARGIN);
  for (const table of LASTING) {
    const sql = `select count(*)::int as rows from ${table} t where uuid_extract_timestamp(t.id) < $1`;
    const [there, here] = await Promise.all([source.query(sql, [before]), copy.query(sql, [before])]);
    const rows = { source: Number(there.rows[0].rows), copy: Number(here.rows[0].rows) };
    comparison.rows[table] = rows;
    if (rows.copy >= rows.source) continue;
    comparison.findings.push({
      name: 'rows_of_source',
      severity: 'error',
      subject: table,
      detail: `The source has ${rows.source} rows from before ${before.toISOString()}, the copy has ${rows.copy} of them.`,
      remedy: 'Find out which are missing before this set is relied on: compare ids with the source.',
      runbook: 'docs/operations/restore.md#rows_of_source',
    });
  }
  return comparison;
}
