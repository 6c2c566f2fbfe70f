import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { FileStorage, Received } from '../../lib/storage.ts';
import { withLocks } from '../backup/locks.ts';
import { noteReturned } from '../logical/return-rows.ts';
import { setForms } from '../logical/rows.ts';
import { readTables } from '../logical/tables.ts';
import { FILES } from './contents.ts';
import { newIds } from './ids.ts';
import { importRows, waysOf } from './import-rows.ts';
import { matchModels, matchPeople } from './people.ts';
import { type ArchiveFacts, openFile, readFacts, refused } from './read.ts';

export interface ImportOptions {
  storage: FileStorage;
  /** An account that becomes an owner of it, too. */
  owner?: string | undefined;
  name?: string | undefined;
  /** Does everything and takes it back. */
  dryRun?: boolean | undefined;
  /** Also what was imported before. */
  again?: boolean | undefined;
  /** Accounts here that have not proved the address of somebody in the archive are that person. */
  trustUnverified?: boolean | undefined;
  onRows?: (table: string, rows: number) => void;
  signal?: AbortSignal;
}

export interface Imported {
  workspaceId: string;
  from: Pick<ArchiveFacts, 'workspaceId' | 'archiveId' | 'name'>;
  rows: Record<string, number>;
  people: { joined: string[]; made: string[] };
  files: number;
  missingFiles: number;
  /** Vectors that came along, and those of models that are not here: the worker makes them anew. */
  vectors: { kept: number; remade: number };
}

async function demandNew(client: PoolClient, facts: ArchiveFacts, again: boolean): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 780))', [facts.workspaceId]);
  if (again) return;
  const { rows } = await client.query(
    `select l.entity_id as id from app_public.audit_logs l join app_public.workspaces w on w.id = l.entity_id
     where l.action = 'workspace.imported' and l.new_values ->> 'source' = $1 limit 1`,
    [facts.workspaceId],
  );
  if (rows.length === 0) return;
  throw new ColloquyError(
    'CQ785',
    `The workspace ${facts.workspaceId} was imported before, as ${rows[0].id}.`,
    {
      hint: 'Delete that one first, or have it twice: --again',
    },
  );
}

async function demandQuota(client: PoolClient, workspaceId: string, more: number): Promise<void> {
  const { rows } = await client.query(
    `select q.storage_bytes as "bytesLimit", q.row_limit as "rowLimit", coalesce(s.bytes, 0) + $2 as bytes, coalesce(s.rows, 0) as rows
     from app_private.workspace_quota($1) as q
     cross join lateral (select sum(s.bytes) as bytes, sum(s.row_count) as rows from app_private.workspace_storage s where s.workspace_id = $1) as s
     where coalesce(s.bytes, 0) + $2 > q.storage_bytes or coalesce(s.rows, 0) > q.row_limit`,
    [workspaceId, more],
  );
  if (rows.length === 0) return;
  const { bytes, bytesLimit, rows: count, rowLimit } = rows[0];
  throw new ColloquyError(
    'CQ786',
    `The workspace has ${bytes} bytes and ${count} rows, and may have ${bytesLimit ?? 'any number of'} bytes and ${rowLimit ?? 'any number of'} rows here.`,
    {
      hint: 'Raise the settings storage_mb_per_workspace and rows_per_workspace for the while (docs/limits.md), then import it again.',
    },
  );
}

/** The workspace as its row is here: shared, whatever it was; not frozen; without a slug that another has. */
function workspaceAdjuster(client: PoolClient, name: string | undefined) {
  return async (row: Record<string, string | null>): Promise<void> => {
    if (name !== undefined) row.name = name;
    // everybody here has a personal one already
    row.is_personal = 'f';
    row.frozen_at = null;
    const { rowCount } = await client.query(
      'select from app_public.workspaces w where w.slug operator(extensions.=) $1::extensions.citext and w.id <> $2',
      [row.slug, row.id],
    );
    if (rowCount !== 0) row.slug = null;
  };
}

async function setOwner(client: PoolClient, workspaceId: string, owner: string | undefined): Promise<void> {
  if (owner !== undefined) {
    const { rowCount } = await client.query(
      `insert into app_public.workspace_members (workspace_id, user_id, role)
       select $1, u.id, 'owner' from app_public.users u where u.email operator(extensions.=) $2::extensions.citext and u.is_active
       on conflict on constraint workspace_members_pkey do update set role = 'owner'`,
      [workspaceId, owner],
    );
    if (rowCount === 0)
      throw new ColloquyError('CQ787', `There is no account ${owner} here.`, {
        hint: 'Make it first: npm run users -- --help',
      });
  }
  const { rowCount } = await client.query(
    `select from app_public.workspace_members m where m.workspace_id = $1 and m.role = 'owner'`,
    [workspaceId],
  );
  if (rowCount === 0)
    throw refused('nobody in it owns the workspace; name an account that will: --owner ADDRESS');
}

/** Bytes on their way: a note of them stays beside the storage until the rows are certain, by which the job cleanup-files knows them. */
interface Arrived {
  received: Received;
  isPlaced: boolean;
}

/** Puts the bytes of files where their rows say. */
async function placeFiles(
  client: PoolClient,
  path: string,
  workspaceId: string,
  options: ImportOptions,
  arrived: Arrived[],
): Promise<void> {
  const archive = await openFile(path, options.signal ? { signal: options.signal } : {});
  for await (const { name, size, content } of archive.entries()) {
    const sha256 = FILES.exec(name)?.[1];
    if (sha256 === undefined) continue;
    const { rows } = await client.query<{ path: string }>(
      `select f.storage_path as path from app_public.files f where f.workspace_id = $1 and f.sha256 = decode($2, 'hex') limit 1`,
      [workspaceId, sha256],
    );
    if (!rows[0]) throw refused(`no file has the bytes of its entry ${name}`);
    const received = await options.storage.receive(Readable.from(content), { maxBytes: size });
    const one = { received, isPlaced: false };
    arrived.push(one);
    if (received.sha256.toString('hex') !== sha256)
      throw refused(`the bytes of ${name} are others than their name says`);
    if (options.dryRun) continue;
    one.isPlaced = true;
    await received.place(rows[0].path);
  }
}

async function write(
  client: PoolClient,
  path: string,
  facts: ArchiveFacts,
  options: ImportOptions,
): Promise<Imported> {
  const other = newIds(randomUUID());
  const workspaceId = other(facts.workspaceId);
  const tables = await readTables(client);
  await demandNew(client, facts, options.again ?? false);
  await demandQuota(client, workspaceId, facts.files.bytes);
  const people = await matchPeople(client, facts.people, {
    trustUnverified: options.trustUnverified ?? false,
  });
  const models = await matchModels(client, facts.models);
  const ids = { workspaceId: facts.workspaceId, people: people.ids, models, other };
  const done = await importRows(client, path, facts, waysOf(tables, facts.tables, ids), {
    ids,
    adjustWorkspace: workspaceAdjuster(client, options.name),
    ...(options.onRows ? { onRows: options.onRows } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  await setOwner(client, workspaceId, options.owner);
  await demandQuota(client, workspaceId, 0);
  await client.query(
    `select app_private.log_event('workspace.imported', null, $1, 'workspace', $1, null, $2)`,
    [
      workspaceId,
      {
        source: facts.workspaceId,
        archive: facts.archiveId,
        exportedAt: facts.createdAt,
        accountsMade: people.made.length,
      },
    ],
  );
  await client.query('set constraints all immediate');
  return {
    workspaceId,
    from: { workspaceId: facts.workspaceId, archiveId: facts.archiveId, name: facts.name },
    rows: done.rows,
    people: { joined: people.joined, made: people.made },
    files: facts.files.count,
    missingFiles: facts.missingFiles.length,
    vectors: { kept: done.rows['app_public.embeddings'] ?? 0, remade: done.skippedVectors },
  };
}

/**
 * Brings the workspace of an archive into this database, with ids of its own, in one transaction: until it ends, and when it does not,
 * nobody sees anything of it. As the owner of the tables, whose rows are all that are written: each is of the new workspace.
 * @throws ColloquyError CQ780 to CQ789
 */
export async function importWorkspace(
  database: Database,
  path: string,
  options: ImportOptions,
): Promise<Imported> {
  const facts = await readFacts(path, options.signal ? { signal: options.signal } : {});
  const client = await database.pool('owner').connect();
  const arrived: Arrived[] = [];
  let isCertain = false;
  const end = async (imported: Imported): Promise<Imported> => {
    if (facts.files.count > 0) await placeFiles(client, path, imported.workspaceId, options, arrived);
    options.signal?.throwIfAborted();
    await client.query(options.dryRun ? 'rollback' : 'commit');
    isCertain = true;
    return imported;
  };
  try {
    await client.query('begin');
    await client.query(
      'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set constraints all deferred',
    );
    await setForms(client);
    await noteReturned(client);
    const imported = await write(client, path, facts, options);
    // an embedded database has one session, which this transaction has: nothing removes bytes meanwhile
    if (facts.files.count === 0 || options.dryRun || database.kind === 'embedded') return await end(imported);
    const nowhere = { incoming: null, description: database.name };
    return await withLocks(database.pool('owner'), nowhere, ['contents'], () => end(imported));
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
    for (const { received, isPlaced } of arrived) if (isCertain || !isPlaced) await received.discard();
  }
}
