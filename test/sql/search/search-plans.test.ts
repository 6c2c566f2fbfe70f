import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { readFunctions } from '../../../lib/functions.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

const DIMENSIONS = 16;

/** A scope with nothing but a tenant, and one with all that narrows a search. */
const PLAIN = `row($1::uuid, $2::uuid, array['document']::app_public.source_type[], null, null, 1, 1, false, false)::app_private.search_scope`;
const NARROWED = `row(
    $1::uuid, $2::uuid, array['document']::app_public.source_type[],
    row(null, null, null, null, null, array['text'], null, null, '2020-01-01', null, '{"a": 1}', null)::app_public.search_filters,
    array[$1::uuid], 1, 1, true, true
  )::app_private.search_scope`;
const VECTOR = `array_fill(1, array[${DIMENSIONS}])::extensions.halfvec`;
const WORDS = `array['otter'::tsquery]`;

/** Each is written as a function and must be planned as a part of the statement that calls it. */
const INLINED: Record<string, string> = {
  findable_chunks: `app_private.findable_chunks(${PLAIN})`,
  compared_vectors: `app_private.compared_vectors($1, ${PLAIN}, ${VECTOR}, 10, null)`,
  ranked_by_words: `app_private.ranked_by_words(${PLAIN}, ${WORDS}, null, null, null, null, null, 10)`,
  fused_page: `app_private.fused_page('hybrid', 50, null, 0.4::real, null, 0.6::real, $1, $2, ${VECTOR}, 10, 0)`,
  result_of_chunk: 'app_private.result_of_chunk($1, $2, 1::real, 1::real, 1::real, null)',
  weighed_memories: 'app_private.weighed_memories($1, null, null, 0.4::real, 10)',
  cited_answers: 'app_private.cited_answers($1, 10)',
};

describeReal('the plans of search', () => {
  let database: Database;
  let version: string;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    version = await activateTestVersion(database.pool('owner'), DIMENSIONS);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  async function plan(from: string): Promise<string> {
    const client = await database.pool('owner').connect();
    try {
      await client.query(
        'begin; set local search_path = pg_catalog, extensions; set local plan_cache_mode = force_custom_plan',
      );
      const filled = from.replaceAll('$1', `'${ann.workspaceId}'`).replaceAll('$2', `'${ann.id}'`);
      const { rows } = await client.query(`explain (verbose, costs off) select s.* from ${filled} as s`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  it.each(Object.entries(INLINED))('contain %s, not a call of it', async (_, from) => {
    const text = await plan(from);
    expect(text).not.toMatch(/Function Scan on app_private\.|app_private\.\w+\(/);
    expect(text).toMatch(/app_public\.|app_partitions\./);
  });

  it('have no part of what was not asked for', async () => {
    const plain = await plan(`app_private.findable_chunks(${PLAIN})`);
    expect(plain).not.toMatch(/documents|conversations|memory_items|raw_events|SubPlan/);
    const narrowed = await plan(`app_private.findable_chunks(${NARROWED})`);
    for (const asked of ['memory_items', 'documents_archived_idx', 'content_type = ANY', 'metadata @>']) {
      expect(narrowed).toContain(asked);
    }
    expect(narrowed).not.toMatch(/code_language = ANY|text_search_language = ANY/);
  });

  it('go by the vector index of the version where search says so', async () => {
    const owner = database.pool('owner');
    await addChunks(owner, {
      version,
      workspaceId: ann.workspaceId,
      ownerId: ann.id,
      dimensions: DIMENSIONS,
      count: 600,
      seed: 0.5,
    });
    await createIndex(owner, version);
    await database.pool('admin').query('analyze app_public.chunks, app_public.embeddings');
    const scans = async () => {
      const { rows } = await database.pool('admin').query(
        `select coalesce(sum(s.idx_scan), 0)::int as scans, pg_stat_force_next_flush() as flushed
         from pg_stat_user_indexes s join pg_index i using (indexrelid) join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
         where a.amname = 'hnsw'`,
      );
      return rows[0].scans as number;
    };
    const ask = (filters: string | null) =>
      asUser(database, ann, async (client) => {
        const { rows } = await client.query(
          `select s.path, s.returned, pg_stat_force_next_flush()
           from app_public.search(query => '', query_embedding => $1::extensions.halfvec, filters => jsonb_populate_record(null::app_public.search_filters, $2)) as s`,
          [JSON.stringify(axis(DIMENSIONS, 1)), filters],
        );
        return { path: rows[0].path, returned: rows[0].returned };
      });
    await owner.query(`update app_private.settings set value = '500' where name = 'search_exact_limit'`);
    const before = await scans();
    for (const filters of [null, '{"content_types": ["text"]}']) {
      expect(await ask(filters)).toEqual({ path: 'index', returned: 10 });
    }
    await expect.poll(scans).toBe(before + 2);
    await owner.query(`update app_private.settings set value = '5000' where name = 'search_exact_limit'`);
    expect(await ask(null)).toEqual({ path: 'exact', returned: 10 });
    expect(await scans()).toBe(before + 2);
  });

  it('are of statements that stand in functions/ as they are, none put together as text', () => {
    const built = readFunctions()
      .filter(({ path }) => /^(search\/|memory\/recall\.)/.test(path))
      .filter(({ sql }) =>
        /^\s*(?:return query |for \w+ in )?execute\s/im.test(sql.replaceAll(/--[^\n]*/g, '')),
      )
      .map(({ path }) => path);
    expect(built).toEqual([]);
  });
});
