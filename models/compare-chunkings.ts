import type { Pool } from 'pg';
import type { ChunkSizes } from '../chunking/chunk.ts';
import { chunkInThread } from '../chunking/chunk-in-thread.ts';
import { countCodePoints } from '../chunking/tokens.ts';
import type { EmbeddingModel } from './model.ts';
import type { EmbeddingProvider } from './provider.ts';

/** How a way of chunking did. */
export interface ChunkingResult extends ChunkSizes {
  passages: number;
  /** Tokens of all passages: what a model reads, and is paid for. */
  tokens: number;
  /** Mean share of the evidence that stands in the first passages. */
  coverage: number;
  /** 95 % interval of the difference from the first way, question by question; null for the first. */
  difference: { low: number; high: number } | null;
}

export interface ChunkingComparison {
  source: 'answers' | 'passages';
  documents: number;
  questions: number;
  results: ChunkingResult[];
}

interface Document {
  id: string;
  title: string;
  content: string;
  content_type: string;
  code_language: string | null;
}

/** A question, and where its evidence stands, in code points. */
interface Question {
  text: string;
  evidence: { document: string; start: number; end: number }[];
}

interface Passage {
  document: string;
  start: number;
  end: number;
  tokens: number;
  text: string;
}

const BATCH = 32;

async function embedAll(
  provider: EmbeddingProvider,
  texts: readonly string[],
): Promise<(Float32Array | undefined)[]> {
  const vectors: (Float32Array | undefined)[] = [];
  for (let from = 0; from < texts.length; from += BATCH) {
    const { vectors: found, failures } = await provider.embed(texts.slice(from, from + BATCH));
    const outage = failures.find((failure) => !failure.isOfText);
    if (outage) throw outage;
    vectors.push(...found);
  }
  return vectors;
}

/** Documents whose passages were cited come first: of those it is known what they are asked. */
const DOCUMENTS = `
  with cited as (
    select distinct c.document_id from app_private.recorded_questions(200) q
    join app_public.chunks c on c.workspace_id = q.workspace_id and c.id = any (q.relevant) where c.document_id is not null
  )
  select d.id, d.title, d.content, d.content_type, d.code_language
  from app_public.documents d left join cited on cited.document_id = d.id
  where char_length(d.content) between 1 and 200000
  order by cited.document_id is null, md5(d.id::text) limit $1`;

const RECORDED = `
  select q.question as text, jsonb_agg(jsonb_build_object('document', c.document_id, 'start', c.start_offset, 'end', c.end_offset)) as evidence
  from app_private.recorded_questions(200) q
  join app_public.chunks c on c.workspace_id = q.workspace_id and c.id = any (q.relevant)
  where c.document_id = any ($1) group by q.question, q.conversation_id`;

/** A sentence of each document that asks for itself. */
async function ownQuestions(owner: Pool, documents: readonly Document[]): Promise<Question[]> {
  const questions: Question[] = [];
  for (const { id, content } of documents) {
    const { rows } = await owner.query<{ text: string | null }>(
      'select app_private.sentence_of($1) as text',
      [content],
    );
    const text = rows[0]!.text;
    const at = text === null ? -1 : content.indexOf(text);
    if (text === null || at < 0) continue;
    const start = countCodePoints(content, 0, at);
    const end = start + countCodePoints(content, at, at + text.length);
    questions.push({ text, evidence: [{ document: id, start, end }] });
  }
  return questions;
}

async function chunkAll(documents: readonly Document[], sizes: ChunkSizes): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const { id, title, content, content_type, code_language } of documents) {
    const contentType = content_type === 'docx' ? 'markdown' : content_type === 'pdf' ? 'text' : content_type;
    const source = {
      content,
      contentType: contentType as 'text',
      language: code_language ?? undefined,
      title,
      isPaged: content_type === 'pdf',
    };
    for (const chunk of await chunkInThread(source, sizes)) {
      const heading = [title, chunk.heading].filter(Boolean).join(' › ');
      passages.push({
        document: id,
        start: chunk.startOffset,
        end: chunk.endOffset,
        tokens: chunk.tokenCount,
        text: `${heading}\n${chunk.content}`,
      });
    }
  }
  return passages;
}

/** Share of the evidence that the passages nearest to a question hold, as many as fit into a number of tokens. */
function coverageOf(
  question: Question,
  vector: Float32Array,
  passages: readonly Passage[],
  vectors: readonly (Float32Array | undefined)[],
  tokens: number,
): number {
  const scored = passages.flatMap((passage, i) => {
    const other = vectors[i];
    return other ? [{ passage, score: vector.reduce((sum, value, k) => sum + value * other[k]!, 0) }] : [];
  });
  scored.sort((a, b) => b.score - a.score);
  const first: Passage[] = [];
  let left = tokens;
  for (const { passage } of scored) {
    left -= passage.tokens;
    if (left < 0 && first.length > 0) break;
    first.push(passage);
  }
  let wanted = 0;
  let held = 0;
  for (const { document, start, end } of question.evidence) {
    const seen = new Uint8Array(end - start);
    for (const passage of first) {
      if (passage.document !== document) continue;
      seen.fill(1, Math.max(passage.start - start, 0), Math.max(Math.min(passage.end, end) - start, 0));
    }
    wanted += seen.length;
    held += seen.reduce((sum, one) => sum + one, 0);
  }
  return held / wanted;
}

/** The 95 % interval of the mean of differences. */
function interval(values: readonly number[]): { low: number; high: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = values.length < 2 ? 0 : 1.96 * Math.sqrt(squares / (values.length - 1) / values.length);
  return { low: mean - half, high: mean + half };
}

/**
 * Chunks some documents in several ways, in memory, and asks each the same by one model: how much of the evidence stands in the
 * first passages, as many as fit into the same number of tokens? So large passages have no advantage by being large.
 * Nothing in the database changes.
 * @param owner  the owner of the database
 */
export async function compareChunkings(
  owner: Pool,
  model: EmbeddingModel,
  provider: EmbeddingProvider,
  ways: readonly ChunkSizes[],
  { most, tokens }: { most: number; tokens: number },
): Promise<ChunkingComparison> {
  const { rows: documents } = await owner.query<Document>(DOCUMENTS, [most]);
  const { rows: recorded } = await owner.query<Question>(RECORDED, [documents.map(({ id }) => id)]);
  const { rows: settings } = await owner.query<{ least: number }>(
    `select app_hidden.setting('embedding_evaluation_minimum')::integer as least`,
  );
  const isRecorded = recorded.length >= settings[0]!.least;
  const questions = isRecorded ? recorded : await ownQuestions(owner, documents);
  const asked = await embedAll(
    provider,
    questions.map(({ text }) => model.query_prefix + text),
  );
  const results: ChunkingResult[] = [];
  let former: number[] | undefined;
  for (const way of ways) {
    const passages = await chunkAll(documents, way);
    const vectors = await embedAll(
      provider,
      passages.map(({ text }) => model.passage_prefix + text),
    );
    const shares = questions.flatMap((question, i) =>
      asked[i] ? [coverageOf(question, asked[i], passages, vectors, tokens)] : [],
    );
    const first = former;
    former ??= shares;
    results.push({
      ...way,
      passages: passages.length,
      tokens: passages.reduce((sum, passage) => sum + passage.tokens, 0),
      coverage: shares.reduce((sum, share) => sum + share, 0) / shares.length,
      difference: first ? interval(shares.map((share, i) => share - first[i]!)) : null,
    });
  }
  return {
    source: isRecorded ? 'answers' : 'passages',
    documents: documents.length,
    questions: asked.filter(Boolean).length,
    results,
  };
}
