import type pg from 'pg';
import { toSql } from 'pgvector';
import type { Database } from '../../lib/database.ts';
import { ProviderError } from '../../models/error.ts';
import type { EmbeddingProvider, ProviderVersion } from '../../models/provider.ts';
import { asRole, asUser, registerUser, type TestUser } from './users.ts';

/** A vector of length one that follows from a text and a model: the same in every process, without any network. */
export function vectorOf(text: string, model: string, dimensions: number): Float32Array {
  let state = 2166136261;
  for (const character of `${model} ${text}`)
    state = Math.imul(state ^ character.codePointAt(0)!, 16777619) >>> 0;
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let i = 0; i < dimensions; i += 1) {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const value = ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
    vector[i] = value;
    squares += value * value;
  }
  return vector.map((value) => value / Math.sqrt(squares));
}

/** A provider of such vectors; `before` may wait, count or fail. */
export function hashProvider(
  { provider, model, dimensions }: ProviderVersion,
  before: (texts: readonly string[]) => Promise<void> | void = () => {},
): EmbeddingProvider {
  return {
    name: provider,
    model,
    dimensions,
    maxTokens: 8192,
    price: 0,
    async embed(texts) {
      const failures: ProviderError[] = [];
      try {
        await before(texts);
      } catch (error) {
        // what is wrong with one text holds up no other
        if (!(error instanceof ProviderError && error.isOfText)) throw error;
        failures.push(error);
      }
      const vectors = texts.map((text, index) =>
        failures.some((failure) => failure.index === index) ? undefined : vectorOf(text, model, dimensions),
      );
      return { vectors, tokens: texts.length, failures };
    },
    async close() {},
  };
}

/** An administrator of the installation. */
export async function registerAdministrator(database: Database, email: string): Promise<TestUser> {
  const user = await registerUser(database, email);
  await database.pool('owner').query(`update app_public.users set role = 'admin' where id = $1`, [user.id]);
  return user;
}

export function asAdministrator<T>(
  database: Database,
  user: TestUser,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return asRole(
    database,
    'colloquy_admin',
    { userId: user.id, workspaceId: user.workspaceId, memberRole: user.memberRole },
    work,
  );
}

/** A document of so many chunks, cut but without vectors. Returns its id. */
export async function addChunks(
  database: Database,
  user: TestUser,
  count: number,
  title: string,
): Promise<string> {
  const pieces = Array.from({ length: count }, (_, n) => `${title} says number ${n}.`);
  const id = await asUser(database, user, async (client) => {
    const { rows } = await client.query('select id from app_public.create_document($1, $2)', [
      title,
      pieces.join('\n'),
    ]);
    return rows[0].id as string;
  });
  let offset = 0;
  const chunks = pieces.map((content, index) => {
    const start = offset;
    offset += content.length + 1;
    return {
      chunk_index: index,
      content,
      heading: title,
      start_offset: start,
      end_offset: start + content.length,
      token_count: 10,
    };
  });
  await database.pool('worker').query(
    `select app_hidden.replace_document_chunks(d.workspace_id, d.id, d.content_hash, $2)
     from app_public.documents d where d.id = $1`,
    [id, JSON.stringify(chunks)],
  );
  return id;
}

/** Gives every chunk its vector of a version, as the worker would. Returns how many were missing. */
export async function fillVersion(database: Database, versionId: string): Promise<number> {
  const owner = database.pool('owner');
  const { rows: versions } = await owner.query(
    'select model, dimensions from app_public.embedding_versions where id = $1',
    [versionId],
  );
  const { rows } = await owner.query(
    `select c.workspace_id, c.id, concat_ws(E'\\n', c.heading, c.content) as text from app_public.chunks c
     where not exists (select from app_public.embeddings e where e.version_id = $1 and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
     order by c.workspace_id, c.id`,
    [versionId],
  );
  const { model, dimensions } = versions[0];
  for (let from = 0; from < rows.length; from += 500) {
    const batch = rows.slice(from, from + 500);
    for (const workspace of new Set(batch.map((row) => row.workspace_id))) {
      const own = batch.filter((row) => row.workspace_id === workspace);
      await owner.query('select app_hidden.store_embeddings($1, $2, $3, $4)', [
        versionId,
        workspace,
        own.map((row) => row.id),
        own.map((row) => toSql([...vectorOf(row.text, model, dimensions)])),
      ]);
    }
  }
  return rows.length;
}

/** Keeps the worker from evaluating a version, where a test counts what is sent to its model. */
export async function markEvaluated(database: Database, versionId: string): Promise<void> {
  await database.pool('owner').query(
    `insert into app_hidden.embedding_evaluations (
       version_id, baseline_id, source, k, questions, recall, baseline_recall, recall_difference_low, recall_difference_high,
       mrr, baseline_mrr, mrr_difference_low, mrr_difference_high
     ) values ($1, $2, 'passages', 10, 100, 1, 1, 0, 0, 1, 1, 0, 0)`,
    [versionId, await activeVersion(database)],
  );
}

/** Builds the whole index of a version, as the worker does. */
export async function buildIndex(database: Database, versionId: string): Promise<void> {
  const worker = database.pool('worker');
  await worker.query('select app_hidden.build_embedding_index($1)', [versionId]);
  for (let remainder = 0; remainder < 16; remainder += 1)
    await worker.query('select app_hidden.build_embedding_index($1, $2)', [versionId, remainder]);
}

/** The id of the active version. */
export async function activeVersion(database: Database): Promise<string> {
  const { rows } = await database
    .pool('owner')
    .query(`select id from app_public.embedding_versions where status = 'active'`);
  if (rows.length !== 1) throw new Error(`${rows.length} versions are active.`);
  return rows[0].id;
}
