import { setTimeout as delay } from 'node:timers/promises';
import { toSql } from 'pgvector';
import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import { startWorker } from '../../jobs/worker.ts';
import type { Database } from '../../lib/database.ts';
import type { EmbeddingProvider } from '../../models/provider.ts';
import { type Bench, compare, runSql, type Scale } from './harness.ts';
import { vectorsAround } from './search-data.ts';

const DOCUMENTS: Record<Scale, number> = { small: 200, medium: 2_000, large: 20_000 };
const TENANTS = 20;
/** Of each concurrency. */
const ROUNDS = 3;
/** Jobs that a worker does at the same time. */
const CONCURRENCIES = [1, 2];
/** Of the model that the first version names. */
const DIMENSIONS = 512;
/** Made before, so that a vector costs nothing. */
const VECTORS = 5_000;

interface Version {
  id: string;
  chunk_size: number;
  chunk_overlap: number;
}

/** A provider that costs nothing: it hands out what was made before. */
function freeVectors(): () => Float32Array {
  const around = vectorsAround(DIMENSIONS);
  const vectors = Array.from({ length: VECTORS }, (_, n) => Float32Array.from(around(n)));
  let next = 0;
  return () => vectors[next++ % VECTORS]!;
}

function freeProvider(vector: () => Float32Array): EmbeddingProvider {
  return {
    name: 'local',
    model: 'free',
    dimensions: DIMENSIONS,
    maxTokens: 8192,
    price: 0,
    embed: async (texts) => ({ vectors: texts.map(vector), tokens: 0, failures: [] }),
    close: async () => {},
  };
}

/** Seconds until the worker has cut and embedded every document. */
async function byWorker(
  database: Database,
  concurrency: number,
  vector: () => Float32Array,
): Promise<number> {
  const started = performance.now();
  const worker = await startWorker({
    pool: database.pool('worker'),
    concurrency,
    openProvider: () => freeProvider(vector),
  });
  try {
    for (;;) {
      const { rows } = await database.pool('owner').query(
        `select not exists (select from app_public.documents d where d.chunked_hash is distinct from d.content_hash)
           and (select sum(k.chunk_count) from app_hidden.chunk_counts k) = (select sum(e.embedding_count) from app_hidden.embedding_counts e) as done`,
      );
      if (rows[0].done) return (performance.now() - started) / 1000;
      await delay(20);
    }
  } finally {
    await worker.stop();
  }
}

/** The anchor, written by hand for documents that nobody edits: read, cut, embed, insert, one document after the other. */
async function byHand(
  database: Database,
  round: number,
  version: Version,
  vector: () => Float32Array,
): Promise<number> {
  const started = performance.now();
  const pool = database.pool('owner');
  const { rows: ids } = await pool.query<{ id: string }>(
    'select d.id from app_public.documents d where d.title like $1 order by d.id',
    [`% of round ${round}`],
  );
  for (const { id } of ids) {
    const { rows } = await pool.query(
      'select d.workspace_id, d.owner_id, d.visibility, d.title, d.content from app_public.documents d where d.id = $1',
      [id],
    );
    const document = rows[0];
    const chunks = await chunkInThread(
      { content: document.content, contentType: 'text', title: document.title },
      { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap },
    );
    const client = await pool.connect();
    try {
      await client.query('begin');
      const { rows: inserted } = await client.query<{ id: string }>(
        `insert into bench.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading,
           start_offset, end_offset, token_count, content_hash)
         select $1, 'document', $2, $3, $4, c.chunk_index, c.content, $5, c.start_offset, c.end_offset, c.token_count,
           sha256(convert_to($5 || E'\\n' || c.content, 'UTF8'))
         from jsonb_to_recordset($6) as c (chunk_index integer, content text, start_offset integer, end_offset integer, token_count integer)
         returning id`,
        [
          document.workspace_id,
          id,
          document.owner_id,
          document.visibility,
          document.title,
          JSON.stringify(
            chunks.map((chunk) => ({
              chunk_index: chunk.index,
              content: chunk.content,
              start_offset: chunk.startOffset,
              end_offset: chunk.endOffset,
              token_count: chunk.tokenCount,
            })),
          ),
        ],
      );
      await client.query(
        `insert into bench.embeddings (version_id, workspace_id, chunk_id, embedding)
         select $1, $2, e.id, e.vector::extensions.halfvec from unnest($3::uuid[], $4::text[]) as e (id, vector)`,
        [
          version.id,
          document.workspace_id,
          inserted.map((row) => row.id),
          inserted.map(() => toSql([...vector()])),
        ],
      );
      await client.query('commit');
    } finally {
      client.release();
    }
  }
  return (performance.now() - started) / 1000;
}

export const embed: Bench = {
  about: 'documents to searchable by one worker, with a provider that costs nothing',
  async run(database, scale, say) {
    const documents = DOCUMENTS[scale];
    const owner = database.pool('owner');
    await runSql(database, 'words.sql');
    await runSql(database, 'embed_seed.sql', { tenants: TENANTS });
    const { rows: versions } = await owner.query<Version>(
      `select id, chunk_size, chunk_overlap from app_public.embedding_versions where status = 'active'`,
    );
    const version = versions[0]!;
    const vector = freeVectors();
    const count = async (table: string): Promise<number> =>
      (await owner.query(`select count(*)::integer as n from ${table}`)).rows[0].n;
    const rounds = new Map<number, { ours: number; anchor: number }[]>();
    for (let round = 0; round <= ROUNDS * CONCURRENCIES.length; round++) {
      const concurrency = CONCURRENCIES[round % CONCURRENCIES.length]!;
      await runSql(database, 'embed_documents.sql', { round, documents, tenants: TENANTS });
      const before = await count('app_public.chunks');
      const handFirst = Math.floor(round / 2) % 2 === 0;
      const early = handFirst ? await byHand(database, round, version, vector) : undefined;
      const ours = await byWorker(database, concurrency, vector);
      const anchor = early ?? (await byHand(database, round, version, vector));
      const chunks = (await count('app_public.chunks')) - before;
      // the first round warms up
      if (round > 0)
        rounds.set(concurrency, [
          ...(rounds.get(concurrency) ?? []),
          { ours: chunks / ours, anchor: chunks / anchor },
        ]);
      say(`Round ${round} of ${ROUNDS * CONCURRENCIES.length}: ${chunks} chunks`);
    }
    const [ours, anchor] = [await count('app_public.embeddings'), await count('bench.embeddings')];
    if (ours !== anchor) throw new Error(`The two sides did not do the same: ${ours} and ${anchor} vectors.`);
    return {
      shape: {
        'documents per round': documents,
        tenants: TENANTS,
        chunks: ours,
        dimensions: DIMENSIONS,
        rounds: ROUNDS,
      },
      ratios: CONCURRENCIES.map((concurrency) =>
        compare(
          concurrency === 1 ? 'a worker, one job at a time' : 'a worker, two jobs at a time (npm start)',
          rounds.get(concurrency)!,
          {
            unit: 'chunks/s',
            anchorName: 'a hand-written loop: cut, embed, bulk insert',
            ...(concurrency === 1 ? {} : { goal: { least: 0.8 } }),
          },
        ),
      ),
      notes: [],
    };
  },
};
