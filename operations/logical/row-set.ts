import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { keyOfSet } from '../backup/catalogue.ts';
import { type BackupKeys, compressed, putObject } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';
import { openPart } from './part.ts';
import type { Sum } from './rows.ts';
import type { RowSource } from './source.ts';
import { storedColumns, type Table, tableSchema } from './tables.ts';

/** The part of a dump that says what its rows are: of dumps that are lines of rows, and not files of pg_dump. */
const MANIFEST = 'tables.json';

const manifestSchema = z.object({
  format: z.literal(1),
  tables: z.array(
    tableSchema.extend({ count: z.number().int(), hash: z.string(), part: z.string().nullable() }),
  ),
  sequences: z.array(z.object({ table: z.string(), column: z.string(), last: z.string().nullable() })),
  versions: z.array(z.object({ versionId: z.string(), isIndexed: z.boolean() })),
});

type Parts = BackupSet['parts'];

/** Batches of this many bytes are handed on. */
const BATCH = 2 * 1024 * 1024;

/**
 * Writes the rows of a source as parts of a set: a file of lines for each table that has rows, compressed, and what they are.
 * @param onRows  told of each batch
 */
export async function writeRowSet(
  target: BackupTarget,
  keys: BackupKeys,
  id: string,
  source: RowSource,
  onRows: (table: string, rows: number, bytes: number) => void = () => {},
  signal?: AbortSignal,
): Promise<{ parts: Parts; rows: number }> {
  const parts: Parts = [];
  const put = async (name: string, content: Readable): Promise<void> => {
    const { key, size, sha256 } = await putObject(target, keyOfSet(id, name), content, keys);
    parts.push({ name: key.slice(keyOfSet(id, '').length), size, sha256 });
  };
  const tables: z.infer<typeof manifestSchema>['tables'] = [];
  let rows = 0;
  for (const table of source.tables) {
    signal?.throwIfAborted();
    const sum = await source.sum(table);
    rows += sum.count;
    const part = sum.count === 0 ? null : `rows/${table.name.replaceAll('"', '')}.ndjson.zst`;
    tables.push({ ...table, ...sum, part });
    if (part === null) continue;
    await put(part, compressed(Readable.from(texts(source, table, onRows, signal), { objectMode: false })));
  }
  const { sequences, versions } = source;
  const manifest = manifestSchema.parse({ format: 1, tables, sequences, versions });
  await put(MANIFEST, Readable.from([Buffer.from(JSON.stringify(manifest))]));
  return { parts, rows };
}

async function* texts(
  source: RowSource,
  table: Table,
  onRows: (table: string, rows: number, bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const lines of source.lines(table)) {
    signal?.throwIfAborted();
    const text = Buffer.from(`${lines.join('\n')}\n`);
    onRows(table.name, lines.length, text.length);
    yield text;
  }
}

const partNamed = (set: BackupSet, name: string): string | undefined =>
  set.parts.find((part) => part.name === name || part.name === `${name}.age`)?.name;

/** Whether a dump is lines of rows; else it is files of pg_dump. */
export const isRowSet = (set: BackupSet): boolean => partNamed(set, MANIFEST) !== undefined;

/** The rows of a set, as writeRowSet wrote them. */
export async function openRowSet(target: BackupTarget, keys: BackupKeys, set: BackupSet): Promise<RowSource> {
  const open = (name: string): Promise<Readable> =>
    openPart(target, keys, set, partNamed(set, name) ?? name, { unpack: true });
  const manifest = manifestSchema.parse(await json(await open(MANIFEST)));
  const found = (table: Table) => manifest.tables.find(({ name }) => name === table.name)!;
  return {
    tables: manifest.tables,
    sequences: manifest.sequences,
    versions: manifest.versions,
    columns: storedColumns,
    async *lines(table) {
      const { part } = found(table);
      if (part === null) return;
      yield* batches(await open(part));
    },
    async sum(table): Promise<Sum> {
      const { count, hash } = found(table);
      return { count, hash };
    },
  };
}

/** Lines end with a line feed alone: JSON writes that one otherwise, but not every character that Node takes for the end of a line. */
async function* batches(source: Readable): AsyncGenerator<string[]> {
  let rest = '';
  source.setEncoding('utf8');
  for await (const piece of source) {
    rest += piece;
    if (rest.length < BATCH) continue;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    if (lines.length > 0) yield lines;
  }
  const lines = rest.split('\n').filter((line) => line !== '');
  if (lines.length > 0) yield lines;
}
