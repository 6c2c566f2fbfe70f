import type { Pool } from 'pg';
import { bm25, byBestRank, type Terms } from './bm25.ts';
import { type Client, type Mode, RequestError } from './client.ts';
import { type Text, termsOf } from './lexemes.ts';
import {
  type Estimate,
  estimate,
  estimateDifference,
  estimateShare,
  ndcg,
  recall,
  reciprocalRank,
} from './metrics.ts';
import type { TestSet } from './set.ts';
import { withTypo } from './typo.ts';

export const MEASURES = ['nDCG@10', 'recall@10', 'recall@100', 'MRR@10'] as const;
export type Measure = (typeof MEASURES)[number];

/** What a way of searching gave for each question, in the order of the set. */
export interface Ranking {
  name: string;
  documents: string[][];
  /** Questions that could not be answered at all, with the first reason. */
  failed: number;
  reason?: string;
}

export interface Figures {
  name: string;
  measures: Record<Measure, Estimate>;
  zeroResults: number;
  failed: number;
  reason?: string;
}

export interface Difference {
  name: string;
  estimate: Estimate;
}

export interface SetReport {
  name: string;
  language: string;
  documents: number;
  passages: number;
  questions: number;
  figures: Figures[];
  /** Of nDCG@10, question by question. */
  differences: Difference[];
  /** Share of nDCG@10 that is kept with one typo in the longest word. */
  typos?: Difference[];
}

const perQuery: Record<Measure, (ranked: string[], judged: Map<string, number>) => number> = {
  'nDCG@10': (ranked, judged) => ndcg(ranked, judged, 10),
  'recall@10': (ranked, judged) => recall(ranked, judged, 10),
  'recall@100': (ranked, judged) => recall(ranked, judged, 100),
  'MRR@10': (ranked, judged) => reciprocalRank(ranked, judged, 10),
};

export function valuesOf(set: TestSet, ranking: Ranking, measure: Measure): number[] {
  return set.queries.map(({ id }, index) =>
    perQuery[measure](ranking.documents[index]!, set.judged.get(id)!),
  );
}

export function figuresOf(set: TestSet, ranking: Ranking): Figures {
  const of = (measure: Measure): Estimate => estimate(valuesOf(set, ranking, measure));
  return {
    name: ranking.name,
    measures: {
      'nDCG@10': of('nDCG@10'),
      'recall@10': of('recall@10'),
      'recall@100': of('recall@100'),
      'MRR@10': of('MRR@10'),
    },
    zeroResults: ranking.documents.filter((documents) => documents.length === 0).length,
    failed: ranking.failed,
    ...(ranking.reason ? { reason: ranking.reason } : {}),
  };
}

/**
 * Asks all questions of a set, in each mode in turn: the server keeps the vector of a question for the next mode.
 * What it refuses to answer has no results.
 */
export async function askAll(
  client: Client,
  questions: readonly string[],
  modes: readonly Mode[],
  idOf: ReadonlyMap<string, string>,
): Promise<Ranking[]> {
  const rankings: Ranking[] = modes.map((mode) => ({ name: mode, documents: [], failed: 0 }));
  for (const question of questions) {
    for (const [index, mode] of modes.entries()) {
      const ranking = rankings[index]!;
      try {
        const found = await client.search(question, mode, 'DOCUMENT');
        ranking.documents.push(byBestRank(found, ({ documentId }) => idOf.get(documentId ?? '')));
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        ranking.documents.push([]);
        ranking.failed += 1;
        ranking.reason ??= error.message;
      }
    }
  }
  return rankings;
}

/** The terms of questions: as each language of the corpus makes them. */
export async function questionTerms(
  pool: Pool,
  questions: readonly string[],
  languages: readonly string[],
): Promise<string[][]> {
  const terms: Set<string>[] = questions.map(() => new Set());
  for (const language of languages) {
    const made = await termsOf(
      pool,
      questions.map((text) => ({ text, language })),
    );
    for (const [index, each] of made.entries()) for (const term of each.keys()) terms[index]!.add(term);
  }
  return terms.map((each) => [...each]);
}

/** True BM25 over the same texts: per passage, a document by its best one, and per document. */
async function references(
  pool: Pool,
  set: TestSet,
  client: Client,
  idOf: ReadonlyMap<string, string>,
  language: string,
): Promise<{ passages: number; rank: (questions: readonly string[]) => Promise<Ranking[]> }> {
  const languageOf = new Map(set.corpus.map((entry) => [entry.id, entry.language ?? language]));
  const index = async (texts: Map<string, Text>): Promise<Map<string, Terms>> => {
    const terms = await termsOf(pool, [...texts.values()]);
    return new Map([...texts.keys()].map((id, place) => [id, terms[place]!]));
  };
  const passages = (await client.passages()).flatMap((passage) => {
    const document = idOf.get(passage.documentId ?? '');
    return document === undefined ? [] : [{ ...passage, document }];
  });
  const documentOf = new Map(passages.map(({ chunkId, document }) => [chunkId, document]));
  const perPassage = bm25(
    await index(
      new Map(
        passages.map(({ chunkId, text, document }) => [
          chunkId,
          { text, language: languageOf.get(document)! },
        ]),
      ),
    ),
  );
  const perDocument = bm25(
    await index(
      new Map(
        set.corpus.map(({ id, title, text }) => [
          id,
          { text: `${title}\n${text}`, language: languageOf.get(id)! },
        ]),
      ),
    ),
  );
  return {
    passages: passages.length,
    async rank(questions) {
      const terms = await questionTerms(pool, questions, [...new Set(languageOf.values())]);
      return [
        {
          name: 'BM25 per passage',
          failed: 0,
          documents: terms.map((query) => byBestRank(perPassage(query), ([id]) => documentOf.get(id))),
        },
        {
          name: 'BM25 per document',
          failed: 0,
          documents: terms.map((query) => perDocument(query).map(([id]) => id)),
        },
      ];
    },
  };
}

export interface MeasureOptions {
  pool: Pool;
  client: Client;
  modes: readonly Mode[];
  /** Of what names none. */
  language: string;
  typo?: boolean | undefined;
  say: (text: string) => void;
}

/** Measures a set whose documents are imported and indexed; idOf tells the id in the set of a document here. */
export async function measureSet(
  set: TestSet,
  idOf: ReadonlyMap<string, string>,
  { pool, client, modes, language, typo, say }: MeasureOptions,
): Promise<SetReport> {
  const reference = await references(pool, set, client, idOf, language);
  const questions = set.queries.map(({ text }) => text);
  say(`${set.name}: asking ${questions.length} questions …`);
  const rankings = [...(await askAll(client, questions, modes, idOf)), ...(await reference.rank(questions))];
  const gains = new Map(rankings.map((ranking) => [ranking.name, valuesOf(set, ranking, 'nDCG@10')]));
  const figures = rankings.map((ranking) => figuresOf(set, ranking));
  const report: SetReport = {
    name: set.name,
    language,
    documents: set.corpus.length,
    passages: reference.passages,
    questions: questions.length,
    figures,
    differences: differences(gains),
  };
  if (typo) {
    say(`${set.name}: asking them with a typo …`);
    const mistyped = questions.map((text, index) => withTypo(text, index));
    const again = [...(await askAll(client, mistyped, modes, idOf)), ...(await reference.rank(mistyped))];
    report.typos = again
      // of nothing, no share is kept
      .filter(({ name }) => gains.get(name)!.some((gain) => gain > 0))
      .map((ranking) => ({
        name: ranking.name,
        estimate: estimateShare(valuesOf(set, ranking, 'nDCG@10'), gains.get(ranking.name)!),
      }));
  }
  return report;
}

/** Hybrid against what it must not be below: BM25 per document, and the better of its own legs. */
export function differences(gains: ReadonlyMap<string, number[]>): Difference[] {
  const hybrid = gains.get('HYBRID');
  if (!hybrid) return [];
  const mean = (name: string): number => (gains.get(name) ?? []).reduce((sum, gain) => sum + gain, 0);
  const better = mean('VECTOR') > mean('TEXT') ? 'VECTOR' : 'TEXT';
  return ['BM25 per document', better].flatMap((name) => {
    const other = gains.get(name);
    return other
      ? [
          {
            name: name === better ? `HYBRID − ${name}, its better leg` : `HYBRID − ${name}`,
            estimate: estimateDifference(hybrid, other),
          },
        ]
      : [];
  });
}
