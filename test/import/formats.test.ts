import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';
import { count, dump, importPaths, run } from './database.ts';
import { conversation, makeFolder, node } from './helpers.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const claude = join(fixtures, 'claude');
const slack = join(fixtures, 'slack');
const S = 1_700_000_000;

describeReal('what an import of other systems writes', () => {
  let database: Database;
  let url: string;
  let users = 0;
  const newUser = (): Promise<TestUser> => registerUser(database, `user${++users}@example.org`);
  const rowsOf = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const load = (user: TestUser, payload: object) =>
    rowsOf(user, 'select * from app_public.import_conversation($1)', JSON.stringify(payload));
  const code = async (work: Promise<unknown>): Promise<string | undefined> => {
    try {
      await work;
    } catch (error) {
      return errorCode(error);
    }
    throw new Error('It was allowed.');
  };
  /** A conversation of one answer. */
  const payload = (source: string, message: object, more: object = {}) => ({
    source,
    title: source,
    createdAt: '2024-02-01T10:00:00Z',
    messages: [
      {
        externalId: 'm',
        role: 'assistant',
        content: 'an answer',
        createdAt: '2024-02-01T10:00:01Z',
        ...message,
      },
    ],
    ...more,
  });

  beforeAll(async () => {
    ({ url } = await createTestDatabase());
    database = serverDatabase(url);
  });
  afterAll(() => database?.close());

  test('a Claude export: branches, attachments, tool calls, documents', async () => {
    const user = await newUser();
    const { summary } = await importPaths(database, user.token, claude);
    expect(summary.tally.counts).toEqual({
      documents: { imported: 2, updated: 0, unchanged: 0 },
      conversations: { imported: 2, updated: 0, unchanged: 0 },
      messages: { imported: 8, updated: 0, unchanged: 0 },
      files: { imported: 3, updated: 0, unchanged: 0 },
      toolCalls: { imported: 3, updated: 0, unchanged: 0 },
      feedback: { imported: 0, updated: 0, unchanged: 0 },
      events: { imported: 0, updated: 0, unchanged: 0 },
      uploads: { imported: 0, updated: 0, unchanged: 0 },
      memories: { imported: 0, updated: 0, unchanged: 0 },
    });
    expect(
      await rowsOf(
        user,
        `select m.idempotency_key as key, p.idempotency_key as parent
         from app_public.messages m join app_public.messages p on p.id = m.parent_id
         where m.idempotency_key like 'import:t-%' order by m.id`,
      ),
    ).toEqual([
      { key: 'import:t-r1', parent: 'import:t-q1' },
      { key: 'import:t-r2', parent: 'import:t-q1' },
      { key: 'import:t-q2', parent: 'import:t-r2' },
      { key: 'import:t-r3', parent: 'import:t-q2' },
    ]);
    const calls = await rowsOf(
      user,
      `select t.turn, t.position, t.name, t.status, t.arguments, t.result, t.error, t.decided_by, t.created_at = m.created_at as dated_as_message
       from app_public.tool_calls t join app_public.messages m on m.id = t.message_id order by t.turn, t.position`,
    );
    expect(calls).toMatchObject([
      { turn: 1, position: 1, name: 'web_search', status: 'succeeded', error: null, dated_as_message: true },
      { turn: 1, position: 2, name: 'fetch_tides', status: 'failed', arguments: { station: 'Harbour' } },
      { turn: 2, position: 1, status: 'failed', result: null, error: 'The export has no answer to it.' },
    ]);
    const files = await rowsOf(
      user,
      `select f.id, f.original_name, f.mime_type, f.byte_size, f.is_stored, f.sha256, f.processing_status, f.extracted_length,
         f.visibility, f.metadata, c.external_id as conversation, d.content
       from app_public.files f
       join app_public.conversations c on c.id = f.conversation_id
       left join app_public.documents d on d.file_id = f.id
       order by f.external_id`,
    );
    expect(files).toMatchObject([
      {
        original_name: 'tides.csv',
        mime_type: 'text/csv',
        byte_size: '53',
        is_stored: false,
        sha256: null,
        processing_status: 'completed',
        extracted_length: 53,
        visibility: 'private',
        metadata: { bytes: 'missing', mime_type: 'csv', message: 't-q1' },
        conversation: 'claude:c1a0de00-0000-4000-8000-00000000000a',
        content: 'day,low,high\nSaturday,05:12,11:20\nSunday,05:58,12:04\n',
      },
      { original_name: 'quay.jpeg', mime_type: null, byte_size: null, extracted_length: null, content: null },
      { original_name: 'knot.png', is_stored: false },
    ]);
    const [question] = await rowsOf(
      user,
      `select attachments from app_public.messages where idempotency_key = 'import:t-q1'`,
    );
    expect(question.attachments).toEqual([
      { file_id: files[0].id, name: 'tides.csv', mime_type: 'csv', size: 53 },
      { file_id: files[1].id, name: 'quay.jpeg' },
    ]);
  });

  test('a second time nothing is written, and all of it is called unchanged', async () => {
    const user = await newUser();
    const paths = [claude, slack];
    const first = await importPaths(database, user.token, paths);
    const before = await everything();
    const again = await importPaths(database, user.token, paths, { visibility: 'workspace' });
    expect(await everything()).toEqual(before);
    expect(again.outcomes).toEqual(first.outcomes.map((line) => line.replace('imported', 'unchanged')));
    for (const [what, { imported }] of Object.entries(first.summary.tally.counts)) {
      expect([what, again.summary.tally.counts[what as 'files']]).toEqual([
        what,
        { imported: 0, updated: 0, unchanged: imported },
      ]);
    }
  });

  async function everything(): Promise<string[]> {
    const { rows } = await database.pool('admin').query<{ line: string }>(
      `select format('file %s %s', f.xmin, to_jsonb(f)) as line from app_public.files f
       union all select format('call %s %s', t.xmin, to_jsonb(t)) from app_public.tool_calls t
       union all select format('feedback %s %s', f.xmin, to_jsonb(f)) from app_public.message_feedback f
       union all select format('event %s %s', e.xmin, to_jsonb(e)) from app_public.raw_events e
       union all select format('event key %s %s', k.xmin, to_jsonb(k)) from app_hidden.raw_event_keys k
       order by 1`,
    );
    return [...(await dump(database)), ...rows.map((row) => row.line)];
  }

  test('a dry run counts the same, kind by kind, and writes nothing', async () => {
    const user = await newUser();
    const before = await everything();
    const dry = await run('scripts/import.ts', ['--dry-run', '--json', claude, slack], {}).ended;
    expect(await everything()).toEqual(before);
    const { summary } = await importPaths(database, user.token, [claude, slack]);
    const imported = Object.entries(summary.tally.counts).map(([what, counts]) => [what, counts.imported]);
    expect(JSON.parse(dry.stdout).found).toEqual(Object.fromEntries(imported));
    const text = await run('scripts/import.ts', ['--dry-run', claude, slack], {}).ended;
    expect(text.stdout).toMatch(/attachments\s+3\ntool calls\s+3\nevents\s+5/);
  });

  test('feedback arrives with its time, is counted, and gives way to what was said here', async () => {
    const user = await newUser();
    const folder = await makeFolder({
      'conversations.json': JSON.stringify([
        conversation('judged', [node('a', null, 'one', S), node('b', 'a', 'two', S + 10)]),
      ]),
      'message_feedback.json': JSON.stringify([
        { message_id: 'a', rating: 'thumbsUp', content: '{"text": "Good"}', create_time: S + 100 },
        { message_id: 'b', rating: 'thumbsDown', content: '{}' },
      ]),
    });
    const { summary } = await importPaths(database, user.token, folder);
    expect(summary.tally.counts.feedback).toEqual({ imported: 2, updated: 0, unchanged: 0 });
    const given = () =>
      rowsOf(user, 'select feedback_type, comment, created_at from app_public.message_feedback order by id');
    expect(await given()).toEqual([
      // Without a time of its own, the message's.
      { feedback_type: 'negative', comment: null, created_at: new Date((S + 10) * 1000) },
      { feedback_type: 'positive', comment: 'Good', created_at: new Date((S + 100) * 1000) },
    ]);
    const counters = 'select positive_feedback, negative_feedback from app_public.conversations';
    expect(await rowsOf(user, counters)).toEqual([{ positive_feedback: 1, negative_feedback: 1 }]);
    await rowsOf(
      user,
      `select app_public.give_feedback(id, 'positive') from app_public.messages where idempotency_key = 'import:b'`,
    );
    const again = await importPaths(database, user.token, folder);
    expect(again.summary.tally.counts.feedback).toEqual({ imported: 0, updated: 0, unchanged: 2 });
    expect(await rowsOf(user, counters)).toEqual([{ positive_feedback: 2, negative_feedback: 0 }]);
  });

  test('what an older import did not know is added to the messages that are there', async () => {
    const user = await newUser();
    await load(user, payload('grow', {}));
    const [result] = await load(
      user,
      payload('grow', {
        attachments: [{ externalId: 'f', name: 'a.txt' }],
        toolCalls: [{ name: 't' }],
        feedback: { type: 'neutral' },
      }),
    );
    expect(result).toMatchObject({
      is_new: false,
      added: 0,
      unchanged: 1,
      files_added: 1,
      tool_calls_added: 1,
      feedback_added: 1,
    });
  });

  test('what cannot be is refused with its code, and leaves nothing behind', async () => {
    const user = await newUser();
    const bad: object[] = [
      { toolCalls: [{ name: 't', status: 'requested' }] },
      { toolCalls: [{ name: 't', status: 'approved' }] },
      { toolCalls: [{ name: 't', status: 'running' }] },
      { toolCalls: [{ name: 't' }], role: 'user' },
      { toolCalls: {} },
      { attachments: 'x' },
      { attachments: [{ name: 'without id' }] },
      { attachments: [{ externalId: 'without name' }] },
      { attachments: [{ externalId: 'f', name: 'a', bytes: 'stored' }] },
      { feedback: [] },
    ];
    for (const message of bad) {
      expect([message, await code(load(user, payload('bad', message)))]).toEqual([message, 'CQ200']);
    }
    expect(await code(load(user, payload('bad', {}, { visibility: 'everybody' })))).toBe('CQ200');
    expect(await rowsOf(user, 'select from app_public.conversations')).toEqual([]);
    expect(await rowsOf(user, 'select from app_public.files')).toEqual([]);
  });

  test('attachments are shared as their conversation is, and nobody else has them', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const message = { attachments: [{ externalId: 'f', name: '../a.txt', text: 'words', size: 5 }] };
    await load(ann, payload('shared', message, { visibility: 'workspace' }));
    const kinds = `select visibility from app_public.conversations union all select visibility from app_public.files
      union all select visibility from app_public.documents`;
    expect(await rowsOf(ann, kinds)).toEqual(Array(3).fill({ visibility: 'workspace' }));
    expect(await rowsOf(ann, 'select original_name from app_public.files')).toEqual([
      { original_name: 'a.txt' },
    ]);
    expect(await rowsOf(bob, kinds)).toEqual([]);
    // The same export of another person: rows of their own.
    const [mine] = await load(bob, payload('shared', message));
    expect(mine).toMatchObject({ is_new: true, files_added: 1 });
    expect(await rowsOf(bob, kinds)).toEqual(Array(3).fill({ visibility: 'private' }));
  });

  test('a Slack export becomes events, each once', async () => {
    const user = await newUser();
    const { summary } = await importPaths(database, user.token, slack);
    expect(summary.tally.counts.events).toEqual({ imported: 5, updated: 0, unchanged: 0 });
    const rows = await rowsOf(
      user,
      `select source, event_type, external_id, payload, metadata, processing_status from app_public.raw_events
       where external_id = 'C01GENERAL:1709539260.000200'`,
    );
    expect(rows).toMatchObject([
      {
        source: 'slack',
        event_type: 'message',
        payload: { user: 'U01ANN', text: 'The pilot boat is back.', ts: '1709539260.000200' },
        metadata: { channel: 'general', user_name: 'ann', occurred_at: '2024-03-04T08:01:00.000Z' },
        processing_status: 'pending',
      },
    ]);
    // One that came in by itself is known as well.
    await rowsOf(user, `select app_public.ingest_event('slack', 'message', '{}', 'C1:1704067200.000100')`);
    const folder = await makeFolder({
      'channels.json': JSON.stringify([{ id: 'C1', name: 'general' }]),
      'users.json': '[]',
      'general/2024-01-01.json': JSON.stringify([{ ts: '1704067200.000100' }, { ts: '1704067201.000100' }]),
    });
    const { outcomes } = await importPaths(database, user.token, folder);
    expect(outcomes).toEqual([
      'slack:C1:1704067200.000100: unchanged',
      'slack:C1:1704067201.000100: imported',
    ]);
  });

  test('events that cannot be are refused one by one', async () => {
    const user = await newUser();
    const event = { source: 's', eventType: 'e', externalId: '1', payload: {} };
    const events = [
      event,
      { ...event, payload: { twice: true } },
      { ...event, source: ' ', externalId: '2' },
      { ...event, eventType: 'x'.repeat(201), externalId: '3' },
      { ...event, externalId: undefined },
      { ...event, externalId: '4', payload: 'x'.repeat(1048577) },
      { ...event, externalId: '5', metadata: [] },
      7,
      { ...event, externalId: '6' },
    ];
    const importEvents = (list: unknown) =>
      rowsOf(user, 'select outcome, reason from app_public.import_events($1)', JSON.stringify(list));
    const answers = await importEvents(events);
    expect(answers.map((row) => row.outcome)).toEqual([
      'added',
      'unchanged',
      ...Array(6).fill('refused'),
      'added',
    ]);
    expect(answers[6].reason).toMatch(/metadata is an object/);
    expect(await rowsOf(user, 'select external_id from app_public.raw_events order by 1')).toEqual([
      { external_id: '1' },
      { external_id: '6' },
    ]);
    expect(await code(importEvents({}))).toBe('CQ200');
    expect(await code(importEvents(Array(1001).fill(event)))).toBe('CQ200');
  });

  test('two imports at once store everything once', async () => {
    const user = await newUser();
    const folder = await manyMessages(3000);
    const both = await Promise.all([
      importPaths(database, user.token, [folder, claude]),
      importPaths(database, user.token, [claude, folder]),
    ]);
    const total = (what: 'events' | 'files' | 'toolCalls' | 'messages') =>
      both.reduce((sum, { summary }) => sum + summary.tally.counts[what].imported, 0);
    expect([total('events'), total('files'), total('toolCalls'), total('messages')]).toEqual([3000, 3, 3, 8]);
    const stored = 'select count(*)::integer as n from app_public.raw_events';
    expect(await rowsOf(user, stored)).toEqual([{ n: 3000 }]);
  });

  /** A Slack export of one busy day. */
  const manyMessages = (number: number) =>
    makeFolder(
      {
        'channels.json': JSON.stringify([{ id: 'C1', name: 'general' }]),
        'users.json': '[]',
        'general/2024-01-01.json': JSON.stringify(
          Array.from({ length: number }, (_, i) => ({
            ts: `${1_704_067_200 + i}.000100`,
            text: 'word '.repeat(200),
          })),
        ),
      },
      'acme',
    );

  test('killed in the middle, it goes on where it was and doubles nothing', async () => {
    const user = await newUser();
    const total = 6_000;
    const folder = await manyMessages(total);
    const env = {
      DATABASE_URL: url,
      COLLOQUY_EMAIL: `user${users}@example.org`,
      COLLOQUY_PASSWORD: PASSWORD,
    };
    const stored = () =>
      count(database, 'select count(*) from app_public.raw_events where workspace_id = $1', [
        user.workspaceId,
      ]);
    const killed = run('scripts/import.ts', [folder], env);
    await until(async () => (await stored()) > 500);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const left = await stored();
    expect(left).toBeLessThan(total);
    const { summary } = await importPaths(database, user.token, folder);
    const { imported, unchanged } = summary.tally.counts.events;
    expect(imported + unchanged).toBe(total);
    expect(unchanged).toBeGreaterThanOrEqual(left);
    expect(await stored()).toBe(total);
  });
});
