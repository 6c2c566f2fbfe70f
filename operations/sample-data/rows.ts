import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';

export type Value = string | number | boolean | null;

/** What COPY reads as something else than itself. */
const SPECIAL = /[\\\n\r\t]/g;
const ESCAPED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (text: string): string => text.replace(SPECIAL, (character) => ESCAPED[character]!);

/** How rows reach a table: COPY, or for the embedded database, which takes none from a client, JSON in a parameter. */
export type Form = 'copy' | 'json';

/** Rows of one table that wait to be written. */
export class Rows {
  readonly table: string;
  readonly columns: readonly string[];
  private lines: string[] = [];
  private readonly form: Form;

  constructor(table: string, columns: readonly string[], form: Form) {
    this.table = table;
    this.columns = columns;
    this.form = form;
  }

  get count(): number {
    return this.lines.length;
  }

  add(values: readonly Value[]): void {
    if (this.form === 'json') {
      this.lines.push(JSON.stringify(values.map((value) => (value === null ? null : String(value)))));
      return;
    }
    let line = '';
    for (let place = 0; place < values.length; place++) {
      const value = values[place]!;
      if (place > 0) line += '\t';
      if (value === null) line += '\\N';
      else line += typeof value === 'string' ? escaped(value) : value;
    }
    this.lines.push(line);
  }

  /** The bytes that are written: of the same data they are the same. Nothing waits any more. */
  take(): Buffer {
    const text = this.form === 'json' ? `[${this.lines.join(',')}]` : `${this.lines.join('\n')}\n`;
    this.lines = [];
    return Buffer.from(text);
  }
}

/**
 * Writes bytes that Rows gave, by the columns' own types. COPY into a table under row-level security is refused, to its owner
 * too: so they go into a temporary table, and from there by one statement, as which the triggers see them.
 */
export async function writeRows(
  client: PoolClient,
  { table, columns }: Rows,
  form: Form,
  bytes: Buffer,
): Promise<void> {
  const names = columns.join(', ');
  if (form === 'copy') {
    const stage = `pg_temp.sample_${table.split('.')[1]}`;
    await client.query(
      `create temporary table if not exists ${stage.slice(8)} on commit delete rows as select ${names} from ${table} with no data`,
    );
    await pipeline(Readable.from([bytes]), client.query(from(`copy ${stage} (${names}) from stdin`)));
    await client.query(`insert into ${table} (${names}) select ${names} from ${stage}`);
    await client.query(`truncate ${stage}`);
    return;
  }
  const { rows } = await client.query<{ type: string }>(
    `select format_type(a.atttypid, a.atttypmod) as type
     from unnest($2::text[]) with ordinality as c (name, place)
     join pg_catalog.pg_attribute a on a.attrelid = $1::regclass and a.attname = c.name order by c.place`,
    [table, columns],
  );
  await client.query(
    `insert into ${table} (${names})
     select ${rows.map(({ type }, place) => `(line ->> ${place})::${type}`).join(', ')}
     from json_array_elements($1::json) with ordinality as given (line, place) order by given.place`,
    [bytes.toString()],
  );
}
