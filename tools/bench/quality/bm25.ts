/** How often each term occurs in a text. */
export type Terms = ReadonlyMap<string, number>;

const K1 = 1.2;
const B = 0.75;

/**
 * BM25 over the texts given, with their own statistics: k1 1.2, b 0.75, and the idf that is never negative
 * (ln(1 + (N − n + ½) / (n + ½))), as Lucene has it.
 */
export function bm25(texts: ReadonlyMap<string, Terms>): (query: Iterable<string>) => [string, number][] {
  const lengths = new Map<string, number>();
  const postings = new Map<string, [string, number][]>();
  for (const [id, terms] of texts) {
    let length = 0;
    for (const [term, count] of terms) {
      length += count;
      const list = postings.get(term);
      if (list) list.push([id, count]);
      else postings.set(term, [[id, count]]);
    }
    lengths.set(id, length);
  }
  const average = [...lengths.values()].reduce((sum, length) => sum + length, 0) / texts.size;

  /** Those with a term of the query, best first; of equal ones, the id that comes first. */
  return (query) => {
    const scores = new Map<string, number>();
    for (const term of new Set(query)) {
      const found = postings.get(term) ?? [];
      const rarity = Math.log(1 + (texts.size - found.length + 0.5) / (found.length + 0.5));
      for (const [id, count] of found) {
        const norm = K1 * (1 - B + (B * lengths.get(id)!) / average);
        scores.set(id, (scores.get(id) ?? 0) + (rarity * count * (K1 + 1)) / (count + norm));
      }
    }
    return [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  };
}

/** Ids by the best rank of what belongs to each: passages become documents. */
export function byBestRank<T>(ranked: readonly T[], idOf: (item: T) => string | undefined): string[] {
  const ids = new Set<string>();
  for (const item of ranked) {
    const id = idOf(item);
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}
