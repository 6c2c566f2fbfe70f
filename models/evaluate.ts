import type { Pool } from 'pg';
import { toSql } from 'pgvector';
import { modelOf } from './model.ts';
import type { EmbeddingProvider, ProviderVersion } from './provider.ts';

/** The figures of an evaluation, as the database has them. */
export interface Evaluation {
  version_id: string;
  baseline_id: string;
  verdict: 'better' | 'alike' | 'worse' | 'unjudged';
  source: 'answers' | 'passages' | null;
  k: number | null;
  questions: number;
  recall: number | null;
  baseline_recall: number | null;
  recall_difference_low: number | null;
  recall_difference_high: number | null;
  mrr: number | null;
  baseline_mrr: number | null;
  mrr_difference_low: number | null;
  mrr_difference_high: number | null;
}

interface Question {
  source: string;
  workspace_id: string;
  user_id: string;
  conversation_id: string | null;
  question: string;
  relevant: string[];
}

/** Texts in one call of a provider. */
const BATCH = 32;

/** The vectors of texts; undefined for one that the model refuses. */
async function embedAll(
  provider: EmbeddingProvider,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<(string | undefined)[]> {
  const vectors: (string | undefined)[] = [];
  for (let from = 0; from < texts.length; from += BATCH) {
    const embedded = await provider.embed(texts.slice(from, from + BATCH), signal);
    // half of the questions would say something else than all of them
    const outage = embedded.failures.find((failure) => !failure.isOfText);
    if (outage) throw outage;
    for (const vector of embedded.vectors) vectors.push(vector && (toSql([...vector]) as string));
  }
  return vectors;
}

/**
 * Asks an embedding version and another one the same questions, and keeps how they did.
 * @param pool  acts as colloquy_worker or as the owner
 * @throws ProviderError when one of the two models does not answer
 */
export async function evaluateVersion(
  pool: Pool,
  open: (version: ProviderVersion) => EmbeddingProvider,
  versionId: string,
  baselineId: string,
  { most = 200, signal }: { most?: number; signal?: AbortSignal } = {},
): Promise<Evaluation> {
  const { rows: questions } = await pool.query<Question>(
    `select source, workspace_id, user_id, conversation_id, question, relevant
     from app_hidden.evaluation_questions(for_version => $1, baseline => $2, most => $3)`,
    [versionId, baselineId, most],
  );
  const vectorsOf = async (id: string): Promise<(string | undefined)[]> => {
    const model = await modelOf(pool, id);
    const texts = questions.map(({ question }) => model.query_prefix + question);
    return embedAll(open(model), texts, signal);
  };
  const [vectors, baselineVectors] = [await vectorsOf(versionId), await vectorsOf(baselineId)];
  const asked = questions.flatMap(({ question: _, ...rest }, i) =>
    vectors[i] && baselineVectors[i]
      ? [{ ...rest, vector: vectors[i], baseline_vector: baselineVectors[i] }]
      : [],
  );
  const { rows } = await pool.query<{ evaluation: Evaluation }>(
    `select to_jsonb(x) as evaluation from app_hidden.evaluate_embedding_version(
       for_version => $1, baseline => $2, questions => $3::jsonb) as x`,
    [versionId, baselineId, JSON.stringify(asked)],
  );
  return rows[0]!.evaluation;
}
