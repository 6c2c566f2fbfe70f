import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { migrateDatabase, type QueueDefinition } from '../../lib/migrations.ts';
import { readCatalogue } from '../backup/catalogue.ts';
import { nameOfOwn } from '../backup/folder-target.ts';
import type { BackupKeys } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';
import { demandEmpty } from './empty.ts';
import { completeLoad, loadRows } from './load.ts';
import { pgRestore } from './pg-restore.ts';
import { isRowSet, openRowSet } from './row-set.ts';

export interface RestoreDumpOptions {
  target: BackupTarget;
  keys: BackupKeys;
  set: BackupSet;
  /** As an administrator; empty. */
  into: Database;
  queues: QueueDefinition[];
  /** Also applies migrations/current/, for tests. */
  inHand?: boolean;
  staging: string;
  jobs?: number | undefined;
  indexMemory?: number | undefined;
  signal?: AbortSignal | undefined;
  onStep?: (step: string, share: number) => void;
}

/**
 * A dump of a target, by its id, or the newest of the whole database.
 * @throws ColloquyError CQ687 when there is none
 */
export async function findDump(target: BackupTarget, id?: string): Promise<BackupSet> {
  const { sets } = await readCatalogue(target);
  const set =
    id === undefined
      ? sets.findLast(({ kind, scope }) => kind === 'dump' && scope?.of === 'whole')
      : sets.find((one) => one.id === id);
  if (set?.kind === 'dump') return set;
  throw new ColloquyError(
    'CQ687',
    set
      ? `${set.id} is no dump.`
      : `There is no dump${id === undefined ? '' : ` ${id}`} in ${target.description}.`,
    {
      hint: set
        ? 'A physical backup is restored by npm run ops -- restore.'
        : 'npm run ops -- backup list shows what there is; npm run ops -- backup dump makes one.',
    },
  );
}

/**
 * Restores a dump of a whole database into an empty one. What is interrupted leaves a database that the next run refuses, or, of an
 * embedded database’s dump, one without rows.
 * @throws ColloquyError CQ680 when the target holds something, CQ683 when rows are missing, CQ689 for a dump of a part
 */
export async function restoreDump(options: RestoreDumpOptions): Promise<{ rows: number }> {
  const { target, keys, set, into, queues, staging, onStep } = options;
  if (set.scope?.of !== 'whole') {
    throw new ColloquyError(
      'CQ689',
      `${set.id} holds a part of a database, which is no database by itself.`,
      {
        hint: 'Bring its rows back into a live one: npm run ops -- restore-rows --set ID.',
      },
    );
  }
  if (!isRowSet(set)) {
    if (into.kind === 'embedded') {
      throw new ColloquyError(
        'CQ689',
        `${set.id} was made by pg_dump, which an embedded database cannot read.`,
        {
          hint: 'Restore it into a database of a server: --into postgres://…',
        },
      );
    }
    await demandEmpty(into, { mayBePrepared: false });
    return pgRestore({
      ...options,
      jobs: options.jobs ?? Math.min(4, availableParallelism()),
      folder: join(staging, nameOfOwn()),
      ...(options.indexMemory === undefined ? {} : { indexMemory: options.indexMemory }),
    } as Parameters<typeof pgRestore>[0]);
  }
  if (into.kind === 'server') await demandEmpty(into);
  await migrateDatabase(into, queues, { inHand: options.inHand ?? false });
  await demandEmpty(into);
  const source = await openRowSet(target, keys, set);
  const total = source.tables.length;
  let done = 0;
  let last = '';
  const { rows } = await loadRows(into, source, {
    signal: options.signal,
    onRows(table) {
      if (table === last) return;
      last = table;
      onStep?.(table, done++ / total);
    },
  });
  await completeLoad(into, source, onStep);
  return { rows };
}
