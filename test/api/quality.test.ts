import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { projectFolder } from '../../lib/migrations.ts';
import type { EmbeddingProvider } from '../../models/provider.ts';
import { type Mode, registerClient } from '../../tools/bench/quality/client.ts';
import { type Figures, measureSet, type SetReport } from '../../tools/bench/quality/documents.ts';
import { ownSet } from '../../tools/bench/quality/own-set.ts';
import { withServer } from '../../tools/bench/quality/server.ts';
import { type TestSet, testSet } from '../../tools/bench/quality/set.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

log.level = 'silent';

/**
 * The least that search must reach on this project's own documentation: nDCG@10, and the most questions that may find nothing.
 * Raised by hand when search becomes better (npm run bench -- quality), never lowered to let a change pass.
 */
const FLOOR = {
  // FLOOR: by words, over all documents
  text: { ndcg: 0.6, zeroResults: 5 },
  // FLOOR: by words and meaning, over the shorter ones
  hybrid: { ndcg: 0.6, zeroResults: 0 },
};

/** Characters of the shortest documents that get real vectors: about 60 ms of processor time for each 380 of them. */
const EMBEDDED_CHARACTERS = 45_000;
const MOST_PASSAGES = 300;

const set = ownSet();

/** The shortest documents, and the questions about them. */
function shorter(): TestSet {
  let characters = 0;
  const corpus = [...set.corpus]
    .sort((a, b) => a.text.length - b.text.length)
    .filter(({ text }) => {
      characters += text.length;
      return characters <= EMBEDDED_CHARACTERS;
    });
  return testSet('docs, the shorter ones', corpus, set.queries, set.judged);
}

/** Vectors that cost nothing, for what is only searched by words. */
const noMeaning = (): EmbeddingProvider => ({
  name: 'local',
  model: 'none',
  dimensions: 512,
  maxTokens: 8192,
  price: 0,
  embed: async (texts) => ({
    vectors: texts.map(() => new Float32Array(512).fill(1 / Math.sqrt(512))),
    tokens: 0,
    failures: [],
  }),
  close: async () => {},
});

async function measured(
  which: TestSet,
  modes: Mode[],
  what: 'words' | 'vectors',
): Promise<{ report: SetReport; of: (name: string) => Figures }> {
  const database: Database = serverDatabase((await createTestDatabase()).url);
  try {
    const report = await withServer(
      database,
      async (url) => {
        const client = await registerClient(url, 'quality@example.org');
        const idOf = await client.importDocuments(which.corpus);
        await client.untilIndexed(what);
        const pool = database.pool('owner');
        return measureSet(which, idOf, { pool, client, modes, language: 'english', say: () => {} });
      },
      what === 'words' ? { openProvider: noMeaning } : {},
    );
    return { report, of: (name) => report.figures.find((one) => one.name === name)! };
  } finally {
    await database.close();
  }
}

describe('the questions about the documentation', () => {
  it('are judged, and each names documents that there are', () => {
    const paths = new Set([...set.judged.values()].flatMap((judged) => [...judged.keys()]));
    expect([...paths].filter((path) => !existsSync(join(projectFolder, path)))).toEqual([]);
    expect(set.queries.length).toBeGreaterThanOrEqual(150);
    expect(new Set(set.queries.map(({ text }) => text)).size).toBe(set.queries.length);
    const languages = new Set(set.queries.map(({ id }) => id.slice(0, 2)));
    expect([...languages].sort()).toEqual(['de', 'en', 'es', 'fr', 'ja', 'zh']);
    // what nobody asks about is only in the way
    const unasked = set.corpus.map(({ id }) => id).filter((id) => id.startsWith('test/') && !paths.has(id));
    expect(unasked).toEqual([]);
  });
});

describeReal('search over the documentation', () => {
  it('finds by words what people ask for', { timeout: LONG }, async () => {
    const { report, of } = await measured(set, ['TEXT'], 'words');
    expect(report.passages).toBeGreaterThan(300);
    // the set itself: what a plain ranking by words reaches
    expect(of('BM25 per document').measures['nDCG@10'].value).toBeGreaterThan(0.6);
    const text = of('TEXT');
    expect(text.failed).toBe(0);
    expect(text.measures['nDCG@10'].value).toBeGreaterThanOrEqual(FLOOR.text.ndcg);
    expect(text.zeroResults).toBeLessThanOrEqual(FLOOR.text.zeroResults);
  });

  it('finds by words and by meaning together what people ask for', { timeout: LONG }, async () => {
    const { report, of } = await measured(shorter(), ['HYBRID'], 'vectors');
    expect(report.passages).toBeLessThanOrEqual(MOST_PASSAGES);
    expect(report.questions).toBeGreaterThanOrEqual(50);
    const hybrid = of('HYBRID');
    expect(hybrid.failed).toBe(0);
    expect(hybrid.measures['nDCG@10'].value).toBeGreaterThanOrEqual(FLOOR.hybrid.ndcg);
    expect(hybrid.zeroResults).toBeLessThanOrEqual(FLOOR.hybrid.zeroResults);
  });
});
