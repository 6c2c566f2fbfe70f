import type { JobContext } from '../job.ts';

/** Chunks of one transaction whose language is corrected: the indexing of their workspace waits for it, some tens of milliseconds. */
const LANGUAGE_BATCH = 500;
/** Milliseconds that correcting may take in one run; the next one goes on. */
const LANGUAGE_BUDGET = 30_000;

/** Passages of one transaction that are given the context of their message. */
const CONTEXT_BATCH = 200;
/** Passages that are given it in one run: those of a model on this machine get new vectors, 40 s of its time. */
const MOST_CONTEXTS = 1000;

/** Of how many large workspaces it was measured anew how common their words are. */
export async function sampleWords(pool: JobContext['pool']): Promise<number> {
  const { rows } = await pool.query<{ sampled: number }>('select app_hidden.sample_words() as sampled');
  return rows[0]?.sampled ?? 0;
}

/** Returns how many chunks have the language of their workspace now that had another one. */
export async function correctLanguages({
  pool,
  log,
  signal,
}: Pick<JobContext, 'pool' | 'log' | 'signal'>): Promise<number> {
  const deadline = Date.now() + LANGUAGE_BUDGET;
  let corrected = 0;
  while (!signal.aborted && Date.now() < deadline) {
    const { rows } = await pool.query<{ chunks: number }>(
      'select app_hidden.correct_chunk_languages(max_chunks => $1) as chunks',
      [LANGUAGE_BATCH],
    );
    const chunks = rows[0]?.chunks ?? 0;
    if (chunks === 0) break;
    corrected += chunks;
  }
  if (corrected > 0) log.info({ chunks: corrected }, 'language of chunks corrected');
  return corrected;
}

/** Returns how many passages of messages have their context now that had none. New texts go first. */
export async function fillContexts({
  pool,
  log,
  signal,
}: Pick<JobContext, 'pool' | 'log' | 'signal'>): Promise<number> {
  let filled = 0;
  while (!signal.aborted && filled < MOST_CONTEXTS) {
    const { rows } = await pool.query<{ chunks: number | null }>(
      `select case when not app_hidden.new_work_waits() then app_hidden.fill_message_contexts(max_chunks => $1) end as chunks`,
      [CONTEXT_BATCH],
    );
    const chunks = rows[0]?.chunks ?? 0;
    if (chunks === 0) break;
    filled += chunks;
  }
  if (filled > 0) log.info({ chunks: filled }, 'messages are found with their context');
  return filled;
}
