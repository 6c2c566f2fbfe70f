import type { Pool } from 'pg';
import { ColloquyError } from '../lib/errors.ts';
import type { ProviderVersion } from './provider.ts';

/** All that an embedding version says of its model. */
export interface EmbeddingModel extends ProviderVersion {
  readonly id: string;
  /** What the model wants before a query, and before a passage. */
  readonly query_prefix: string;
  readonly passage_prefix: string;
}

const MODEL_COLUMNS = 'id, provider, model, dimensions, native_dimensions, query_prefix, passage_prefix';

/** @throws ColloquyError CQ204 when there is no such version */
export async function modelOf(pool: Pool, versionId: string): Promise<EmbeddingModel> {
  const { rows } = await pool.query<EmbeddingModel>(
    `select ${MODEL_COLUMNS} from app_public.embedding_versions where id = $1`,
    [versionId],
  );
  if (rows[0]) return rows[0];
  throw new ColloquyError('CQ204', `There is no embedding version ${versionId}.`, {
    hint: 'npm run embeddings -- status lists them.',
  });
}

/**
 * What the active version says of its model, if one is active.
 * @param pool  any login that may read embedding versions
 */
export async function activeModel(pool: Pool): Promise<EmbeddingModel | undefined> {
  const { rows } = await pool.query<EmbeddingModel>(
    `select ${MODEL_COLUMNS} from app_public.embedding_versions where status = 'active'`,
  );
  return rows[0];
}
