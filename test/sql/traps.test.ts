import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { cleanText } from '../../lib/storable.ts';
import { activateTestVersion, addChunks, createIndex } from '../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asRole, asUser, registerUser, type TestUser } from '../support/users.ts';

/**
 * What other designs of such databases get wrong. Each test first lets PostgreSQL show that the mistake is one, in a schema
 * of its own, and then that ours does not make it.
 */
describeReal('mistakes of other designs', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  const admin = () => database.pool('admin');
  const owner = () => database.pool('owner');
  const one = async (sql: string, values: unknown[] = []) => (await admin().query(sql, values)).rows[0];
  /** The SQLSTATE that statements end with; rolled back. */
  const refused = async (sql: string): Promise<string | undefined> => {
    const client = await admin().connect();
    try {
      await client.query('begin; set local search_path = reference, extensions, public');
      await client.query(sql);
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    await admin().query('create schema reference');
  });
  afterAll(async () => {
    await database?.close();
  });

  it('a partial index on now() is refused; none of ours depends on the time', async () => {
    expect(
      await refused(`create table sessions (id int, expires_at timestamptz);
        create index idx_active_sessions on sessions (id) where expires_at > now()`),
    ).toBe('42P17');
    const { rows } = await admin().query(
      `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
       where n.nspname like 'app\\_%' and pg_get_expr(i.indpred, i.indrelid) ~* 'now\\(|current_|clock_timestamp'`,
    );
    expect(rows).toEqual([]);
  });

  it('an INDEX inside CREATE TABLE is no SQL; the citations of an answer have their indexes', async () => {
    expect(
      await refused(
        'create table message_chunks (message_id bigint, embedding_id int, INDEX idx_message_chunks_message_id (message_id))',
      ),
    ).toBe('42704');
    const { rows } = await admin().query(
      `select pg_get_indexdef(i.indexrelid) as definition from pg_index i where i.indrelid = 'app_public.message_chunks'::regclass`,
    );
    const definitions = rows.map((row) => row.definition).join('\n');
    expect(definitions).toContain('(message_id, chunk_id)');
    expect(definitions).toMatch(/chunk_id\)/);
  });

  it('an index that includes the vector refuses the row; ours stores and finds 1,536 dimensions', async () => {
    expect(
      await refused(`create table chat_vectors (user_id int, embedding vector(1536));
        create index idx_chat_vectors_user_embedding on chat_vectors (user_id) include (embedding);
        insert into chat_vectors select 1, array_agg(random())::vector(1536) from generate_series(1, 1536)`),
    ).toBe('54000');
    const version = await activateTestVersion(owner(), 1536);
    await addChunks(owner(), {
      version,
      workspaceId: ann.workspaceId,
      ownerId: ann.id,
      dimensions: 1536,
      count: 3,
      seed: 0.1,
    });
    await createIndex(owner(), version);
    const { rows } = await asUser(database, ann, (client) =>
      client.query(
        `select (app_public.search('', (select e.embedding from app_public.embeddings e where e.version_id = $1 limit 1), mode => 'vector')).returned`,
        [version],
      ),
    );
    expect(rows[0].returned).toBe(3);
    await owner().query('delete from app_public.chunks c where c.workspace_id = $1', [ann.workspaceId]);
    await owner().query(
      `update app_public.embedding_versions v set status = 'retired', name = 'wide' where v.id = $1`,
      [version],
    );
  });

  it('array_length of a vector does not exist; ours refuses a vector of another dimension', async () => {
    expect(
      await refused(`create table chat_vectors (embedding vector(1536));
        alter table chat_vectors add constraint chk_embedding_dimension check (array_length(embedding, 1) = 1536)`),
    ).toBe('42883');
    const version = await activateTestVersion(owner(), 8);
    const store = (dimensions: number) =>
      addChunks(owner(), {
        version,
        workspaceId: ann.workspaceId,
        ownerId: ann.id,
        dimensions,
        count: 1,
        seed: 0.3,
      });
    await expect(store(9)).rejects.toMatchObject({ code: '23514' });
    await store(8);
    await owner().query(
      `update app_public.embedding_versions v set status = 'retired', name = 'narrow' where v.id = $1`,
      [version],
    );
  });

  it('hashtext(x) % 16 names shards that do not exist; our hash partitions take every tenant', async () => {
    const { negative } = await one(
      `select count(*) filter (where hashtext(n::text) % 16 < 0)::int as negative from generate_series(1, 1000) as n`,
    );
    expect(negative).toBeGreaterThan(400);
    const { partitions, missed } = await one(
      `select count(distinct p.remainder)::int as partitions, count(*) filter (where p.remainder is null)::int as missed
       from (select gen_random_uuid() as id from generate_series(1, 1000)) as w
       left join lateral (
         select r as remainder from generate_series(0, 15) as r where satisfies_hash_partition('app_public.chunks'::regclass, 16, r, w.id)
       ) as p on true`,
    );
    expect({ partitions, missed }).toEqual({ partitions: 16, missed: 0 });
  });

  it('a key that lacks the partition key is refused; ours is one column, and the partition key itself', async () => {
    expect(
      await refused(
        'create table messages (id bigint primary key, created_at timestamptz) partition by range (created_at)',
      ),
    ).toBe('0A000');
    const { key, partitioned } = await one(
      `select pg_get_constraintdef(k.oid) as key, pg_get_partkeydef(k.conrelid) as partitioned from pg_constraint k
       where k.conrelid = 'app_public.messages'::regclass and k.contype = 'p'`,
    );
    expect({ key, partitioned }).toEqual({ key: 'PRIMARY KEY (id)', partitioned: 'RANGE (id)' });
  });

  it('a unique hash tells one tenant what another has; ours lets both store the same', async () => {
    expect(
      await refused(`create table knowledge_chunks (owner int, content_hash varchar(64) unique);
        insert into knowledge_chunks values (1, 'the same'); insert into knowledge_chunks values (2, 'the same')`),
    ).toBe('23505');
    const store = (user: TestUser) =>
      asUser(database, user, (client) =>
        client.query(
          `select app_public.create_document('The same', 'The same text'), app_public.remember('The same'),
             app_hidden.register_file('same.txt', 'text/plain', 4, sha256('same')), app_public.add_tag('same', 'document', (app_public.create_document('Tagged', 'x')).id),
             app_public.ingest_event('git', 'push', '{}', 'same'), app_public.create_repository('same')`,
        ),
      );
    await store(ann);
    await store(bob);
  });

  it('a user_id argument lets a caller be anyone; whom ours search for is never an argument', async () => {
    const { rows } = await admin().query(
      `select p.oid::regprocedure::text as function from pg_proc p
       where p.pronamespace = 'app_public'::regnamespace and p.proname ~ '^(search|recall|conversation_messages|explain|replay)'
         and exists (select from unnest(p.proargnames[1:p.pronargs]) as name where name ~ '(user|owner|workspace|tenant)')`,
    );
    expect(rows).toEqual([]);
  });

  it('a policy on a bare setting raises when nobody is signed in; ours shows nothing', async () => {
    expect(
      await refused(`create table conversations (user_id text); insert into conversations values ('1');
        alter table conversations enable row level security; alter table conversations force row level security;
        create policy conversations_user_policy on conversations for all using (user_id = current_setting('app.current_user'));
        grant usage on schema reference to colloquy_user; grant select on conversations to colloquy_user;
        set local role colloquy_user; select * from conversations`),
    ).toBe('42704');
    await asUser(database, ann, (client) => client.query('select app_public.start_conversation()'));
    // on a connection that never had a setting, and on one behind a pooler, where they read as '' afterwards
    for (const setting of [null, '']) {
      const client = await admin().connect();
      try {
        await client.query('begin; set local role colloquy_user');
        if (setting !== null) {
          await client.query(
            `select set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true)`,
          );
        }
        expect((await client.query('select * from app_public.conversations')).rows).toEqual([]);
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
  });

  it('a materialised view cannot have policies; no request role reads one of ours', async () => {
    expect(
      await refused(
        'create materialized view stats as select 1 as n; alter table stats enable row level security',
      ),
    ).toBe('42809');
    const { rows } = await admin().query(
      `select c.oid::regclass::text as view, r.rolname from pg_class c
       cross join (values ('colloquy_visitor'), ('colloquy_user'), ('colloquy_admin')) as r (rolname)
       where c.relkind = 'm' and c.relnamespace::regnamespace::text like 'app\\_%' and has_any_column_privilege(r.rolname, c.oid, 'select')`,
    );
    expect(rows).toEqual([]);
  });

  it('a NUL byte or half a surrogate pair aborts a write; ours is cleaned at the boundary', async () => {
    await expect(admin().query('select $1::text', ['a\0b'])).rejects.toMatchObject({ code: '22021' });
    await expect(admin().query('select $1::jsonb', [JSON.stringify({ a: 'a\0b' })])).rejects.toMatchObject({
      code: '22P05',
    });
    await expect(admin().query(`select '{"a": "\\ud800"}'::jsonb ->> 'a'`)).rejects.toMatchObject({
      code: '22P02',
    });
    const { rows } = await admin().query('select $1::text as text', [cleanText('a\0b\ud800c')]);
    expect(rows[0].text).toBe('ab\ufffdc');
  });

  describe('archiving', () => {
    /** A conversation with a question, an answer that cites a chunk, and a thumb; idle for a year by the clock of the database. */
    const talk = async (turns: number): Promise<string> =>
      asUser(database, bob, async (client) => {
        const id = (await client.query('select id from app_public.start_conversation()')).rows[0].id;
        const chunk = (
          await owner().query('select c.id from app_public.chunks c where c.workspace_id = $1', [
            bob.workspaceId,
          ])
        ).rows[0].id;
        for (let turn = 1; turn <= turns; turn++) {
          const { rows } = await client.query(
            'select id from app_public.record_turn($1, $2, $3, chunks => $4)',
            [
              id,
              `question ${turn}`,
              `answer ${turn}`,
              JSON.stringify([{ chunkId: chunk, similarityScore: 0.5 }]),
            ],
          );
          await client.query(`select app_public.give_feedback($1, 'positive')`, [rows[1].id]);
        }
        return id;
      });
    const shown = async (id: string) =>
      asUser(database, bob, async (client) => ({
        messages: (
          await client.query('select m.id, m.content from app_public.conversation_messages($1) as m', [id])
        ).rows,
        feedback: (await client.query('select f.id from app_public.conversation_feedback($1) as f', [id]))
          .rows.length,
        citations: (await client.query('select from app_public.conversation_citations($1)', [id])).rows
          .length,
      }));

    beforeAll(async () => {
      const version = await activateTestVersion(owner(), 4);
      await addChunks(owner(), {
        version,
        workspaceId: bob.workspaceId,
        ownerId: bob.id,
        dimensions: 4,
        count: 1,
        seed: 0.4,
      });
      await owner().query(
        `update app_public.embedding_versions v set status = 'retired', name = 'short' where v.id = $1`,
        [version],
      );
    });

    it('archive_old_conversations() deletes the messages before it copies them; ours loses none', async () => {
      await admin().query(`
        create table reference.conversations (id int primary key, last_message_at timestamptz, created_at timestamptz, is_archived boolean);
        create table reference.messages (id int primary key, conversation_id int references reference.conversations on delete cascade, content text);
        create table reference.conversations_archive (like reference.conversations including all);
        create table reference.messages_archive (like reference.messages including all);
        insert into reference.conversations values (1, now() - interval '1 year', now(), false);
        insert into reference.messages select n, 1, 'message ' || n from generate_series(1, 10) as n;
        with conversations_to_archive as (
          delete from reference.conversations where last_message_at < now() - interval '6 months' and is_archived = false returning *
        )
        insert into reference.conversations_archive select * from conversations_to_archive;
        with messages_to_archive as (
          delete from reference.messages m
          where m.conversation_id in (select id from reference.conversations_archive where created_at > now() - interval '1 day') returning *
        )
        insert into reference.messages_archive select * from messages_to_archive`);
      expect(
        await one(
          `select (select count(*)::int from reference.messages) as messages, (select count(*)::int from reference.messages_archive) as archived`,
        ),
      ).toEqual({ messages: 0, archived: 0 });

      const id = await talk(3);
      await owner().query(
        'update app_public.conversations c set indexed_sequence_number = last_sequence_number where c.id = $1',
        [id],
      );
      const before = await shown(id);
      expect(before).toMatchObject({ feedback: 3, citations: 3 });
      const { rows } = await database
        .pool('worker')
        .query(`select * from app_hidden.archive_old_conversations(idle_for => '0', min_messages => 1)`);
      expect(rows.map((row) => row.conversation_id)).toContain(id);
      expect(
        (await one('select count(*)::int as n from app_public.messages m where m.conversation_id = $1', [id]))
          .n,
      ).toBe(0);
      expect(await shown(id)).toEqual(before);
    });

    it('compress_old_conversations() calls what is not there, and drops feedback and citations; ours keeps both', async () => {
      expect(await refused(`select compress('text')`)).toBe('42883');
      const id = await talk(2);
      await owner().query(
        'update app_public.conversations c set indexed_sequence_number = last_sequence_number where c.id = $1',
        [id],
      );
      const before = await shown(id);
      await database
        .pool('worker')
        .query(`select * from app_hidden.archive_old_conversations(idle_for => '0', min_messages => 1)`);
      await database
        .pool('worker')
        .query(`select * from app_hidden.compress_old_conversations(idle_for => '0')`);
      expect(
        (await one('select c.storage_tier from app_public.conversations c where c.id = $1', [id]))
          .storage_tier,
      ).toBe('cold');
      expect(await shown(id)).toEqual(before);
      await asUser(database, bob, (client) =>
        client.query('select app_public.restore_conversation($1)', [id]),
      );
      expect(await shown(id)).toEqual(before);
    });
  });

  describe('with vectors of several tenants', () => {
    const DIMENSIONS = 16;
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
      version = await activateTestVersion(owner(), DIMENSIONS);
      big = await registerUser(database, 'big@example.org');
      middle = await registerUser(database, 'middle@example.org');
      await owner().query('delete from app_public.chunks');
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
      // the same vectors as those designs keep them: one table, one index, a policy on the tenant
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

    /** The ten nearest as those designs ask for them, below the policy. */
    const theirs = async (question: string): Promise<string[]> =>
      (
        await asUser(database, middle, (client) =>
          client.query(
            'select id from reference.chunks order by embedding operator(extensions.<=>) $1::extensions.vector limit 10',
            [question],
          ),
        )
      ).rows.map((row) => row.id);

    it('a tenant filter over one shared HNSW index loses rows in silence; ours returns them all', async () => {
      await admin().query(
        'create index reference_hnsw on reference.chunks using hnsw (embedding extensions.vector_cosine_ops)',
      );
      const reference = await recall(theirs);
      await admin().query('drop index reference.reference_hnsw');
      expect(reference).toBeLessThan(0.5);
      expect(await recall((question) => ours(middle, question))).toBe(1);
    });

    it('an ivfflat index that was built on an empty table finds little; ours does not depend on when it was built', async () => {
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

    it('below a policy, @@ cannot use its index; our text search does', async () => {
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
  });
});
