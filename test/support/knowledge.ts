import type { Pool } from 'pg';

/**
 * Chunks and vectors in bulk, made in SQL as the owner of the tables: clustered unit vectors, as real embeddings are,
 * the same ones for the same seed.
 */

/** Makes an embedding version of a small dimension the active one. Its vector index is built by createIndex(). */
export async function activateTestVersion(owner: Pool, dimensions: number): Promise<string> {
  await owner.query(`update app_public.embedding_versions set status = 'retired' where status = 'active'`);
  const { rows } = await owner.query(
    `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap, status, activated_at)
     values ('test', 'test', 'test', $1, 100, 0, 'active', now()) returning id`,
    [dimensions],
  );
  await owner.query('select app_private.create_embedding_partitions($1)', [rows[0].id]);
  return rows[0].id;
}

export async function createIndex(owner: Pool, version: string): Promise<void> {
  await owner.query('select app_private.create_embedding_index($1)', [version]);
}

export interface Bulk {
  version: string;
  workspaceId: string;
  ownerId: string;
  dimensions: number;
  count: number;
  /** 0 to 1: the same numbers for the same seed. */
  seed: number;
  visibility?: 'private' | 'workspace';
  /** Chunks per document. */
  perDocument?: number;
  /** A word that each chunk contains, besides its number. */
  word?: string;
  /** How far vectors lie from their centre. Much more than 1: without clusters, which an index finds hardest. */
  spread?: number;
}

/** Documents with chunks, and a vector for each, around one of 20 centres. */
export async function addChunks(owner: Pool, bulk: Bulk): Promise<void> {
  const {
    version,
    workspaceId,
    ownerId,
    dimensions,
    count,
    seed,
    visibility = 'private',
    perDocument = 100,
    word = 'chunk',
    spread = 0.6,
  } = bulk;
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query('select setseed($1)', [seed]);
    await client.query(
      `create temporary table new_chunks on commit drop as
       with documents as (
         insert into app_public.documents (workspace_id, owner_id, visibility, title, content)
         select $1, $2, $3::app_public.visibility, 'document ' || d, 'in bulk' from generate_series(0, ($4::int - 1) / $5::int) as d
         returning id
       ),
       numbered as (select id, row_number() over (order by id) - 1 as d from documents)
       select uuidv7() as id, n.id as document_id, i % $5::int as chunk_index, i from generate_series(0, $4::int - 1) as i join numbered n on n.d = i / $5::int`,
      [workspaceId, ownerId, visibility, count, perDocument],
    );
    await client.query(
      `insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
       select id, $1, 'document', document_id, $2, $3::app_public.visibility, chunk_index, $4::text || ' ' || i, 0, 1, 1, sha256(id::text::bytea) from new_chunks`,
      [workspaceId, ownerId, visibility, word],
    );
    await client.query(
      `with centres as materialized (
         select c, array_agg(random() - 0.5 order by d) as at from generate_series(0, 19) as c, generate_series(1, $3::int) as d group by c
       )
       insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
       select $1, $2, n.id, (
         -- n.i keeps the subquery from being evaluated once for all rows
         select extensions.l2_normalize(array_agg(x + (random() - 0.5) * $4::float8 + n.i * 0.0)::real[]::extensions.halfvec) from unnest(c.at) as x
       )
       from new_chunks n join centres c on c.c = n.i % 20`,
      [version, workspaceId, dimensions, spread],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
