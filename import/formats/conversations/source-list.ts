import { asString, clipped, type JsonObject, present } from '../json/values.ts';

/** A page or a file that an answer rests on. */
export interface Source {
  title: string | null;
  url: string | null;
}

const MOST = 200;

export function sourceOf(title: unknown, url: unknown): Source | null {
  const address = asString(url)?.trim() ?? null;
  const name = asString(title)?.replace(/\s+/g, ' ').trim() ?? null;
  if (address === null && name === null) return null;
  return {
    title: name === null ? null : clipped(name, 300),
    url: address !== null && address.length <= 2048 ? address : null,
  };
}

/** Each source once, a title from whichever of them has one. */
export function distinctSources(sources: Iterable<Source>): Source[] {
  const found = new Map<string, Source>();
  for (const source of sources) {
    const key = source.url ?? `title:${source.title}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...source });
    else known.title ??= source.title;
  }
  return [...found.values()];
}

/** What is kept of them with a message: what it cites, and what else a search had found for it. */
export function sourcesOf(cited: Iterable<Source>, listed: Iterable<Source> = []): JsonObject {
  const citations = distinctSources(cited);
  const known = new Set(citations.map(({ url }) => url));
  const others = distinctSources(listed).filter(({ url }) => !known.has(url));
  const written = (list: Source[]) => list.slice(0, MOST).map(({ title, url }) => present({ title, url }));
  // where nothing says what was cited, it rests on what was found
  return citations.length === 0
    ? { citations: written(others) }
    : { citations: written(citations), search_results: written(others) };
}
