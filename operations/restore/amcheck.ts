import { ColloquyError } from '../../lib/errors.ts';
import { findProgram, runProgram } from '../programs.ts';
import type { Finding } from './invariants.ts';

const COULD_NOT = /could not open extension control file|extension "amcheck" is not available/;

/**
 * Reads every table and every B-tree of a copy by amcheck, page by page.
 * @returns undefined where the copy's server has no amcheck
 */
export async function checkPages(
  url: string,
  serverVersion: number,
  signal?: AbortSignal,
): Promise<Finding[] | undefined> {
  const lines: string[] = [];
  try {
    await runProgram(
      await findProgram('pg_amcheck', serverVersion),
      ['--install-missing=extensions', '--jobs=2'],
      {
        url,
        onLine: (line) => lines.push(line),
        ...(signal ? { signal } : {}),
      },
    );
    return [];
  } catch (error) {
    if (!(error instanceof ColloquyError) || (error.code !== 'CQ605' && error.code !== 'CQ604')) throw error;
    if (error.code === 'CQ604' || lines.some((line) => COULD_NOT.test(line))) return undefined;
    return [
      {
        name: 'pages',
        severity: 'error',
        subject: 'pg_amcheck',
        detail: error.message,
        remedy: 'Restore from an older set; of an index alone: reindex index concurrently NAME;',
        runbook: 'docs/operations/restore.md#pages',
      },
    ];
  }
}
