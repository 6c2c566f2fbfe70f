import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { activateTestVersion } from '../../support/knowledge.ts';
import { said } from '../../support/said.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis, createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

const DIMENSIONS = 8;

describeReal('provenance', () => {
  let database: Database;
  let version: string;
  let ann: TestUser;
  let member: TestUser;
  let question: string;
  let answer: string;
  /** Chunks by the title of their document. */
  const chunks: Record<string, string> = {};
  const documents: Record<string, string> = {};

  const one = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows[0];
  const explain = async (user: TestUser, message: string | null) =>
    (await one(user, 'select to_jsonb(app_public.explain_answer($1)) as found', message)).found;
  const replay = async (user: TestUser, message: string, other: string | null = null) =>
    (await one(user, 'select to_jsonb(app_public.replay_retrieval($1, $2)) as found', message, other)).found;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    version = await activateTestVersion(database.pool('owner'), DIMENSIONS);
    const team = await createWorkspace(database, 'Team');
    ann = await join(database, await registerUser(database, 'ann@example.org'), team, 'owner');
    member = await join(database, await registerUser(database, 'member@example.org'), team, 'viewer');
    for (const [title, visibility] of [
      ['shared', 'workspace'],
      ['private', 'private'],
      ['unused', 'workspace'],
      ['fleeting', 'workspace'],
    ] as const) {
      documents[title] = (
        await one(
          ann,
          'select id from app_public.create_document(title => $1, content => $2, visibility => $3)',
          title,
          `a badger of ${title}`,
          visibility,
        )
      ).id;
    }
    await indexAll(database, axis(DIMENSIONS, 1));
    const { rows } = await asUser(database, ann, (client) =>
      client.query(
        'select c.id, d.title from app_public.chunks c join app_public.documents d on d.id = c.document_id',
      ),
    );
    for (const row of rows) chunks[row.title] = row.id;
    const talk = await one(ann, `select id from app_public.start_conversation('Badgers', 'workspace')`);
    const { rows: turn } = await asUser(database, ann, (client) =>
      client.query(
        `select id from app_public.record_turn($1, 'Where is the badger?', 'There.', chunks => $2, metadata => $3)`,
        [
          talk.id,
          JSON.stringify([
            { chunkId: chunks.private, similarityScore: 0.9, textScore: 0.25, score: 0.03 },
            { chunkId: chunks.shared, similarityScore: 0.5, score: 0.02 },
            { chunkId: chunks.fleeting, textScore: 0.125, score: 0.01 },
          ]),
          JSON.stringify({ retrieval: { mode: 'hybrid', maxResults: 3 }, other: 1 }),
        ],
      ),
    );
    [question, answer] = [turn[0].id, turn[1].id];
    await indexAll(database, axis(DIMENSIONS, 1));
  });
  afterAll(async () => {
    await database?.close();
  });

  it('tells the chunks of an answer with the scores of each leg, the version and the settings', async () => {
    expect(await explain(ann, answer)).toMatchObject({
      message_id: answer,
      question_id: question,
      question: 'Where is the badger?',
      retrieval: { mode: 'hybrid', maxResults: 3 },
      chunks: [
        {
          chunk_id: chunks.private,
          rank: 1,
          similarity_score: 0.9,
          text_score: 0.25,
          score: 0.03,
          embedding_version_id: version,
          is_available: true,
          source_type: 'document',
          title: 'private',
          content: 'a badger of private',
        },
        { chunk_id: chunks.shared, rank: 2, similarity_score: 0.5, text_score: null, title: 'shared' },
        { chunk_id: chunks.fleeting, rank: 3, similarity_score: null, text_score: 0.125 },
      ],
    });
    expect(await explain(ann, question)).toMatchObject({ question_id: null, chunks: [] });
    expect(await explain(ann, null)).toBe(null);
  });

  it('keeps from a reader of the conversation what is not theirs to read', async () => {
    const { chunks: seen } = await explain(member, answer);
    expect(seen[0]).toMatchObject({
      chunk_id: chunks.private,
      is_available: false,
      title: null,
      content: null,
      source_type: null,
    });
    expect(seen[1]).toMatchObject({ is_available: true, title: 'shared' });
    const again = await replay(member, answer);
    expect(JSON.stringify(again)).not.toContain('of private');
    expect(again.chunks.find((one: { chunk_id: string }) => one.chunk_id === chunks.private).rank).toBe(null);
  });

  it('repeats the search, and says what is found again', async () => {
    const found = await replay(ann, answer);
    expect(found).toMatchObject({
      message_id: answer,
      embedding_version_id: version,
      path: 'exact',
      has_vector: true,
      overlap: 1,
    });
    expect(found.chunks.map((one: { cited_rank: number | null }) => one.cited_rank)).toEqual([1, 2, 3, null]);
    expect(found.chunks[3]).toMatchObject({ chunk_id: chunks.unused, title: 'unused' });
    await expect(replay(ann, question)).rejects.toMatchObject({ code: 'CQ200' });
    await expect(replay(ann, answer, '01890000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'CQ204',
    });
  });

  it('shows a passage that is gone as it was, says that it is, and does without it', async () => {
    await asUser(database, ann, (client) =>
      client.query('delete from app_public.documents where id = $1', [documents.fleeting]),
    );
    expect((await explain(ann, answer)).chunks[2]).toMatchObject({
      chunk_id: chunks.fleeting,
      is_available: true,
      is_current: false,
      text_score: 0.125,
      title: 'fleeting',
      content: 'a badger of fleeting',
    });
    const again = await replay(ann, answer);
    expect(again.overlap).toBeCloseTo(2 / 3);
    expect(again.chunks[2]).toMatchObject({ cited_rank: 3, rank: null, title: 'fleeting' });
  });

  it('gives an event its source and type for a title, to those who may read it', async () => {
    const event = await one(
      ann,
      `select id from app_public.ingest_event('jira', 'issue_updated', '{"summary": "A raccoon ate the cable."}')`,
    );
    const pool = database.pool('worker');
    await pool.query(`select app_hidden.claim_events($1, 'jira')`, [ann.workspaceId]);
    await pool.query(`select app_hidden.complete_event($1, $2, 1, $3)`, [
      ann.workspaceId,
      event.id,
      said('A raccoon ate the cable.', 'jira › issue_updated'),
    ]);
    const { rows } = await database
      .pool('owner')
      .query('select id from app_public.chunks where raw_event_id = $1', [event.id]);
    const talk = await one(ann, `select id from app_public.start_conversation('Raccoons', 'workspace')`);
    const { rows: turn } = await asUser(database, ann, (client) =>
      client.query(
        `select id from app_public.record_turn($1, 'And the raccoon, and the cable?', 'It ate it.', chunks => $2)`,
        [talk.id, JSON.stringify([{ chunkId: rows[0].id, textScore: 0.5, score: 0.5 }])],
      ),
    );
    for (const user of [ann, member]) {
      expect((await explain(user, turn[1].id)).chunks).toMatchObject([
        { chunk_id: rows[0].id, source_type: 'event', title: 'jira: issue_updated' },
      ]);
      const again = await replay(user, turn[1].id);
      expect(again.chunks[0]).toMatchObject({ chunk_id: rows[0].id, rank: 1, title: 'jira: issue_updated' });
    }
    const bob = await registerUser(database, 'bob@example.org');
    await expect(explain(bob, turn[1].id)).rejects.toMatchObject({ code: 'CQ204' });
    const { found } = await one(
      bob,
      `select to_jsonb(app_public.search('raccoon', mode => 'text')) as found`,
    );
    expect(found.results).toEqual([]);
  });
});
