import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { measureFusion } from '../../../jobs/measure-fusion.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { codeOf, startTestApi } from '../../api/support.ts';
import { activateTestVersion, createIndex } from '../../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asRole, asUser, asVisitor, registerUser, type TestUser, until } from '../../support/users.ts';
import { asAdministrator, registerAdministrator, vectorOf } from '../../support/versions.ts';

const DIMENSIONS = 64;
const DOCUMENTS = 60;
const NOWHERE = '01890000-0000-7000-8000-000000000000';

/** A passage says a word of its own, and its vector is as far from the others' as chance lets it be. */
const word = (n: number): string =>
  `kodaword${String.fromCharCode(97 + (n % 26))}${'xyz'[Math.floor(n / 26)]}`;
const vector = (n: number): string => JSON.stringify([...vectorOf(`passage ${n}`, 'test', DIMENSIONS)]);
/** Near one passage, and not the same. */
const near = (n: number): string => {
  const noise = vectorOf(`question ${n}`, 'test', DIMENSIONS);
  return JSON.stringify([...vectorOf(`passage ${n}`, 'test', DIMENSIONS)].map((x, i) => x + 0.3 * noise[i]!));
};

interface Asked {
  /** The passage whose word it has. */
  words: number;
  /** The passage whose vector it is near. */
  meaning: number;
  cites: string;
}

describeReal('how much vectors count', () => {
  let database: Database;
  let version: string;
  let ann: TestUser;
  let bob: TestUser;
  let admin: TestUser;

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const set = (settings: Record<string, string | number>) =>
    sql(
      'update app_private.settings s set value = x.value from jsonb_each_text($1::jsonb) as x (name, value) where s.name = x.name',
      JSON.stringify(settings),
    );
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );

  /** Documents of one passage each. Returns the ids of the passages. */
  const addPassages = async (user: TestUser, visibility = 'private'): Promise<string[]> => {
    const rows = await sql(
      `with numbered as materialized (select n, uuidv7() as document, uuidv7() as chunk from generate_series(0, $4::int - 1) as n),
       documents as (
         insert into app_public.documents (id, workspace_id, owner_id, visibility, title, content)
         select document, $1, $2, $3::app_public.visibility, 'note', 'note' from numbered returning id
       ),
       chunks as (
         insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
         select n.chunk, $1, 'document', d.id, $2, $3::app_public.visibility, 0, 'says ' || ($5::text[])[n.n + 1], 0, 4, 1, sha256(n.chunk::text::bytea)
         from numbered n join documents d on d.id = n.document
         returning id
       )
       select c.id from chunks c join numbered n on n.chunk = c.id order by n.n`,
      user.workspaceId,
      user.id,
      visibility,
      DOCUMENTS,
      Array.from({ length: DOCUMENTS }, (_, n) => word(n)),
    );
    const ids = rows.map((row) => row.id as string);
    await embed(
      user,
      ids,
      ids.map((_, n) => vector(n)),
    );
    return ids;
  };
  const embed = (user: TestUser, ids: string[], vectors: string[], into = version) =>
    database
      .pool('worker')
      .query('select app_hidden.store_embeddings($1, $2, $3, $4)', [into, user.workspaceId, ids, vectors]);

  /** Questions with answers that cite a passage, as a client records them, and cut and embedded as the worker does. Returns the answers. */
  const ask = async (user: TestUser, questions: Asked[]): Promise<string[]> => {
    const turns = await asUser(database, user, async (client) => {
      const { rows } = await client.query(`select id from app_public.start_conversation('asked')`);
      const ids: { conversation: string; question: string; answer: string }[] = [];
      for (const { words, cites } of questions) {
        const turn = await client.query(
          'select id, conversation_id from app_public.record_turn(conversation_id => $1, question => $2, answer => $3, chunks => $4)',
          [rows[0].id, `where is ${word(words)}?`, 'there', JSON.stringify([{ chunkId: cites }])],
        );
        ids.push({
          conversation: turn.rows[0].conversation_id,
          question: turn.rows[0].id,
          answer: turn.rows[1].id,
        });
      }
      return ids;
    });
    await database.pool('worker').query(
      `select app_hidden.add_message_chunks($1, $2, max(m.sequence_number), jsonb_agg(jsonb_build_object(
         'message_id', m.id, 'chunk_index', 0, 'content', m.content, 'start_offset', 0, 'end_offset', char_length(m.content), 'token_count', 1)
         order by m.sequence_number) filter (where m.role = 'user'))
       from app_public.messages m where m.conversation_id = $2`,
      [user.workspaceId, turns[0]!.conversation],
    );
    const chunks = await sql(
      'select id from app_public.chunks where message_id = any ($1) order by array_position($1, message_id)',
      turns.map((turn) => turn.question),
    );
    await embed(
      user,
      chunks.map((row) => row.id),
      questions.map((one) => near(one.meaning)),
    );
    return turns.map((turn) => turn.answer);
  };

  /** The cited passage is what the vectors find; the words name another one. */
  const byMeaning = (passages: string[], count = DOCUMENTS): Asked[] =>
    passages.slice(0, count).map((cites, n) => ({ words: (n + 7) % DOCUMENTS, meaning: n, cites }));
  /** The other way round. */
  const byWords = (passages: string[], count = DOCUMENTS): Asked[] =>
    passages.slice(0, count).map((cites, n) => ({ words: n, meaning: (n + 7) % DOCUMENTS, cites }));

  const lines: object[] = [];
  const run = (signal = new AbortController().signal) =>
    measureFusion.handle(
      { pool: database.pool('worker'), log: { info: (facts: object) => lines.push(facts) }, signal } as never,
      {},
    );
  const measurements = () => sql('select * from app_hidden.fusion_measurements order by id');
  const latest = async () => (await measurements()).at(-1);
  const ndcg = (row: { points: { weight: number; ndcg: number }[] }, weight: number): number =>
    row.points.find((point) => point.weight === weight)!.ndcg;
  const weight = async (id = version): Promise<{ vector_weight: number; vector_weight_is_fixed: boolean }> =>
    (
      await sql(
        'select vector_weight, vector_weight_is_fixed from app_public.embedding_versions where id = $1',
        id,
      )
    )[0];
  const setWeight = (value: number) =>
    sql(
      'update app_public.embedding_versions set vector_weight = $2, vector_weight_is_fixed = false where id = $1',
      version,
      value,
    );
  /** As if the night was over. */
  const nextNight = () =>
    sql(
      `update app_hidden.fusion_measurements set id = app_hidden.uuidv7_at(measured_at - interval '1 day')`,
    );
  const forget = (user: TestUser) =>
    sql('delete from app_public.conversations where workspace_id = $1', user.workspaceId);

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    version = await activateTestVersion(database.pool('owner'), DIMENSIONS);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    admin = await registerAdministrator(database, 'admin@example.org');
  });
  afterAll(() => database?.close());

  describe('is measured by citations', () => {
    let passages: string[];

    beforeAll(async () => {
      passages = await addPassages(ann);
    });
    beforeEach(async () => {
      lines.length = 0;
      await forget(ann);
      await sql('delete from app_hidden.fusion_measurements');
      await set({
        search_vector_weight_auto: 'on',
        search_vector_weight_questions: 200,
        search_vector_weight_minimum: 50,
        search_vector_weight_seconds: 300,
      });
      await setWeight(0.4);
    });

    it('and not at all before anybody cited anything', async () => {
      expect(await run()).toEqual({ measured: 0, changed: 0 });
      expect(await measurements()).toEqual([]);
      expect(await weight()).toEqual({ vector_weight: 0.4, vector_weight_is_fixed: false });
    });

    it('more where vectors find what is cited, by one step a night, until nothing is gained', async () => {
      await ask(ann, byMeaning(passages));
      expect(await run()).toEqual({ measured: 1, changed: 1 });
      const [first] = await measurements();
      expect(first).toMatchObject({
        version_id: version,
        questions: 60,
        endorsed_questions: 0,
        vector_weight: 0.4,
        suggested_weight: 0.5,
        was_applied: true,
      });
      expect(first.points.map((point: { weight: number }) => point.weight)).toEqual(
        Array.from({ length: 10 }, (_, n) => n / 10),
      );
      expect(ndcg(first, 0.9)).toBe(1);
      expect(ndcg(first, 0.4)).toBeLessThan(0.7);
      expect((await weight()).vector_weight).toBe(0.5);
      expect(lines).toMatchObject([
        { event: 'vector_weight_changed', version: 'test', vector_weight: 0.4, suggested_weight: 0.5 },
      ]);
      // however often somebody measures
      expect(await run()).toEqual({ measured: 1, changed: 0 });
      expect(await latest()).toMatchObject({ vector_weight: 0.5, was_applied: false });
      expect((await weight()).vector_weight).toBe(0.5);

      let nights = 0;
      do {
        await nextNight();
        nights += 1;
      } while (((await run()) as { changed: number }).changed > 0 && nights < 10);
      const last = await latest();
      expect(last.suggested_weight).toBeNull();
      expect(ndcg(last, last.vector_weight)).toBeGreaterThan(0.99);
      expect(last.vector_weight).toBeGreaterThan(0.5);
      expect(last.vector_weight).toBeLessThan(0.9);
    });

    it('less where they find something else', async () => {
      await ask(ann, byWords(passages));
      await setWeight(0.7);
      expect(await run()).toEqual({ measured: 1, changed: 1 });
      const row = await latest();
      expect(row).toMatchObject({ vector_weight: 0.7, suggested_weight: 0.6, was_applied: true });
      expect(ndcg(row, 0)).toBe(1);
      expect(ndcg(row, 0.7)).toBeLessThan(0.7);
      expect((await weight()).vector_weight).toBe(0.6);
    });

    it('stays where both find the same, and where what is gained may be chance', async () => {
      await ask(
        ann,
        passages.map((cites, n) => ({ words: n, meaning: n, cites })),
      );
      expect(await run()).toEqual({ measured: 1, changed: 0 });
      expect(await latest()).toMatchObject({ questions: 60, suggested_weight: null });
      // as many the one way as the other, and one more
      await forget(ann);
      const words = byWords(passages);
      await ask(ann, [...byMeaning(passages, 31), ...words.slice(0, 7), ...words.slice(38)]);
      await setWeight(0.5);
      await run();
      const row = await latest();
      expect(row).toMatchObject({ questions: 60, suggested_weight: null });
      expect((await weight()).vector_weight).toBe(0.5);
    });

    it('not by too few questions, and not where the setting says no', async () => {
      const asked = await ask(ann, byMeaning(passages, 50));
      await sql('delete from app_public.message_chunks where message_id = $1', asked[0]);
      expect(await run()).toEqual({ measured: 1, changed: 0 });
      expect(await latest()).toMatchObject({ questions: 49, suggested_weight: null, was_applied: false });
      await ask(ann, byMeaning(passages).slice(50, 51));
      await set({ search_vector_weight_auto: 'off' });
      expect(await run()).toEqual({ measured: 1, changed: 0 });
      expect(await latest()).toMatchObject({ questions: 50, suggested_weight: 0.5, was_applied: false });
      expect((await weight()).vector_weight).toBe(0.4);
    });

    it('of answers that nobody thought bad; those that somebody thought good count twice', async () => {
      const wrong = await ask(ann, byWords(passages, 30));
      const right = await ask(ann, byMeaning(passages).slice(30));
      const judge = (answers: string[], feedback: string, rating: number | null = null) =>
        asUser(database, ann, async (client) => {
          for (const id of answers)
            await client.query(
              'select app_public.give_feedback(message_id => $1, feedback_type => $2, rating => $3)',
              [id, feedback, rating],
            );
        });
      await judge(wrong.slice(0, 10), 'negative');
      await judge(wrong.slice(10, 20), 'neutral', 2);
      await run();
      const before = await latest();
      expect(before).toMatchObject({ questions: 40, endorsed_questions: 0 });
      await judge(right.slice(0, 15), 'positive');
      await judge(right.slice(15), 'neutral', 4);
      await setWeight(0.4);
      await run();
      const after = await latest();
      expect(after).toMatchObject({ questions: 40, endorsed_questions: 30 });
      // ten are found first by words; what the thirty others have follows
      const others = (40 * ndcg(before, 0.4) - 10) / 30;
      expect(others).toBeLessThan(0.7);
      expect(ndcg(after, 0.4)).toBeCloseTo((60 * others + 10) / 70, 5);
    });

    it('once for the same question, and never by what is gone', async () => {
      await ask(ann, [...byMeaning(passages, 5), ...byMeaning(passages, 5)]);
      await run();
      expect(await latest()).toMatchObject({ questions: 5 });
      await ask(ann, [{ words: 20, meaning: 20, cites: passages[0]! }]);
      await sql(
        'update app_public.message_chunks set chunk_id = $1 where chunk_id = $2',
        NOWHERE,
        passages[0],
      );
      await run();
      expect(await latest()).toMatchObject({ questions: 4 });
    });

    it('in the order that a search would give', async () => {
      const request = async <T>(text: string, values: unknown[]): Promise<T[]> =>
        asUser(database, ann, async (client) => (await client.query(text, values)).rows);
      const query = `${word(3)} ${word(4)} says`;
      // one document has the nearest passage, and another one that has a word
      const documentOf = 'select document_id from app_public.chunks where id = $1';
      const [{ document_id: own }] = await sql(documentOf, passages[11]);
      const move = (from: string, index: number) =>
        sql(
          'update app_public.chunks set document_id = $2, chunk_index = $3 where id = $1',
          passages[11],
          from,
          index,
        );
      await move((await sql(documentOf, passages[4]))[0].document_id, 1);
      for (const now of [0.1, 0.4, 0.8]) {
        await setWeight(now);
        const results = await request<{ document_id: string }>(
          `select r.document_id from app_public.search(query => $1, query_embedding => $2, max_results => 50) as s cross join unnest(s.results) as r`,
          [query, near(11)],
        );
        expect(results.length).toBe(50);
        const found = [...new Set(results.map((one) => one.document_id))];
        for (const place of [1, 2, 3, 7, 10]) {
          // what the legs found is of the caller; the order is made by the owner
          const client = await database.pool('owner').connect();
          try {
            await client.query('begin');
            await client.query(
              `select set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true)`,
              [ann.id, ann.workspaceId],
            );
            const { rows } = await client.query(
              `select app_private.fused_ndcg($1, $2, $3, m.results || w.results, array[$4::uuid], array[$5::real]) as ndcg
               from app_public.search(query => '', query_embedding => $3, max_results => 50, mode => 'vector') as m,
                 app_public.search(query => $6, max_results => 50, mode => 'text') as w`,
              [version, ann.workspaceId, near(11), found[place - 1], now, query],
            );
            expect(rows[0].ndcg[0]).toBeCloseTo(1 / Math.log2(place + 1), 6);
          } finally {
            await client.query('rollback');
            client.release();
          }
        }
      }
      await move(own, 0);
    });

    it('within a time, and by no more questions than the setting says', async () => {
      await ask(ann, byMeaning(passages));
      await set({ search_vector_weight_questions: 7 });
      await run();
      expect(await latest()).toMatchObject({ questions: 7 });
      const { rows } = await database
        .pool('worker')
        .query('select questions from app_hidden.measure_vector_weight($1, seconds => 0)', [version]);
      expect(rows).toEqual([{ questions: 1 }]);
    });

    it('is not measured twice at once, nor by halves', async () => {
      await ask(ann, byMeaning(passages));
      const client = await database.pool('worker').connect();
      try {
        await client.query('begin');
        const { rows } = await client.query('select was_applied from app_hidden.measure_vector_weight($1)', [
          version,
        ]);
        expect(rows).toEqual([{ was_applied: true }]);
        expect(await run()).toEqual({ measured: 0, changed: 0 });
        // killed before it ended
        const { rows: pids } = await client.query('select pg_backend_pid() as pid');
        client.on('error', () => {});
        await database.pool('admin').query('select pg_terminate_backend($1)', [pids[0].pid]);
        await until(
          async () =>
            (await database.pool('admin').query('select from pg_stat_activity where pid = $1', [pids[0].pid]))
              .rows.length === 0,
        );
      } finally {
        client.release(true);
      }
      expect(await measurements()).toEqual([]);
      expect((await weight()).vector_weight).toBe(0.4);
      expect(await run()).toEqual({ measured: 1, changed: 1 });
      const aborted = new AbortController();
      aborted.abort();
      expect(await run(aborted.signal)).toEqual({ measured: 0, changed: 0 });
      expect(
        await code(database.pool('worker').query('select app_hidden.measure_vector_weight($1)', [NOWHERE])),
      ).toBe('CQ204');
    });

    it('of a version that is being built, which has no weight of its own before, once workspaces are complete in it', async () => {
      await ask(ann, byWords(passages));
      const [{ id }] = await sql(
        `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap, vector_weight)
         values ('next', 'test', 'next', ${DIMENSIONS}, 100, 0, 0.7) returning id`,
      );
      await sql('select app_private.create_embedding_partitions($1)', id);
      const fill = (share: number) =>
        sql(
          `insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
           select $2, e.workspace_id, e.chunk_id, e.embedding from app_public.embeddings e
           where e.version_id = $1 and e.workspace_id = $3 order by e.chunk_id limit $4
           on conflict do nothing`,
          version,
          id,
          ann.workspaceId,
          Math.floor(share * 2 * DOCUMENTS),
        );
      await fill(0.9);
      expect(await run()).toMatchObject({ measured: 1 });
      await fill(1);
      expect(await run()).toMatchObject({ measured: 2 });
      const row = await latest();
      expect(row).toMatchObject({ version_id: id, vector_weight: 0.7, was_applied: true });
      expect(ndcg(row, row.suggested_weight)).toBe(1);
      // more than a step
      expect(row.suggested_weight).toBeLessThan(0.6);
      expect((await weight(id)).vector_weight).toBe(row.suggested_weight);
      // whole and searched: the same again
      await createIndex(database.pool('owner'), id);
      await run();
      expect((await weight(id)).vector_weight).toBe(row.suggested_weight);
      await sql('delete from app_public.embeddings where version_id = $1', id);
      await sql('delete from app_hidden.embedding_counts where version_id = $1', id);
      await sql(`update app_public.embedding_versions set status = 'retired' where id = $1`, id);
    });

    it('kept as long as the history of searches, the latest for ever', async () => {
      await ask(ann, byMeaning(passages, 1));
      await run();
      await run();
      await sql(
        `update app_hidden.fusion_measurements set id = app_hidden.uuidv7_at(measured_at - interval '500 days')`,
      );
      const removed = async () =>
        (await database.pool('worker').query('select app_hidden.delete_search_history() as n')).rows[0].n;
      expect(await removed()).toBe(1);
      expect(await removed()).toBe(0);
      expect(await measurements()).toHaveLength(1);
    });
  });

  it('asks each question as who asked it: nobody else’s passages are in the way, in the workspace or out of it', async () => {
    const team = await createWorkspace(database, 'Team');
    const [asker, other] = [
      await join(database, ann, team, 'member'),
      await join(database, bob, team, 'owner'),
    ];
    await forget(ann);
    await sql('delete from app_hidden.fusion_measurements');
    // the same texts and vectors, private, newer: of equal score they would come first
    const own = await addPassages(asker);
    await addPassages(other);
    await addPassages(bob);
    const questions = own.slice(0, 20).map((cites, n) => ({ words: n, meaning: n, cites }));
    await ask(asker, questions);
    await run();
    const row = await latest();
    expect(row.questions).toBe(20);
    for (const point of row.points) expect(point.ndcg).toBe(1);
    // neither a citation of what the asker cannot read any more, nor a question of who has left, says anything
    await sql(`update app_public.chunks set owner_id = $2 where id = any ($1)`, own.slice(0, 5), bob.id);
    await run();
    expect((await latest()).questions).toBe(15);
    await sql(
      'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
      team,
      ann.id,
    );
    await run();
    expect(await sql('select questions from app_hidden.fusion_measurements order by id')).toEqual([
      { questions: 20 },
      { questions: 15 },
    ]);

    // each workspace in turn
    const bobs = await sql(
      `select c.id from app_public.chunks c where c.workspace_id = $1 and c.source_type = 'document' order by c.id`,
      bob.workspaceId,
    );
    const anns = await sql(
      `select c.id from app_public.chunks c where c.workspace_id = $1 and c.source_type = 'document' order by c.id`,
      ann.workspaceId,
    );
    await ask(
      bob,
      byMeaning(
        bobs.map((one) => one.id),
        2,
      ),
    );
    await ask(
      ann,
      byMeaning(
        anns.map((one) => one.id),
        20,
      ),
    );
    const shares = async (most: number) =>
      (
        await sql(
          'select count(*)::int as n from app_private.fusion_questions($1, $2) group by workspace_id order by 1',
          version,
          most,
        )
      ).map((one) => one.n);
    expect(await shares(4)).toEqual([2, 2]);
    expect(await shares(12)).toEqual([2, 10]);
    const shown = JSON.stringify(await measurements());
    for (const id of [ann.workspaceId, bob.workspaceId, team, ann.id, bob.id])
      expect(shown).not.toContain(id);
  });

  it('is set by administrators alone, on record, and stays as they set it', async () => {
    await setWeight(0.4);
    const call = 'select app_public.set_vector_weight(version_id => $1, vector_weight => $2)';
    for (const user of [ann, bob]) {
      expect(await code(asUser(database, user, (client) => client.query(call, [version, 0.5])))).toBe(
        '42501',
      );
      expect(
        await code(
          asUser(database, user, (client) =>
            client.query('update app_public.embedding_versions set vector_weight = 1'),
          ),
        ),
      ).toBe('42501');
      expect(
        await code(asAdministrator(database, user, (client) => client.query(call, [version, 0.5]))),
      ).toBe('CQ121');
    }
    expect(await code(asVisitor(database, (client) => client.query(call, [version, 0.5])))).toBe('42501');
    expect(await code(database.pool('worker').query(call, [version, 0.5]))).toBe('42501');
    for (const [id, value, expected] of [
      [version, 1.5, 'CQ200'],
      [version, -0.1, 'CQ200'],
      [version, Number.NaN, 'CQ200'],
      [NOWHERE, 0.5, 'CQ204'],
    ] as const)
      expect(
        await code(asAdministrator(database, admin, (client) => client.query(call, [id, value]))),
        String(value),
      ).toBe(expected);
    expect(await weight()).toEqual({ vector_weight: 0.4, vector_weight_is_fixed: false });

    const api = await startTestApi({ database });
    try {
      const mutation = `mutation ($id: UUID!, $weight: Float) {
        setVectorWeight(input: { versionId: $id, vectorWeight: $weight }) { embeddingVersion { vectorWeight vectorWeightIsFixed } }
      }`;
      const quality =
        '{ searchQuality { vectorWeights { versionName vectorWeight isFixed questions points { weight ndcg gain gainError } } } }';
      const asked = (token: string, value?: number) =>
        api.ask(mutation, { id: version, weight: value }, { token });
      expect(codeOf(await asked(ann.token, 0.2))).toBeDefined();
      expect(codeOf(await api.ask(quality, {}, { token: ann.token }))).toBeDefined();
      expect((await weight()).vector_weight).toBe(0.4);
      expect((await asked(admin.token, 0.2)).data).toEqual({
        setVectorWeight: { embeddingVersion: { vectorWeight: 0.2, vectorWeightIsFixed: true } },
      });
      const shown = await api.ask(quality, {}, { token: admin.token });
      expect(shown.errors).toEqual([]);
      expect(shown.data.searchQuality.vectorWeights[0]).toMatchObject({
        versionName: 'test',
        vectorWeight: 0.2,
        isFixed: true,
        questions: 15,
      });
      expect(shown.data.searchQuality.vectorWeights[0].points).toHaveLength(10);

      // measured all the same, and left alone
      await set({ search_vector_weight_minimum: 1 });
      await sql('delete from app_hidden.fusion_measurements');
      expect(await run()).toEqual({ measured: 1, changed: 0 });
      expect(await latest()).toMatchObject({ vector_weight: 0.2, suggested_weight: 0.3, was_applied: false });
      expect((await asked(admin.token)).data).toEqual({
        setVectorWeight: { embeddingVersion: { vectorWeight: 0.2, vectorWeightIsFixed: false } },
      });
      expect(await run()).toEqual({ measured: 1, changed: 1 });
      expect((await weight()).vector_weight).toBe(0.3);
    } finally {
      await api.close();
    }
    expect(
      await sql(
        `select user_id, old_values, new_values from app_public.audit_logs where action = 'embedding_version.weighed' order by id`,
      ),
    ).toEqual([
      {
        user_id: admin.id,
        old_values: { vector_weight: 0.4, vector_weight_is_fixed: false },
        new_values: { vector_weight: 0.2, vector_weight_is_fixed: true },
      },
      {
        user_id: admin.id,
        old_values: { vector_weight: 0.2, vector_weight_is_fixed: true },
        new_values: { vector_weight: 0.2, vector_weight_is_fixed: false },
      },
    ]);
  });

  it('is measured by the worker alone, each night, and read by nobody', async () => {
    for (const role of ['colloquy_visitor', 'colloquy_user', 'colloquy_admin'])
      for (const text of [
        `select app_hidden.measure_vector_weight('${version}')`,
        'select app_hidden.fusion_to_measure()',
        `select app_private.fusion_questions('${version}', 1)`,
        'select from app_hidden.fusion_measurements',
      ])
        expect(
          await code(
            asRole(database, role, { userId: ann.id, workspaceId: ann.workspaceId }, (client) =>
              client.query(text),
            ),
          ),
          `${role}: ${text}`,
        ).toBe('42501');
    for (const text of [
      `select app_private.fusion_questions('${version}', 1)`,
      'select from app_hidden.fusion_measurements',
    ])
      expect(await code(database.pool('worker').query(text))).toBe('42501');
    expect(await sql(`select cron from pgboss.schedule where name = 'measure-fusion'`)).toEqual([
      { cron: '40 3 * * *' },
    ]);
    expect(await sql(`select policy from pgboss.queue where name = 'measure-fusion'`)).toEqual([
      { policy: 'exclusive' },
    ]);
  });
});
