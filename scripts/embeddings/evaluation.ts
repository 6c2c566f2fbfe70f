import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { ProviderError } from '../../models/error.ts';
import { type Evaluation, evaluateVersion } from '../../models/evaluate.ts';
import { openProvider } from '../../models/open-provider.ts';
import type { EmbeddingProvider } from '../../models/provider.ts';

/**
 * Asks a version and another one the same questions, here and now.
 * @throws ColloquyError CQ317 when one of the models does not answer
 */
export async function evaluateBeside(
  database: Database,
  versionId: string,
  baselineId: string,
  most?: number,
): Promise<Evaluation> {
  const open: EmbeddingProvider[] = [];
  try {
    return await evaluateVersion(
      database.pool('owner'),
      (version) => {
        const provider = openProvider(version);
        open.push(provider);
        return provider;
      },
      versionId,
      baselineId,
      most === undefined ? {} : { most },
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new ColloquyError('CQ317', `An embedding model cannot be asked: ${error.message}.`, {
      hint: 'Correct what it says, and run this again.',
      cause: error,
    });
  } finally {
    await Promise.all(open.map((provider) => provider.close()));
  }
}

/**
 * Evaluates a version that has never been active beside the active one, before it is activated. Where this machine cannot ask
 * the models, what a worker found out holds.
 */
export async function evaluateIfNew(
  database: Database,
  versionId: string,
  say: (text: string) => void,
): Promise<Evaluation | undefined> {
  const { rows } = await database.pool('owner').query<{ baseline: string }>(
    `select a.id as baseline from app_public.embedding_versions v join app_public.embedding_versions a on a.status = 'active'
     where v.id = $1 and v.status = 'building' and v.activated_at is null
       and app_private.embedding_index_is_valid(v.id) and app_private.embeddings_missing(v.id, a.id, 1) = 0`,
    [versionId],
  );
  if (!rows[0]) return undefined;
  try {
    return await evaluateBeside(database, versionId, rows[0].baseline);
  } catch (error) {
    if (!(error instanceof ColloquyError)) throw error;
    say(`It is not evaluated here: ${error.message}`);
    return undefined;
  }
}
