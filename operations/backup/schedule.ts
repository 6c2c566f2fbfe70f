import { CronExpressionParser } from 'cron-parser';
import type { Pool } from 'pg';
import { ColloquyError, describeError } from '../../lib/errors.ts';
import { readCatalogue } from './catalogue.ts';
import { pruneBackups } from './prune.ts';
import type { BackupSet } from './set.ts';
import { type BackupContext, takeBackup } from './take.ts';

/** What the settings say, with what a worker must know beside it. */
export interface BackupPlan {
  full: string | null;
  incremental: string | null;
  keepFull: number | null;
  keepDays: number | null;
  /** When a backup failed last, in the last days. */
  failedAt: Date | null;
  isReplica: boolean;
}

const PLAN = `select full_cron as "full", incremental_cron as incremental, keep_full as "keepFull", keep_days as "keepDays",
  failed_at as "failedAt", is_replica as "isReplica" from app_hidden.backup_plan()`;

export async function readPlan(pool: Pick<Pool, 'query'>): Promise<BackupPlan> {
  return (await pool.query<BackupPlan>(PLAN)).rows[0]!;
}

/** The last moment before now that a cron names, in UTC. @throws ColloquyError CQ696 */
function lastMoment(setting: string, cron: string, now: Date): Date {
  try {
    return CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: now }).prev().toDate();
  } catch (error) {
    throw new ColloquyError('CQ696', `The setting ${setting} is no schedule: "${cron}".`, {
      hint: `Write it as cron, or off: update app_private.settings set value = '0 2 * * 0' where name = '${setting}'`,
      cause: error,
    });
  }
}

/**
 * Which backup is due: what is in the target decides, so that a moment that was missed, or a new target, is made up for.
 * @throws ColloquyError CQ696 for a setting that is no schedule
 */
export function dueKind(
  { full, incremental }: Pick<BackupPlan, 'full' | 'incremental'>,
  sets: readonly BackupSet[],
  now: Date,
): 'full' | 'incremental' | undefined {
  const isDue = (setting: string, cron: string | null, ofKind: (set: BackupSet) => boolean): boolean => {
    if (cron === null) return false;
    const newest = sets.findLast(ofKind);
    const moment = lastMoment(setting, cron, now);
    return !newest || new Date(newest.startedAt) < moment;
  };
  // both are read, so that one that is wrong is told at once
  const isFull = isDue('backup_full_cron', full, ({ kind }) => kind === 'full');
  const isIncremental = isDue('backup_incremental_cron', incremental, ({ kind }) => kind !== 'dump');
  if (isFull) return 'full';
  return isIncremental ? 'incremental' : undefined;
}

/**
 * Takes the backup that is due, and removes what the policy does not keep. That something could not be removed is said, and no reason
 * to take the backup again.
 */
export async function takeDue(
  context: BackupContext,
  plan: BackupPlan,
): Promise<{ findings: string[]; details: object }> {
  const { sets } = await readCatalogue(context.target);
  const kind = dueKind(plan, sets, new Date());
  if (!kind) return { findings: [], details: { skipped: 'nothing is due' } };
  const { findings, details } = await takeBackup(context, kind, { orFull: true });
  const { keepFull, keepDays } = plan;
  if (keepFull === null && keepDays === null) return { findings, details };
  const policy = { keepFull: keepFull ?? undefined, keepDays: keepDays ?? undefined };
  try {
    const pruned = await pruneBackups({ ...context, pool: context.database.pool('backup') }, policy);
    return { findings: [...findings, ...pruned.notes], details: { ...details, pruned: pruned.details } };
  } catch (error) {
    context.signal?.throwIfAborted();
    const problem = `What is not to be kept was not removed: ${describeError(error)}`;
    return { findings: [...findings, problem], details: { ...details, pruned: null } };
  }
}
