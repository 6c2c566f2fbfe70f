import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Pool } from 'pg';
import { currentMigrations } from '../../lib/migrations/current.ts';
import { migrationStatus, projectFolder, readProgram } from '../../lib/migrations.ts';

/** What is applied in one piece: a migration, or all of functions/ that differs. */
export interface Unit {
  name: string;
  /** The files with their texts, in order. */
  files: { path: string; sql: string }[];
  /** Whether it has to run outside of a transaction: it holds one statement then. */
  isBare: boolean;
  /** Whether bodies of functions are checked later, since they may name what comes later. */
  isFunctions?: boolean;
}

/** Comments, bodies and strings, in which anything may stand. */
const QUOTED = /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'/g;

/** The statements of a text, without what is quoted in them. */
export const statementsOf = (sql: string): string[] =>
  sql
    .replace(QUOTED, (text) => (text.startsWith('-') || text.startsWith('/') ? ' ' : `''`))
    .split(';')
    .map((one) => one.trim())
    .filter(Boolean);

export function unitOf(path: string, sql: string, name = basename(path)): Unit {
  return { name, files: [{ path, sql }], isBare: /^--! no-transaction\b/m.test(sql) };
}

/** What a database lacks of this copy of the project, in the order in which npm run migrate applies it, then further files. */
export async function pendingUnits(pool: Pick<Pool, 'query'>, more: string[] = []): Promise<Unit[]> {
  const program = readProgram();
  const status = await migrationStatus(pool, program);
  const committed = status.pending.map((name) => {
    const path = `migrations/committed/${name}`;
    return unitOf(path, readFileSync(join(projectFolder, path), 'utf8'));
  });
  const current = currentMigrations()
    .filter(({ sql }) => statementsOf(sql).length > 0)
    .map(({ path, sql }) => unitOf(path, sql, path));
  const changed = new Set([...status.pendingFunctions, ...status.supersededFunctions]);
  const functions = program.functions.filter(({ path }) => changed.has(path));
  const files = functions.map(({ path, sql }) => ({ path: `functions/${path}`, sql }));
  return [
    ...committed,
    ...current,
    ...(files.length > 0
      ? [{ name: `functions/ (${files.length} files)`, files, isBare: false, isFunctions: true }]
      : []),
    ...more.map((path) => unitOf(path, readFileSync(path, 'utf8'))),
  ];
}
