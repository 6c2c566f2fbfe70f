import type { PoolClient } from 'pg';
import { readArchiveLines } from '../../lib/archive/read.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { returnLines, settleLines, type Writing } from '../logical/return-rows.ts';
import { storedColumns, type Table, tableNamed } from '../logical/tables.ts';
import { type ArchivedTable, ROWS } from './contents.ts';
import { isLast } from './crossing.ts';
import { crossingTables } from './export.ts';
import { type ArchiveFacts, openFile, refused } from './read.ts';
import { type IdMap, type Rewriter, type Row, rewriterOf, WORKSPACES } from './rewrite.ts';

const CONVERSATIONS = 'app_public.conversations';
const CONFIGURATIONS = 'app_public.rag_configurations';

/** How the rows of a table come in. */
interface Way {
  table: Table;
  rewriter: Rewriter;
  writing: Writing;
}

export interface RowImport {
  /** By table, the rows that came in. */
  rows: Record<string, number>;
  /** Vectors of models that are not here. */
  skippedVectors: number;
}

export interface RowImportOptions {
  ids: IdMap;
  /** What the row of the workspace is made of besides. */
  adjustWorkspace(row: Record<string, string | null>): Promise<void>;
  onRows?: (table: string, rows: number) => void;
  signal?: AbortSignal;
}

/** @throws ColloquyError CQ788 for tables and columns that this database does not have like that */
export function waysOf(
  live: readonly Table[],
  archived: readonly ArchivedTable[],
  ids: IdMap,
): Map<string, Way> {
  const crossing = crossingTables(live).tables;
  const ways = new Map<string, Way>();
  for (const one of archived) {
    const table = tableNamed(crossing, one.name);
    const lacking = table
      ? one.columns.find(
          ({ name, type }) => !storedColumns(table).some((c) => c.name === name && c.type === type),
        )
      : undefined;
    if (
      !table ||
      lacking ||
      ways.has(one.name) ||
      new Set(one.columns.map(({ name }) => name)).size !== one.columns.length
    ) {
      throw new ColloquyError(
        'CQ788',
        table
          ? `${one.name} has no column ${lacking?.name ?? 'like that'} here.`
          : `No table ${one.name.slice(0, 100)} takes rows of an archive here.`,
        {
          hint: 'The archive is of another version: upgrade this installation to that of archive.json (npm run migrate), then import it again.',
        },
      );
    }
    const rewriter = rewriterOf(table, one, ids);
    const writing: Writing = {
      table,
      columns: rewriter.columns,
      // by that the triggers that count know that nothing is new, until the rows are settled
      meanwhile: table.name === CONVERSATIONS ? { storage_tier: `'warm'` } : {},
    };
    ways.set(one.name, { table, rewriter, writing });
  }
  return ways;
}

/** What the database says against a value, a duplicate or a reference is said of the archive. */
async function sayingWhere<T>(table: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (error instanceof ColloquyError || !/^(?:22|23|CQ|P0|54)/.test(code)) throw error;
    throw refused(
      `a row of ${table} cannot be: ${error instanceof Error ? error.message : code} (${code})`,
      error,
    );
  }
}

const asLine = (row: Row & {}): string => JSON.stringify(row);

/** Lines of the archive as lines of this installation; without those that stay away. */
async function rewritten(
  { table, rewriter }: Way,
  lines: readonly string[],
  options: RowImportOptions,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const rows = lines.map((line) => rewriter.row(line, known)).filter((row) => row !== undefined);
  if (table.name === WORKSPACES) for (const row of rows) await adjust(row, rewriter, options);
  return rows.map(asLine);
}

async function insertBatch(
  client: PoolClient,
  way: Way,
  lines: readonly string[],
  options: RowImportOptions,
  known: ReadonlySet<string>,
): Promise<[number, number]> {
  const { table, writing } = way;
  const rows = await rewritten(way, lines, options, known);
  const counts = await returnLines(client, writing, rows);
  if (counts.returned === counts.inBackup) return [counts.returned, lines.length - rows.length];
  throw refused(
    counts.withoutParent > 0
      ? `${counts.withoutParent} rows of ${table.name} refer to what is neither in it nor in this installation`
      : `${counts.alreadyThere + counts.conflicts} rows of ${table.name} are there twice`,
  );
}

async function adjust(
  row: (string | null)[],
  { columns }: Rewriter,
  options: RowImportOptions,
): Promise<void> {
  const named = Object.fromEntries(columns.map(({ name }, at) => [name, row[at]!]));
  await options.adjustWorkspace(named);
  columns.forEach(({ name }, at) => {
    row[at] = named[name] ?? null;
  });
}

/** Which ids in the JSON of some rows are rows of the archive. */
async function knownIds(
  client: PoolClient,
  { rewriter }: Way,
  lines: readonly string[],
): Promise<Set<string>> {
  const wanted = new Set(lines.flatMap((line) => rewriter.idsInJson(line)));
  if (wanted.size === 0) return wanted;
  const { rows } = await client.query<{ id: string }>(
    'select i.id from imported_ids i where i.id = any ($1::uuid[])',
    [[...wanted]],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Remembers the ids of all rows, by which those in JSON are known: in the database, however many there are. */
async function noteIds(
  client: PoolClient,
  path: string,
  ways: Map<string, Way>,
  signal?: AbortSignal,
): Promise<void> {
  await client.query('create temporary table imported_ids (id uuid primary key) on commit drop');
  for await (const [{ rewriter }, lines] of batches(path, ways, signal)) {
    const ids = lines.map((line) => rewriter.id(line)).filter((id) => id !== undefined);
    if (ids.length > 0)
      await client.query('insert into imported_ids (id) select unnest($1::uuid[]) on conflict do nothing', [
        ids,
      ]);
  }
}

/** Each batch of rows of an archive, with the way of its table. */
async function* batches(
  path: string,
  ways: Map<string, Way>,
  signal?: AbortSignal,
): AsyncGenerator<[Way, string[]]> {
  const archive = await openFile(path, signal ? { signal } : {});
  for await (const entry of archive.entries()) {
    const name = ROWS.exec(entry.name)?.[1];
    if (name === undefined) continue;
    const way = ways.get(name);
    if (!way) throw refused(`it has rows of ${name}, and does not say what its columns are`);
    for await (const lines of readArchiveLines(entry)) yield [way, lines];
  }
}

/**
 * Writes the rows of an archive, in the transaction of the client: first as they come, then what triggers and references to later rows
 * made differ.
 */
export async function importRows(
  client: PoolClient,
  path: string,
  facts: ArchiveFacts,
  ways: Map<string, Way>,
  options: RowImportOptions,
): Promise<RowImport> {
  const { ids, onRows, signal } = options;
  const done: RowImport = { rows: {}, skippedVectors: 0 };
  const insert = async (way: Way, lines: string[], known: ReadonlySet<string>): Promise<void> => {
    const name = way.table.name;
    const [written, skipped] = await sayingWhere(name, () => insertBatch(client, way, lines, options, known));
    done.rows[name] = (done.rows[name] ?? 0) + written;
    done.skippedVectors += skipped;
    onRows?.(name, lines.length);
  };
  await noteIds(client, path, ways, signal);
  for await (const [way, lines] of batches(path, ways, signal)) {
    if (isLast(way.table.name)) continue;
    await insert(way, lines, await knownIds(client, way, lines));
    if (way.table.name !== WORKSPACES) continue;
    // a new workspace is given a configuration, which this one brings itself
    await client.query(`delete from ${CONFIGURATIONS} where workspace_id = $1`, [ids.other(ids.workspaceId)]);
  }
  for await (const [way, lines] of batches(path, ways, signal)) {
    const known = await knownIds(client, way, lines);
    if (isLast(way.table.name)) {
      await insert(way, lines, known);
      continue;
    }
    const rows = await rewritten(way, lines, options, known);
    await sayingWhere(way.table.name, () => settleLines(client, way.writing, rows));
  }
  if (done.rows[WORKSPACES] !== 1) throw refused(`it has ${done.rows[WORKSPACES] ?? 0} workspaces`);
  for (const [name, count] of Object.entries(facts.rows)) {
    const have = (done.rows[name] ?? 0) + (name === 'app_public.embeddings' ? done.skippedVectors : 0);
    if (have !== count) throw refused(`it says that ${name} has ${count} rows, and has ${have}`);
  }
  return done;
}
