import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asRole, asUser, registerUser, type TestUser } from '../../support/users.ts';

/** Search, beside the plain way: one table for all tenants, one index, a policy. */
describeReal('search beside a shared index', () => {
  const admin = () => database.pool('admin');
  const owner = () => database.pool('owner');
  const one = async (sql: string) => (await admin().query(sql)).rows[0];
  const DIMENSIONS = 16;
  let database: Database;
  let version: string;
  let big: TestUser;
  let middle: TestUser;
  let questions: string[];

  /** The ten nearest of a tenant, compared one by one. */
  const truth = async (user: TestUser, question: string): Promise<string[]> =>
    (
      await owner().query(
        `select e.chunk_id from app_public.embeddings e where e.version_id = $1 and e.workspace_id = $2
         order by (e.embedding operator(extensions.<=>) $3::extensions.halfvec), e.chunk_id limit 10`,
        [version, user.workspaceId, question],
      )
    ).rows.map((row) => row.chunk_id);
  const ours = async (user: TestUser, question: string): Promise<string[]> =>
    (
      await asUser(database, user, (client) =>
        client.query(
          `select array(select r.chunk_id from unnest((app_public.search('', $1::extensions.halfvec, mode => 'vector')).results) as r) as found`,
          [question],
        ),
      )
    ).rows[0].found;
  const recall = async (found: (question: string) => Promise<string[]>): Promise<number> => {
    let hits = 0;
    for (const question of questions) {
      const right = await truth(middle, question);
      hits += (await found(question)).filter((id) => right.includes(id)).length;
    }
    return hits / (10 * questions.length);
  };

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    await admin().query('create schema reference');
    version = await activateTestVersion(owner(), DIMENSIONS);
    big = await registerUser(database, 'big@example.org');
    middle = await registerUser(database, 'middle@example.org');
    const bulk = (user: TestUser, count: number, seed: number) =>
      addChunks(owner(), {
        version,
        workspaceId: user.workspaceId,
        ownerId: user.id,
        dimensions: DIMENSIONS,
        count,
        seed,
        word: 'feldspar',
      });
    await bulk(big, 8_000, 0.1);
    // the same seed: what tenants write about is alike, so the others' vectors are near as well
    await bulk(middle, 200, 0.1);
    await createIndex(owner(), version);
    // the same vectors in one table with one index and a policy on the tenant
    await admin().query(
      `create table reference.chunks as
       select c.id, c.workspace_id, c.content, c.text_search, e.embedding::extensions.vector(${DIMENSIONS}) as embedding
       from app_public.chunks c join app_public.embeddings e on e.workspace_id = c.workspace_id and e.chunk_id = c.id where e.version_id = '${version}'`,
    );
    await admin().query(
      `alter table reference.chunks enable row level security;
       create policy own on reference.chunks using (workspace_id = (select app_hidden.current_workspace_id()));
       grant usage on schema reference to colloquy_user; grant select on reference.chunks to colloquy_user;
       analyze reference.chunks, app_public.chunks, app_public.embeddings`,
    );
    const { rows } = await owner().query(
      `select e.embedding::text as v from app_public.embeddings e where e.version_id = $1 and e.workspace_id = $2 order by e.chunk_id limit 20`,
      [version, middle.workspaceId],
    );
    questions = rows.map((row) => row.v);
  });

  /** The ten nearest by the shared table, below its policy. */
  const theirs = async (question: string): Promise<string[]> =>
    (
      await asUser(database, middle, (client) =>
        client.query(
          'select id from reference.chunks order by embedding operator(extensions.<=>) $1::extensions.vector limit 10',
          [question],
        ),
      )
    ).rows.map((row) => row.id);

  it('finds all of a small tenant, where a filter over one shared HNSW index loses most in silence', async () => {
    await admin().query(
      'create index reference_hnsw on reference.chunks using hnsw (embedding extensions.vector_cosine_ops)',
    );
    const reference = await recall(theirs);
    await admin().query('drop index reference.reference_hnsw');
    expect(reference).toBeLessThan(0.5);
    expect(await recall((question) => ours(middle, question))).toBe(1);
  });

  it('does not depend on when an index was built, as an ivfflat index that was built on an empty table does', async () => {
    await admin().query(
      `create table reference.loaded as table reference.chunks with no data;
       create index loaded_ivfflat on reference.loaded using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 100);
       insert into reference.loaded select * from reference.chunks where workspace_id = '${middle.workspaceId}'; analyze reference.loaded`,
    );
    const client = await admin().connect();
    try {
      await client.query('begin; set local enable_seqscan = off');
      const reference = await recall(async (question) =>
        (
          await client.query(
            'select id from reference.loaded order by embedding operator(extensions.<=>) $1::extensions.vector limit 10',
            [question],
          )
        ).rows.map((row) => row.id),
      );
      expect(reference).toBeLessThan(0.9);
    } finally {
      await client.query('rollback');
      client.release();
    }
    expect(await recall((question) => ours(middle, question))).toBe(1);
  });

  it('finds words by their index, which @@ below a policy cannot use', async () => {
    await admin().query('create index reference_text on reference.chunks using gin (text_search)');
    const plan = await asRole(
      database,
      'colloquy_user',
      { userId: middle.id, workspaceId: middle.workspaceId, memberRole: 'owner' },
      (client) =>
        client.query(
          `explain select id from reference.chunks where text_search @@ to_tsquery('pg_catalog.english', 'feldspar & 77')`,
        ),
    );
    const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('Seq Scan on chunks');
    expect(lines).not.toContain('reference_text');

    const scans = async () =>
      Number(
        (
          await one(
            `select sum(pg_stat_get_numscans(i.indexrelid)) as n from pg_index i join pg_inherits p on p.inhrelid = i.indexrelid
             where p.inhparent = 'app_public.chunks_text_search_idx'::regclass`,
          )
        ).n,
      );
    const before = await scans();
    const client = await database.pool('authenticator').connect();
    try {
      await client.query('begin');
      await client.query(
        `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true)`,
        [big.id, big.workspaceId],
      );
      const { rows } = await client.query(
        `select (app_public.search('feldspar 77', mode => 'text')).returned`,
      );
      expect(rows[0].returned).toBeGreaterThan(0);
      await client.query('commit');
      await client.query('select pg_stat_force_next_flush()');
    } finally {
      client.release();
    }
    expect(await scans()).toBeGreaterThan(before);
  });

  afterAll(async () => {
    await database?.close();
  });
});
