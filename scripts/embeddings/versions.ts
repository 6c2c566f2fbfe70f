import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import type { Chosen, ChosenModel } from '../../models/chosen.ts';
import type { Row } from './show.ts';

/** Who has the database itself: needs no account. */
export type Owner = Pool;

/** All versions, the active one first, then by age, the youngest first. */
export async function listVersions(owner: Owner): Promise<Row[]> {
  const { rows } = await owner.query(
    `select v.id, v.name, v.status, v.provider, v.model, v.dimensions, v.native_dimensions, v.query_prefix, v.passage_prefix,
       v.chunk_size, v.chunk_overlap, v.chunking_strategy,
       coalesce(v.chunking_strategy ->> 'method', 'structure') as chunking_method, v.activated_at, v.retired_at,
       coalesce((select sum(e.embedding_count) from app_hidden.embedding_counts e where e.version_id = v.id), 0) as vectors,
       coalesce((select sum(k.chunk_count) from app_hidden.chunk_counts k), 0) as chunks,
       app_private.embedding_index_is_valid(v.id) as is_indexed
     from app_public.embedding_versions v order by v.status = 'active' desc, v.id desc`,
  );
  return rows;
}

/**
 * The version of a name or an id.
 * @throws ColloquyError CQ204 when there is none
 */
export async function findVersion(
  owner: Owner,
  named: string,
): Promise<Row & { id: string; name: string; status: string }> {
  const { rows } = await owner.query(
    'select id, name, status from app_public.embedding_versions where name = $1 or id::text = lower($1)',
    [named],
  );
  if (rows[0]) return rows[0];
  throw new ColloquyError('CQ204', `There is no embedding version "${named}".`, {
    hint: 'npm run embeddings -- status lists them.',
  });
}

/**
 * The version that searches used before.
 * @throws ColloquyError CQ306 when there is none
 */
export async function formerVersion(owner: Owner): Promise<{ id: string; name: string; status: string }> {
  const { rows } = await owner.query(
    `select id, name, status from app_hidden.maintained_versions() where status = 'retired'`,
  );
  if (rows[0]) return rows[0];
  throw new ColloquyError('CQ306', 'There is no version to go back to.', {
    hint: 'A version that was archived is gone: create it anew.',
  });
}

/**
 * The id of the version that searches use.
 * @throws ColloquyError CQ312 when there is none
 */
export async function activeOf(owner: Owner): Promise<string> {
  const { rows } = await owner.query(`select id from app_public.embedding_versions where status = 'active'`);
  if (rows[0]) return rows[0].id;
  throw new ColloquyError('CQ312', 'No embedding version is active.', {
    hint: 'npm run embeddings -- activate <version>',
  });
}

/** A new version, for ask(). */
export const CREATE = `app_public.create_embedding_version(name => $1, provider => $2, model => $3, dimensions => $4, description => $5,
  query_prefix => $6, passage_prefix => $7, native_dimensions => $8, chunk_size => $9, chunk_overlap => $10, chunking_method => $11)`;

export const createValues = (
  name: string,
  model: ChosenModel,
  options: Pick<Chosen, 'chunkSize' | 'chunkOverlap' | 'chunking'> & { description?: string },
): unknown[] => [
  name,
  model.provider,
  model.model,
  model.dimensions,
  options.description,
  model.query_prefix,
  model.passage_prefix,
  model.native_dimensions,
  options.chunkSize,
  options.chunkOverlap,
  options.chunking,
];

/** Columns of a composite with arrays of composites, as JSON would have them. */
export async function ask(owner: Owner, sql: string, values: unknown[]): Promise<Row> {
  const { rows } = await owner.query(`select to_jsonb(x) as row from ${sql} as x`, values);
  return rows[0].row;
}

export const progressOf = (owner: Owner, id: string): Promise<Row> =>
  ask(owner, 'app_public.embedding_version_progress($1)', [id]);

/** Milliseconds between two attempts. */
const PAUSE = 250;

/** Tries again while it is refused with one of the codes, for a number of seconds. */
export async function patiently<T>(seconds: number, codes: string[], work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!codes.includes(errorCode(error) ?? '') || Date.now() + PAUSE > deadline) throw error;
      await delay(PAUSE);
    }
  }
}
