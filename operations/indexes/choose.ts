import { UsageError } from '../../lib/cli.ts';
import { type IndexHealth, type Reason, type Rebuild, wasteOf } from './facts.ts';

export interface Choice {
  index?: string[] | undefined;
  vector?: boolean | undefined;
  bloated?: boolean | undefined;
  invalid?: boolean | undefined;
  all?: boolean | undefined;
  /** Also those that were rebuilt a short while ago. */
  again?: boolean | undefined;
}

/** Hours for which a rebuilt index counts as done: a run that was interrupted goes on with the others. */
const FRESH_HOURS = 24;
/** What --bloated takes: half of it holds nothing, and it is worth the while. */
const BLOATED = { share: 0.5, bytes: 2 ** 20 };

const asRebuild = (health: IndexHealth, reason: Reason): Rebuild => ({ ...health, reason });

/** @throws UsageError for a name that no index has */
function named(all: IndexHealth[], names: string[]): IndexHealth[] {
  return names.map((name) => {
    const found = all.filter(({ index }) => index === name || index.split('.')[1] === name);
    if (found.length === 1 && !found[0]!.isLeftover) return found[0]!;
    throw new UsageError('CQ654', `There is no index "${name}" of a table or partition of Colloquy.`, {
      hint: 'npm run ops -- bloat names them all, as schema.name.',
    });
  });
}

/**
 * What is to be rebuilt. What was rebuilt within a day is left out of --vector and --all, so that a run goes on where an
 * interrupted one ended.
 * @param due  what the settings say: taken where nothing is asked for
 */
export function chooseIndexes(
  all: IndexHealth[],
  due: Rebuild[],
  choice: Choice,
  now = Date.now(),
): Rebuild[] {
  const real = all.filter(({ isLeftover }) => !isLeftover);
  const isDone = ({ rebuiltAt, isValid }: IndexHealth): boolean =>
    isValid && !choice.again && rebuiltAt !== null && now - rebuiltAt.getTime() < FRESH_HOURS * 3_600_000;
  const chosen: Rebuild[] = [];
  const add = (more: Rebuild[]): void => {
    for (const one of more) if (!chosen.some(({ index }) => index === one.index)) chosen.push(one);
  };
  if (choice.index)
    add(named(all, choice.index).map((one) => asRebuild(one, one.isValid ? 'asked for' : 'invalid')));
  if (choice.invalid || choice.all)
    add(real.filter(({ isValid }) => !isValid).map((one) => asRebuild(one, 'invalid')));
  if (choice.vector || choice.all) {
    const vectors = real.filter(
      (one) =>
        (one.method === 'hnsw' || one.method === 'ivfflat') && one.rows + one.deadRows > 0 && !isDone(one),
    );
    add(vectors.toSorted((a, b) => b.deadRows - a.deadRows).map((one) => asRebuild(one, 'asked for')));
  }
  if (choice.bloated)
    add(
      real
        .filter((one) => wasteOf(one) >= BLOATED.share && one.bytes * wasteOf(one) >= BLOATED.bytes)
        .toSorted((a, b) => b.bytes * wasteOf(b) - a.bytes * wasteOf(a))
        .map((one) => asRebuild(one, 'bloat')),
    );
  if (choice.all) add(real.filter((one) => !isDone(one)).map((one) => asRebuild(one, 'asked for')));
  const asked = choice.index ?? choice.invalid ?? choice.vector ?? choice.bloated ?? choice.all;
  return asked === undefined ? due : chosen;
}
