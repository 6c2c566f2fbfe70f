import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { ArchiveManifest } from '../../lib/archive/format.ts';
import { type ArchiveWriter, createArchive } from '../../lib/archive/write.ts';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { hashOf } from '../backup/hashing.ts';
import { namedLineOf, readLines } from '../logical/rows.ts';
import { type Scope, workspaceScope } from '../logical/scope.ts';
import { type OpenSource, readingAll } from '../logical/source.ts';
import { storedColumns, type Table } from '../logical/tables.ts';
import { demandWorkspace, referredTo } from '../logical/workspace-source.ts';
import { KIND, readme } from './contents.ts';
import { HISTORY, inArchiveOrder, reasonNotToCross } from './crossing.ts';
import { packedLines, packedPeople, packedRows } from './packed.ts';
import { readableBy } from './readable.ts';

const USERS = 'app_public.users';
const VERSIONS = 'app_public.embedding_versions';
const CONVERSATIONS = 'app_public.conversations';
const MESSAGES = 'app_public.messages';
const FILES = 'app_public.files';
const EXPORTS = 'app_public.workspace_exports';

export interface ExportOptions {
  storage: FileStorage;
  /** The version of this Colloquy. */
  version: string;
  onRows?: (table: string, rows: number) => void;
  /** Only what this person may read; default: everything. */
  readableBy?: string;
  signal?: AbortSignal;
}

export interface Exported {
  manifest: ArchiveManifest;
  rows: Record<string, number>;
  /** Contents whose bytes are not in the storage, or are others. */
  missingFiles: string[];
}

/** The tables whose rows go along, in the order of an archive, each with its condition. */
export function crossingTables(tables: readonly Table[]): { tables: Table[]; scope: Scope } {
  const scope = workspaceScope(tables);
  const crossing = tables.filter(({ name }) => scope.has(name) && reasonNotToCross(name) === undefined);
  // what somebody was given to take along is not taken along again
  const files = scope.get(FILES);
  if (files)
    scope.set(
      FILES,
      (a) =>
        `${files(a)} and not exists (select from ${EXPORTS} e where e.workspace_id = ${a}.workspace_id and e.file_id = ${a}.id)`,
    );
  return { tables: inArchiveOrder(crossing), scope };
}

/** What stands in place of a column: messages that were packed are rows there. */
const REPLACED: Record<string, Record<string, string>> = { [CONVERSATIONS]: { storage_tier: `'hot'` } };

async function writeReferred(
  archive: ArchiveWriter,
  { client, tables: all }: OpenSource,
  own: { tables: readonly Table[]; scope: Scope },
  workspaceId: string,
  packed: Awaited<ReturnType<typeof packedRows>>,
): Promise<void> {
  const crossing: Scope = new Map(own.tables.map(({ name }) => [name, own.scope.get(name)!]));
  const others = referredTo(all, crossing);
  const lines = async (
    target: string,
    name: string,
    columns: readonly string[],
    more: string[],
  ): Promise<void> => {
    const table = all.find((one) => one.name === target)!;
    const picked = columns.map((column) => table.columns.find((one) => one.name === column)!);
    const ways = [others.get(target)?.('t'), ...more.map((query) => `t.id in (${query})`)].filter(Boolean);
    if (ways.length === 0) return;
    await archive.lines(
      name,
      readLines(
        client,
        `select ${namedLineOf(picked)} as line from ${target} t where ${ways.join(' or ')} order by t.id`,
        [workspaceId],
      ),
    );
  };
  const authors = own.tables.flatMap((table) =>
    (packed.get(table.name) ?? []).flatMap((one) => packedPeople(table, one)),
  );
  await lines(USERS, 'people', ['id', 'email', 'display_name', 'first_name', 'last_name'], authors);
  await lines(
    VERSIONS,
    'models',
    [
      'id',
      'provider',
      'model',
      'dimensions',
      'distance',
      'native_dimensions',
      'query_prefix',
      'passage_prefix',
    ],
    [
      `select m.embedding_version_id from ${MESSAGES} m where m.workspace_id = $1`,
      `select m.embedding_version_id from app_public.message_chunks m where m.workspace_id = $1`,
    ],
  );
}

/** A conversation whose messages are packed somewhere else than in the database would go without them. */
async function demandAllMessages(
  { client }: OpenSource,
  workspaceId: string,
  scope: Scope,
  written: number,
): Promise<void> {
  const { rows } = await client.query(
    `select coalesce(sum(c.message_count), 0)::int as count from ${CONVERSATIONS} c where ${scope.get(CONVERSATIONS)!('c')}`,
    [workspaceId],
  );
  if (rows[0].count === written) return;
  throw new ColloquyError(
    'CQ789',
    `The workspace has ${rows[0].count} messages, and ${written} could be read.`,
    {
      hint: 'Bring cold ones back from their files: npm run ops -- cold recall --workspace ID. Of damaged ones, npm run ops -- doctor knows.',
    },
  );
}

async function writeFiles(
  archive: ArchiveWriter,
  { client }: OpenSource,
  workspaceId: string,
  scope: Scope,
  { storage, signal }: ExportOptions,
): Promise<string[]> {
  const { rows } = await client.query<{ path: string; sha256: string }>(
    `select distinct f.storage_path as path, encode(f.sha256, 'hex') as sha256 from app_public.files f
     where f.is_stored and ${scope.get(FILES)!('f')} order by 2`,
    [workspaceId],
  );
  const missing: string[] = [];
  for (const { path, sha256 } of rows) {
    signal?.throwIfAborted();
    const size = await storage.size(path);
    // looked at before: what an entry is called is what it holds
    if (size === null || (await hashOf(storage.read(path))).sha256 !== sha256) missing.push(sha256);
    else await archive.file(`files/${sha256}`, size, storage.read(path));
  }
  return missing;
}

/**
 * Writes everything of a workspace into an archive, as it is at one moment. As colloquy_backup.
 * @param target  destroyed when something fails: what was written is refused by every import
 * @throws ColloquyError CQ687 when there is no such workspace, CQ789 when messages of it cannot be read
 */
export async function exportWorkspace(
  database: Pick<Database, 'pool'>,
  workspaceId: string,
  target: Writable,
  options: ExportOptions,
): Promise<Exported> {
  return readingAll(database.pool('backup'), async (all) => {
    await demandWorkspace(all, workspaceId);
    const whole = crossingTables(all.tables);
    const readable =
      options.readableBy === undefined
        ? undefined
        : readableBy(whole.tables, whole.scope, options.readableBy);
    const own = { tables: whole.tables, scope: readable?.scope ?? whole.scope };
    const packed = await packedRows(all.client, own.tables, workspaceId, own.scope.get(CONVERSATIONS)!('c'));
    const { rows: facts } = await all.client.query(
      `select w.name, (select i.environment from app_private.database_identity i) as installation
       from app_public.workspaces w where w.id = $1`,
      [workspaceId],
    );
    const archive = await createArchive(
      target,
      {
        kind: KIND,
        id: randomUUID(),
        writtenBy: options.version,
        readme: readme(facts[0].name),
        details: { workspaceId, name: facts[0].name, installation: facts[0].installation },
      },
      options.signal,
    );
    try {
      const described = own.tables.map((table) =>
        JSON.stringify({
          name: table.name,
          columns: storedColumns(table).map(({ name, type }) => ({ name, type })),
        }),
      );
      await archive.lines('tables', [described]);
      await writeReferred(archive, all, own, workspaceId, packed);
      const rows: Record<string, number> = {};
      for (const table of own.tables) {
        const columns = storedColumns(table);
        const where = own.scope.get(table.name)!('t');
        const queries = [
          `select ${namedLineOf(columns, 't', { ...readable?.replaced[table.name], ...REPLACED[table.name] })} as line from ${table.name} t where ${where}`,
          ...(packed.get(table.name) ?? []).map((one) => packedLines(table, one)),
        ];
        const count = await archive.lines(
          `rows/${table.name}`,
          counted(all, queries, workspaceId, table, options),
        );
        if (count > 0) rows[table.name] = count;
      }
      await demandAllMessages(all, workspaceId, own.scope, rows[MESSAGES] ?? 0);
      const log = all.tables.find(({ name }) => name === HISTORY)!;
      await archive.lines(
        'history/audit_logs',
        readLines(
          all.client,
          `select ${namedLineOf(storedColumns(log))} as line from ${HISTORY} t where t.workspace_id = $1 order by t.id`,
          [workspaceId],
        ),
      );
      const missingFiles = await writeFiles(archive, all, workspaceId, own.scope, options);
      const manifest = await archive.finish({ rows, missingFiles });
      return { manifest, rows, missingFiles };
    } catch (error) {
      await archive.abandon(error);
      throw error;
    }
  });
}

async function* counted(
  { client }: OpenSource,
  queries: readonly string[],
  workspaceId: string,
  table: Table,
  { onRows, signal }: ExportOptions,
): AsyncGenerator<string[]> {
  for (const query of queries) {
    for await (const lines of readLines(client, query, [workspaceId])) {
      signal?.throwIfAborted();
      onRows?.(table.name, lines.length);
      yield lines;
    }
  }
}
