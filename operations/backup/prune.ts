import type { Pool } from 'pg';
import { type ColloquyError, errorCode } from '../../lib/errors.ts';
import type { RunResult } from '../run.ts';
import { abandonedSets, readCatalogue, removeSet } from './catalogue.ts';
import { contentsOf } from './contents-list.ts';
import { sweepFolder } from './folder-target.ts';
import { withLocks } from './locks.ts';
import { type BackupKeys, bareName } from './sealing.ts';
import type { BackupSet } from './set.ts';
import { sortedFinder } from './sorted-finder.ts';
import type { BackupTarget } from './target.ts';
import { isSegment, segmentAt } from './wal-names.ts';

export interface PrunePolicy {
  /** The newest full backups that stay, each with its incremental ones; and as many dumps. */
  keepFull?: number | undefined;
  /** Days back to each moment of which can be restored. */
  keepDays?: number | undefined;
}

export interface PruneContext {
  /** Of the role of backups. */
  pool: Pool;
  target: BackupTarget;
  keys: BackupKeys;
  staging: string;
  signal?: AbortSignal | undefined;
  say?: (message: string) => void;
}

export interface Pruned extends RunResult {
  /** Ids of sets and unfinished ones, and keys of the rest. */
  removed: { sets: string[]; unfinished: string[]; wal: string[]; files: string[] };
  /** What was left, though it might go. */
  notes: string[];
  details: { sets: number; unfinished: number; wal: number; files: number; bytes: number; keptSets: number };
}

const DAY = 86_400_000;

/**
 * The sets that a policy keeps. A full one and its incremental ones are one unit, and the newest always stays.
 * @param sets  the oldest first
 */
export function keptSets(
  sets: readonly BackupSet[],
  { keepFull, keepDays }: PrunePolicy,
  now: Date,
): BackupSet[] {
  const byId = new Map(sets.map((set) => [set.id, set]));
  const rootOf = (set: BackupSet): string => {
    const parent = set.parent === null ? undefined : byId.get(set.parent);
    return parent ? rootOf(parent) : set.id;
  };
  const isOfUnit = (set: BackupSet): boolean => byId.get(rootOf(set))!.kind === 'full';
  const fulls = sets.filter(({ kind }) => kind === 'full');
  const dumps = sets.filter(({ kind }) => kind === 'dump');
  const cutoff = keepDays === undefined ? null : now.getTime() - keepDays * DAY;
  const kept = new Set<string>();
  fulls.forEach((full, index) => {
    const next = fulls[index + 1];
    // until the next one can be restored, this one is what the moments in between are restored from
    const isNeeded = cutoff !== null && next !== undefined && Date.parse(next.stoppedAt) > cutoff;
    if (!next || isNeeded || (keepFull !== undefined && index >= fulls.length - keepFull)) kept.add(full.id);
  });
  dumps.forEach((dump, index) => {
    const isYoung = cutoff !== null && Date.parse(dump.stoppedAt) > cutoff;
    if (isYoung || (keepFull !== undefined && index >= dumps.length - keepFull)) kept.add(dump.id);
  });
  // an incremental one that builds on nothing can be restored by nothing
  return sets.filter((set) =>
    set.kind === 'incremental' ? isOfUnit(set) && kept.has(rootOf(set)) : kept.has(set.id),
  );
}

/** The keys of the log that no kept set needs: what ended before the oldest of them began. */
async function oldWal(
  target: BackupTarget,
  kept: readonly BackupSet[],
): Promise<{ key: string; size: number }[]> {
  const oldest = kept.find((set) => set.kind === 'full');
  if (!oldest || oldest.startLsn === null || oldest.timeline === null) return [];
  const first = segmentAt(oldest.startLsn, oldest.timeline, oldest.walSegmentSize).slice(8);
  const old: { key: string; size: number }[] = [];
  for await (const { key, size } of target.list('wal/')) {
    const segment = key.slice('wal/'.length, 'wal/'.length + 24);
    // histories of timelines are small, and tell where one went on
    if (isSegment(segment) && segment.slice(8) < first) old.push({ key, size });
  }
  return old;
}

/** The paths that files of the database have now. */
async function* livePaths(pool: Pool): AsyncIterable<string> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(
      'declare contents no scroll cursor for select storage_path from app_hidden.stored_contents()',
    );
    for (;;) {
      const { rows } = await client.query<{ storage_path: string }>('fetch 1000 from contents');
      for (const { storage_path } of rows) yield storage_path;
      if (rows.length < 1000) break;
    }
    await client.query('commit');
    isBroken = false;
  } finally {
    client.release(isBroken);
  }
}

async function* pathsOf(context: PruneContext, set: BackupSet): AsyncIterable<string> {
  for await (const { path } of contentsOf(context.target, set, context.keys)) yield path;
}

/**
 * The bytes of files that nothing needs any more: no kept set names them, no file of the database has them, and they were copied before
 * the oldest kept backup began, so that they belong to no moment in between either.
 */
async function oldContents(
  context: PruneContext,
  kept: readonly BackupSet[],
): Promise<{ key: string; size: number }[]> {
  const oldest = kept[0];
  if (!oldest) return [];
  const finders = [
    livePaths(context.pool),
    ...kept.filter(({ files }) => files !== null).map((set) => pathsOf(context, set)),
  ].map(sortedFinder);
  const old: { key: string; size: number }[] = [];
  try {
    for await (const { key, size, modifiedAt } of context.target.list('files/')) {
      context.signal?.throwIfAborted();
      const path = bareName(key).slice('files/'.length);
      const answers = await Promise.all(finders.map((finder) => finder.has(path)));
      if (!answers.includes(true) && modifiedAt < new Date(oldest.startedAt)) old.push({ key, size });
    }
  } finally {
    for (const finder of finders) await finder.close();
  }
  return old;
}

/**
 * Removes what a policy does not keep: sets, the log before the oldest kept one, bytes of files, and what killed runs left. What is
 * interrupted is gone on with by the next run: a set loses its set.json first, and an incremental one goes before what it builds on.
 * @throws ColloquyError CQ606 while another backup is at work
 */
export async function pruneBackups(
  context: PruneContext,
  policy: PrunePolicy,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<Pruned> {
  const { pool, target, signal, say } = context;
  return withLocks(pool, target, ['backup'], async () => {
    const catalogue = await readCatalogue(target);
    const kept = keptSets(catalogue.sets, policy, new Date());
    const gone = catalogue.sets.filter((set) => !kept.includes(set)).reverse();
    const unfinished = await abandonedSets(target, catalogue);
    const notes: string[] = [];
    const wal = await oldWal(target, kept);
    const files = await oldContents(context, kept).catch((error): { key: string; size: number }[] => {
      if (!['CQ603', 'CQ609', 'CQ610'].includes(errorCode(error) ?? '')) throw error;
      notes.push(
        `Bytes of files were left: which ones a backup needs cannot be read. ${(error as ColloquyError).message}`,
      );
      return [];
    });
    const bytes = [...gone.flatMap(({ parts }) => parts), ...wal, ...files].reduce(
      (sum, { size }) => sum + size,
      0,
    );
    if (!dryRun) {
      for (const folder of [context.staging, ...(target.incoming === null ? [] : [target.incoming])])
        await sweepFolder(folder);
      for (const id of [...gone.map((set) => set.id), ...unfinished]) {
        signal?.throwIfAborted();
        say?.(`Removing ${id}`);
        await removeSet(target, id);
      }
      for (const { key } of [...wal, ...files]) {
        signal?.throwIfAborted();
        await target.remove(key);
      }
    }
    const removed = {
      sets: gone.map(({ id }) => id).reverse(),
      unfinished,
      wal: wal.map(({ key }) => key),
      files: files.map(({ key }) => key),
    };
    return {
      removed,
      notes,
      details: {
        sets: removed.sets.length,
        unfinished: unfinished.length,
        wal: wal.length,
        files: files.length,
        bytes,
        keptSets: kept.length,
      },
    };
  });
}
