import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { checkInvariant, invariantNames } from '../../operations/restore/invariants.ts';
import { type LoadOptions, loadSampleData } from '../../operations/sample-data/load.ts';
import type { SampleSize } from '../../operations/sample-data/plan.ts';
import { createEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { withClient } from '../tools/postgres/support.ts';

const SIZE: SampleSize = {
  messages: 1500,
  conversations: 40,
  workspaces: 8,
  years: 1.5,
  documents: 30,
  memories: 10,
  events: 10,
  seed: 7,
  until: Date.UTC(2026, 0, 31),
};

/** What was written, whatever the order. The rest of a passage's or a job's row is of the database. */
const CONTENT = `select
  (select md5(string_agg(m::text, E'\\n' order by m.id)) from app_public.messages m) as messages,
  (select md5(string_agg(c.id || coalesce(c.title, '') || c.message_count || c.total_cost_usd || c.last_message_at, E'\\n' order by c.id)) from app_public.conversations c) as conversations,
  (select md5(string_agg(c::text, E'\\n' order by c.message_id, c.chunk_id)) from app_public.message_chunks c) as citations,
  (select md5(string_agg(f.id || f.feedback_type::text, E'\\n' order by f.id)) from app_public.message_feedback f) as feedback`;

/** Counters that differ from what they count. */
const WRONG_COUNTERS = `
  select 'conversation ' || c.id as wrong
  from app_public.conversations c
  left join lateral (
    select count(*) as messages, coalesce(sum(m.total_tokens), 0) as tokens, coalesce(sum(m.cost_usd), 0) as cost, coalesce(sum(m.processing_time_ms), 0) as time,
      count(m.processing_time_ms) as timed, max(m.sequence_number) as last_number, (array_agg(m.id order by m.id desc))[1] as last_id
    from app_public.messages m where m.conversation_id = c.id
  ) as x on true
  left join lateral (
    select count(*) filter (where f.feedback_type = 'positive') as positive, count(*) filter (where f.feedback_type = 'negative') as negative
    from app_public.message_feedback f where f.conversation_id = c.id
  ) as y on true
  where (c.message_count, c.total_tokens_used, c.total_cost_usd, c.total_response_time_ms, c.response_count, c.last_sequence_number, c.last_message_id,
      c.last_message_at, c.positive_feedback, c.negative_feedback, c.indexed_sequence_number)
    is distinct from row(x.messages, x.tokens, x.cost, x.time, x.timed, x.last_number, x.last_id, uuid_extract_timestamp(x.last_id), y.positive, y.negative, x.last_number)
  union all
  select 'user ' || u.id from app_public.users u
  where row(u.total_tokens_used, u.total_cost_usd) is distinct from (
    select row(coalesce(sum(l.total_tokens), 0), coalesce(sum(l.cost_usd), 0)) from app_public.usage_logs l where l.user_id = u.id
  )
  union all
  select 'month ' || s.period_start from app_private.user_usage_months s
  where row(s.logged_tokens::numeric, s.logged_cost_usd) is distinct from (
    select row(coalesce(sum(l.total_tokens), 0)::numeric, coalesce(sum(l.cost_usd), 0)) from app_public.usage_logs l
    where l.user_id = s.user_id and date_trunc('month', l.created_at at time zone 'UTC') = s.period_start::timestamp
  )
  union all
  select 'storage ' || s.workspace_id
  from (select workspace_id, sum(row_count)::bigint as row_count, sum(bytes)::bigint as bytes from app_private.workspace_storage group by 1) as s
  where row(s.row_count, s.bytes) is distinct from (
    select row(count(*), coalesce(sum(x.bytes), 0)::bigint)
    from (
      select octet_length(m.content) + coalesce(octet_length(m.parts::text), 0) + coalesce(octet_length(m.attachments::text), 0)
        + octet_length(m.metadata::text) as bytes from app_public.messages m where m.workspace_id = s.workspace_id
      union all select octet_length(d.content) from app_public.documents d where d.workspace_id = s.workspace_id
      union all select octet_length(i.content) from app_public.memory_items i where i.workspace_id = s.workspace_id
      union all select octet_length(e.payload::text) from app_public.raw_events e where e.workspace_id = s.workspace_id
    ) as x
  )
  union all
  select 'day of ' || a.conversation_id from app_public.conversation_analytics a
  group by a.workspace_id, a.conversation_id
  having sum(a.message_count) <> (select c.message_count from app_public.conversations c where c.id = a.conversation_id)`;

const scratch = mkdtempSync(join(tmpdir(), 'colloquy-sample-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// with DATABASE_URL, openDatabase takes that server: nothing here may touch it
it.skipIf(env.DATABASE_URL)(
  'reaches the embedded database, too, and is counted there',
  { timeout: LONG },
  async () => {
    const embedded = await createEmbedded(join(scratch, 'data'));
    try {
      const size = {
        ...SIZE,
        messages: 120,
        conversations: 6,
        workspaces: 2,
        documents: 3,
        memories: 2,
        events: 2,
      };
      const { rows, isComplete } = await loadSampleData(embedded, size);
      expect([rows.messages, isComplete]).toEqual([120, true]);
      expect((await embedded.pool('owner').query(WRONG_COUNTERS)).rows).toEqual([]);
    } finally {
      await embedded.close();
    }
  },
);

describeReal('sample data of any size', () => {
  let first: Database;
  let second: Database;

  beforeAll(async () => {
    first = serverDatabase((await createTestDatabase()).url);
    second = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await first?.close();
    await second?.close();
  });

  const load = (database: Database, options: LoadOptions = {}, size: Partial<SampleSize> = {}) =>
    loadSampleData(database, { ...SIZE, ...size }, options);
  const ask = async (database: Database, sql: string) => (await database.pool('owner').query(sql)).rows;

  it('is what the triggers count, in the partitions of its months, and whole', {
    timeout: LONG,
  }, async () => {
    const { rows, isComplete, contentHash } = await load(first);
    expect(isComplete).toBe(true);
    expect(contentHash).toMatch(/^[0-9a-f]{64}$/);
    expect(rows).toMatchObject({
      messages: 1500,
      conversations: 40,
      workspaces: 8,
      documents: 30,
      memory_items: 10,
      raw_events: 10,
    });
    for (const table of ['tool_calls', 'message_feedback', 'message_chunks', 'usage_logs'])
      expect(rows[table]).toBeGreaterThan(10);
    expect(await ask(first, WRONG_COUNTERS)).toEqual([]);
    expect(
      await ask(
        first,
        `select distinct m.tableoid::regclass::text as partition from app_public.messages m
         where m.tableoid::regclass::text <> to_char(m.created_at at time zone 'UTC', '"app_partitions.messages_"YYYY_MM')`,
      ),
    ).toEqual([]);
    expect(await ask(first, `select from pgboss.job where singleton_key ~ '^(message|document):'`)).toEqual(
      [],
    );
    expect((await ask(first, `select from app_public.message_chunks where passage_id is null`)).length).toBe(
      0,
    );
    const [kinds] = await ask(
      first,
      `select count(*) filter (where replaces_id is not null)::int as edits, count(*) filter (where parent_id is not null)::int as children,
         max(sequence_number) as longest, count(distinct text_search_language)::int as languages
       from app_public.messages, (select distinct text_search_language from app_public.documents) as d`,
    );
    expect(kinds).toMatchObject({ languages: expect.any(Number) });
    expect(kinds.edits).toBeGreaterThan(0);
    expect(kinds.children).toBeGreaterThan(kinds.edits);
    expect(kinds.languages).toBeGreaterThan(2);
    // Zipf: the largest has a multiple of the mean
    expect(kinds.longest).toBeGreaterThan(3 * (1500 / 40));

    await withClient(first.url('admin'), async (client) => {
      for (const name of invariantNames())
        expect([name, await checkInvariant(client, name)]).toEqual([name, []]);
    });
  });

  it('is the same for the same seed, also when it was stopped and went on', { timeout: LONG }, async () => {
    const stopping = new AbortController();
    const stopped = await load(second, {
      messagesOfBatch: 200,
      signal: stopping.signal,
      onProgress: (done) => done > 600 && stopping.abort(),
    });
    expect(stopped.isComplete).toBe(false);
    const [{ count }] = await ask(second, 'select count(*)::int from app_public.messages');
    expect(count).toBeGreaterThan(600);
    expect(count).toBeLessThan(1500);
    expect(await ask(second, WRONG_COUNTERS)).toEqual([]);

    const rest = await load(second, { messagesOfBatch: 200 });
    expect(rest.rows.messages).toBe(1500 - count);
    expect(await ask(second, CONTENT)).toEqual(await ask(first, CONTENT));
    expect(await ask(second, WRONG_COUNTERS)).toEqual([]);
    const again = await load(first);
    expect(again.rows).toEqual({});
    expect((await load(second)).contentHash).toBe(again.contentHash);
    const other = await load(second, {}, { seed: 8 });
    expect(other.contentHash).not.toBe(again.contentHash);
    expect(await ask(second, WRONG_COUNTERS)).toEqual([]);
  });

  it('leaves messages to the worker when asked to', { timeout: LONG }, async () => {
    await load(
      first,
      { index: true, analytics: false },
      { seed: 9, messages: 60, conversations: 5, workspaces: 1, documents: 0 },
    );
    const waiting = await ask(first, `select from pgboss.job where singleton_key like 'message:%'`);
    expect(waiting.length).toBe(5);
    expect(
      await ask(
        first,
        'select from app_public.conversations where indexed_sequence_number < last_sequence_number',
      ),
    ).toHaveLength(5);
  });
});
