import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

describeReal('the storage of a workspace', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  const as = (user: TestUser, sql: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(sql, values)).rows);
  const code = (work: Promise<unknown>): Promise<string | undefined> => work.then(() => 'allowed', errorCode);
  const used = async (user: TestUser): Promise<{ bytes: number; rows: number }> => {
    const [row] = await as(user, 'select * from app_public.storage_usage()');
    return { bytes: Number(row.bytes), rows: Number(row.row_count) };
  };
  /** What a count of everything says. */
  const counted = async (user: TestUser): Promise<{ bytes: number; rows: number }> => {
    const { rows } = await database.pool('owner').query(
      `select coalesce(sum(x.bytes), 0)::bigint as bytes, coalesce(sum(x.row_count), 0)::bigint as row_count
       from (
         select octet_length(content) as bytes, 1 as row_count from app_public.documents where workspace_id = $1
         union all
         select octet_length(content) + coalesce(octet_length(parts::text), 0) + coalesce(octet_length(attachments::text), 0)
           + octet_length(metadata::text), 1 from app_public.messages where workspace_id = $1
         union all
         select octet_length(content), 1 from app_public.memory_items where workspace_id = $1
         union all
         select octet_length(payload::text), 1 from app_public.raw_events where workspace_id = $1
         union all
         select octet_length(document) / 4, case when packed = 'app_public.messages'::regclass then row_count else 0 end
         from app_hidden.conversation_archive_parts where workspace_id = $1
       ) as x`,
      [user.workspaceId],
    );
    return { bytes: Number(rows[0].bytes), rows: Number(rows[0].row_count) };
  };
  const setQuota = (user: TestUser, bytes: number | null, rows: number | null = null) =>
    database.pool('owner').query(
      `insert into app_private.workspace_quotas values ($1, $2, $3)
       on conflict on constraint workspace_quotas_pkey do update set storage_bytes = excluded.storage_bytes, row_limit = excluded.row_limit`,
      [user.workspaceId, bytes, rows],
    );

  it('is what is stored, whatever comes, changes and goes', async () => {
    const [document] = await as(
      ann,
      `select id from app_public.create_document(title => 'a', content => repeat('long ', 1000))`,
    );
    expect(await used(ann)).toEqual({ bytes: 5000, rows: 1 });
    await as(ann, `update app_public.documents set content = 'shört' where id = $1`, document.id);
    expect(await used(ann)).toEqual({ bytes: 6, rows: 1 });
    await as(ann, `select app_public.remember(content => 'Ann likes tea.')`);
    const [conversation] = await as(ann, `select id from app_public.start_conversation(title => 'tea')`);
    for (const text of ['one', 'two', 'three'])
      await as(
        ann,
        'select app_public.post_message(conversation_id => $1, content => $2)',
        conversation.id,
        text,
      );
    expect(await used(ann)).toEqual(await counted(ann));
    // packed and restored it is the same again
    const before = await used(ann);
    const owner = database.pool('owner');
    await owner.query(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      [conversation.id],
    );
    await owner.query(
      `select app_private.pack_conversation(c) from app_public.conversations c where c.id = $1`,
      [conversation.id],
    );
    expect((await used(ann)).rows).toBe(before.rows);
    expect(await used(ann)).toEqual(await counted(ann));
    await as(
      ann,
      'select app_public.post_message(conversation_id => $1, content => $2)',
      conversation.id,
      'four',
    );
    expect((await used(ann)).rows).toBe(before.rows + 1);
    expect(await used(ann)).toEqual(await counted(ann));
    await as(ann, 'delete from app_public.conversations where id = $1', conversation.id);
    await as(ann, 'delete from app_public.documents where id = $1', document.id);
    expect(await used(ann)).toEqual(await counted(ann));
    expect(await used(bob)).toEqual({ bytes: 0, rows: 0 });
  });

  it('is refused beyond the quota, and nothing of it is stored', async () => {
    await setQuota(bob, 10_000);
    const store = (size: number) =>
      code(as(bob, `select app_public.create_document(title => 'b', content => repeat('x', $1))`, size));
    expect(await store(9_000)).toBe('allowed');
    expect(await store(2_000)).toBe('CQ222');
    expect(await used(bob)).toEqual({ bytes: 9_000, rows: 1 });
    // others are not touched
    expect(
      await code(as(ann, `select app_public.create_document(title => 'c', content => repeat('x', 20000))`)),
    ).toBe('allowed');
    // deleting makes room
    await as(bob, 'delete from app_public.documents');
    expect(await store(2_000)).toBe('allowed');
    await setQuota(bob, null, 1);
    expect(await store(1)).toBe('CQ223');
    expect(await code(as(bob, `select app_public.remember(content => 'Bob likes coffee.')`))).toBe('CQ223');
    await setQuota(bob, null, null);
    expect(await store(1)).toBe('allowed');
  });

  it('is counted by writers at the same time without one waiting for the other', async () => {
    const before = await used(ann);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        as(ann, `select app_public.create_document(title => 'd', content => repeat('x', 100))`),
      ),
    );
    expect(await used(ann)).toEqual({ bytes: before.bytes + 2_000, rows: before.rows + 20 });
  });

  it('is counted beside a transaction that is open, whichever sessions they are', async () => {
    const before = await used(ann);
    const clients: pg.Client[] = [];
    const seen = new Map<number, pg.Client>();
    let pair: [pg.Client, pg.Client] | undefined;
    try {
      // two sessions that would begin with the same slot
      while (!pair) {
        const client = new pg.Client({ connectionString: database.url('owner') });
        await client.connect();
        clients.push(client);
        const { rows } = await client.query('select pg_backend_pid() % 16 as slot');
        const twin = seen.get(rows[0].slot);
        if (twin) pair = [twin, client];
        seen.set(rows[0].slot, client);
      }
      for (const client of pair) {
        await client.query(`begin; set local lock_timeout = '10s'`);
        await client.query('select app_private.count_storage($1, 5, 1)', [ann.workspaceId]);
      }
      for (const client of pair) await client.query('commit');
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
    expect(await used(ann)).toEqual({ bytes: before.bytes + 10, rows: before.rows + 2 });
  });

  it('goes with the workspace', async () => {
    const eve = await registerUser(database, 'eve@example.org');
    const [made] = await asUserInSession(eve, `select id from app_public.create_workspace('Shared')`);
    const shared = { ...eve, workspaceId: made.id };
    await as(shared, `select app_public.create_document(title => 'e', content => 'x')`);
    await database.pool('owner').query('delete from app_public.workspaces where id = $1', [made.id]);
    const { rows } = await database
      .pool('owner')
      .query('select 1 from app_private.workspace_storage where workspace_id = $1', [made.id]);
    expect(rows).toEqual([]);
  });

  it('knows how many workspaces an account may own', async () => {
    const kim = await registerUser(database, 'kim@example.org');
    await database
      .pool('owner')
      .query(`update app_private.settings set value = '2' where name = 'workspaces_per_account'`);
    const make = () => code(asUserInSession(kim, `select app_public.create_workspace('More')`));
    // the personal one counts
    expect(await make()).toBe('allowed');
    expect(await make()).toBe('CQ224');
  });

  const asUserInSession = (user: TestUser, sql: string) =>
    asUser(database, user, async (client) => (await client.query(sql)).rows);
});
