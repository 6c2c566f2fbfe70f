import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobs } from '../../jobs/registry.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

interface Row {
  design: string;
  names: string;
  servedBy: string;
  how: string;
}

/** The rows of the tables of docs/coverage.md. */
function readCoverage(): Row[] {
  let design = '';
  const rows: Row[] = [];
  for (const line of readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8').split('\n')) {
    const heading = /^## ([A-E]):/.exec(line);
    if (heading) design = heading[1]!;
    const cells = /^\| (.+) \| (.+) \| ?(.*?) ?\|$/.exec(line);
    if (!cells || cells[1] === 'design names' || cells[1]!.startsWith('---')) continue;
    rows.push({ design, names: cells[1]!, servedBy: cells[2]!, how: cells[3]! });
  }
  return rows;
}

const KINDS = [
  'table',
  'view',
  'column',
  'function',
  'index',
  'constraint',
  'trigger',
  'type',
  'role',
  'job',
  'script',
] as const;
type Kind = (typeof KINDS)[number];

const REFERENCE = new RegExp(`\\b(${KINDS.join('|')}) \`([^\`]+)\``, 'g');

const references = (row: Row): { kind: Kind; name: string }[] =>
  [...`${row.servedBy} ${row.how}`.matchAll(REFERENCE)].map(([, kind, name]) => ({
    kind: kind as Kind,
    name: name!,
  }));

/** One query per kind of object; $1 is the schema, $2 the name, $3 the column. */
const LOOKUPS: Partial<Record<Kind, string>> = {
  table: `select from pg_class c where c.relnamespace = to_regnamespace($1) and c.relname = $2 and c.relkind in ('r', 'p')`,
  view: `select from pg_class c where c.relnamespace = to_regnamespace($1) and c.relname = $2 and c.relkind in ('v', 'm')`,
  index: `select from pg_class c where c.relnamespace = to_regnamespace($1) and c.relname = $2 and c.relkind in ('i', 'I')`,
  function: `select from pg_proc p where p.pronamespace = to_regnamespace($1) and p.proname = $2`,
  constraint: `select from pg_constraint k where k.connamespace = to_regnamespace($1) and k.conname = $2`,
  trigger: `select from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = to_regnamespace($1) and t.tgname = $2`,
  type: `select from pg_type t where t.typnamespace = to_regnamespace($1) and t.typname = $2`,
  role: `select from pg_roles r where $1 <> '' and r.rolname = $2`,
};

describe('docs/coverage.md', () => {
  const rows = readCoverage();

  it('covers all five designs, and each of its lines says what serves it or why not', () => {
    expect([...new Set(rows.map((row) => row.design))]).toEqual(['A', 'B', 'C', 'D', 'E']);
    for (const row of rows) {
      const named = references(row).length > 0;
      expect(named || /^(different|open)$/.test(row.servedBy), `"${row.names}" is served by nothing`).toBe(
        true,
      );
      if (row.servedBy === 'different' || row.how.includes('**different**')) {
        expect(row.how.length, `"${row.names}" is different, and nobody says why`).toBeGreaterThan(20);
      }
    }
  });

  it('has no words in backticks in its second column that would not be looked up', () => {
    for (const row of rows) {
      expect(row.servedBy.match(/`[^`]+`/g)?.length ?? 0, row.servedBy).toBe(
        [...row.servedBy.matchAll(REFERENCE)].length,
      );
    }
  });
});

describeReal('the objects of docs/coverage.md', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  const exists = async (kind: Kind, name: string): Promise<boolean> => {
    if (kind === 'job') return jobs.some((job) => job.queue.name === name);
    if (kind === 'script') {
      const file = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
      return name in file.scripts;
    }
    const parts = name.split('.');
    const schema = /^app_/.test(parts[0]!) ? parts.shift()! : 'app_public';
    if (kind === 'column') {
      const { rowCount } = await database.pool('owner').query(
        `select from pg_attribute a join pg_class c on c.oid = a.attrelid
           where c.relnamespace = to_regnamespace($1) and c.relname = $2 and a.attname = $3 and a.attnum > 0 and not a.attisdropped`,
        [schema, ...parts],
      );
      return rowCount! > 0;
    }
    return (await database.pool('owner').query(LOOKUPS[kind]!, [schema, parts[0]])).rowCount! > 0;
  };

  it('are all there', async () => {
    const missing: string[] = [];
    let looked = 0;
    for (const row of readCoverage()) {
      for (const { kind, name } of references(row)) {
        looked += 1;
        if (!(await exists(kind, name))) missing.push(`${row.design}: ${kind} ${name}`);
      }
    }
    expect(missing).toEqual([]);
    expect(looked).toBeGreaterThan(150);
  });

  it('would be missed: a name that is not there is not found', async () => {
    for (const kind of KINDS)
      expect(await exists(kind, kind === 'column' ? 'users.nothing' : 'nothing'), kind).toBe(false);
  });
});
