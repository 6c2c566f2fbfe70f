import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { said } from '../../support/said.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis, createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asRole, asUser, registerUser, type TestUser } from '../../support/users.ts';

const DIMENSIONS = 24;

interface Found {
  requested: number;
  returned: number;
  path: string;
  scan_limit_hit: boolean;
  results: {
    chunk_id: string;
    content: string;
    snippet: string;
    vector_score: number | null;
    text_score: number | null;
    score: number;
    title: string;
  }[];
}

interface Question {
  query?: string | null;
  embedding?: number[] | null;
  kinds?: string[] | null;
  max?: number | null;
  threshold?: number | null;
  mode?: string | null;
}

const SEARCH = `select to_jsonb(app_public.search(query => $1, query_embedding => $2::extensions.halfvec, kinds => $3::app_public.source_type[],
  max_results => $4, threshold => $5, mode => $6::app_public.search_mode)) as found`;
const values = ({
  query = '',
  embedding = null,
  kinds = null,
  max = 10,
  threshold = null,
  mode = null,
}: Question): unknown[] => [query, embedding && JSON.stringify(embedding), kinds, max, threshold, mode];

describeReal('search', () => {
  let database: Database;
  const owner = () => database.pool('owner');
  const ask = async (user: TestUser, question: Question): Promise<Found> =>
    (await asUser(database, user, (client) => client.query(SEARCH, values(question)))).rows[0].found;
  const set = (name: string, value: number) =>
    owner().query('update app_private.settings set value = $2 where name = $1', [name, String(value)]);
  const setting = async (name: string) =>
    (await owner().query('select value from app_private.settings where name = $1', [name])).rows[0].value;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  describe('among tenants of different sizes', () => {
    let version: string;
    let big: TestUser;
    let small: TestUser;
    /** In one large workspace: who has nearly all of it, and who may see 30 chunks of it. */
    let crowd: TestUser;
    let guest: TestUser;
    let vectors: number[][];

    /** The truth: all rows that row-level security lets the user read, compared one by one. */
    async function exact(user: TestUser, embedding: number[], limit: number): Promise<string[]> {
      return asUser(database, user, async (client) => {
        await client.query('set local enable_indexscan = off');
        const { rows } = await client.query(
          `select c.id from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
           where e.version_id = $1 order by (e.embedding operator(extensions.<=>) $2::extensions.halfvec), c.id limit $3`,
          [version, JSON.stringify(embedding), limit],
        );
        return rows.map((row) => row.id);
      });
    }

    beforeAll(async () => {
      version = await activateTestVersion(owner(), DIMENSIONS);
      const [bigAlone, smallAlone, crowdAlone, guestAlone] = await Promise.all(
        ['big', 'small', 'crowd', 'guest'].map((name) => registerUser(database, `${name}@example.org`)),
      );
      big = bigAlone!;
      small = smallAlone!;
      const team = await createWorkspace(database, 'Crowd');
      crowd = await join(database, crowdAlone!, team, 'owner');
      guest = await join(database, guestAlone!, team, 'member');
      const bulk = (user: TestUser, count: number, seed: number) =>
        addChunks(owner(), {
          version,
          workspaceId: user.workspaceId,
          ownerId: user.id,
          dimensions: DIMENSIONS,
          count,
          seed,
        });
      await bulk(big, 20_000, 0.1);
      await bulk(small, 50, 0.2);
      await bulk(crowd, 6_000, 0.3);
      await bulk(guest, 30, 0.4);
      await createIndex(owner(), version);
      await database.pool('admin').query('analyze app_public.chunks, app_public.embeddings');
      // questions near what there is: every vector of some chunks, a little turned
      const { rows } = await owner().query(
        `select embedding::extensions.vector::real[] as v from app_public.embeddings where version_id = $1 and workspace_id = $2 order by chunk_id limit 40`,
        [version, big.workspaceId],
      );
      vectors = rows.map(({ v }, index) =>
        v.map((x: number, at: number) => x + (at === index % DIMENSIONS ? 0.05 : 0)),
      );
    });

    it('gives a small one its full ten, the right ones, also after its connection served a large one', async () => {
      // as the API: one pooled connection, a named statement that PostgreSQL keeps
      const pool = new pg.Pool({ connectionString: database.url('authenticator'), max: 1 });
      const named = async (user: TestUser, embedding: number[]): Promise<Found> => {
        const client = await pool.connect();
        try {
          await client.query('begin');
          await client.query(
            `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
            [user.id, user.workspaceId],
          );
          const { rows } = await client.query({
            name: 'search',
            text: SEARCH,
            values: values({ embedding, mode: 'vector' }),
          });
          await client.query('commit');
          return rows[0].found;
        } finally {
          client.release();
        }
      };
      try {
        for (let run = 0; run < 10; run += 1) {
          const found = await named(big, vectors[run]!);
          expect([found.path, found.returned]).toEqual(['index', 10]);
        }
        for (let run = 0; run < 10; run += 1) {
          const found = await named(small, vectors[run]!);
          expect([found.path, found.returned, found.scan_limit_hit]).toEqual(['exact', 10, false]);
          expect(found.results.map((result) => result.chunk_id)).toEqual(
            await exact(small, vectors[run]!, 10),
          );
        }
        const { rows } = await pool.query(
          `select generic_plans + custom_plans as runs from pg_prepared_statements where name = 'search'`,
        );
        expect(Number(rows[0].runs)).toBe(20);
      } finally {
        await pool.end();
      }
    });

    it('finds at least 95 of 100 by the index what an exact comparison finds', async () => {
      let hits = 0;
      for (const vector of vectors) {
        const found = await ask(big, { embedding: vector, mode: 'vector' });
        expect(found.path).toBe('index');
        expect(found.returned).toBe(10);
        const truth = new Set(await exact(big, vector, 10));
        hits += found.results.filter((result) => truth.has(result.chunk_id)).length;
        const scores = found.results.map((result) => result.score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      }
      const recall = hits / (10 * vectors.length);
      expect(recall).toBeGreaterThanOrEqual(0.95);
    });

    it('gives somebody who sees little of a large workspace all of it', async () => {
      for (const vector of vectors.slice(0, 5)) {
        // the index alone comes as far as this
        const all = await ask(guest, { embedding: vector, mode: 'vector', max: 30 });
        expect(new Set(all.results.map((result) => result.chunk_id))).toEqual(
          new Set(await exact(guest, vector, 30)),
        );
        // here it looks at everything it may, and is not believed
        const more = await ask(guest, { embedding: vector, mode: 'vector', max: 100 });
        expect(more).toMatchObject({
          path: 'index, then exact',
          scan_limit_hit: true,
          requested: 100,
          returned: 30,
        });
        expect(more.results.map((result) => result.chunk_id)).toEqual(await exact(guest, vector, 100));
        const ten = await ask(guest, { embedding: vector, mode: 'vector' });
        expect(ten.returned).toBe(10);
      }
    });

    it('gives as many as are asked for, whichever way is taken', async () => {
      for (const max of [1, 10, 100]) {
        expect(await ask(big, { embedding: vectors[0]!, mode: 'vector', max })).toMatchObject({
          requested: max,
          returned: max,
          path: 'index',
        });
      }
      expect(await ask(small, { embedding: vectors[0]!, mode: 'vector', max: 100 })).toMatchObject({
        requested: 100,
        returned: 50,
        path: 'exact',
      });
    });

    it('takes the way that the setting says', async () => {
      const before = await setting('search_exact_limit');
      try {
        await set('search_exact_limit', 100_000);
        const found = await ask(big, { embedding: vectors[0]!, mode: 'vector' });
        expect(found.path).toBe('exact');
        expect(found.results.map((result) => result.chunk_id)).toEqual(await exact(big, vectors[0]!, 10));
        // nearly all that is near belongs to somebody else: no more is missed than by the index
        for (const max of [1, 10, 30, 100]) {
          const seen = await ask(guest, { embedding: vectors[0]!, mode: 'vector', max });
          expect(seen.path).toBe('exact');
          expect(seen.results.map((result) => result.chunk_id)).toEqual(await exact(guest, vectors[0]!, max));
        }
        await set('search_exact_limit', 0);
        expect((await ask(small, { embedding: vectors[0]!, mode: 'vector' })).path).toMatch(/^index/);
        expect((await ask(small, { embedding: vectors[0]!, mode: 'vector' })).returned).toBe(10);
      } finally {
        await set('search_exact_limit', Number(before));
      }
    });

    it('leaves the settings of the session as they were', async () => {
      await asUser(database, big, async (client) => {
        const settings = async () =>
          (
            await client.query(
              `select name, setting from pg_settings where name like 'hnsw.%' or name like 'enable\\_%' or name in ('search_path', 'plan_cache_mode', 'role') order by name`,
            )
          ).rows;
        await client.query('select app_public.search($1, $2::extensions.halfvec)', [
          'chunk',
          JSON.stringify(vectors[0]),
        ]);
        await client.query('set local hnsw.ef_search = 77');
        const before = await settings();
        expect(before.length).toBeGreaterThan(20);
        await client.query(SEARCH, values({ query: 'chunk', embedding: vectors[0]! }));
        await client.query('savepoint s');
        await expect(client.query(SEARCH, values({ embedding: [1, 2, 3] }))).rejects.toMatchObject({
          code: 'CQ301',
        });
        await client.query('rollback to savepoint s');
        expect(await settings()).toEqual(before);
      });
    });

    it('works in a session that has never loaded the vector library', async () => {
      const pool = new pg.Pool({ connectionString: database.url('authenticator'), max: 1 });
      try {
        for (const user of [big, small]) {
          const client = await pool.connect();
          await client.query('begin');
          await client.query(
            `select set_config('role', 'colloquy_user', true), set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true)`,
            [user.id, user.workspaceId],
          );
          expect(
            (await client.query(SEARCH, values({ embedding: vectors[0]! }))).rows[0].found.returned,
          ).toBe(10);
          await client.query('commit');
          client.release(true);
        }
      } finally {
        await pool.end();
      }
    });

    it('refuses a vector of another length, and an empty question', async () => {
      await expect(ask(big, { embedding: axis(DIMENSIONS + 1, 0) })).rejects.toMatchObject({ code: 'CQ301' });
      for (const query of ['', '   ', null])
        await expect(ask(big, { query })).rejects.toMatchObject({ code: 'CQ200' });
      for (const max of [0, -1, 101])
        await expect(ask(big, { query: 'x', max })).rejects.toMatchObject({ code: 'CQ200' });
      for (const threshold of [1.1, -1.1, Number.NaN])
        await expect(ask(big, { query: 'x', threshold })).rejects.toMatchObject({ code: 'CQ200' });
      await expect(ask(big, { query: 'x'.repeat(10_001) })).rejects.toMatchObject({ code: 'CQ200' });
      await expect(
        asRole(database, 'colloquy_user', {}, (client) => client.query(SEARCH, values({ query: 'x' }))),
      ).rejects.toMatchObject({ code: 'CQ101' });
      expect((await ask(big, { query: 'chunk', max: null })).requested).toBe(10);
    });

    it('narrows by threshold', async () => {
      const all = await ask(small, { embedding: vectors[0]!, mode: 'vector', max: 50 });
      const limit = all.results[7]!.vector_score!;
      const near = await ask(small, { embedding: vectors[0]!, mode: 'vector', max: 50, threshold: limit });
      expect(near.results.map((result) => result.chunk_id)).toEqual(
        all.results.slice(0, 8).map((result) => result.chunk_id),
      );
      expect((await ask(small, { embedding: vectors[0]!, mode: 'vector', threshold: 1 })).results).toEqual(
        [],
      );
    });

    it('gives, to any user and by any narrowing, the very set that row-level security allows', async () => {
      const team = await createWorkspace(database, 'Random');
      const people: TestUser[] = [];
      for (const name of ['r1', 'r2', 'r3'])
        people.push(
          await join(database, await registerUser(database, `${name}@example.org`), team, 'member'),
        );
      for (const [index, person] of people.entries()) {
        for (const visibility of ['private', 'workspace'] as const) {
          await addChunks(owner(), {
            version,
            workspaceId: team,
            ownerId: person.id,
            dimensions: DIMENSIONS,
            count: 15,
            seed: (index * 2 + (visibility === 'private' ? 0 : 1)) / 10,
            visibility,
            perDocument: 3,
          });
        }
        await asUser(database, person, async (client) => {
          for (const visibility of ['private', 'workspace']) {
            const { rows } = await client.query(
              'select id from app_public.start_conversation(visibility => $1)',
              [visibility],
            );
            await client.query(`select app_public.post_message($1, 'said by ${index}')`, [rows[0].id]);
          }
        });
      }
      await indexAll(database, axis(DIMENSIONS, 3));
      const outsider = await registerUser(database, 'r4@example.org');
      const seed = Math.floor(Math.random() * 2 ** 31);
      process.stdout.write(`search: fast-check seed ${seed}\n`);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...people, { ...outsider, workspaceId: outsider.workspaceId }, small),
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
            minLength: DIMENSIONS,
            maxLength: DIMENSIONS,
          }),
          fc.option(
            fc.uniqueArray(fc.constantFrom('document', 'message', 'memory', 'event'), { maxLength: 3 }),
          ),
          fc.integer({ min: 1, max: 100 }),
          fc.option(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.constantFrom('private', 'workspace'))),
          async (user, vector, kinds, max, change) => {
            fc.pre(vector.some((x) => Math.abs(x) > 0.01));
            if (change) {
              // somebody changes its mind about a document
              await owner().query(
                `update app_public.documents set visibility = $2 where id = (select id from app_public.documents where workspace_id = $3 order by id offset $1 % 30 limit 1)`,
                [...change, team],
              );
            }
            const found = await ask(user, { embedding: vector, mode: 'vector', kinds, max });
            expect(found.path).toBe('exact');
            const { rows } = await asUser(database, user, (client) =>
              client.query(
                `select c.id, (1 - (e.embedding operator(extensions.<=>) $2::extensions.halfvec))::real as score
                 from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
                 where e.version_id = $1 and ($3::app_public.source_type[] is null or c.source_type = any ($3))
                 order by e.embedding operator(extensions.<=>) $2::extensions.halfvec, c.id limit $4`,
                [version, JSON.stringify(vector), kinds, max],
              ),
            );
            expect(new Set(found.results.map((result) => result.chunk_id))).toEqual(
              new Set(rows.map((row) => row.id)),
            );
            expect(found.results.map((result) => result.vector_score)).toEqual(rows.map((row) => row.score));
            // words: the same plan serves everybody, and whoever it serves gets what a policy gives
            const query = `${Math.floor((vector[0]! + 1) * 15)} said chunk -3`.replace('-3', '-nothing');
            const byWords = await ask(user, { query, mode: 'text', kinds, max: 100 });
            const truth = await asUser(database, user, (client) =>
              client.query(
                `select c.id from app_public.chunks c
                 where c.text_search @@ to_tsquery('english', $1) and ($2::app_public.source_type[] is null or c.source_type = any ($2))`,
                [query.replace(' -nothing', '').replaceAll(' ', ' | '), kinds],
              ),
            );
            expect(new Set(byWords.results.map((result) => result.chunk_id))).toEqual(
              new Set(truth.rows.map((row) => row.id)),
            );
          },
        ),
        { seed, numRuns: 150 },
      );
    });
  });

  describe('by words', () => {
    let ann: TestUser;
    const TEXTS: [string, string, string, string?][] = [
      ['cats', 'Cats', 'The kittens were running across the old kitchen floor.'],
      ['dogs', 'Dogs', 'A dog runs faster than any cat, says the news about dogs.'],
      ['html', 'Markup', 'Beware of <script>alert("kittens")</script> & other <b>bold</b> things in markup.'],
      ['plain', 'News', 'Nothing but news of the stock exchange today.'],
      ['german', 'Häuser', 'Die alten Häuser am Marktplatz wurden verkauft.', 'german'],
      ['title', 'Quarterly zebra report', 'Revenue went up.'],
      ['body', 'Something else', 'We saw one zebra there, a quarterly event.'],
    ];
    let found: (query: string, more?: Question) => Promise<string[]>;
    const names = new Map<string, string>();

    beforeAll(async () => {
      ann = await registerUser(database, 'words@example.org');
      for (const [name, title, content, language = 'english'] of TEXTS) {
        const { rows } = await asUser(database, ann, (client) =>
          client.query(
            'select id from app_public.create_document(title => $1, content => $2, text_search_language => $3)',
            [title, content, language],
          ),
        );
        names.set(rows[0].id, name);
      }
      await indexAll(database, axis(DIMENSIONS, 0));
      found = async (query, more = {}) => {
        const { results } = await ask(ann, { query, mode: 'text', ...more });
        return results.map(
          (result) => names.get((result as unknown as { document_id: string }).document_id)!,
        );
      };
    });

    it('finds other forms of a word', async () => {
      expect(await found('kitten')).toEqual(expect.arrayContaining(['cats', 'html']));
      expect((await found('run')).sort()).toEqual(['cats', 'dogs']);
      expect(await found('KITTENS')).toEqual(expect.arrayContaining(['cats', 'html']));
      expect(await found('elephant')).toEqual([]);
    });

    it('understands quotes, or, and minus', async () => {
      expect(await found('"stock exchange"')).toEqual(['plain']);
      expect(await found('"exchange stock"')).toEqual([]);
      expect((await found('kitchen or exchange')).sort()).toEqual(['cats', 'plain']);
      expect(await found('news -exchange')).toEqual(['dogs']);
      // a minus holds for every form of the word
      expect(await found('news -dogs')).toEqual(['plain']);
      expect(await found('news -dog')).toEqual(['plain']);
    });

    it('finds a word of another language by itself and by its other forms', async () => {
      expect(await found('Häuser')).toEqual(['german']);
      expect(await found('Haus')).toEqual(['german']);
      expect(await found('verkauft')).toEqual(['german']);
    });

    it('finds words by the rules of a language that a document was given later', async () => {
      const lena = await registerUser(database, 'lena@example.org');
      const { rows } = await asUser(database, lena, (client) =>
        client.query(
          `select id from app_public.create_document('Markt', 'Die alten Häuser wurden verkauft.')`,
        ),
      );
      await indexAll(database, axis(DIMENSIONS, 0));
      const languages = async () =>
        (
          await owner().query(
            'select array_agg(text_search_language::text order by 1) as all from app_hidden.chunk_counts k where k.workspace_id = $1 and k.chunk_count > 0',
            [lena.workspaceId],
          )
        ).rows[0].all;
      const seen = async () => (await ask(lena, { query: '"Haus"', mode: 'text' })).returned;
      expect([await languages(), await seen()]).toEqual([['english'], 0]);
      await asUser(database, lena, (client) =>
        client.query(`update app_public.documents set text_search_language = 'german' where id = $1`, [
          rows[0].id,
        ]),
      );
      await indexAll(database, axis(DIMENSIONS, 0));
      expect([await languages(), await seen()]).toEqual([['german'], 1]);
    });

    it('finds words of messages, memories and documents by the rules of the language of the workspace', async () => {
      const hans = await registerUser(database, 'hans@example.org');
      const write = async (document: string) => {
        const { rows } = await asUser(database, hans, (client) =>
          client.query(`select id from app_public.start_conversation('Gespräch')`),
        );
        await asUser(database, hans, (client) =>
          client.query(
            `select app_public.post_message($1, 'Wir kaufen neue Häuser.'), app_public.remember($2::text || ' mag Häuser', 'Wunsch ' || $2),
               app_public.create_document($2, $2 || ' und die Häuser'), app_public.create_document($2 || ' en', 'two Häuser', text_search_language => 'english')`,
            [rows[0].id, document],
          ),
        );
        const { rows: events } = await asUser(database, hans, (client) =>
          client.query(
            `select id from app_public.ingest_event('jira', 'issue', jsonb_build_object('by', $1::text))`,
            [document],
          ),
        );
        const worker = database.pool('worker');
        await worker.query(`select app_hidden.claim_events($1, 'jira', 10, '5 minutes')`, [hans.workspaceId]);
        await worker.query(`select app_hidden.complete_event($1, $2, 1, $3)`, [
          hans.workspaceId,
          events[0].id,
          said(`${document} meldet Häuser`, 'jira'),
        ]);
        await indexAll(database, axis(DIMENSIONS, 0));
      };
      const seen = async () =>
        (await ask(hans, { query: '"Haus"', mode: 'text' })).results
          .map((result) => (result as unknown as { source_type: string }).source_type)
          .sort();
      await write('Peter');
      expect(await seen()).toEqual([]);
      const { rows } = await asUser(database, hans, (client) =>
        client.query(
          `select text_search_language::text as language from app_public.set_workspace_language('german')`,
        ),
      );
      expect(rows[0].language).toBe('german');
      await write('Paul');
      expect(await seen()).toEqual(['document', 'event', 'memory', 'message']);

      // what was indexed before follows, but for documents, and nobody else's
      const correct = async (most = 500): Promise<number> =>
        (
          await database
            .pool('worker')
            .query('select app_hidden.correct_chunk_languages($1) as chunks', [most])
        ).rows[0].chunks;
      const vectors = () =>
        owner().query('select e.chunk_id, e.xmin from app_public.embeddings e order by 1');
      const before = (await vectors()).rows;
      const holder = await owner().connect();
      try {
        await holder.query('begin');
        await holder.query(
          `select from app_public.chunks c where c.workspace_id = $1 and c.source_type = 'memory' for no key update`,
          [hans.workspaceId],
        );
        // each in turn, at most as many as asked, and not those that somebody has
        expect([await correct(1), await correct(1), await correct(1)]).toEqual([1, 1, 0]);
        await holder.query('commit');
      } finally {
        holder.release();
      }
      // nor does it wait for who has written and not yet committed
      const writer = await owner().connect();
      try {
        await writer.query('begin');
        await writer.query(
          `update app_hidden.chunk_counts set chunk_count = chunk_count where workspace_id = $1`,
          [hans.workspaceId],
        );
        expect(await correct()).toBe(0);
        await writer.query('rollback');
      } finally {
        writer.release();
      }
      expect([await correct(), await correct()]).toEqual([1, 0]);
      expect(await seen()).toEqual(['document', 'event', 'event', 'memory', 'memory', 'message', 'message']);
      expect((await vectors()).rows).toEqual(before);
      const { rows: counts } = await owner().query(
        `select coalesce(k.chunk_count, 0)::int as counted, coalesce(c.chunks, 0)::int as there
         from app_hidden.chunk_counts k
         full join (select workspace_id, source_type, text_search_language, count(*) as chunks from app_public.chunks group by 1, 2, 3) as c
           using (workspace_id, source_type, text_search_language)
         where coalesce(k.chunk_count, 0) <> coalesce(c.chunks, 0)`,
      );
      expect(counts).toEqual([]);
      await expect(correct(0)).rejects.toMatchObject({ code: 'CQ200' });
    });

    it('knows the language of chunks that two write at once, and forgets those of a workspace that is gone', async () => {
      const omar = await registerUser(database, 'omar@example.org');
      const documents = await Promise.all(
        ['finnish', 'finnish', 'danish', 'danish'].map((language, index) =>
          asUser(database, omar, (client) =>
            client.query(
              'select id from app_public.create_document(title => $1, content => $1, text_search_language => $2)',
              [`text ${index}`, language],
            ),
          ),
        ),
      );
      expect(documents).toHaveLength(4);
      await Promise.all([indexAll(database, axis(DIMENSIONS, 0)), indexAll(database, axis(DIMENSIONS, 0))]);
      const known = () =>
        owner().query(
          'select k.text_search_language::text as language, k.chunk_count::int as chunks from app_hidden.chunk_counts k where k.workspace_id = $1 order by 1',
          [omar.workspaceId],
        );
      expect((await known()).rows).toEqual([
        { language: 'danish', chunks: 2 },
        { language: 'finnish', chunks: 2 },
      ]);
      await owner().query('delete from app_public.workspaces w where w.id = $1', [omar.workspaceId]);
      expect((await known()).rows).toEqual([]);
    });

    it('is not upset by signs of its own language', async () => {
      for (const query of [
        "'",
        '"',
        '&',
        '| ! :*',
        "kitten'; drop table x; --",
        '\\',
        '()',
        '<->',
        'the',
        '!!!',
        '%',
        '🐈',
        '-',
        'a\u0001b',
        '<script>',
      ]) {
        await expect(found(query)).resolves.toBeInstanceOf(Array);
      }
    });

    it('weighs the heading more than the text', async () => {
      expect(await found('zebra')).toEqual(['title', 'body']);
    });

    it('counts a rare word for more than a frequent one, and each word by itself', async () => {
      const zoe = await registerUser(database, 'rare@example.org');
      const write = async (name: string, content: string) => {
        const { rows } = await asUser(database, zoe, (client) =>
          client.query('select id from app_public.create_document(title => $1, content => $2)', [
            'x',
            content,
          ]),
        );
        names.set(rows[0].id, name);
      };
      for (let each = 1; each <= 12; each += 1)
        await write(`often ${each}`, 'A heron and a heron, heron by heron.');
      await write(
        'rare',
        'Of birds there is only one bittern here, and beyond it nothing but reed and wind.',
      );
      await indexAll(database, axis(DIMENSIONS, 0));
      const by = async (query: string) =>
        (await ask(zoe, { query, mode: 'text' })).results.map((result) => ({
          name: names.get((result as unknown as { document_id: string }).document_id)!,
          score: result.text_score!,
        }));
      expect((await by('heron or bittern'))[0]!.name).toBe('rare');
      // as often as the other word, its four places count for more
      expect((await by('heron or birds or wind or reed')).slice(0, 1)).toMatchObject([{ name: 'rare' }]);
      const seven = await by('heron or a1 or a2 or a3 or a4 or a5 or bittern');
      expect([seven.length, seven[0]!.name]).toEqual([10, 'rare']);
      expect((await by('bittern or heron or heron'))[0]!.score).toBeCloseTo(
        (await by('bittern or heron'))[0]!.score,
        6,
      );
      // a minus alone asks for nothing
      expect(await by('-heron')).toEqual([]);
      expect((await by('bittern -heron')).map(({ name }) => name)).toEqual(['rare']);
      expect((await by('bittern heron -"heron by heron"')).map(({ name }) => name)).toEqual(['rare']);
      // a dash that stands by itself, is doubled or precedes a number is no operator
      for (const query of ['bittern - heron', 'bittern -- heron', 'bittern heron -5'])
        expect((await by(query)).length).toBe(10);
      // the seventh word by itself is as rare as it is
      const many = 'heron by often name word text bittern';
      expect((await by(many))[0]!.name).toBe('rare');
    });

    it('ranks by nothing but what the caller may read', async () => {
      const team = await createWorkspace(database, 'Weights');
      const [mia, noa] = await Promise.all(
        ['mia', 'noa'].map(async (name) =>
          join(database, await registerUser(database, `${name}@example.org`), team, 'member'),
        ),
      );
      const stranger = await registerUser(database, 'stranger@example.org');
      const write = async (user: TestUser, content: string, visibility = 'private') =>
        asUser(database, user, (client) =>
          client.query('select id from app_public.create_document($1, $2, visibility => $3)', [
            content.slice(0, 10),
            content,
            visibility,
          ]),
        );
      await write(mia!, 'the merger with another house');
      await write(mia!, 'a recipe of pancakes at the house');
      for (let each = 0; each < 5; each += 1) await write(mia!, `the house number ${each}`);
      await indexAll(database, axis(DIMENSIONS, 0));
      const scores = async () =>
        (await ask(mia!, { query: 'merger or recipe or house', mode: 'text' })).results.map(
          ({ chunk_id, score }) => [chunk_id, score],
        );
      const before = await scores();
      expect(before).toHaveLength(7);
      for (let each = 0; each < 20; each += 1) {
        await write(stranger, `merger plan ${each}`);
        await write(noa!, `merger plan ${each}`);
      }
      await indexAll(database, axis(DIMENSIONS, 0));
      expect(await scores()).toEqual(before);
      // what may be read does weigh
      for (let each = 0; each < 3; each += 1) await write(noa!, `merger, part ${each}`, 'workspace');
      await indexAll(database, axis(DIMENSIONS, 0));
      expect(await scores()).not.toEqual(before);
      expect(await scores()).toHaveLength(10);
    });

    it('gives the same by the plan that is kept and by one that is made for the search', async () => {
      const both = async (question: Question) =>
        asUser(database, ann, async (client) => {
          const results = [];
          // a filter that changes nothing
          for (const filters of [null, '{"include_archived": false}']) {
            const { rows } = await client.query(
              `select to_jsonb(app_public.search(query => $1, query_embedding => $2::extensions.halfvec, mode => $3::app_public.search_mode,
                 filters => jsonb_populate_record(null::app_public.search_filters, $4))) as found`,
              [question.query, JSON.stringify(axis(DIMENSIONS, 0)), question.mode, filters],
            );
            results.push(rows[0].found);
          }
          return results;
        });
      // more words than the kept plan is used for
      const many = `kitten or ${Array.from({ length: 300 }, (_, each) => `word${each}`).join(' or ')}`;
      for (const mode of ['text', 'vector', 'hybrid']) {
        for (const query of [
          'kitten',
          'dog or cat or zebra',
          '"stock exchange" or Häuser',
          'news -dogs',
          many,
        ]) {
          const [kept, made] = await both({ query, mode });
          expect(kept.returned).toBeGreaterThan(0);
          expect(made).toEqual(kept);
        }
      }
    });

    it('marks words in a snippet of safe HTML', async () => {
      const { results } = await ask(ann, { query: 'kittens', mode: 'text' });
      const html = results.find((result) => result.title === 'Markup')!;
      expect(html.snippet).toContain('<mark>kittens</mark>');
      expect(html.snippet).toContain('&lt;script&gt;');
      expect(html.snippet).toContain('&amp;');
      expect(html.snippet.replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>]/);
      expect(html.content).toContain('<script>');
      for (const query of ['script', 'lt gt amp', 'alert', 'bold', 'mark']) {
        for (const { snippet } of (await ask(ann, { query, embedding: axis(DIMENSIONS, 0) })).results) {
          expect(snippet.replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>]/);
          expect(snippet).not.toMatch(/&(?!(lt|gt|amp);)/);
        }
      }
    });

    it('shows the beginning of a text that the words are not in', async () => {
      const { results } = await ask(ann, { query: 'kittens', embedding: axis(DIMENSIONS, 0), max: 20 });
      const without = results.filter((result) => result.text_score === null);
      expect(without.length).toBeGreaterThan(0);
      for (const { snippet, content } of without) expect(snippet).toBe(content);
      for (const { snippet } of results.filter((result) => result.text_score !== null))
        expect(snippet).toContain('<mark>');
      // found by meaning alone, and the words are in it
      const byMeaning = await ask(ann, { query: 'kittens', embedding: axis(DIMENSIONS, 0), mode: 'vector' });
      expect(byMeaning.results.find((result) => result.title === 'Markup')!.snippet).toContain(
        '<mark>kittens</mark>',
      );
    });

    it('cuts that beginning between words, where there are any', async () => {
      const uma = await registerUser(database, 'uma@example.org');
      const cases: [string, string, string][] = [
        ['in a word', `${'seven77 '.repeat(40)}`, 'seven77 '.repeat(31).trim()],
        ['behind a word', `${'w'.repeat(250)} more`, 'w'.repeat(250)],
        ['no words', '間'.repeat(300), '間'.repeat(250)],
        ['exactly', 'x'.repeat(250), 'x'.repeat(250)],
        ['marks of HTML', `${'<&> '.repeat(80)}`, '&lt;&amp;&gt; '.repeat(62).trim()],
      ];
      for (const [title, content] of cases)
        await asUser(database, uma, (client) =>
          client.query('select app_public.create_document($1, $2)', [title, content]),
        );
      await indexAll(database, axis(DIMENSIONS, 0));
      for (const query of ['', 'otter']) {
        const { results } = await ask(uma, { query, embedding: axis(DIMENSIONS, 0) });
        expect(Object.fromEntries(results.map(({ title, snippet }) => [title, snippet]))).toEqual(
          Object.fromEntries(cases.map(([title, , snippet]) => [title, snippet])),
        );
      }
    });

    it('shows what stands around words of scripts without spaces', async () => {
      const mei = await registerUser(database, 'mei@example.org');
      const words = '怎么做面包';
      const cases: [string, string, string][] = [
        [
          'far in',
          `${'間'.repeat(100)}${words}${'間'.repeat(200)}`,
          `${'間'.repeat(30)}<mark>${words}</mark>${'間'.repeat(125)}`,
        ],
        ['at the beginning', `${words}<b>`, `<mark>${words}</mark>&lt;b&gt;`],
      ];
      for (const [title, content] of cases)
        await asUser(database, mei, (client) =>
          client.query('select app_public.create_document($1, $2)', [title, content]),
        );
      await indexAll(database, axis(DIMENSIONS, 0));
      const { results } = await ask(mei, { query: words, mode: 'text' });
      expect(Object.fromEntries(results.map(({ title, snippet }) => [title, snippet]))).toEqual(
        Object.fromEntries(cases.map(([title, , snippet]) => [title, snippet])),
      );
    });

    it('keeps to the kinds that are asked for', async () => {
      const { rows } = await asUser(database, ann, (client) =>
        client.query(`select id from app_public.start_conversation('Talk')`),
      );
      await asUser(database, ann, (client) =>
        client.query(`select app_public.post_message($1, 'a kitten in a message')`, [rows[0].id]),
      );
      await indexAll(database, axis(DIMENSIONS, 1));
      const kinds = async (wanted: string[] | null, mode: string) =>
        new Set(
          (
            await ask(ann, { query: 'kitten', embedding: axis(DIMENSIONS, 1), kinds: wanted, mode })
          ).results.map((result) => (result as unknown as { source_type: string }).source_type),
        );
      for (const mode of ['text', 'vector', 'hybrid']) {
        expect(await kinds(['message'], mode)).toEqual(new Set(['message']));
        expect(await kinds(['document'], mode)).toEqual(new Set(['document']));
        expect(await kinds(null, mode)).toEqual(new Set(['message', 'document']));
        expect(await kinds(['memory'], mode)).toEqual(new Set());
        expect(await kinds([], mode)).toEqual(new Set());
      }
    });
  });

  describe('by both', () => {
    it('ranks by the weighted sum of both scores; what is good in both beats what is first in one', async () => {
      const ann = await registerUser(database, 'both@example.org');
      const worker = database.pool('worker');
      const { rows: versions } = await worker.query(
        `select id from app_public.embedding_versions where status = 'active'`,
      );
      // how near each is to the question, and how often the word is in it
      const given: [string, number, number][] = [
        ['vector first', 0.1, 0],
        ['second in both', 0.2, 3],
        ['text first', 0.9, 9],
        ['vector third', 0.3, 0],
        ['neither', 0.95, 0],
      ];
      for (const [title, turn, times] of given) {
        const { rows } = await asUser(database, ann, (client) =>
          client.query('select id from app_public.create_document($1, $2)', [
            title,
            `${'walrus '.repeat(times)}${'word '.repeat(10 - times)}`,
          ]),
        );
        await indexAll(database, axis(DIMENSIONS, 5));
        const vector = axis(DIMENSIONS, 0).map((x, index) =>
          index === 0 ? Math.cos(turn) : index === 1 ? Math.sin(turn) : x,
        );
        await owner().query(
          `update app_public.embeddings e set embedding = $3::extensions.halfvec from app_public.chunks c
           where e.version_id = $1 and c.workspace_id = e.workspace_id and c.id = e.chunk_id and c.document_id = $2`,
          [versions[0].id, rows[0].id, JSON.stringify(vector)],
        );
      }
      const { results } = await ask(ann, { query: 'walrus', embedding: axis(DIMENSIONS, 0) });
      expect(results.map((result) => result.title)).toEqual([
        'second in both',
        'text first',
        'vector first',
        'vector third',
        'neither',
      ]);
      const weight = 0.4;
      for (const { score, vector_score, text_score } of results)
        expect(score).toBeCloseTo(weight * vector_score! + (1 - weight) * (text_score ?? 0), 5);
      expect([results[2]!.text_score, results[4]!.text_score]).toEqual([null, null]);
      // what is too far by meaning still counts by its words
      const near = await ask(ann, { query: 'walrus', embedding: axis(DIMENSIONS, 0), threshold: 0.97 });
      expect(near.results.map((result) => [result.title, result.vector_score === null])).toEqual([
        ['second in both', false],
        ['text first', false],
        ['vector first', false],
      ]);
      const few = await ask(ann, { query: 'walrus', embedding: axis(DIMENSIONS, 0), max: 1 });
      expect(few.results.map((result) => result.title)).toEqual(['second in both']);
      expect((await ask(ann, { query: 'walrus' })).results.map((result) => result.title)).toEqual([
        'text first',
        'second in both',
      ]);
      expect((await ask(ann, { query: 'walrus', mode: 'vector' })).results).toEqual([]);
    });
  });
});
