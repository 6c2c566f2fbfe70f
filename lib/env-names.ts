/** Names shorter than this have too many neighbours: CI is one letter from CC. */
const SHORTEST_GUESSED = 4;

/** From how many settings on a first word is ours: whatever else begins so was meant for Colloquy. */
const SETTINGS_OF_A_FAMILY = 3;

/** What Kubernetes sets in every container for each service of its namespace, also for one that is called colloquy. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP)(_|$)|$)/;

export interface UnknownVariable {
  name: string;
  /** The setting that was probably meant. */
  suggestion: string | undefined;
}

/** How many letters are to be inserted, left out, replaced or swapped with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        row[j - 1]! + 1,
        previous[j]! + 1,
        replaced,
        isSwapped ? beforePrevious[j - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}

function closest(name: string, known: readonly string[]): { name: string; distance: number } | undefined {
  return known
    .filter((one) => one.length >= SHORTEST_GUESSED)
    .map((one) => ({ name: one, distance: distance(name, one) }))
    .sort((a, b) => a.distance - b.distance)[0];
}

/** The first word of a name, with its hyphen: EMBEDDING_ of EMBEDDING_MODEL. */
const family = (name: string): string => /^[A-Z]+_/.exec(name)?.[0] ?? '';

/**
 * The variables that were probably meant as settings and are none: one or two letters beside a setting, or of a
 * family of settings. Values are not looked at.
 * @param names  of all variables that are set
 * @param known  of all settings
 */
export function unknownVariables(names: readonly string[], known: readonly string[]): UnknownVariable[] {
  const sizes = Map.groupBy(known, family);
  sizes.delete('');
  return names
    .filter((name) => /^[A-Z][A-Z0-9_]*$/i.test(name) && !/^npm_/i.test(name) && !known.includes(name))
    .filter((name) => !SERVICE_LINK.test(name))
    .flatMap((name) => {
      const upper = name.toUpperCase();
      const near = closest(upper, known);
      const isOfFamily = (sizes.get(family(upper))?.length ?? 0) >= SETTINGS_OF_A_FAMILY;
      // of a family, more of the name is right already
      const most = near === undefined ? -1 : Math.ceil(near.name.length / (isOfFamily ? 5 : 8));
      const suggestion = near && near.distance <= Math.min(most, isOfFamily ? 5 : 2) ? near.name : undefined;
      return suggestion || isOfFamily ? [{ name, suggestion }] : [];
    });
}
