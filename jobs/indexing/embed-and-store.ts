import { countTokens } from '../../chunking/tokens.ts';
import { ProviderError } from '../../models/error.ts';
import { type EmbeddingModel, modelOf } from '../../models/model.ts';
import { costOf, type Embedded } from '../../models/provider.ts';
import { stripNoise } from '../../models/strip-noise.ts';
import type { JobContext } from '../job.ts';
import { type ChunkText, distinctTexts, withVectors } from './distinct-texts.ts';
import { whileRenewing } from './renewal.ts';

/** Providers on this machine: nothing is paid, so nothing is claimed, set aside and logged. */
const FREE = new Set(['local', 'transformers']);

export interface EmbedOutcome {
  embedded: number;
  tokens: number;
  costUsd: number;
  /** Passages that failed: each is tried again later by itself, or was given up. */
  refused: number;
  reason?: string;
  /** Seconds until the first of them is due again. */
  nextIn?: number;
  /** Why nothing was asked for: a spent budget or quota, or the switch. */
  paused?: string;
  /** Whether other workers have claimed all of it. */
  isTaken?: boolean;
  /** What kept the provider from answering, when that was not the texts' fault. */
  outage?: ProviderError;
}

export interface BatchOptions {
  /** Of a version that is not the active one. */
  isBackfill?: boolean;
  signal?: AbortSignal;
}

interface Claim {
  claim_id: string | null;
  claimed: string[];
  seconds: number;
  refusal: string | null;
  reason: string | null;
}

/**
 * Gives passages of one workspace their vectors, and counts what failed, passage by passage. What a service is paid for is
 * claimed before and settled after, so that it is asked for once, within the budget, and logged once.
 * @throws ProviderError with retryAfter when the provider asks for patience; what succeeded is stored by then
 */
export async function embedAndStore(
  context: JobContext,
  { id }: { id: string },
  workspaceId: string,
  given: readonly ChunkText[],
  options: BatchOptions = {},
): Promise<EmbedOutcome> {
  const { pool } = context;
  const version = await modelOf(pool, id);
  const passages = given.map((passage) => ({ ...passage, embed_text: stripNoise(passage.embed_text) }));
  if (FREE.has(version.provider)) return embedPassages(context, version, workspaceId, passages, options);
  // equal texts are asked for once, and paid once
  const { texts, placeOf } = distinctTexts(passages);
  const unpaid = new Set(texts.keys());
  const tokens = passages.map((passage) =>
    unpaid.delete(placeOf(passage)) ? countTokens(version.passage_prefix + passage.embed_text) : 0,
  );
  const { rows } = await pool.query<Claim>(
    `select claim_id, claimed, seconds, refusal, reason from app_hidden.claim_embeddings(
       for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[], token_counts => $4::integer[], price_per_million => $5)`,
    [
      version.id,
      workspaceId,
      passages.map((passage) => passage.chunk_id),
      tokens,
      context.provider(version).price,
    ],
  );
  const claim = rows[0];
  if (!claim) return { ...NOTHING, isTaken: true };
  const { claim_id: claimId } = claim;
  if (claimId === null) return { ...NOTHING, paused: claim.refusal!, reason: claim.reason ?? claim.refusal! };
  const renew = () => pool.query('select app_hidden.renew_embedding_claim(claim_id => $1)', [claimId]);
  const mine = passages.filter((passage) => claim.claimed.includes(passage.chunk_id));
  try {
    return await whileRenewing(context, { seconds: claim.seconds, renew }, () =>
      embedPassages(context, version, workspaceId, mine, { ...options, claimId }),
    );
  } finally {
    // what was settled is gone; what was not is let go, unpaid
    await pool.query(SETTLE, [claimId, [], [], 0, 0]);
  }
}

const NOTHING: EmbedOutcome = { embedded: 0, tokens: 0, costUsd: 0, refused: 0 };

const SETTLE = `select app_hidden.settle_embedding_claim(
  claim_id => $1, chunk_ids => $2::uuid[], vectors => $3::text[], tokens => $4, cost_usd => $5)`;

async function embedPassages(
  context: JobContext,
  version: EmbeddingModel,
  workspaceId: string,
  passages: ChunkText[],
  { isBackfill = false, signal = context.signal, claimId }: BatchOptions & { claimId?: string },
): Promise<EmbedOutcome> {
  const { pool } = context;
  const distinct = distinctTexts(passages);
  const provider = context.provider(version);
  // outside any transaction: a provider may take its time
  const embedded = await provider
    .embed(
      distinct.texts.map((text) => version.passage_prefix + text),
      signal,
    )
    .catch((error): Embedded => nothingEmbedded(error, distinct.texts.length));
  const { tokens, failures } = embedded;
  const { ids, vectors } = withVectors(passages, distinct, embedded.vectors);
  const costUsd = costOf(provider, tokens);
  if (claimId) await pool.query(SETTLE, [claimId, ids, vectors, tokens, costUsd]);
  else {
    await pool.query(
      `select app_hidden.${isBackfill ? 'store_behind' : 'store_embeddings'}(
         for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[], vectors => $4::text[])`,
      [version.id, workspaceId, ids, vectors],
    );
  }
  // what succeeded is stored; now what failed is counted, unless it is the provider who asks for patience
  const patience = failures.find((failure) => !failure.isOfText && failure.retryAfter !== undefined);
  const failed = passages.flatMap((passage) => {
    const failure = failures.find((one) => one.index === distinct.placeOf(passage));
    if (!failure || (!failure.isOfText && failure.retryAfter !== undefined)) return [];
    return [{ id: passage.chunk_id, code: failure.kind, error: failure.message }];
  });
  let nextIn: number | null = null;
  if (failed.length > 0) {
    const { rows } = await pool.query<{ next_in: number | null }>(
      `select next_in from app_hidden.count_embedding_failures(
         for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[], codes => $4::text[], errors => $5::text[])`,
      [
        version.id,
        workspaceId,
        failed.map((one) => one.id),
        failed.map((one) => one.code),
        failed.map((one) => one.error),
      ],
    );
    nextIn = rows[0]!.next_in;
  }
  if (patience) throw patience;
  const outage = failures.find((failure) => !failure.isOfText);
  return {
    embedded: ids.length,
    tokens,
    costUsd,
    refused: failed.length,
    ...(failed[0] ? { reason: failed[0].error } : {}),
    ...(nextIn === null ? {} : { nextIn }),
    ...(outage ? { outage } : {}),
  };
}

/** What is known of each text when an error ended it all. */
function nothingEmbedded(error: unknown, count: number): Embedded {
  if (!(error instanceof ProviderError)) throw error;
  const failures = error.failures ?? Array.from({ length: count }, (_, index) => error.at(index));
  return { vectors: [], tokens: 0, failures: [...failures] };
}
