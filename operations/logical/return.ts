import type { Pool, PoolClient } from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import { demandNobodyErased } from './erased-people.ts';
import {
  noteReturned,
  nothingReturned,
  type Returned,
  returnLines,
  settleLines,
  type Writing,
  writingOf,
} from './return-rows.ts';
import { lineOf, quoted, readLines, setForms } from './rows.ts';
import { conversationScope, type Scope, workspaceScope } from './scope.ts';
import { reasonToStay, WITH_WORKSPACE } from './staying-away.ts';
import { readTables, type Table, tableNamed } from './tables.ts';

const CONVERSATIONS = 'app_public.conversations';
/** What an archive takes the place of. */
const OF_MESSAGES = new Set([
  'app_public.messages',
  'app_hidden.conversation_archives',
  'app_hidden.conversation_archive_parts',
  'app_hidden.conversation_files',
]);
/** Written only together with their conversation, whose counters they move. */
const WITH_CONVERSATION = new Set([
  ...OF_MESSAGES,
  CONVERSATIONS,
  'app_public.workspaces',
  'app_public.message_feedback',
]);

/** Vectors of a version that was archived since have no place to go. */
const LIVE_VERSIONS = `select id from app_public.embedding_versions where status <> 'archived'`;

/** What is to come back. */
export type Wanted =
  | { of: 'conversation'; id: string }
  | { of: 'workspace'; id: string }
  | { of: 'table'; table: string; where?: string | undefined };

export interface ReturnReport {
  tables: Map<string, Returned>;
  returned: number;
  /** The conversation was in the live database, packed in one of the two and not in the other: its messages were left alone. */
  keptMessages: boolean;
}

export interface ReturnOptions {
  /** Does everything, and takes it back. */
  dryRun?: boolean;
  /** Where the rows come from, for the audit log. */
  from: string;
  onTable?: (table: string, counts: Returned) => void;
  /** Called in the transaction before rows come in, with the paths of contents: brings back the bytes. */
  onFiles?: (client: PoolClient, paths: string[]) => Promise<void>;
}

interface Unit {
  scope: Scope;
  values: unknown[];
  entity: { type: string; id: string | null; workspaceId: string | null };
}

const missing = (what: string): ColloquyError =>
  new ColloquyError('CQ684', `The backup has no ${what}.`, {
    hint: 'Take a backup from before it was deleted: npm run ops -- backup list',
  });

async function unitOf(backup: PoolClient, tables: readonly Table[], wanted: Wanted): Promise<Unit> {
  if (wanted.of === 'table') {
    const table = tableNamed(tables, wanted.table);
    const reason = table ? reasonToStay(table.name) : 'there is no such table';
    if (reason !== undefined || WITH_CONVERSATION.has(wanted.table)) {
      throw new ColloquyError(
        'CQ685',
        `Rows of ${wanted.table} do not come back by themselves: ${reason ?? 'they belong to a conversation or a workspace'}.`,
        {
          hint: reason
            ? 'docs/operations/dumps.md says what comes back.'
            : 'Bring that back: --conversation ID, or --workspace ID.',
        },
      );
    }
    const where = wanted.where ?? 'true';
    return {
      scope: new Map([[wanted.table, () => `(${where})`]]),
      values: [],
      entity: { type: 'table', id: null, workspaceId: null },
    };
  }
  const table = wanted.of === 'conversation' ? CONVERSATIONS : 'app_public.workspaces';
  const column = wanted.of === 'conversation' ? 'workspace_id' : 'id';
  const { rows } = await backup.query(`select t.${column} as workspace from ${table} t where t.id = $1`, [
    wanted.id,
  ]);
  if (rows.length === 0) throw missing(`${wanted.of} ${wanted.id}`);
  const workspaceId = rows[0].workspace;
  const entity = { type: wanted.of, id: wanted.id, workspaceId };
  if (wanted.of === 'conversation')
    return { scope: conversationScope(tables), values: [workspaceId, wanted.id], entity };
  return { scope: workspaceScope(tables), values: [workspaceId], entity };
}

/**
 * Holds the conversation, and says whether its messages may come in: not while one side has it packed and the other has not. It is
 * taken for packed meanwhile, by which the triggers that count know that nothing is new.
 */
async function holdConversation(
  live: PoolClient,
  backup: PoolClient,
  id: string,
): Promise<{ isThere: boolean; isSame: boolean; tier: string }> {
  const sql = 'select storage_tier as tier from app_public.conversations where id = $1';
  const [there] = (await live.query(`${sql} for update`, [id])).rows;
  const [then] = (await backup.query(sql, [id])).rows;
  if (!there) return { isThere: false, isSame: true, tier: then.tier };
  const isSame = (there.tier === 'hot') === (then.tier === 'hot');
  if (there.tier === 'hot' && isSame) {
    await live.query(`update app_public.conversations set storage_tier = 'warm' where id = $1`, [id]);
  }
  return { isThere: true, isSame, tier: there.tier };
}

async function bringIn(
  live: PoolClient,
  backup: PoolClient,
  tables: { live: readonly Table[]; backup: readonly Table[] },
  unit: Unit,
  options: ReturnOptions,
): Promise<ReturnReport> {
  const held =
    unit.entity.type === 'conversation' ? await holdConversation(live, backup, unit.entity.id!) : undefined;
  const report: ReturnReport = { tables: new Map(), returned: 0, keptMessages: held?.isSame === false };
  const written: Writing[] = [];
  const versions = (await live.query(LIVE_VERSIONS)).rows.map(({ id }) => id);
  const linesOf = (writing: Writing): AsyncGenerator<string[]> => {
    const isVector = writing.table.name === 'app_public.embeddings';
    const order = writing.table.key.map((name) => `t.${quoted(name)}`).join(', ');
    return readLines(
      backup,
      `select ${lineOf(writing.columns)} as line from ${writing.table.name} t
       where (${unit.scope.get(writing.table.name)!('t')}) ${isVector ? `and t.version_id = any ($${unit.values.length + 1})` : ''} order by ${order}`,
      isVector ? [...unit.values, versions] : unit.values,
    );
  };
  for (const table of options.onFiles ? ['app_public.files', 'app_hidden.conversation_files'] : []) {
    if (!unit.scope.has(table) || !tableNamed(tables.backup, table)) continue;
    const { rows } = await backup.query(
      `select distinct t.storage_path as path from ${table} t where t.storage_path is not null and ${unit.scope.get(table)!('t')}`,
      unit.values,
    );
    await options.onFiles!(
      live,
      rows.map(({ path }) => path),
    );
  }
  for (const table of tables.live) {
    const inBackup = tableNamed(tables.backup, table.name);
    if (!inBackup || !unit.scope.has(table.name)) continue;
    const withWorkspace = report.tables.get('app_public.workspaces')?.returned
      ? WITH_WORKSPACE.get(table.name)
      : undefined;
    if (!withWorkspace && reasonToStay(table.name)) continue;
    if (report.keptMessages && OF_MESSAGES.has(table.name)) continue;
    const writing = writingOf(
      table,
      inBackup,
      table.name === CONVERSATIONS ? { storage_tier: `'warm'` } : (withWorkspace ?? {}),
    );
    const counts = nothingReturned();
    for await (const lines of linesOf(writing)) {
      const some = await returnLines(live, writing, lines);
      for (const name of Object.keys(counts) as (keyof Returned)[]) counts[name] += some[name];
    }
    if (table.name === 'app_public.workspaces' && counts.returned > 0) {
      // a new workspace is given a configuration, which the one that comes back brings itself
      await live.query('delete from app_public.rag_configurations where workspace_id = $1', [
        unit.entity.workspaceId,
      ]);
    }
    if (counts.inBackup === 0) continue;
    report.tables.set(table.name, counts);
    report.returned += counts.returned;
    options.onTable?.(table.name, counts);
    if (counts.returned > 0) written.push(writing);
    else demandRoot(table.name, counts, unit);
  }
  for (const writing of written) {
    for await (const lines of linesOf(writing)) await settleLines(live, writing, lines);
  }
  if (held?.isThere && held.isSame && held.tier === 'hot') {
    await live.query(`update app_public.conversations set storage_tier = 'hot' where id = $1`, [
      unit.entity.id,
    ]);
  }
  return report;
}

/** Without the thing itself, nothing of it comes back. */
function demandRoot(table: string, counts: Returned, { entity }: Unit): void {
  if (
    table !==
    (entity.type === 'conversation'
      ? CONVERSATIONS
      : entity.type === 'workspace'
        ? 'app_public.workspaces'
        : '')
  )
    return;
  if (counts.alreadyThere > 0) return;
  throw new ColloquyError(
    'CQ686',
    counts.withoutParent > 0
      ? `The ${entity.type} ${entity.id} cannot come back: the account or the workspace that it belonged to is gone.`
      : `The ${entity.type} ${entity.id} cannot come back: another has its name or external id by now.`,
    {
      hint:
        counts.withoutParent > 0
          ? 'Bring the workspace back first (--workspace ID); what belonged to an account that was removed stays away.'
          : 'Rename or remove the other one, then run this again.',
    },
  );
}

/**
 * Brings rows back from a backup into the live database, in one transaction. What is there stays as it is; what is missing comes with
 * everything that hung on it. Done again, it changes nothing.
 * @param live    of the owner
 * @param backup  of whoever reads every row of a database that was restored from the backup
 * @throws ColloquyError CQ684 when the backup has no such thing, CQ685 for a table whose rows stay away, CQ686 when the thing itself cannot, CQ765 for what an erased person wrote
 */
export async function returnFromBackup(
  live: Pool,
  backup: Pool,
  wanted: Wanted,
  options: ReturnOptions,
): Promise<ReturnReport> {
  const [to, from] = [await live.connect(), await backup.connect()];
  try {
    await from.query('begin isolation level repeatable read read only');
    await from.query('set local row_security = off; set local statement_timeout = 0');
    await to.query('begin');
    await to.query(
      'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set constraints all deferred',
    );
    // app_public.… in a condition of the caller means the same on both sides
    for (const client of [to, from]) await setForms(client);
    await noteReturned(to);
    const tables = { live: await readTables(to), backup: await readTables(from) };
    const unit = await unitOf(from, tables.live, wanted);
    await demandNobodyErased(to, from, unit.scope, unit.values);
    const report = await bringIn(to, from, tables, unit, options);
    if (report.returned > 0) {
      await to.query(`select app_private.log_event('backup.rows_returned', null, $1, $2, $3, null, $4)`, [
        unit.entity.workspaceId,
        unit.entity.type,
        unit.entity.id,
        {
          from: options.from,
          rows: Object.fromEntries([...report.tables].map(([name, { returned }]) => [name, returned])),
        },
      ]);
    }
    await to.query('set constraints all immediate');
    await to.query(options.dryRun ? 'rollback' : 'commit');
    return report;
  } catch (error) {
    await to.query('rollback').catch(() => {});
    throw error;
  } finally {
    await from.query('rollback').catch(() => {});
    to.release();
    from.release();
  }
}
