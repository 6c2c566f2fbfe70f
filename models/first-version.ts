import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { askModel, type Chosen, chosenModel, contradiction, isChosen } from './chosen.ts';
import { activeModel } from './model.ts';
import type { ProviderOptions } from './open-provider.ts';

/** What became of the model that the settings name. */
export interface FirstVersion {
  /** The name of the version that was made and is active now. */
  made?: string;
  /** What to say where there is content already. */
  warning?: string;
}

const MAKE = `select name from app_private.make_first_version(
  name => $1, provider => $2, model => $3, dimensions => $4, query_prefix => $5, passage_prefix => $6,
  native_dimensions => $7, chunk_size => $8, chunk_overlap => $9, chunking_method => $10)`;

/**
 * Makes the version of a model in a database that holds no passage, in place of the one that came with it.
 * @returns its name, or undefined when there are passages
 * @throws ColloquyError as askModel()
 */
export async function makeFirstVersion(
  owner: Pool,
  chosen: Chosen,
  options: ProviderOptions = {},
): Promise<string | undefined> {
  const { rows: content } = await owner.query<{ is_empty: boolean }>(
    'select not exists (select from app_public.chunks) as is_empty',
  );
  if (!content[0]!.is_empty) return undefined;
  const model = await askModel(chosen, options);
  try {
    const { rows } = await owner.query<{ name: string }>(MAKE, [
      model.model,
      model.provider,
      model.model,
      model.dimensions,
      model.query_prefix,
      model.passage_prefix,
      model.native_dimensions,
      chosen.chunkSize,
      chosen.chunkOverlap,
      chosen.chunking,
    ]);
    return rows[0]!.name;
  } catch (error) {
    // the first passage came in between
    if (errorCode(error) === 'CQ318') return undefined;
    throw error;
  }
}

/**
 * Lets the settings decide the first version of a new database. Where there is content nothing is changed.
 * @throws ColloquyError CQ317 when the model does not answer, CQ310 and CQ314 when the settings cannot be
 */
export async function ensureFirstVersion(owner: Pool, options: ProviderOptions = {}): Promise<FirstVersion> {
  const chosen = chosenModel(options.env);
  if (!chosen) return {};
  const active = await activeModel(owner);
  if (active && isChosen(active, chosen)) return {};
  const made = await makeFirstVersion(owner, chosen, options);
  if (made !== undefined) return { made };
  const warning = active && contradiction(active, options.env);
  return warning ? { warning } : {};
}
