/**
 * PostgreSQL stores neither NUL nor half of a surrogate pair, and JSON can spell both: NUL is dropped, the half
 * becomes U+FFFD. This is the only place that does it.
 */

/** What cleaning changed, added up over several texts. */
export interface Cleaned {
  nul: number;
  halves: number;
}

export const nothingCleaned = (): Cleaned => ({ nul: 0, halves: 0 });

/** The text as the database takes it. */
export function cleanText(text: string, cleaned?: Cleaned): string {
  const without = text.includes('\0') ? text.replaceAll('\0', '') : text;
  if (cleaned) cleaned.nul += text.length - without.length;
  if (without.isWellFormed()) return without;
  const formed = without.toWellFormed();
  if (cleaned) for (let i = 0; i < formed.length; i++) if (formed[i] !== without[i]) cleaned.halves += 1;
  return formed;
}

/**
 * The same for every string of a JSON value, names of properties included.
 * @throws RangeError when it is nested deeper than `maxDepth`
 */
export function cleanJson(
  value: unknown,
  { cleaned, maxDepth = Number.POSITIVE_INFINITY }: { cleaned?: Cleaned; maxDepth?: number } = {},
): unknown {
  const visit = (at: unknown, depth: number): unknown => {
    if (typeof at === 'string') return cleanText(at, cleaned);
    if (typeof at !== 'object' || at === null) return at;
    if (depth >= maxDepth) throw new RangeError(`nested deeper than ${maxDepth} levels`);
    if (Array.isArray(at)) return at.map((item) => visit(item, depth + 1));
    return Object.fromEntries(
      Object.entries(at).map(([name, item]) => [cleanText(name, cleaned), visit(item, depth + 1)]),
    );
  };
  return visit(value, 0);
}
