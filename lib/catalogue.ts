import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { flatten } from './flatten.ts';

/** What a query needs of a connection: a client, or one that a pool has lent. */
type Client = Pick<pg.ClientBase, 'query'>;

/** Every object with its definition, by "kind name": `column app_public.documents: title` → `text not null`. */
export type Catalogue = Map<string, string>;

export interface Difference {
  kind: string;
  name: string;
  /** missing: expected and not there. extra: there and not expected. */
  state: 'missing' | 'extra' | 'differs';
  actual?: string;
  expected?: string;
}

/** Whose definitions PostgreSQL writes from what it has parsed. */
const PARSED = new Set(['column', 'constraint', 'index', 'policy', 'trigger', 'view']);

const folder = join(import.meta.dirname, '../sql/catalogue/objects');

/** Runs work with every name written with its schema, and leaves the session as it was. */
async function qualified<T>(client: Client, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query(`select current_setting('search_path') as path`);
  await client.query('set search_path = pg_catalog');
  const result = await work();
  await client.query(`select set_config('search_path', $1, false)`, [rows[0].path]);
  return result;
}

/**
 * Reads everything that migrations/ and functions/ make of the schemas app_*: two databases that give the same map have
 * the same schema. The embedded database, a server of the same major version, and a database that was restored from a
 * dump give the same texts. When it fails, the session keeps a search_path of pg_catalog.
 * @param client  any login; what the catalogue says is for everyone to read
 */
export async function readCatalogue(client: Client): Promise<Catalogue> {
  return qualified(client, async () => {
    const catalogue: Catalogue = new Map();
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.sql')) continue;
      const { rows } = await client.query(readFileSync(join(folder, name), 'utf8'));
      for (const { kind, name: object, definition } of rows) {
        catalogue.set(`${kind} ${object}`, PARSED.has(kind) ? flatten(definition) : definition);
      }
    }
    return catalogue;
  });
}

/** The installed extensions with their versions: they follow the server, not the migrations. */
export async function readExtensions(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query(
    'select extname as name, extversion as version from pg_catalog.pg_extension order by extname',
  );
  return new Map(rows.map((row) => [row.name, row.version]));
}

/** What has parts, by kind. */
const WHOLE = new Set(['schema', 'table', 'view', 'sequence', 'function', 'procedure', 'aggregate', 'type']);

/** `app_public.documents: title` is a part of `app_public.documents`. */
const wholeOf = (name: string): string => name.split(': ', 1)[0]!;

/**
 * What differs between two databases, in the order of kinds and names. The parts of an object that is missing or extra
 * are not listed, and the order of columns only where the columns are the same.
 */
export function compareCatalogues(actual: Catalogue, expected: Catalogue): Difference[] {
  const all: Difference[] = [];
  for (const key of [...new Set([...actual.keys(), ...expected.keys()])].sort()) {
    const [is, wanted] = [actual.get(key), expected.get(key)];
    if (is === wanted) continue;
    const kind = key.slice(0, key.indexOf(' '));
    all.push({
      kind,
      name: key.slice(kind.length + 1),
      state: is === undefined ? 'missing' : wanted === undefined ? 'extra' : 'differs',
      ...(is === undefined ? {} : { actual: is }),
      ...(wanted === undefined ? {} : { expected: wanted }),
    });
  }
  const named = (chosen: Difference[]): Set<string> =>
    new Set(chosen.map((one) => `${one.state} ${wholeOf(one.name)}`));
  const wholes = named(all.filter((one) => WHOLE.has(one.kind) && one.state !== 'differs'));
  const columns = new Set(
    all.filter((one) => one.kind === 'column' && one.state !== 'differs').map((one) => wholeOf(one.name)),
  );
  return all.filter(
    (one) =>
      (WHOLE.has(one.kind) || !wholes.has(`${one.state} ${wholeOf(one.name)}`)) &&
      !(one.kind === 'order' && columns.has(one.name)),
  );
}
