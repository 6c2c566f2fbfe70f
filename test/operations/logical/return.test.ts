import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { returnFromBackup, type Wanted } from '../../../operations/logical/return.ts';
import { lineOf, setForms } from '../../../operations/logical/rows.ts';
import { conversationScope, type Scope, workspaceScope } from '../../../operations/logical/scope.ts';
import { namedToStay, reasonToStay, WITH_WORKSPACE } from '../../../operations/logical/staying-away.ts';
import { readTables, storedColumns, type Table } from '../../../operations/logical/tables.ts';
import { fillEveryTable } from '../../../tools/release-dump/fill.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis, createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

describeReal('rows that come back from a backup', () => {
  let live: Database;
  let backup: Database;
  let tables: Table[];
  let zoe: TestUser;
  let lost: { conversation: string; other: string };
  const pool = () => live.pool('owner');
  const wholeBackup = () => backup.pool('admin');

  async function inForms<T>(database: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin');
      await setForms(client);
      return await work(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  /** Each row of a scope, by table, but what stays away. */
  const rowsOf = (database: Database, scope: Scope, values: unknown[]): Promise<Record<string, string[]>> =>
    inForms(database, async (client) => {
      const found: Record<string, string[]> = {};
      const comes = (name: string): boolean => !reasonToStay(name) || WITH_WORKSPACE.has(name);
      for (const table of tables.filter(({ name }) => scope.has(name) && comes(name))) {
        const { rows } = await client.query(
          `select ${lineOf(storedColumns(table))} as line from ${table.name} t where ${scope.get(table.name)!('t')} order by 1`,
          values,
        );
        if (rows.length > 0) found[table.name] = rows.map(({ line }) => line);
      }
      return found;
    });

  /** How many rows each table has, and what they are. */
  const everything = (database: Database): Promise<Record<string, string>> =>
    inForms(database, async (client) => {
      const found: Record<string, string> = {};
      for (const table of tables) {
        const { rows } = await client.query(
          `select md5(coalesce(string_agg(line, ',' order by line), '')) as hash from (select ${lineOf(storedColumns(table))} as line from ${table.name} t) as l`,
        );
        found[table.name] = rows[0].hash;
      }
      return found;
    });

  const say = (user: TestUser, conversation: string, content: string) =>
    asUser(live, user, (client) =>
      client.query('select app_public.post_message($1, $2)', [conversation, content]),
    );

  /** Somebody with a conversation that will be lost, and a workspace that she shares with somebody else. */
  async function addPeople(): Promise<void> {
    zoe = await registerUser(live, 'zelda@example.org');
    const yan = await registerUser(live, 'yannick@example.org');
    const start = (user: TestUser, title: string, visibility = 'private'): Promise<string> =>
      asUser(live, user, async (client) => {
        const { rows } = await client.query(
          'select id from app_public.start_conversation($1, $2::app_public.visibility)',
          [title, visibility],
        );
        return rows[0].id;
      });
    lost = { conversation: await start(zoe, 'lost'), other: await start(zoe, 'other') };
    await pool().query(`update app_public.conversations set external_id = 'ticket 7' where id = $1`, [
      lost.conversation,
    ]);
    await say(zoe, lost.conversation, 'The quokka of Rottnest sleeps.');
    const shared = await createWorkspace(live, 'Shared');
    const there = await Promise.all([join(live, yan, shared, 'owner'), join(live, zoe, shared, 'member')]);
    const talk = await start(there[0], 'together', 'workspace');
    await say(there[0], talk, 'What do you think?');
    await asUser(live, there[1], (client) =>
      client.query(
        `select app_public.give_feedback((select id from app_public.messages m where m.conversation_id = $1), 'positive')`,
        [talk],
      ),
    );
    await indexAll(live, axis(512, 7));
  }

  beforeAll(async () => {
    const database = await createTestDatabase();
    live = serverDatabase(database.url);
    await fillEveryTable(live);
    await addPeople();
    await live.close();
    // what was in the backup: a copy of the database of that moment
    backup = serverDatabase((await createTestDatabase(database)).url);
    live = serverDatabase(database.url);
    tables = await inForms(live, readTables);
  });
  afterAll(async () => {
    await live?.close();
    await backup?.close();
  });

  it('names only tables that there are as those that stay away', () => {
    const names = new Set(tables.map((table) => table.name));
    expect(namedToStay().filter((one) => !names.has(one))).toEqual([]);
  });

  /** What triggers count, without the places that count nothing. */
  const counters = async (database: Database): Promise<unknown> => {
    const admin = database.pool('admin');
    const chunks = await admin.query(
      'select * from app_hidden.chunk_counts where chunk_count <> 0 order by 1, 2, 3, 4',
    );
    const vectors = await admin.query(
      'select version_id, workspace_id, embedding_count from app_hidden.embedding_counts where embedding_count <> 0 order by 1, 2',
    );
    const storage = await admin.query(
      'select workspace_id, sum(bytes)::text as bytes, sum(row_count)::text as items from app_private.workspace_storage group by 1 order by 1',
    );
    const users = await admin.query(
      'select id, total_tokens_used, total_cost_usd from app_public.users order by id',
    );
    const months = await admin.query(
      'select * from app_private.user_usage_months where logged_tokens > 0 or logged_cost_usd > 0 order by 1, 2',
    );
    return [chunks.rows, vectors.rows, storage.rows, users.rows, months.rows];
  };

  const bring = (wanted: Wanted, options: { dryRun?: boolean } = {}) =>
    returnFromBackup(pool(), wholeBackup(), wanted, { from: 'a copy', ...options });

  it('brings each deleted conversation back, equal row by row, and what others wrote meanwhile stays', async () => {
    const { rows } = await wholeBackup().query(
      `(select id, workspace_id, storage_tier from app_public.conversations where storage_tier = 'hot' order by message_count desc, id limit 3)
       union all select id, workspace_id, storage_tier from app_public.conversations where storage_tier <> 'hot'`,
    );
    expect(new Set(rows.map((row) => row.storage_tier))).toEqual(new Set(['hot', 'warm']));
    const counted = await counters(live);
    const scope = conversationScope(tables);
    for (const { id, workspace_id } of rows) {
      const values = [workspace_id, id];
      const then = await rowsOf(backup, scope, values);
      await pool().query('delete from app_public.conversations where id = $1', [id]);
      const planned = await bring({ of: 'conversation', id }, { dryRun: true });
      expect(Object.keys(await rowsOf(live, scope, values))).toEqual([]);
      const report = await bring({ of: 'conversation', id });
      expect(report).toEqual(planned);
      expect(await rowsOf(live, scope, values)).toEqual(then);
      expect(report.tables.get('app_public.conversations')).toMatchObject({ returned: 1, conflicts: 0 });
    }
    expect(await counters(live)).toEqual(counted);
    const { rows: noted } = await pool().query(
      `select distinct entity_type from app_public.audit_logs where action = 'backup.rows_returned'`,
    );
    expect(noted).toEqual([{ entity_type: 'conversation' }]);
    const before = await everything(live);
    for (const { id } of rows) expect(await bring({ of: 'conversation', id })).toMatchObject({ returned: 0 });
    expect(await everything(live)).toEqual(before);
  });

  it('brings a deleted workspace back', async () => {
    const { rows } = await wholeBackup().query('select id from app_public.workspaces order by id');
    const counted = await counters(live);
    const scope = workspaceScope(tables);
    let billed = 0;
    for (const { id } of rows) {
      const then = await rowsOf(backup, scope, [id]);
      await pool().query(
        'update app_public.legal_holds set released_at = now() where workspace_id = $1 and released_at is null',
        [id],
      );
      await pool().query('delete from app_public.workspaces where id = $1', [id]);
      const report = await bring({ of: 'workspace', id });
      expect(await rowsOf(live, scope, [id])).toEqual(then);
      expect(report.tables.get('app_public.workspaces')).toMatchObject({ returned: 1 });
      billed += then['app_public.usage_logs']?.length ?? 0;
    }
    expect(billed).toBeGreaterThan(0);
    // of a workspace that is there, what retention ended or an erasure took stays away
    await pool().query('delete from app_public.usage_logs');
    for (const { id } of rows) await bring({ of: 'workspace', id });
    expect((await pool().query('select from app_public.usage_logs')).rowCount).toBe(0);
    expect(await counters(live)).toEqual(counted);
  });

  /** What a person finds by a word, and by a vector that everything has. */
  const found = (user: TestUser, mode: string): Promise<string[]> =>
    asUser(live, user, async (client) => {
      const { rows } = await client.query(
        `select r.conversation_id as id from app_public.search(query => 'quokka', query_embedding => $1, mode => $2::app_public.search_mode) as s
         cross join unnest(s.results) as r`,
        [JSON.stringify(axis(512, 7)), mode],
      );
      return rows.map(({ id }) => id);
    });

  it('leaves what others wrote later, goes on where it was, and is found again', async () => {
    const id = lost.conversation;
    await pool().query('delete from app_public.conversations where id = $1', [id]);
    expect(await found(zoe, 'text')).toEqual([]);
    await say(zoe, lost.other, 'Written after the backup.');
    const written = [zoe.workspaceId, lost.other];
    const later = await rowsOf(live, conversationScope(tables), written);
    await bring({ of: 'conversation', id });
    expect(await rowsOf(live, conversationScope(tables), written)).toEqual(later);
    expect(await found(zoe, 'text')).toEqual([id]);
    expect((await found(zoe, 'vector'))[0]).toBe(id);
    await say(zoe, id, 'And wakes again.');
    const { rows } = await pool().query(
      'select message_count, last_sequence_number, storage_tier from app_public.conversations where id = $1',
      [id],
    );
    expect(rows).toEqual([{ message_count: 2, last_sequence_number: 2, storage_tier: 'hot' }]);
    // one that goes on now is not set back to what it was
    expect(await bring({ of: 'conversation', id })).toMatchObject({ returned: 0 });
  });

  it('brings rows of a table back by a condition, and refuses tables whose rows stay away', async () => {
    const { rows } = await wholeBackup().query('select id, workspace_id from app_public.tags limit 1');
    await pool().query('delete from app_public.tags where id = $1', [rows[0].id]);
    const where = `t.workspace_id = '${rows[0].workspace_id}'`;
    expect(await bring({ of: 'table', table: 'app_public.tags', where })).toMatchObject({ returned: 1 });
    expect(await bring({ of: 'table', table: 'app_public.entity_tags' })).toMatchObject({
      keptMessages: false,
    });
    for (const table of [
      'app_public.api_keys',
      'app_private.user_sessions',
      'app_public.messages',
      'pg_catalog.pg_class',
    ]) {
      await expect(bring({ of: 'table', table })).rejects.toMatchObject({ code: 'CQ685' });
    }
    await expect(
      bring({ of: 'table', table: 'app_public.tags', where: 'true; delete from app_public.tags' }),
    ).rejects.toMatchObject({ code: '42601' });
    await expect(bring({ of: 'conversation', id: randomUUID() })).rejects.toMatchObject({ code: 'CQ684' });
  });

  it('says what is in the way, and brings nothing back then', async () => {
    const id = lost.conversation;
    await pool().query('delete from app_public.conversations where id = $1', [id]);
    await pool().query(`update app_public.conversations set external_id = 'ticket 7' where id = $1`, [
      lost.other,
    ]);
    await expect(bring({ of: 'conversation', id })).rejects.toMatchObject({ code: 'CQ686' });
    await pool().query('delete from app_public.users where id = $1', [zoe.id]);
    await expect(bring({ of: 'conversation', id })).rejects.toMatchObject({ code: 'CQ686' });
    // of a workspace that others share, what hung on the account stays away, and the rest comes
    const { rows } = await wholeBackup().query(
      'select conversation_id from app_public.message_feedback where user_id = $1',
      [zoe.id],
    );
    const shared = rows[0].conversation_id;
    await pool().query('delete from app_public.conversations where id = $1', [shared]);
    const report = await bring({ of: 'conversation', id: shared });
    expect(report.tables.get('app_public.message_feedback')).toMatchObject({
      inBackup: 1,
      returned: 0,
      withoutParent: 1,
    });
    expect(report.tables.get('app_public.messages')!.returned).toBeGreaterThan(0);
    const { rows: left } = await pool().query(
      'select count(*)::int as authors from app_public.messages where conversation_id = $1 and author_id = $2',
      [shared, zoe.id],
    );
    expect(left).toEqual([{ authors: 0 }]);
  });
});
