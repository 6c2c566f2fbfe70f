import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';

describeReal('rows that move into a partition', () => {
  let database: Database;
  let ann: TestUser;

  beforeEach(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    // a month may have begun since the template was made
    await ensure(3);
    await forgetHistory();
  });
  afterEach(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const ensure = (months: number) =>
    database.pool('worker').query('select * from app_hidden.ensure_partitions($1)', [months]);
  const inDefault = async (): Promise<number> =>
    (await owner().query('select count(*)::int as n from app_partitions.messages_default')).rows[0].n;
  const partitions = async (): Promise<string[]> =>
    (
      await owner().query(
        `select i.inhrelid::regclass::text as name from pg_inherits i where i.inhparent = 'app_public.messages'::regclass`,
      )
    ).rows.map((row) => row.name);
  /** As it was before there was a partition for history: what is old strays into the default one. */
  const forgetHistory = () =>
    owner().query(
      'alter table app_public.messages detach partition app_partitions.messages_history; drop table app_partitions.messages_history',
    );
  /** A payload of an import: a chain of messages, one a year. */
  const yearlyHistory = (source: string, year: number, count: number) => ({
    source,
    messages: Array.from({ length: count }, (_, index) => ({
      externalId: `m${index}`,
      parentExternalId: index > 0 ? `m${index - 1}` : undefined,
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index}`,
      createdAt: new Date(Date.UTC(year + index, 5, 1)).toISOString(),
    })),
  });
  /** Rows that one step may move, until the end of the work. */
  const movingAtMost = async (rows: number, work: () => Promise<void>): Promise<void> => {
    const set = (value: string) =>
      owner().query(`update app_private.settings set value = $1 where name = 'partition_move_rows'`, [value]);
    await set(String(rows));
    try {
      await work();
    } finally {
      await set('2000');
    }
  };
  const STORED = [
    'app_public.messages',
    'app_public.conversations',
    'app_public.message_feedback',
    'app_public.tool_calls',
    'app_public.message_chunks',
    'app_public.chunks',
    'app_public.usage_logs',
    'app_hidden.message_idempotency_keys',
    'app_hidden.analytics_changes',
    'app_hidden.conversation_archives',
    'app_hidden.conversation_archive_parts',
    'pgboss.job',
  ];
  /** Every row that has to do with messages, without where it lies. */
  const stored = async () => {
    const all: Record<string, unknown[]> = {};
    for (const table of STORED)
      all[table] = (
        await owner().query(`select to_jsonb(t)::text as row from ${table} t order by 1`)
      ).rows.map(({ row }) => row);
    return all;
  };
  /** Fourteen months of messages in the default partition, with all that hangs on them, and an archive of another conversation. */
  async function strays(name: string): Promise<void> {
    const messages = Array.from({ length: 28 }, (_, index) => ({
      externalId: `m${index}`,
      // branches: every third answers the one before the last
      parentExternalId: index > 0 ? `m${index - (index > 1 && index % 3 === 0 ? 2 : 1)}` : undefined,
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index}`,
      createdAt: new Date(Date.UTC(2016, 2, 1) + index * 15 * 86_400_000).toISOString(),
      ...(index % 2 === 1
        ? {
            feedback: { type: 'positive' },
            toolCalls: [
              { externalId: `t${index}`, name: 'search', arguments: {}, status: 'succeeded', result: {} },
            ],
          }
        : {}),
    }));
    const load = (payload: object) =>
      asUser(database, ann, (client) =>
        client.query('select id from app_public.import_conversation($1)', [payload]),
      );
    const { rows } = await load({ source: `strays ${name}`, messages });
    await owner().query(
      `with document as (
         insert into app_public.documents (workspace_id, owner_id, title, content) values ($1, $2, $3, 'text') returning id
       ),
       chunk as (
         insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
         select $1, 'document', d.id, $2, 'private', 0, 'text', 0, 4, 1, sha256('text') from document d returning id
       )
       insert into app_public.message_chunks (workspace_id, conversation_id, message_id, chunk_id, rank)
       select $1, m.conversation_id, m.id, c.id, 1 from chunk c, app_public.messages m where m.conversation_id = $4 and m.role = 'assistant'`,
      [ann.workspaceId, ann.id, name, rows[0].id],
    );
    const packed = await load({ source: `packed ${name}`, messages });
    await owner()
      .query('select app_private.pack_conversation($1)', [packed.rows[0].id])
      .catch(() => {});
    expect(await inDefault()).toBeGreaterThanOrEqual(28);
  }

  it.each([
    ['a month at a time', 2000],
    ['in pieces of a month', 1],
  ])('take fourteen months %s, and all that hangs on them stays as it was', async (name, most) => {
    await movingAtMost(most, async () => {
      await strays(name);
      const before = await stored();
      let steps = 0;
      for (;;) {
        const { rows } = await database
          .pool('worker')
          .query('select moved from app_hidden.ensure_partitions(max_partitions => 1)');
        if (rows.length === 0) break;
        expect(Number(rows[0].moved)).toBeLessThanOrEqual(Math.max(most, 3));
        steps += 1;
      }
      expect(steps).toBeGreaterThanOrEqual(14);
      expect(await inDefault()).toBe(0);
      expect(await stored()).toEqual(before);
      const { rows } = await owner().query(
        `select count(distinct m.tableoid)::int as n from app_public.messages m where m.content like 'message %' and m.id < app_hidden.uuidv7_floor('2018-01-01Z')
           and m.id > app_hidden.uuidv7_floor('2016-01-01Z')`,
      );
      expect(rows[0].n).toBeGreaterThanOrEqual(14);
      // what comes now finds its place at once
      await asUser(database, ann, (client) =>
        client.query('select app_public.import_conversation($1)', [yearlyHistory(`later ${name}`, 1980, 40)]),
      );
      expect(await inDefault()).toBe(0);
    });
  });

  it('are as they were when a run is killed, and the next one goes on', async () => {
    await movingAtMost(2000, async () => {
      await strays('killed');
      const before = await stored();
      const step = (client: pg.ClientBase) =>
        client.query('select moved from app_hidden.ensure_partitions(max_partitions => 1)');
      const partitionsBefore = await partitions();
      const client = new pg.Client({ connectionString: database.url('worker') });
      client.on('error', () => {});
      await client.connect();
      expect((await step(client)).rows[0]).toEqual({ moved: expect.stringMatching(/^[1-9]/) });
      const kept = await inDefault();
      await client.query('begin');
      expect((await step(client)).rows[0]).toEqual({ moved: expect.stringMatching(/^[1-9]/) });
      const { rows } = await client.query('select pg_backend_pid() as pid');
      await database.pool('admin').query('select pg_terminate_backend($1)', [rows[0].pid]);
      // its locks are given back after its rows are
      const gone = 'select not exists (select from pg_stat_activity a where a.pid = $1) as gone';
      await until(async () => (await database.pool('admin').query(gone, [rows[0].pid])).rows[0].gone);
      expect(await inDefault()).toBe(kept);
      await client.end().catch(() => {});
      expect(await stored()).toEqual(before);
      expect((await partitions()).length).toBe(partitionsBefore.length + 1);
      await ensure(3);
      expect(await inDefault()).toBe(0);
      expect(await stored()).toEqual(before);
    });
  });
});
