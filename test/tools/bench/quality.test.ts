import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serverDatabase } from '../../../lib/database.ts';
import { bm25, byBestRank } from '../../../tools/bench/quality/bm25.ts';
import { readDialogues, withNeighbours } from '../../../tools/bench/quality/dialogues.ts';
import { differences } from '../../../tools/bench/quality/documents.ts';
import { bigrams, guessLanguage, isUnspaced, termsOf } from '../../../tools/bench/quality/lexemes.ts';
import {
  estimate,
  estimateDifference,
  estimateShare,
  ndcg,
  recall,
  reciprocalRank,
} from '../../../tools/bench/quality/metrics.ts';
import { isBelow } from '../../../tools/bench/quality/report.ts';
import { limited, readSet } from '../../../tools/bench/quality/set.ts';
import { withTypo } from '../../../tools/bench/quality/typo.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

describe('measures of a ranking', () => {
  const judged = new Map([
    ['b', 2],
    ['d', 1],
    ['x', 1],
    ['a', 0],
  ]);
  const ranked = ['a', 'b', 'c', 'd'];

  it('are those that a hand computes', () => {
    // 2 / log2(3) of 2 + 1 / log2(3) + 1 / 2
    expect(ndcg(ranked, judged, 3)).toBeCloseTo(0.40303, 5);
    // with 1 / log2(5) more
    expect(ndcg(ranked, judged, 10)).toBeCloseTo(0.54059, 5);
    expect(ndcg(['b', 'd', 'x'], judged, 10)).toBe(1);
    expect([recall(ranked, judged, 3), recall(ranked, judged, 4)]).toEqual([1 / 3, 2 / 3]);
    expect([reciprocalRank(ranked, judged, 10), reciprocalRank(ranked, judged, 1)]).toEqual([0.5, 0]);
  });

  it('are 0 where there is nothing to find or nothing was found', () => {
    expect(ndcg(ranked, new Map([['a', 0]]), 10)).toBe(0);
    expect(recall(ranked, new Map(), 10)).toBe(0);
    expect(ndcg([], judged, 10)).toBe(0);
  });
});

describe('intervals', () => {
  const values = Array.from({ length: 100 }, (_, index) => index % 2);

  it('hold the mean, are the same at each run, and are as wide as theory says', () => {
    const one = estimate(values);
    expect(one.value).toBe(0.5);
    // 1.96 × 0.5 / √100
    expect(one.low).toBeCloseTo(0.402, 1);
    expect(one.high).toBeCloseTo(0.598, 1);
    expect(estimate(values)).toEqual(one);
    expect(estimate([0.3, 0.3])).toEqual({ value: 0.3, low: 0.3, high: 0.3 });
  });

  it('compare question by question', () => {
    const better = values.map((value) => value + 0.1);
    const { value, low, high } = estimateDifference(better, values);
    for (const figure of [value, low, high]) expect(figure).toBeCloseTo(0.1, 10);
    expect(isBelow(estimateDifference(values, better))).toBe(true);
    expect(isBelow(estimateDifference(better, values))).toBe(false);
    expect(estimateShare([0, 1], [1, 1]).value).toBe(0.5);
    expect(estimateShare([0], [0]).value).toBe(1);
  });

  it('measure hybrid against BM25 and its better leg', () => {
    const gains = new Map([
      ['VECTOR', [1, 0]],
      ['TEXT', [1, 1]],
      ['HYBRID', [1, 1]],
      ['BM25 per document', [0, 0]],
    ]);
    expect(differences(gains).map(({ name, estimate: { value } }) => [name, value])).toEqual([
      ['HYBRID − BM25 per document', 1],
      ['HYBRID − TEXT, its better leg', 0],
    ]);
    expect(differences(new Map([['TEXT', [1]]]))).toEqual([]);
  });
});

describe('BM25', () => {
  const rank = bm25(
    new Map([
      [
        'd1',
        new Map([
          ['cat', 2],
          ['dog', 1],
        ]),
      ],
      ['d2', new Map([['cat', 1]])],
      ['d3', new Map([['bird', 2]])],
    ]),
  );

  it('is what a hand computes with k1 1.2 and b 0.75', () => {
    const found = rank(['cat']);
    expect(found.map(([id]) => id)).toEqual(['d2', 'd1']);
    // ln(1 + 1.5 / 2.5) × 2.2 / 1.75, and × 4.4 / 3.65
    expect(found[0]![1]).toBeCloseTo(0.59086, 5);
    expect(found[1]![1]).toBeCloseTo(0.56658, 5);
    // a word counts once, however often it is asked for
    expect(rank(['cat', 'cat'])).toEqual(found);
  });

  it('finds whatever has any of the words, and nothing else', () => {
    expect(
      rank(['dog', 'bird', 'whale'])
        .map(([id]) => id)
        .sort(),
    ).toEqual(['d1', 'd3']);
    expect(rank(['whale'])).toEqual([]);
  });

  it('takes a document by its best passage', () => {
    expect(byBestRank(['a1', 'b1', 'a2', '?'], (id) => (id === '?' ? undefined : id[0]))).toEqual(['a', 'b']);
  });
});

it('gives a turn the words of its neighbours, the less the further away they are', () => {
  const turns = ['a', 'b', 'c', 'b'].map((term) => new Map([[term, 2]]));
  expect(withNeighbours(turns).map((terms) => Object.fromEntries(terms))).toEqual([
    { a: 2, b: 1, c: 0.5 },
    { a: 1, b: 2.5, c: 1 },
    { a: 0.5, b: 2, c: 2 },
    { b: 2.5, c: 1 },
  ]);
});

describe('a typo', () => {
  it('is in the longest word, not in its first letter, and the same each time', () => {
    for (let seed = 0; seed < 50; seed++) {
      const question = 'Who practiced disobedience?';
      const mistyped = withTypo(question, seed);
      expect(mistyped).toBe(withTypo(question, seed));
      expect(mistyped).not.toBe(question);
      expect(mistyped).toMatch(/^Who practiced d\p{L}{10,13}\?$/u);
    }
  });

  it('spares short words, and scripts in which two signs are a word', () => {
    expect(withTypo('who is it', 1)).toBe('who is it');
    expect(withTypo('北京天气怎么样', 1)).toBe('北京天气怎么样');
  });
});

describe('scripts without spaces', () => {
  it('are told from others, and cut into pairs', () => {
    expect(
      ['北京天气', 'これは', 'ภาษาไทย', 'hello', 'Привет', 'ABC 公司 and others'].map(isUnspaced),
    ).toEqual([true, true, true, false, false, false]);
    expect(bigrams('ＡＢＣ 北京天气, 好')).toEqual(['北京', '京天', '天气', '好']);
    expect(bigrams('hello')).toEqual([]);
  });
});

describe('a set', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-set-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const lines = (...values: object[]): string => values.map((value) => JSON.stringify(value)).join('\n');
  const write = (name: string, files: Record<string, string>): string => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, file, '..'), { recursive: true });
      writeFileSync(join(folder, name, file), text);
    }
    return join(folder, name);
  };
  const corpus = lines({ _id: 'a', title: 'A', text: 'one' }, { _id: 2, text: 'two' }, { _id: 'empty' });
  const queries = lines(
    { _id: 'q1', text: 'one?' },
    { _id: 'q2', text: 'two?' },
    { _id: 'q3', text: 'none?' },
  );

  it.each([
    ['a header', { 'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\t2\t2\nq3\tgone\t1\n' }],
    ['no header', { 'qrels.tsv': 'q1\ta\t1\nq2\t2\t2\nq3\ta\t0\n' }],
    ['a folder of its own', { 'qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\t2\t2\n' }],
    ['four columns, as TREC has them', { 'qrels.tsv': 'q1 0 a 1\nq2 0 2 2\n' }],
  ])('is read with %s', (_, judgements) => {
    const set = readSet(write('good', { 'corpus.jsonl': corpus, 'queries.jsonl': queries, ...judgements }));
    rmSync(join(folder, 'good'), { recursive: true });
    expect(set.corpus.map(({ id, title }) => [id, title])).toEqual([
      ['a', 'A'],
      ['2', ''],
    ]);
    // a question whose documents are not there has nothing to find
    expect(set.queries.map(({ id }) => id)).toEqual(['q1', 'q2']);
    expect(set.judged.get('q2')).toEqual(new Map([['2', 2]]));
    expect(limited(set, { queries: 1, documents: 1 })).toMatchObject({
      corpus: [{ id: 'a' }],
      queries: [{ id: 'q1' }],
    });
    expect(limited(set, { documents: 1 }).queries).toHaveLength(1);
  });

  it.each([
    ['without judgements', { 'corpus.jsonl': corpus, 'queries.jsonl': queries }, 'there is no such file'],
    [
      'with a broken line',
      { 'corpus.jsonl': '{', 'queries.jsonl': queries, 'qrels.tsv': '' },
      'line 1 is no JSON',
    ],
    [
      'with a line that has no id',
      { 'corpus.jsonl': '{"a":1}', 'queries.jsonl': queries, 'qrels.tsv': '' },
      'no _id',
    ],
    [
      'with judgements of other questions',
      { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': 'x\ta\t1' },
      'no question',
    ],
    [
      'with a line that judges nothing',
      { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': 'q1\ta\t1\nq1\n' },
      'line 2',
    ],
  ])('%s is refused with its place', (name, files, reason) => {
    expect(() => readSet(write(name, files))).toThrow(expect.objectContaining({ code: 'CQ050' }));
    expect(() => readSet(join(folder, name))).toThrow(reason);
  });

  it('of dialogues is read, and refused when it names turns that are not there', () => {
    const dialogue = {
      title: 'Tea',
      turns: [{ speaker: 'Ann', role: 'user', at: '2025-01-01T10:00:00Z', text: 'Assam?' }],
      questions: [{ text: 'Which tea?', evidence: [1] }],
    };
    const at = write('dialogues', { '1.json': JSON.stringify(dialogue), 'note.txt': '' });
    expect(readDialogues(at)).toMatchObject([{ title: 'Tea', language: 'english' }]);
    for (const questions of [
      [{ text: 'Which tea?', evidence: [2] }],
      [{ text: 'Which tea?', evidence: [] }],
      [],
    ]) {
      write('dialogues', { '1.json': JSON.stringify({ ...dialogue, questions }) });
      expect(() => readDialogues(at)).toThrow(expect.objectContaining({ code: 'CQ050' }));
    }
  });
});

describeReal('lexemes', () => {
  it('are those of PostgreSQL, and pairs where it has none', async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    try {
      const pool = database.pool('owner');
      const [english, german, mixed, none] = await termsOf(pool, [
        { text: 'The cats and a cat', language: 'english' },
        { text: 'Die Katzen', language: 'german' },
        { text: 'ＡＢＣ 北京天气', language: 'english' },
        { text: '', language: 'english' },
      ]);
      expect(english).toEqual(new Map([['cat', 2]]));
      expect(german).toEqual(new Map([['katz', 1]]));
      expect(mixed).toEqual(
        new Map([
          ['abc', 1],
          ['北京', 1],
          ['京天', 1],
          ['天气', 1],
        ]),
      );
      expect(none).toEqual(new Map());

      const guess = (text: string) => guessLanguage(pool, [text]);
      expect(await guess('What is the time on the clock when they got to the line?')).toBe('english');
      expect(await guess('Wie viel Zeit blieb, als die Mannschaft den Ball auf der Linie bekam?')).toBe(
        'german',
      );
      expect(await guess('Le temps qui restait quand ils ont pris la balle dans la zone')).toBe('french');
      expect(await guess('Zażółć gęślą jaźń, pchnąć w tę łódź jeża lub ośm skrzyń fig')).toBe('simple');
      expect(await guess('黑豹队的防守只丢了')).toBe(undefined);
    } finally {
      await database.close();
    }
  });
});
