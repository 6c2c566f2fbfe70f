import type { PoolClient } from 'pg';
import { type Database, inTransaction } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { quoted, type Sum, setForms, sumOf, writeLines } from './rows.ts';
import type { RowSource } from './source.ts';
import { inOrder, readTables, type Table, tableNamed } from './tables.ts';

/** How far a load has come. */
export interface LoadEvents {
  /** Rows of a table were written; the next ones wait for it. */
  onRows?: (table: string, rows: number, bytes: number) => unknown;
  signal?: AbortSignal | undefined;
}

export interface LoadOptions extends LoadEvents {
  /** Tables that stay as they are in the target. */
  leave?: readonly string[];
  /** A database that is read and dropped: rows need not have what they refer to. */
  isScratch?: boolean;
}

export interface Loaded {
  /** By table, what both sides have. */
  sums: Map<string, Sum>;
  rows: number;
}

/** Rows come as they are: nothing is counted, logged or enqueued anew, and a row may refer to one that comes after it. */
async function open(client: PoolClient, tables: readonly Table[], isScratch: boolean): Promise<void> {
  for (const { name, foreignKeys } of tables) {
    if (isScratch) {
      for (const key of foreignKeys)
        await client.query(`alter table ${name} drop constraint ${quoted(key.name)}`);
    }
    await client.query(`alter table ${name} disable trigger user`);
    for (const key of foreignKeys) {
      if (!isScratch && key.target === name && !key.isDeferrable) {
        await client.query(
          `alter table ${name} alter constraint ${quoted(key.name)} deferrable initially deferred`,
        );
      }
    }
  }
  await client.query('set constraints all deferred');
}

/** As it was; every foreign key has been looked at. */
async function close(client: PoolClient, tables: readonly Table[], isScratch: boolean): Promise<void> {
  await client.query('set constraints all immediate');
  for (const { name, foreignKeys } of tables) {
    for (const key of foreignKeys) {
      if (!isScratch && key.target === name && !key.isDeferrable) {
        await client.query(`alter table ${name} alter constraint ${quoted(key.name)} not deferrable`);
      }
    }
    await client.query(`alter table ${name} enable trigger user`);
  }
}

/** What a new database begins with makes room for what the other one has. */
async function clear(client: PoolClient, tables: readonly Table[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_catalog.pg_inherits i
     join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where i.inhparent = 'app_public.embeddings'::regclass`,
  );
  for (const { name } of rows) await client.query(`drop table ${name}`);
  await client.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
}

/** @throws ColloquyError CQ682 when the other side has a table or a column that this one lacks */
function demandSameTables(taken: readonly Table[], source: RowSource, tables: readonly Table[]): void {
  for (const table of taken) {
    const here = tableNamed(tables, table.name);
    const lacking = here
      ? source
          .columns(table)
          .filter(({ name, type }) => !here.columns.some((c) => c.name === name && c.type === type))
      : [];
    if (here && lacking.length === 0) continue;
    throw new ColloquyError(
      'CQ682',
      here
        ? `The column ${lacking[0]!.name} of ${table.name} is not the same on both sides.`
        : `There is no table ${table.name} on the other side.`,
      { hint: 'Use the version of Colloquy that wrote the rows, then upgrade: npm run migrate.' },
    );
  }
}

async function loadTable(
  client: PoolClient,
  source: RowSource,
  table: Table,
  { onRows, signal }: LoadEvents,
): Promise<Sum> {
  const columns = source.columns(table);
  for await (const lines of source.lines(table)) {
    signal?.throwIfAborted();
    await writeLines(client, table.name, columns, lines);
    await onRows?.(
      table.name,
      lines.length,
      lines.reduce((sum, line) => sum + line.length, 0),
    );
  }
  if (table.name === 'app_public.embedding_versions') {
    await client.query(
      'select app_private.create_embedding_partitions(v.id) from app_public.embedding_versions v where v.id = any ($1)',
      [source.versions.map(({ versionId }) => versionId)],
    );
  }
  const [wanted, have] = [await source.sum(table), await sumOf(client, table.name, columns)];
  if (wanted.count === have.count && wanted.hash === have.hash) return have;
  throw new ColloquyError(
    'CQ683',
    `The rows of ${table.name} are not the same on both sides: ${wanted.count} were read, ${have.count} are there, or their content differs.`,
    { hint: 'Nothing was kept. Run it again; if it happens again, report it as a bug.' },
  );
}

/**
 * Fills a database that was just migrated with all rows of another, and compares them: in one transaction, so that what is
 * interrupted leaves it as it was. As its owner, who needs no right over the server.
 * @throws ColloquyError CQ682 when the tables differ, CQ683 when the rows do
 */
export async function loadRows(
  target: Database,
  source: RowSource,
  options: LoadOptions = {},
): Promise<Loaded> {
  return inTransaction(target.pool('owner'), async (client) => {
    await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
    await client.query(`set local maintenance_work_mem = '256MB'`);
    await setForms(client);
    const { leave = [], isScratch = false } = options;
    const isTaken = ({ name }: Table): boolean => !leave.includes(name);
    const tables = (await readTables(client)).filter(isTaken);
    const taken = source.tables.filter(isTaken);
    demandSameTables(taken, source, tables);
    await open(client, tables, isScratch);
    await clear(client, isScratch ? taken : tables);
    const sums = new Map<string, Sum>();
    for (const table of inOrder(taken)) sums.set(table.name, await loadTable(client, source, table, options));
    for (const { table, column, last } of source.sequences) {
      if (last !== null)
        await client.query('select setval(pg_get_serial_sequence($1, $2), $3)', [table, column, last]);
    }
    await close(client, tables, isScratch);
    return { sums, rows: [...sums.values()].reduce((sum, { count }) => sum + count, 0) };
  });
}

/** What stands beside the rows of a new database and takes its time: done again, it changes nothing; a worker would do it as well. */
export async function completeLoad(
  target: Database,
  source: Pick<RowSource, 'versions'>,
  onStep: (step: string, share: number) => void = () => {},
): Promise<void> {
  const [owner, worker] = [target.pool('owner'), target.pool('worker')];
  for (;;) {
    const { rows } = await owner.query('select moved from app_hidden.ensure_partitions(3, 5)');
    if (rows.length === 0) break;
  }
  for (const { versionId, isIndexed } of source.versions) {
    if (!isIndexed) continue;
    const { rows } = await owner.query('select app_private.embedding_partition_count($1) as count', [
      versionId,
    ]);
    await worker.query('select app_hidden.build_embedding_index($1)', [versionId]);
    for (let part = 0; part < rows[0].count; part++) {
      onStep('vector index', part / rows[0].count);
      await worker.query('select app_hidden.build_embedding_index($1, $2)', [versionId, part]);
    }
  }
  onStep('summary', 1);
  await worker.query('select app_hidden.refresh_summary_stats()');
  await owner.query('analyze');
}
