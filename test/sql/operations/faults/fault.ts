import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Binaries } from '../../../../tools/postgres/packages.ts';

/** What a fault is made and mended with. */
export interface Hands {
  /** Of the database that is looked at, as the administrator. */
  url: string;
  binaries: Binaries;
  /** One after another on one connection of the administrator. */
  sql(...statements: string[]): Promise<void>;
  /** Has what the checks themselves have done counted now. */
  flush(): Promise<unknown>;
  /** A further session, which stays until the fault is mended. */
  session(url?: string): Promise<pg.Client>;
  /** What is done after the mending, whatever came of it. */
  later(work: () => Promise<unknown>): void;
}

/** A fault that a check of sql/doctor/ finds. */
export interface Fault {
  check: string;
  /** What is wrong, in words. */
  is: string;
  /** Other limits than those of the file: expressions, by name. */
  limits?: Record<string, string>;
  make: string[] | ((hands: Hands) => Promise<unknown>);
  /** What the finding is about. */
  subject: string | RegExp;
  severity: 'error' | 'warning' | 'info';
  /** Words of its detail. */
  detail?: RegExp;
  /** How it is mended. Default: as the remedy says, by the statements in it. */
  mend?: string[] | ((hands: Hands) => Promise<unknown>);
  /** Statements that take back what the mending left. */
  after?: string[];
}

const FOLDER = join(import.meta.dirname, '../../../../sql/doctor');

/**
 * The text of a check, with other limits: the row that it begins with has one a line, as `expression as name`.
 * @throws when it has no such limit
 */
export function checkText(name: string, limits: Record<string, string> = {}): string {
  let text = readFileSync(join(FOLDER, `${name}.sql`), 'utf8');
  for (const [limit, value] of Object.entries(limits)) {
    const line = new RegExp(`^ {4}.+ as ${limit}(?=,? -- |,?$)`, 'm');
    if (!line.test(text)) throw new Error(`${name}.sql has no limit ${limit}.`);
    text = text.replace(line, () => `    ${value} as ${limit}`);
  }
  return text;
}

/** The statements in a remedy: up to its last semicolon, but for words before the first one that are not SQL. */
export function statementsOf(remedy: string): string[] {
  const verb = /\b(alter|analyze|create|drop|grant|reindex|revoke|rollback|select|update|vacuum)\b/;
  return remedy
    .slice(0, remedy.lastIndexOf(';') + 1)
    .split(';')
    .map((part) => part.slice(Math.max(part.search(verb), 0)).trim())
    .filter((part) => verb.test(part));
}

export const reload = 'select pg_reload_conf()';

/** A client whose connection may be ended by somebody else. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}
