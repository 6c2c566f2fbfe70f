import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis, createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asRole, asUser, registerUser, type TestUser } from '../../support/users.ts';

const DIMENSIONS = 16;

interface Found {
  returned: number;
  path: string;
  scan_limit_hit: boolean;
  embedding_version_id: string;
  results: { chunk_id: string; document_id: string; title: string; source_type: string; score: number }[];
}

describeReal('search, narrowed', () => {
  let database: Database;
  let version: string;
  let ann: TestUser;
  let bob: TestUser;
  const owner = () => database.pool('owner');

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    version = await activateTestVersion(owner(), DIMENSIONS);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  /** Chunks of a user, private to it. */
  const fill = (user: TestUser, count: number, seed: number) =>
    addChunks(owner(), {
      version,
      workspaceId: user.workspaceId,
      ownerId: user.id,
      dimensions: DIMENSIONS,
      count,
      seed,
    });

  /** A search with named arguments; embeddings and filters are given as they are in JSON. */
  async function ask(user: TestUser, given: Record<string, unknown>): Promise<Found> {
    const types: Record<string, string> = {
      query_embedding: '::extensions.halfvec',
      kinds: '::app_public.source_type[]',
      mode: '::app_public.search_mode',
    };
    const wanted = { query: '', ...given };
    const names = Object.keys(wanted);
    const list = names.map((name, index) =>
      name === 'filters'
        ? `filters => jsonb_populate_record(null::app_public.search_filters, $${index + 1})`
        : `${name} => $${index + 1}${types[name] ?? ''}`,
    );
    const { rows } = await asUser(database, user, (client) =>
      client.query(
        `select to_jsonb(app_public.search(${list})) as found`,
        names.map((name) => {
          const value = (wanted as Record<string, unknown>)[name];
          return name === 'filters' || name === 'query_embedding' ? JSON.stringify(value) : value;
        }),
      ),
    );
    return rows[0].found;
  }

  async function document(user: TestUser, title: string, content: string, more = ''): Promise<string> {
    const { rows } = await asUser(database, user, (client) =>
      client.query(`select id from app_public.create_document(title => $1, content => $2${more})`, [
        title,
        content,
      ]),
    );
    return rows[0].id;
  }

  describe('by filters, in every mode', () => {
    const ids: Record<string, string> = {};
    const titles = async (filters: object, user = ann) => {
      const found = await Promise.all(
        ['vector', 'text', 'hybrid'].map(async (mode) =>
          (
            await ask(user, { query: 'otter', query_embedding: axis(DIMENSIONS, 1), mode, filters })
          ).results.map((result) => result.title),
        ),
      );
      expect(found[0]!.toSorted()).toEqual(found[1]!.toSorted());
      expect(found[2]!.toSorted()).toEqual(found[1]!.toSorted());
      return found[1]!.toSorted();
    };

    beforeAll(async () => {
      ids.plain = await document(ann, 'plain', 'an otter swims');
      ids.code = await document(ann, 'code', 'otter()', `, content_type => 'code', code_language => 'sql'`);
      ids.german = await document(ann, 'german', 'der Otter schwimmt', `, text_search_language => 'german'`);
      await asUser(database, ann, async (client) => {
        await client.query(
          `update app_public.documents set metadata = '{"zoo": {"city": "Bern"}}' where id = $1`,
          [ids.plain],
        );
        const repository = await client.query(`select id from app_public.create_repository('zoo')`);
        ids.repository = repository.rows[0].id;
        await client.query('select app_public.add_document_to_repository($1, $2, $3)', [
          ids.repository,
          ids.code,
          'otter.sql',
        ]);
        await client.query(`select app_public.add_tag('River', 'document', $1)`, [ids.plain]);
        await client.query(`select app_public.add_tag('Lake', 'document', $1)`, [ids.german]);
        const talk = await client.query(`select id from app_public.start_conversation('talk')`);
        ids.talk = talk.rows[0].id;
        await client.query(`select app_public.post_message($1, 'an otter said so')`, [ids.talk]);
        ids.tag = (
          await client.query(`select id from app_public.tags where lower(name::text) = 'lake'`)
        ).rows[0].id;
      });
      await indexAll(database, axis(DIMENSIONS, 1));
    });

    it('finds all without one', async () => {
      expect(await titles({})).toEqual(['code', 'german', 'plain', 'talk']);
    });

    it.each<[string, () => object, string[]]>([
      ['a document', () => ({ document_id: ids.plain }), ['plain']],
      ['a conversation', () => ({ conversation_id: ids.talk }), ['talk']],
      ['a document and a conversation', () => ({ document_id: ids.plain, conversation_id: ids.talk }), []],
      ['a repository', () => ({ repository_id: ids.repository }), ['code']],
      ['tags by name', () => ({ tags: ['RIVER', 'lake'] }), ['german', 'plain']],
      ['tags by id', () => ({ tag_ids: [ids.tag] }), ['german']],
      ['both', () => ({ tag_ids: [ids.tag], tags: ['river'] }), []],
      ['no tag at all', () => ({ tags: [] }), []],
      ['content types', () => ({ content_types: ['code', 'pdf'] }), ['code']],
      ['code languages', () => ({ code_languages: ['sql'] }), ['code']],
      ['languages', () => ({ text_search_languages: ['german'] }), ['german']],
      ['metadata', () => ({ metadata: { zoo: { city: 'Bern' } } }), ['plain']],
      ['other metadata', () => ({ metadata: { zoo: { city: 'Basel' } } }), []],
      ['a time to come', () => ({ created_after: '2200-01-01' }), []],
      ['a time gone by', () => ({ created_before: '2020-01-01' }), []],
      [
        'a range of time',
        () => ({ created_after: '2020-01-01', created_before: '2200-01-01', content_types: ['text'] }),
        ['german', 'plain'],
      ],
    ])('keeps to %s', async (_, filters, expected) => {
      expect(await titles(filters())).toEqual(expected);
    });

    it('finds nothing by what belongs to somebody else', async () => {
      await document(bob, 'bobs', 'an otter of bob');
      await indexAll(database, axis(DIMENSIONS, 1));
      expect(await titles({}, bob)).toEqual(['bobs']);
      for (const filters of [
        { document_id: ids.plain },
        { conversation_id: ids.talk },
        { repository_id: ids.repository },
        { tag_ids: [ids.tag] },
        { tags: ['river'] },
      ])
        expect(await titles(filters, bob)).toEqual([]);
    });

    it('finds nothing by a private repository of a colleague, and by a shared one what is shared in it', async () => {
      const team = await createWorkspace(database, 'Keepers');
      const keeper = await join(database, await registerUser(database, 'keeper@example.org'), team, 'owner');
      const colleague = await join(
        database,
        await registerUser(database, 'aide@example.org'),
        team,
        'member',
      );
      const hidden = await document(keeper, 'hidden', 'an otter dives');
      const shown = await document(keeper, 'shown', 'an otter dives', `, visibility => 'workspace'`);
      const repository_id = await asUser(database, keeper, async (client) => {
        const { rows } = await client.query(
          `select id from app_public.create_repository('dens', visibility => 'private')`,
        );
        for (const id of [hidden, shown])
          await client.query('select app_public.add_document_to_repository($1, $2, $3)', [
            rows[0].id,
            id,
            `${id}.txt`,
          ]);
        return rows[0].id;
      });
      await indexAll(database, axis(DIMENSIONS, 1));
      expect(await titles({}, colleague)).toEqual(['shown']);
      expect(await titles({ repository_id }, colleague)).toEqual([]);
      expect(await titles({ repository_id }, keeper)).toEqual(['hidden', 'shown']);
      await asUser(database, keeper, (client) =>
        client.query(`update app_public.repositories set visibility = 'workspace' where id = $1`, [
          repository_id,
        ]),
      );
      expect(await titles({ repository_id }, colleague)).toEqual(['shown']);
    });

    it('refuses what cannot be', async () => {
      for (const filters of [
        { tags: Array(101).fill('x') },
        { metadata: [] },
        { metadata: 'x' },
        { created_after: 'infinity' },
        { created_before: '12000-01-01' },
      ])
        await expect(ask(ann, { query: 'otter', filters })).rejects.toMatchObject({ code: 'CQ200' });
    });
  });

  it('answers a tenant as if there were no other, however many of them fit better', async () => {
    const [small, crowd] = await Promise.all(
      ['small', 'crowd'].map((name) => registerUser(database, `${name}@example.org`)),
    );
    const shared = (user: TestUser, count: number, word: string) =>
      addChunks(owner(), {
        version,
        workspaceId: user.workspaceId,
        ownerId: user.id,
        dimensions: DIMENSIONS,
        count,
        // the same vectors
        seed: 0.7,
        visibility: 'workspace',
        word,
      });
    const answers = () =>
      Promise.all(
        ['vector', 'text', 'hybrid'].flatMap((mode) =>
          [{}, { filters: { content_types: ['text'] } }].map((narrowed) =>
            ask(small!, { query: 'heron reeds', query_embedding: axis(DIMENSIONS, 2), mode, ...narrowed }),
          ),
        ),
      );
    await shared(small!, 3, 'a heron stands where nobody walks, long before it is light');
    const alone = await answers();
    expect(alone.map((found) => found.returned)).toEqual(Array(6).fill(3));
    await shared(crowd!, 300, 'heron, heron: reeds');
    expect(await answers()).toEqual(alone);
  });

  it('shows pages that follow on each other, in every mode', async () => {
    const cara = await registerUser(database, 'cara@example.org');
    await fill(cara, 210, 0.3);
    for (const mode of ['vector', 'text', 'hybrid']) {
      const page = async (skip: number, max_results: number) =>
        (
          await ask(cara, { query: 'chunk', query_embedding: axis(DIMENSIONS, 3), mode, skip, max_results })
        ).results.map(({ chunk_id, score }) => ({ chunk_id, score }));
      const whole = [...(await page(0, 100)), ...(await page(100, 100))];
      expect(new Set(whole.map((result) => result.chunk_id)).size).toBe(200);
      // also from one page to the next, and across the end of what a short search of both asks its legs for
      expect(whole.map((result) => result.score)).toEqual(
        whole.map((result) => result.score).sort((one, other) => other - one),
      );
      for (const size of [7, 25, 40]) {
        const pages = [];
        for (let skip = 0; skip + size <= 200; skip += size) pages.push(...(await page(skip, size)));
        expect(pages).toEqual(whole.slice(0, pages.length));
      }
    }
    const few = await registerUser(database, 'few@example.org');
    await fill(few, 60, 0.31);
    for (const mode of ['vector', 'text', 'hybrid'])
      for (const [skip, expected] of [
        [55, 5],
        [60, 0],
      ] as const)
        expect(
          (await ask(few, { query: 'chunk', query_embedding: axis(DIMENSIONS, 3), mode, skip })).returned,
        ).toBe(expected);
    for (const [skip, max_results] of [
      [-1, 10],
      [191, 10],
      [200, 1],
    ])
      await expect(ask(cara, { query: 'chunk', skip, max_results })).rejects.toMatchObject({ code: 'CQ200' });
  });

  it('finds what is cold like anything else', async () => {
    const dora = await registerUser(database, 'dora@example.org');
    await fill(dora, 20, 0.4);
    const search = (mode: string) =>
      ask(dora, { query: 'chunk 3', query_embedding: axis(DIMENSIONS, 3), mode, max_results: 20 });
    for (const mode of ['vector', 'text', 'hybrid']) {
      const young = await search(mode);
      await owner().query(`update app_public.chunks c set tier = 'cold' where c.workspace_id = $1`, [
        dora.workspaceId,
      ]);
      expect(await search(mode)).toEqual(young);
      await owner().query(
        `update app_public.chunks c set tier = 'hot' where c.workspace_id = $1 and c.chunk_index % 2 = 0`,
        [dora.workspaceId],
      );
      expect(await search(mode)).toEqual(young);
    }
  });

  it('leaves out what its owner archived, unless it is asked for, and what others archived stays theirs', async () => {
    const [anna, otto] = await Promise.all(
      ['anna', 'otto'].map((name) => registerUser(database, `${name}-archive@example.org`)),
    );
    await fill(anna!, 6, 0.4);
    await fill(otto!, 6, 0.4);
    const count = async (user: TestUser, mode: string, filters: object = {}) =>
      (
        await ask(user, {
          query: 'chunk',
          query_embedding: axis(DIMENSIONS, 3),
          mode,
          max_results: 20,
          filters,
        })
      ).returned;
    const { rows } = await asUser(database, anna!, (client) =>
      client.query(
        `update app_public.documents set is_archived = true where id = (select id from app_public.documents order by id limit 1) returning id`,
      ),
    );
    const { rows: gone } = await owner().query(
      'select count(*)::int as n from app_public.chunks where document_id = $1',
      [rows[0].id],
    );
    for (const mode of ['vector', 'text', 'hybrid']) {
      expect(await count(anna!, mode)).toBe(6 - gone[0].n);
      expect(await count(anna!, mode, { include_archived: false })).toBe(6 - gone[0].n);
      expect(await count(anna!, mode, { include_archived: true })).toBe(6);
      expect(await count(otto!, mode)).toBe(6);
    }
  });

  it('goes exact in a large workspace when a filter leaves little, and lets the index do it when not', async () => {
    const team = await createWorkspace(database, 'Large');
    const emil = await join(database, await registerUser(database, 'emil@example.org'), team, 'member');
    await fill(emil, 3_000, 0.5);
    await createIndex(owner(), version);
    await database.pool('admin').query('analyze app_public.chunks, app_public.embeddings');
    await owner().query(`update app_private.settings set value = '500' where name = 'search_exact_limit'`);
    try {
      const { rows } = await owner().query(
        `select id from app_public.documents where workspace_id = $1 order by id`,
        [team],
      );
      const vector = { query_embedding: axis(DIMENSIONS, 2), mode: 'vector' };
      expect((await ask(emil, vector)).path).toBe('index');
      const one = await ask(emil, { ...vector, filters: { document_id: rows[3].id } });
      expect([one.path, one.returned]).toEqual(['exact', 10]);
      expect(one.results.every((result) => result.document_id === rows[3].id)).toBe(true);
      const recent = await ask(emil, { ...vector, filters: { created_after: '2020-01-01' } });
      expect([recent.path, recent.returned]).toEqual(['index', 10]);
      const typed = await ask(emil, { ...vector, filters: { content_types: ['text'] } });
      expect([typed.path, typed.returned]).toEqual(['index', 10]);
      // rare, and the index cannot know: it gives up, and is not believed
      await owner().query(`update app_public.documents set metadata = '{"rare": true}' where id = $1`, [
        rows[5].id,
      ]);
      const rare = await ask(emil, { ...vector, max_results: 100, filters: { metadata: { rare: true } } });
      expect([rare.returned, new Set(rare.results.map((result) => result.document_id))]).toEqual([
        100,
        new Set([rows[5].id]),
      ]);
      const none = await ask(emil, { ...vector, filters: { metadata: { none: true } } });
      expect(none).toMatchObject({ returned: 0, path: 'index, then exact', scan_limit_hit: true });
    } finally {
      await owner().query(`update app_private.settings set value = '5000' where name = 'search_exact_limit'`);
    }
  });

  it('searches another embedding version that is still kept', async () => {
    const fritz = await registerUser(database, 'fritz@example.org');
    await document(fritz, 'kept', 'a heron stands');
    await indexAll(database, axis(DIMENSIONS, 1));
    const { rows } = await owner().query(
      `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap)
       values ('next', 'test', 'test', 4, 100, 0) returning id`,
    );
    const next = rows[0].id;
    const search = (dimensions: number, embedding_version_id: string | null) =>
      ask(fritz, { query_embedding: axis(dimensions, 0), mode: 'vector', embedding_version_id });
    // without partitions it cannot be searched, no more than one that is not there
    await expect(search(4, next)).rejects.toMatchObject({ code: 'CQ204' });
    await expect(search(4, '01890000-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'CQ204' });
    await owner().query('select app_private.create_embedding_partitions($1)', [next]);
    expect(await search(4, next)).toMatchObject({ returned: 0, embedding_version_id: next, path: 'exact' });
    await owner().query(
      `insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
       select $1, c.workspace_id, c.id, '[1,0,0,0]' from app_public.chunks c where c.workspace_id = $2`,
      [next, fritz.workspaceId],
    );
    expect((await search(4, next)).results.map((result) => result.title)).toEqual(['kept']);
    expect(await search(DIMENSIONS, null)).toMatchObject({ returned: 1, embedding_version_id: version });
    await expect(search(DIMENSIONS, next)).rejects.toMatchObject({ code: 'CQ301' });
    await expect(search(4, null)).rejects.toMatchObject({ code: 'CQ301' });
    await owner().query(`update app_public.embedding_versions set status = 'archived' where id = $1`, [next]);
    await expect(search(4, next)).rejects.toMatchObject({ code: 'CQ204' });
  });

  describe('by its kin', () => {
    const kinds = async (user: TestUser, sql: string, ...values: unknown[]) => {
      const { rows } = await asUser(database, user, (client) =>
        client.query(
          `select s.path, r.source_type, r.title from ${sql} as s left join lateral unnest(s.results) as r on true`,
          values,
        ),
      );
      return rows
        .filter((row) => row.source_type !== null)
        .map((row) => `${row.source_type} ${row.title}`)
        .toSorted();
    };
    let gwen: TestUser;
    let talk: string;
    const near = JSON.stringify(axis(DIMENSIONS, 1));

    beforeAll(async () => {
      gwen = await registerUser(database, 'gwen@example.org');
      await document(gwen, 'page', 'a beaver builds');
      await asUser(database, gwen, async (client) => {
        await client.query(`select app_public.remember('a beaver gnaws', subject => 'fact')`);
        for (const title of ['one', 'two']) {
          const { rows } = await client.query('select id from app_public.start_conversation($1)', [title]);
          talk = rows[0].id;
          await client.query(`select app_public.post_message($1, 'a beaver spoke')`, [talk]);
        }
      });
      await indexAll(database, axis(DIMENSIONS, 1));
    });

    it('keeps each to its kind, and strangers to nothing', async () => {
      const all = ['document page', 'memory fact', 'message one', 'message two'];
      const cases: [string, unknown[], string[]][] = [
        ['app_public.search_similar_chunks($1::extensions.halfvec)', [near], all],
        [
          `app_public.search_similar_chunks($1::extensions.halfvec, kinds => '{memory,document}')`,
          [near],
          ['document page', 'memory fact'],
        ],
        [
          'app_public.search_similar_chunks($1::extensions.halfvec, 0.5)',
          [JSON.stringify(axis(DIMENSIONS, 2))],
          [],
        ],
        [
          'app_public.search_similar_messages($1::extensions.halfvec)',
          [near],
          ['message one', 'message two'],
        ],
        ['app_public.search_similar_messages($1::extensions.halfvec, $2)', [near, talk], ['message two']],
        [`app_public.search_documents('beaver')`, [], ['document page']],
        [`app_public.search_documents('', $1::extensions.halfvec)`, [near], ['document page']],
        [`app_public.search_memories('beaver')`, [], ['memory fact']],
      ];
      for (const [sql, values, expected] of cases) {
        expect(await kinds(gwen, sql, ...values), sql).toEqual(expected);
        for (const found of await kinds(bob, sql, ...values)) expect(found, sql).toMatch(/^document bobs$/);
      }
    });

    it('refuses what search refuses', async () => {
      for (const [sql, code] of [
        [`app_public.search_similar_chunks('[1,2]')`, 'CQ301'],
        ['app_public.search_similar_chunks(null)', 'CQ200'],
        [`app_public.search_documents(' ')`, 'CQ200'],
        [`app_public.search_memories('x', max_results => 101)`, 'CQ200'],
      ]) {
        await expect(kinds(gwen, sql!)).rejects.toMatchObject({ code });
        await expect(
          asRole(database, 'colloquy_user', {}, (client) => client.query(`select ${sql}`)),
        ).rejects.toMatchObject({ code: 'CQ101' });
      }
    });
  });

  describe('by titles', () => {
    let hans: TestUser;
    const titles = async (query: string, user = hans, max = 10) =>
      (
        await asUser(database, user, (client) =>
          client.query('select title from app_public.search_titles($1, $2)', [query, max]),
        )
      ).rows.map((row) => row.title);

    beforeAll(async () => {
      const team = await createWorkspace(database, 'Titles');
      hans = await join(database, await registerUser(database, 'hans@example.org'), team, 'member');
      const ida = await join(database, await registerUser(database, 'ida@example.org'), team, 'member');
      for (const title of ['Quarterly report of Bern', 'Recipes', 'Reports from the laboratory'])
        await document(hans, title, 'x');
      await document(ida, 'Quarterly secrets', 'x');
      await document(ida, 'Quarterly figures', 'x', `, visibility => 'workspace'`);
      await asUser(database, hans, (client) =>
        client.query(`select app_public.start_conversation('About the quarterly report')`),
      );
      await document(bob, 'Quarterly report of bob', 'x');
    });

    it('finds them with letters missing, doubled or exchanged', async () => {
      for (const query of ['quarterly', 'quartrly', 'quaterly', 'Quarterlly', 'qaurterly']) {
        const found = await titles(query);
        expect(found, query).toEqual(
          expect.arrayContaining([
            'Quarterly report of Bern',
            'About the quarterly report',
            'Quarterly figures',
          ]),
        );
        expect(found, query).toHaveLength(3);
      }
      expect((await titles('labratory'))[0]).toBe('Reports from the laboratory');
      expect(await titles('elephant')).toEqual([]);
      expect(await titles('quarterly', hans, 2)).toHaveLength(2);
      expect((await titles('quarterly report of bern'))[0]).toBe('Quarterly report of Bern');
    });

    it('keeps those of others to themselves', async () => {
      expect(await titles('quarterly', bob)).toEqual(['Quarterly report of bob']);
      expect(await titles('quarterly', ann)).toEqual([]);
    });

    it('refuses what it cannot seek', async () => {
      await expect(titles('x'.repeat(201))).rejects.toMatchObject({ code: 'CQ200' });
      for (const query of ['', '  ']) expect(await titles(query)).toEqual([]);
      for (const max of [0, 101])
        await expect(titles('report', hans, max)).rejects.toMatchObject({ code: 'CQ200' });
      await expect(
        asRole(database, 'colloquy_user', {}, (client) =>
          client.query(`select app_public.search_titles('x')`),
        ),
      ).rejects.toMatchObject({ code: 'CQ101' });
    });
  });
});
