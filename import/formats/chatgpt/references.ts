import { distinctSources, type Source, sourceOf } from '../conversations/source-list.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json/values.ts';

/**
 * What an answer refers to. ChatGPT writes marks into its text, between characters of Unicode's private use area or in
 * brackets like 【3†source】, and says beside the text what each stands for.
 */

/** `turn0search3`, with what it stands for. */
type Listed = Map<string, Source>;

const OPEN = '\ue200';
const BLOCK = /[ \t]*\ue200([^\ue200\ue201]*)\ue201/g;
const CUT_BLOCK = /[ \t]*\ue200[a-z_]*\ue202[\w\ue202]*$/;
const STRAY = /[\ue200-\ue21f]/g;
const BRACKETS = /[ \t]*【[^【】\n]{0,100}†[^【】\n]{0,300}】/g;
const BRACKETED_REF = /[ \t]*【(turn\d+[a-z]+\d+)[^【】\n]{0,300}】/g;
/** What is left where the private characters were lost on the way. */
const BARE = /[ \t]*(?:file|nav)?cite((?:turn\d+[a-z]+\d+)+)/g;
const REF = /turn\d+[a-z]+\d+/g;

const isMark = (text: string): boolean => text.includes(OPEN) || /[\ue200-\ue21f]|【[^【】\n]*】/.test(text);

function refId(value: unknown): string | null {
  const { turn_index, ref_type, ref_index } = asObject(value);
  return asString(ref_type) === null ? null : `turn${turn_index ?? 0}${ref_type}${ref_index ?? 0}`;
}

/** What the results of a search were. */
export function listedSources(metadata: JsonObject): Source[] {
  return asArray(metadata.search_result_groups).flatMap((group) => {
    const { entries, results } = asObject(group);
    return [...asArray(entries), ...asArray(results)].flatMap((entry) => {
      const { title, url } = asObject(entry);
      return sourceOf(title, url) ?? [];
    });
  });
}

/** The names that the marks of later messages have for what was found. */
export function namesOfSources(metadata: JsonObject): Listed {
  const names: Listed = new Map();
  for (const group of asArray(metadata.search_result_groups)) {
    for (const entry of asArray(asObject(group).entries)) {
      const { ref_id, title, url } = asObject(entry);
      const name = refId(ref_id);
      const source = sourceOf(title, url);
      if (name !== null && source !== null) names.set(name, source);
    }
  }
  for (const reference of asArray(metadata.content_references)) {
    const { refs, items } = asObject(reference);
    const found = asArray(items).flatMap(sourcesOfItem);
    for (const [i, ref] of asArray(refs).entries()) {
      const name = refId(ref);
      if (name !== null && found[i] !== undefined) names.set(name, found[i]);
    }
  }
  return names;
}

function sourcesOfItem(item: unknown): Source[] {
  const { title, url, supporting_websites } = asObject(item);
  const supporting = asArray(supporting_websites).flatMap((site) => {
    const { title, url } = asObject(site);
    return sourceOf(title, url) ?? [];
  });
  const own = sourceOf(title, url);
  return own === null ? supporting : [own, ...supporting];
}

/** What one reference says it rests on: pages, or a file by its name. */
function sourcesOfReference(reference: JsonObject): Source[] {
  const { title, url, name, items, sources, fallback_items, safe_urls } = reference;
  const given = [
    ...(asString(url) === null && asString(name) === null ? [] : [sourceOf(title ?? name, url)]),
    ...asArray(items).flatMap(sourcesOfItem),
    ...asArray(sources).flatMap(sourcesOfItem),
  ].filter((source) => source !== null);
  if (given.length > 0) return given;
  const fallback = asArray(fallback_items).flatMap(sourcesOfItem);
  return fallback.length > 0 ? fallback : asArray(safe_urls).flatMap((each) => sourceOf(null, each) ?? []);
}

function linksTo(sources: Source[]): string {
  const links = sources.map(({ title, url }) => {
    const words = (title ?? url ?? '').replace(/[[\]]/g, '');
    return url === null ? words : `[${words}](${url})`;
  });
  return links.length === 0 ? '' : `(${links.join(', ')})`;
}

/** The name in `["place","Anatolia",0]`, or those in `{"selections":[["turn0product1","Zeta 9"]]}`. */
function parsedNames(text: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const lists = Array.isArray(parsed) ? [parsed] : asArray(asObject(parsed).selections);
    return lists
      .map((list) => asString(asArray(list)[1]))
      .filter((name) => name !== null)
      .join(', ');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return '';
  }
}

/** What a mark says that no reference explains. */
function unexplained(inside: string, lookUp: (ref: string) => Source | null, cited: Source[]): string {
  const [kind = '', ...rest] = inside.split('\ue202');
  if (kind === 'entity' || kind.startsWith('product')) return parsedNames(rest[0]);
  if (kind === 'url') {
    const source = sourceOf(rest[0], rest[1] ?? rest[0]);
    if (source?.url && /^https?:/.test(source.url)) cited.push(source);
    return source?.url && /^https?:/.test(source.url)
      ? `[${source.title ?? source.url}](${source.url})`
      : (rest[0] ?? '');
  }
  const sources = (inside.match(REF) ?? []).map(lookUp).filter((source) => source !== null);
  cited.push(...sources);
  return linksTo(distinctSources(sources));
}

/** Older citations say by position which bracket they belong to, counted in characters. */
function placesOf(text: string, citations: unknown[]): Map<string, Source> {
  const places = new Map<string, Source>();
  if (citations.length === 0 || !text.includes('【')) return places;
  const characters = Array.from(text);
  for (const citation of citations) {
    const { start_ix, end_ix, metadata } = asObject(citation);
    const { title, url, name } = asObject(metadata);
    const source = sourceOf(title ?? name, url);
    if (typeof start_ix !== 'number' || typeof end_ix !== 'number' || source === null) continue;
    const mark = characters.slice(start_ix, end_ix).join('').trim();
    if (isMark(mark)) places.set(mark, source);
  }
  return places;
}

const put = (mark: string, words: string): string =>
  words === '' ? '' : `${/^[ \t]/.test(mark) ? ' ' : ''}${words}`;

/** The text without marks, with links where they stood, and all that it cites. */
export function readReferences(
  text: string,
  metadata: JsonObject,
  lookUp: (ref: string) => Source | null,
): { text: string; cited: Source[] } {
  const references = asArray(metadata.content_references).filter(isObject);
  const citations = asArray(metadata.citations);
  const cited = [
    ...references.flatMap(sourcesOfReference),
    ...citations.flatMap((citation) => {
      const { metadata: about, title, url } = asObject(citation);
      const { title: called, url: address, name } = asObject(about);
      return sourceOf(called ?? name ?? title, address ?? url) ?? [];
    }),
  ];
  if (!/[\ue200-\ue21f【]|cite(?:turn\d)/.test(text)) return { text, cited };
  let read = text;
  // by position first: replacing moves them
  const places = placesOf(text, citations);
  for (const reference of references) {
    const mark = asString(reference.matched_text);
    if (mark === null || !isMark(mark) || !read.includes(mark)) continue;
    const alt =
      asString(reference.alt)?.replace(STRAY, '') ?? linksTo(distinctSources(sourcesOfReference(reference)));
    read = read.replaceAll(mark, reference.type === 'hidden' ? '' : alt);
  }
  read = read
    .replace(BRACKETED_REF, (mark, ref) => put(mark, unexplained(ref, lookUp, cited)))
    .replace(BRACKETS, (mark) => {
      const source = places.get(mark.trim());
      return put(mark, source === undefined ? '' : linksTo([source]));
    });
  // the innermost first: marks may stand around others
  for (let round = 0; round < 5 && read.includes(OPEN); round++)
    read = read.replace(BLOCK, (mark, inside) => put(mark, unexplained(inside, lookUp, cited)));
  return {
    text: read
      .replace(CUT_BLOCK, '')
      .replace(STRAY, '')
      .replace(BARE, (mark, refs) => put(mark, unexplained(refs, lookUp, cited))),
    cited,
  };
}
