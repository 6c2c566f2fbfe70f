import { setTimeout as delay } from 'node:timers/promises';
import { chunkText } from '../../chunking/chunk.ts';
import { countTokens } from '../../chunking/tokens.ts';
import { startWorker } from '../../jobs/worker.ts';
import type { Database } from '../../lib/database.ts';
import { openLocal } from '../../models/local/local.ts';
import type { EmbeddingProvider } from '../../models/provider.ts';
import { stripNoise } from '../../models/strip-noise.ts';
import { folderPages, type Page } from './folder-pages.ts';
import { type Bench, compare, runSql, type Scale } from './harness.ts';

const PAGES: Record<Scale, number> = { small: 300, medium: 3_000, large: 20_000 };
/** Pages whose vectors are really computed: what one costs is the same for all. */
const SAMPLE = 10;
const ROUNDS = 3;
/** As versions cut and embedded before: every token of 100 with 15 repeated. */
const BEFORE = { chunkSize: 100, chunkOverlap: 15 };
const DIMENSIONS = 512;

/** What a vector of each passage of a page is made of. */
function passages(
  { title, content }: Page,
  sizes: { chunkSize: number; chunkOverlap: number },
  shorten: (text: string) => string,
): string[] {
  return chunkText({ content, contentType: 'markdown', title }, sizes).map((chunk) =>
    shorten([[title, chunk.heading].filter(Boolean).join(' › '), chunk.content].join('\n')),
  );
}

/** Answers at once with the same vector, after it was let go. */
function heldProvider(held: Promise<void>): EmbeddingProvider {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_, index) => (index === 0 ? 1 : 0));
  return {
    name: 'local',
    model: 'held',
    dimensions: DIMENSIONS,
    maxTokens: 8192,
    price: 0,
    async embed(texts) {
      await held;
      return { vectors: texts.map(() => vector), tokens: 0, failures: [] };
    },
    async close() {},
  };
}

/** Seconds from the import until every page is found by its words, while no vector comes, and then until all have their vectors. */
async function index(
  database: Database,
  pages: Page[],
): Promise<{ stored: number; words: number; vectors: number }> {
  const owner = database.pool('owner');
  await runSql(database, 'folder_user.sql');
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const worker = await startWorker({
    pool: database.pool('worker'),
    concurrency: 2,
    openProvider: () => heldProvider(held),
  });
  const isDone = async (sql: string) => (await owner.query(`select ${sql} as done`)).rows[0].done as boolean;
  const wait = async (sql: string) => {
    while (!(await isDone(sql))) await delay(50);
    return (performance.now() - began) / 1000;
  };
  const began = performance.now();
  try {
    for (let from = 0; from < pages.length; from += 50) {
      await owner.query(
        `insert into app_public.documents (workspace_id, owner_id, title, content, content_type, source_url)
         select m.workspace_id, m.user_id, p.title, p.content, 'markdown', 'file:folder/' || p.title
         from app_public.workspace_members m cross join jsonb_to_recordset($1) as p (title text, content text)`,
        [JSON.stringify(pages.slice(from, from + 50))],
      );
    }
    const stored = (performance.now() - began) / 1000;
    const words = await wait(
      'not exists (select from app_public.documents d where d.chunked_hash is distinct from d.content_hash)',
    );
    letGo();
    const vectors = await wait(
      '(select sum(chunk_count) from app_hidden.chunk_counts) = (select sum(embedding_count) from app_hidden.embedding_counts)',
    );
    return { stored, words, vectors: vectors - words };
  } finally {
    letGo();
    await worker.stop();
  }
}

/** Milliseconds of CPU that the vectors of some texts take. */
async function cpuOf(provider: EmbeddingProvider, texts: string[]): Promise<number> {
  const before = process.cpuUsage();
  await provider.embed(texts);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export const folder: Bench = {
  about: 'a folder of markdown: until it is found by words, until by meaning, and what its vectors cost',
  async run(database, scale, say) {
    const pages = folderPages(PAGES[scale]);
    const { rows } = await database
      .pool('owner')
      .query(
        `select chunk_size as "chunkSize", chunk_overlap as "chunkOverlap" from app_public.embedding_versions where status = 'active'`,
      );
    const now = rows[0] as typeof BEFORE;
    const beginCut = performance.now();
    const ours = pages.map((page) => passages(page, now, stripNoise));
    const cutting = (performance.now() - beginCut) / 1000;
    const before = pages.map((page) => passages(page, BEFORE, (text) => text));
    const tokens = (texts: string[][]) => texts.flat().reduce((sum, text) => sum + countTokens(text), 0);
    const times = await index(database, pages);
    say(`${pages.length} pages: found by words after ${times.words.toFixed(1)} s`);
    const provider = openLocal(1);
    const cpu: { ours: number; anchor: number }[] = [];
    try {
      await provider.embed(['warm']);
      for (let round = 0; round < ROUNDS; round += 1) {
        const from = round * SAMPLE;
        const sample = (of: string[][]) => of.slice(from, from + SAMPLE).flat();
        cpu.push({
          ours: (await cpuOf(provider, sample(ours))) / SAMPLE,
          anchor: (await cpuOf(provider, sample(before))) / SAMPLE,
        });
        say(`Round ${round + 1} of ${ROUNDS}`);
      }
    } finally {
      await provider.close();
    }
    const anchorName = 'passages of 100 tokens, 15 of them repeated, nothing left out';
    return {
      shape: {
        pages: pages.length,
        'characters each': Math.round(
          pages.reduce((sum, { content }) => sum + content.length, 0) / pages.length,
        ),
        'passages each': Number((ours.flat().length / pages.length).toFixed(1)),
        before: Number((before.flat().length / pages.length).toFixed(1)),
      },
      ratios: [
        compare(
          'tokens a page',
          [{ ours: tokens(ours) / pages.length, anchor: tokens(before) / pages.length }],
          {
            unit: 'tokens',
            anchorName,
            goal: { most: 0.85 },
          },
        ),
        compare('CPU of the local model a page', cpu, { unit: 'ms', anchorName }),
        compare(
          'pages found by words',
          [{ ours: pages.length / times.words, anchor: pages.length / cutting }],
          {
            unit: 'pages/s',
            anchorName: 'cutting them in a loop, nothing stored',
          },
        ),
      ],
      notes: [
        `All stored after ${times.stored.toFixed(1)} s; found by words after ${times.words.toFixed(1)} s, while the provider did not answer; all vectors ${times.vectors.toFixed(1)} s later, by a provider that costs nothing.`,
      ],
    };
  },
};
