import { ColloquyError } from '../../lib/errors.ts';
import type { BackupSet } from '../backup/set.ts';
import { describeGoal, type Goal } from './goal.ts';

/** A set with those that it builds on: the full one first, itself last. */
export type Chain = BackupSet[];

/** Digits after the milliseconds were left out of it. */
const endOf = (stoppedAt: string): number => (new Date(stoppedAt).getTime() + 1) * 1000;

const LIST = 'See what there is: npm run ops -- backup list';

/** The sets that one builds on, or which of them is not there. */
function chainOf(sets: readonly BackupSet[], set: BackupSet): Chain | { missing: string } {
  const chain = [set];
  for (let each = set; each.parent !== null; each = chain[0]!) {
    const parent = sets.find(({ id }) => id === each.parent);
    if (!parent) return { missing: each.parent };
    chain.unshift(parent);
  }
  return chain;
}

/**
 * The sets from which a goal can be reached, the newest first. A server that is given a time before the end of its backup
 * replays beyond it, in silence: such a set is none of them.
 * @param wanted  the only one that may be taken
 * @throws ColloquyError CQ622 when there is none, CQ623 when what the only one builds on is missing
 */
export function chooseChains(sets: readonly BackupSet[], goal: Goal, wanted?: string): Chain[] {
  const physical = sets.filter(({ kind }) => kind !== 'dump').sort((a, b) => (a.id < b.id ? 1 : -1));
  const asked = wanted === undefined ? physical : physical.filter(({ id }) => id === wanted);
  if (asked.length === 0) {
    const dump = sets.some(({ id }) => id === wanted);
    throw new ColloquyError(
      'CQ622',
      wanted === undefined
        ? 'There is no full or incremental backup set.'
        : `There is no ${dump ? 'physical ' : ''}set ${wanted}${dump ? ': it is a dump' : ''}.`,
      { hint: LIST },
    );
  }
  const fitting = asked.filter(
    ({ stoppedAt }) => goal.to !== 'time' || endOf(stoppedAt) <= goal.microseconds,
  );
  if (fitting.length === 0) {
    const oldest = asked.at(-1)!;
    throw new ColloquyError(
      'CQ622',
      `${wanted === undefined ? 'No set' : `The set ${wanted}`} can be restored to ${describeGoal(goal)}: ${wanted === undefined ? `the oldest, ${oldest.id},` : 'it'} ended at ${oldest.stoppedAt}.`,
      { hint: `A set can be restored to no moment before its end. ${LIST}` },
    );
  }
  const chains: Chain[] = [];
  const broken: { set: string; missing: string }[] = [];
  for (const set of fitting) {
    const chain = chainOf(sets, set);
    if ('missing' in chain) broken.push({ set: set.id, missing: chain.missing });
    else chains.push(chain);
  }
  if (chains.length > 0) return chains;
  throw new ColloquyError(
    'CQ623',
    `${broken[0]!.set} builds on the set ${broken[0]!.missing}, which is not there.`,
    { hint: `An incremental set is nothing without all that it builds on: choose another. ${LIST}` },
  );
}
