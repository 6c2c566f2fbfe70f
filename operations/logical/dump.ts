import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Database } from '../../lib/database.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { keyOfSet, newSetId, removeSet, writeSet } from '../backup/catalogue.ts';
import { clusterFacts } from '../backup/cluster.ts';
import { describeMissing, type StoredContent } from '../backup/contents.ts';
import { nameOfOwn } from '../backup/folder-target.ts';
import { withLocks } from '../backup/locks.ts';
import { compressed, putObject } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupContext, TakenBackup } from '../backup/take.ts';
import { copyFilesOf } from './files.ts';
import { dumpInto, putDump } from './pg-dump.ts';
import { writeRowSet } from './row-set.ts';
import { type OpenSource, type RowSource, readingAll } from './source.ts';
import { demandWorkspace, tablesSource, workspaceSource } from './workspace-source.ts';

/** What of a database is dumped. */
export type DumpScope = NonNullable<BackupSet['scope']>;

export interface DumpOptions {
  /** Processes of pg_dump. */
  jobs?: number | undefined;
  onRows?: (table: string, rows: number, bytes: number) => void;
}

/** The rows that a scope names, where they are written as lines; undefined where pg_dump writes them. */
async function rowSource(
  all: OpenSource,
  scope: DumpScope,
  database: Database,
): Promise<RowSource | undefined> {
  if (scope.of === 'tables') return tablesSource(all, scope.tables);
  if (scope.of === 'workspace') {
    await demandWorkspace(all, scope.workspaceId);
    return workspaceSource(all, scope.workspaceId);
  }
  // an embedded database has no pg_dump
  return database.kind === 'embedded' ? all : undefined;
}

/** The bytes of files that rows of the scope have, and the list of them. */
async function putFiles(
  context: BackupContext & { storage: FileStorage },
  id: string,
  all: OpenSource,
  scope: DumpScope,
): Promise<{ parts: BackupSet['parts']; files: { count: number; bytes: number }; missing: string[] }> {
  const { target, keys, signal, storage } = context;
  const contents: StoredContent[] = [];
  const missing: string[] = [];
  const workspaceId = scope.of === 'workspace' ? scope.workspaceId : null;
  for await (const content of copyFilesOf(all.client, workspaceId, storage, target, keys, signal)) {
    contents.push(content);
    if (content.missing) missing.push(content.path);
  }
  const list = Readable.from([
    Buffer.from(contents.map((content) => `${JSON.stringify(content)}\n`).join('')),
  ]);
  const { key, ...written } = await putObject(
    target,
    keyOfSet(id, 'files.ndjson.zst'),
    compressed(list),
    keys,
  );
  const there = contents.filter((content) => !content.missing);
  return {
    parts: [{ name: key.slice(keyOfSet(id, '').length), ...written }],
    files: { count: there.length, bytes: there.reduce((sum, { size }) => sum + size, 0) },
    missing,
  };
}

async function make(
  context: BackupContext,
  scope: DumpScope,
  options: DumpOptions,
  id: string,
): Promise<TakenBackup> {
  const { database, target, keys, staging, signal, storage, say } = context;
  const startedAt = new Date();
  const facts = await clusterFacts(database.pool('backup'));
  const folder = join(staging, nameOfOwn());
  try {
    return await readingAll(database.pool('backup'), async (all) => {
      const { rows } = await all.client.query(
        'select clock_timestamp() as now, pg_current_wal_insert_lsn()::text as lsn',
      );
      say?.(`Dump ${id} of ${database.name} into ${target.description}`);
      const source = await rowSource(all, scope, database);
      let parts: BackupSet['parts'];
      if (source) ({ parts } = await writeRowSet(target, keys, id, source, options.onRows, signal));
      else {
        await mkdir(staging, { recursive: true, mode: 0o700 });
        const jobs = options.jobs ?? Math.min(4, availableParallelism());
        await dumpInto(all, {
          url: database.url('backup'),
          serverVersion: facts.serverVersion,
          folder,
          jobs,
          signal,
        });
        parts = await putDump(target, keys, id, folder, all, signal);
      }
      const kept =
        storage && scope.of !== 'tables' ? await putFiles({ ...context, storage }, id, all, scope) : null;
      const set: BackupSet = {
        format: 1,
        id,
        kind: 'dump',
        parent: null,
        scope,
        startedAt: startedAt.toISOString(),
        stoppedAt: rows[0].now.toISOString(),
        startLsn: null,
        stopLsn: rows[0].lsn,
        timeline: null,
        systemIdentifier: facts.systemIdentifier,
        serverVersion: facts.serverVersion,
        database: facts.database,
        migration: facts.migration,
        databaseSize: facts.databaseSize,
        parts: [...parts, ...(kept?.parts ?? [])],
        files: kept?.files ?? null,
        encryption: keys.recipients.length > 0 ? 'age' : null,
        verifiedAt: null,
      };
      signal?.throwIfAborted();
      await writeSet(target, set);
      const finding = describeMissing(kept?.missing ?? []);
      const bytes = set.parts.reduce((sum, part) => sum + part.size, 0);
      return {
        set,
        findings: finding === undefined ? [] : [finding],
        details: { set: id, kind: 'dump', scope: scope.of, bytes, files: kept?.files.count ?? null },
      };
    });
  } catch (error) {
    await removeSet(target, id).catch(() => {});
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Dumps a database at one moment into a target: all of it, some tables, or one workspace. As colloquy_backup. What is interrupted leaves
 * no set.
 * @throws ColloquyError CQ604 without pg_dump, CQ687 for a table or a workspace that there is none of
 */
export async function takeDump(
  context: BackupContext,
  scope: DumpScope,
  options: DumpOptions = {},
): Promise<TakenBackup> {
  const { database, target } = context;
  const id = newSetId('dump', new Date());
  // an embedded database has one session, which the dump has: nothing removes bytes meanwhile
  if (database.kind === 'embedded') return make(context, scope, options, id);
  return withLocks(database.pool('backup'), target, ['contents'], () => make(context, scope, options, id));
}
