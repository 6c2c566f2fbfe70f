import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ColloquyError } from '../../../lib/errors.ts';

export interface Entry {
  id: string;
  title: string;
  text: string;
  /** The text-search configuration of this one, where the set says so. */
  language?: string;
  /** How it is imported. Default: text. */
  contentType?: string;
}

/** Documents, questions and judgements. */
export interface TestSet {
  name: string;
  corpus: Entry[];
  queries: { id: string; text: string }[];
  /** By question; only those whose documents are in the corpus. */
  judged: Map<string, Map<string, number>>;
}

interface Line {
  _id?: unknown;
  title?: unknown;
  text?: unknown;
  language?: unknown;
}

function unreadable(path: string, why: string): ColloquyError {
  return new ColloquyError('CQ050', `${path} cannot be read: ${why}.`, {
    hint: 'A set is a folder with corpus.jsonl ({"_id", "title", "text"}), queries.jsonl ({"_id", "text"}) and qrels.tsv (query, document, grade). See docs/search-quality.md.',
  });
}

export function readLines(path: string): { id: string; title: string; text: string; language?: string }[] {
  if (!existsSync(path)) throw unreadable(path, 'there is no such file');
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      let value: Line;
      try {
        value = JSON.parse(line) as Line;
      } catch (error) {
        throw unreadable(path, `line ${index + 1} is no JSON (${(error as Error).message})`);
      }
      if (value?._id === undefined) throw unreadable(path, `line ${index + 1} has no _id`);
      return {
        id: String(value._id),
        title: typeof value.title === 'string' ? value.title : '',
        text: typeof value.text === 'string' ? value.text : '',
        ...(typeof value.language === 'string' ? { language: value.language } : {}),
      };
    });
}

/** Judgements in the three columns of BEIR or the four of TREC, with a header or without. */
export function readJudgements(path: string): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>();
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() === '') return;
      const columns = line.includes('\t') ? line.trim().split('\t') : line.trim().split(/\s+/);
      const [query, document, grade] = columns.length === 4 ? [columns[0], columns[2], columns[3]] : columns;
      if (query === undefined || document === undefined || !Number.isFinite(Number(grade ?? '1'))) {
        if (index === 0) return;
        throw unreadable(path, `line ${index + 1} is not "query, document, grade"`);
      }
      const of = judged.get(query) ?? new Map<string, number>();
      of.set(document, Number(grade ?? '1'));
      judged.set(query, of);
    });
  return judged;
}

/** Keeps the judgements whose documents are there, and the questions that still have something to find. */
export function testSet(
  name: string,
  corpus: Entry[],
  queries: TestSet['queries'],
  allJudged: Map<string, Map<string, number>>,
): TestSet {
  const known = new Set(corpus.map((entry) => entry.id));
  const judged = new Map<string, Map<string, number>>();
  for (const { id } of queries) {
    const here = new Map([...(allJudged.get(id) ?? [])].filter(([document]) => known.has(document)));
    if ([...here.values()].some((grade) => grade > 0)) judged.set(id, here);
  }
  return { name, corpus, queries: queries.filter(({ id }) => judged.has(id)), judged };
}

export interface Limits {
  /** The first so many questions. */
  queries?: number | undefined;
  /** At most so many documents: those that are right for a question first, then the others in their order. */
  documents?: number | undefined;
}

export function limited(set: TestSet, limits: Limits): TestSet {
  const queries = set.queries.slice(0, limits.queries);
  if (limits.documents === undefined) return { ...set, queries };
  const wanted = new Set(queries.flatMap(({ id }) => [...set.judged.get(id)!.keys()]));
  const corpus = [
    ...set.corpus.filter((entry) => wanted.has(entry.id)),
    ...set.corpus.filter((entry) => !wanted.has(entry.id)),
  ].slice(0, limits.documents);
  return testSet(set.name, corpus, queries, set.judged);
}

/** Reads a set in BEIR form. */
export function readSet(folder: string): TestSet {
  const judgements = ['qrels.tsv', 'qrels/test.tsv'].map((name) => join(folder, name)).find(existsSync);
  const corpus = readLines(join(folder, 'corpus.jsonl')).filter(
    ({ title, text }) => (title + text).trim() !== '',
  );
  const queries = readLines(join(folder, 'queries.jsonl')).filter(({ text }) => text.trim() !== '');
  if (!judgements) throw unreadable(join(folder, 'qrels.tsv'), 'there is no such file');
  const set = testSet(basename(resolve(folder)), corpus, queries, readJudgements(judgements));
  if (set.queries.length === 0) throw unreadable(judgements, 'no question has a document of the corpus');
  return set;
}
