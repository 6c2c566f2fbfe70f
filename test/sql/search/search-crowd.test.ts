import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { type Crowd, createCrowd, type Somebody } from '../../support/crowd.ts';
import { activateTestVersion } from '../../support/knowledge.ts';
import { sized } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asRole } from '../../support/users.ts';

const DIMENSIONS = 8;
const WORKSPACES = 250;
const RUNS = sized(150, 400);

interface Filters {
  document_id?: string | undefined;
  conversation_id?: string | undefined;
  repository_id?: string | undefined;
  tag_ids?: string[] | undefined;
  tags?: string[] | undefined;
  content_types?: string[] | undefined;
  code_languages?: string[] | undefined;
  text_search_languages?: string[] | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
  metadata?: object | undefined;
  include_archived?: boolean | undefined;
}

/** What a filter means, over the tables as row-level security shows them. $4 is the filters. */
const MEANING: Record<keyof Filters, string> = {
  document_id: `c.document_id = ($4 ->> 'document_id')::uuid`,
  conversation_id: `c.conversation_id = ($4 ->> 'conversation_id')::uuid`,
  repository_id: `c.document_id in (select r.document_id from app_public.repository_documents r where r.repository_id = ($4 ->> 'repository_id')::uuid)`,
  tag_ids: `exists (select from app_public.entity_tags t where t.entity_id in (c.document_id, c.conversation_id, c.memory_item_id) and $4 -> 'tag_ids' ? t.tag_id::text)`,
  tags: `exists (select from app_public.entity_tags e join app_public.tags t on t.id = e.tag_id
    where e.entity_id in (c.document_id, c.conversation_id, c.memory_item_id) and exists (select from jsonb_array_elements_text($4 -> 'tags') as x where lower(x) = lower(t.name::text)))`,
  content_types: `exists (select from app_public.documents d where d.id = c.document_id and $4 -> 'content_types' ? d.content_type)`,
  code_languages: `exists (select from app_public.documents d where d.id = c.document_id and $4 -> 'code_languages' ? d.code_language)`,
  text_search_languages: `$4 -> 'text_search_languages' ? c.text_search_language`,
  created_after: `uuid_extract_timestamp(coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)) >= ($4 ->> 'created_after')::timestamptz`,
  created_before: `uuid_extract_timestamp(coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)) < ($4 ->> 'created_before')::timestamptz`,
  metadata: `(exists (select from app_public.documents d where d.id = c.document_id and d.metadata @> ($4 -> 'metadata'))
    or exists (select from app_public.conversations d where d.id = c.conversation_id and d.metadata @> ($4 -> 'metadata'))
    or exists (select from app_public.memory_items d where d.id = c.memory_item_id and d.metadata @> ($4 -> 'metadata'))
    or exists (select from app_public.raw_events d where d.id = c.raw_event_id and d.metadata @> ($4 -> 'metadata')))`,
  include_archived: 'true',
};

describeReal('search in a crowd of tenants', () => {
  let database: Database;
  let version: string;
  let crowd: Crowd;
  const seed = Math.floor(Math.random() * 2 ** 31);

  beforeAll(async () => {
    process.stdout.write(`search-crowd: seed ${seed}\n`);
    database = serverDatabase((await createTestDatabase()).url);
    const owner = database.pool('owner');
    version = await activateTestVersion(owner, DIMENSIONS);
    crowd = await createCrowd(owner, {
      version,
      workspaces: WORKSPACES,
      dimensions: DIMENSIONS,
      seed: (seed % 1000) / 1000,
    });
    await database.pool('admin').query('analyze');
  });
  afterAll(async () => {
    await database?.close();
  });

  const claims = (somebody: Somebody) => ({
    userId: somebody.user_id,
    workspaceId: somebody.workspace_id,
    memberRole: somebody.member_role,
  });

  /** Any of them: of one's own workspace rarely, of somebody else's mostly; of one's own when asked so below. */
  const any = (of: () => string[]) => fc.nat().map((n) => () => of()[n % of().length]!);

  it('gives, to anybody and by any filter, the very set that row-level security allows', async () => {
    let found = 0;
    let cold = 0;
    let filtered = 0;
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
    const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          who: fc.nat(),
          role: fc.constantFrom('colloquy_user', 'colloquy_user', 'colloquy_admin'),
          vector: fc.array(fc.integer({ min: -100, max: 100 }), {
            minLength: DIMENSIONS,
            maxLength: DIMENSIONS,
          }),
          kinds: optional(
            fc.uniqueArray(fc.constantFrom('document', 'message', 'memory', 'event'), { maxLength: 4 }),
          ),
          max: fc.integer({ min: 1, max: 100 }),
          skip: fc.constantFrom(0, 0, 0, 1, 5),
          // of one's own workspace, or of anybody's
          isOwn: fc.boolean(),
          document: rarely(any(() => crowd.documents)),
          conversation: rarely(any(() => crowd.conversations)),
          repository: rarely(any(() => crowd.repositories)),
          tagIds: rarely(
            fc.array(
              any(() => crowd.tags),
              { maxLength: 3 },
            ),
          ),
          others: fc.record({
            tags: rarely(fc.uniqueArray(fc.constantFrom('red', 'BLUE', 'Green', 'none'), { maxLength: 2 })),
            content_types: rarely(
              fc.uniqueArray(fc.constantFrom('text', 'markdown', 'pdf'), { maxLength: 2 }),
            ),
            code_languages: rarely(fc.uniqueArray(fc.constantFrom('sql', 'c'), { maxLength: 2 })),
            text_search_languages: rarely(
              fc.uniqueArray(fc.constantFrom('english', 'german'), { maxLength: 2 }),
            ),
            created_after: rarely(fc.integer({ min: 0, max: 600 })),
            created_before: rarely(fc.integer({ min: 0, max: 600 })),
            metadata: rarely(fc.constantFrom({}, { color: 1 }, { color: 2 }, { deep: {} }, { none: 1 })),
            include_archived: optional(fc.boolean()),
          }),
        }),
        async ({
          who,
          role,
          vector,
          kinds,
          max,
          skip,
          isOwn,
          document,
          conversation,
          repository,
          tagIds,
          others,
        }) => {
          fc.pre(vector.some((x) => x !== 0));
          const somebody = crowd.people[who % crowd.people.length]!;
          const pick = async (table: string, of: (() => string) | undefined): Promise<string | undefined> => {
            if (!of || !isOwn) return of?.();
            const { rows } = await database
              .pool('owner')
              .query(
                `select id from app_public.${table} where workspace_id = $1 order by md5(id::text || $2) limit 1`,
                [somebody.workspace_id, of()],
              );
            return rows[0]?.id;
          };
          const day = (days: number | undefined) =>
            days === undefined ? undefined : new Date(Date.now() - days * 86_400_000).toISOString();
          const filters: Filters = {
            ...others,
            created_after: day(others.created_after),
            created_before: day(others.created_before),
            document_id: await pick('documents', document),
            conversation_id: await pick('conversations', conversation),
            repository_id: await pick('repositories', repository),
            tag_ids:
              tagIds &&
              ((await Promise.all(tagIds.map((of) => pick('tags', of)))).filter(Boolean) as string[]),
          };
          const given = JSON.stringify(filters);
          const names = Object.keys(JSON.parse(given)) as (keyof Filters)[];
          const results = await asRole(database, role, claims(somebody), async (client) => {
            const ours = await client.query(
              `select s.path, s.returned, r.chunk_id, r.vector_score
               from app_public.search(query => '', query_embedding => $1::extensions.halfvec, kinds => $2::app_public.source_type[], mode => 'vector',
                 max_results => $3, skip => $4, filters => jsonb_populate_record(null::app_public.search_filters, $5)) as s
               left join lateral unnest(s.results) as r on true`,
              [JSON.stringify(vector), kinds ?? null, max, skip, given],
            );
            const truth = await client.query(
              `select c.id as chunk_id, (1 - (e.embedding operator(extensions.<=>) $1::extensions.halfvec))::real as vector_score, c.tier
               from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
               left join app_public.memory_items m on m.id = c.memory_item_id
               where e.version_id = $2 and ($3::app_public.source_type[] is null or c.source_type = any ($3)) and $4::jsonb is not null
                 and (m.id is null or m.expires_at is null or m.expires_at > now())
                 and ${names.map((name) => MEANING[name]).join(' and ') || 'true'}
                 and ($7::boolean or not exists (select from app_public.documents d where d.id = c.document_id and d.is_archived))
               -- neither age nor tier decides
               order by e.embedding operator(extensions.<=>) $1::extensions.halfvec, c.id
               limit $5 offset $6`,
              [
                JSON.stringify(vector),
                version,
                kinds ?? null,
                given,
                max,
                skip,
                filters.include_archived ?? false,
              ],
            );
            return { ours: ours.rows, truth: truth.rows };
          });
          const ours = results.ours.filter((row) => row.chunk_id !== null);
          expect(results.ours[0].path).toBe('exact');
          expect(results.ours[0].returned).toBe(ours.length);
          expect(ours.map((row) => row.vector_score)).toEqual(results.truth.map((row) => row.vector_score));
          expect(new Set(ours.map((row) => row.chunk_id))).toEqual(
            new Set(results.truth.map((row) => row.chunk_id)),
          );
          if (results.truth.some((row) => row.tier === 'cold')) cold += 1;
          found += ours.length;
          if (names.some((name) => name !== 'include_archived') && ours.length > 0) filtered += 1;
        },
      ),
      { seed, numRuns: RUNS },
    );
    // it compared something
    expect(found).toBeGreaterThan(RUNS);
    expect(filtered).toBeGreaterThan(RUNS / 20);
    expect(cold).toBeGreaterThan(0);
  });

  it('tells an id of somebody else from one that is not there by nothing', async () => {
    const nowhere = '01890000-0000-7000-8000-000000000000';
    const ask = async (somebody: Somebody, filters: Filters, mode: string) =>
      asRole(database, 'colloquy_user', claims(somebody), async (client) => {
        const { rows } = await client.query(
          `select to_jsonb(s) as found from app_public.search(query => 'words', query_embedding => $1::extensions.halfvec, mode => $2::app_public.search_mode,
             filters => jsonb_populate_record(null::app_public.search_filters, $3)) as s`,
          [JSON.stringify(Array(DIMENSIONS).fill(1)), mode, JSON.stringify(filters)],
        );
        return rows[0].found;
      });
    for (const somebody of crowd.people.slice(0, 5)) {
      const { rows } = await database.pool('owner').query(
        `select (select id from app_public.documents where workspace_id <> $1 limit 1) as document_id,
           (select id from app_public.conversations where workspace_id <> $1 limit 1) as conversation_id,
           (select id from app_public.repositories where workspace_id <> $1 limit 1) as repository_id,
           (select id from app_public.tags where workspace_id <> $1 limit 1) as tag_id,
           (select array_agg(id) from app_public.documents where workspace_id = $1 and visibility = 'private' and owner_id <> $2) as private_ids`,
        [somebody.workspace_id, somebody.user_id],
      );
      const { document_id, conversation_id, repository_id, tag_id, private_ids } = rows[0];
      for (const mode of ['vector', 'text', 'hybrid']) {
        const attempts: [Filters, Filters][] = [
          [{ document_id }, { document_id: nowhere }],
          [{ conversation_id }, { conversation_id: nowhere }],
          [{ repository_id }, { repository_id: nowhere }],
          [{ tag_ids: [tag_id] }, { tag_ids: [nowhere] }],
          ...((private_ids ?? []) as string[])
            .slice(0, 2)
            .map((id): [Filters, Filters] => [{ document_id: id }, { document_id: nowhere }]),
        ];
        for (const [theirs, nobodys] of attempts) {
          const found = await ask(somebody, theirs, mode);
          expect(found.returned).toBe(0);
          expect(found).toEqual(await ask(somebody, nobodys, mode));
        }
      }
    }
  });
});
