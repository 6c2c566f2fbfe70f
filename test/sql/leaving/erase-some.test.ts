import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { type FileStorage, filesFolder, localStorage } from '../../../lib/storage.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import {
  addContent,
  addDialogue,
  computeAnalytics,
  createTenants,
  createWorkspace,
  indexAll,
  join,
  type Tenants,
} from '../../support/tenants.ts';
import { asUser, asVisitor, PASSWORD, registerUser, type TestUser, until } from '../../support/users.ts';

/** Words that nothing else has: what the person is called, and what is in each of her texts. */
const EMAIL = 'Petra.Quxlov@example.org';
const NAMES = ['petraqux77', 'Petra Quxlovskaya', 'Petraqux', 'Quxlovskaya'];
const WORD = 'zzpetrawrote';
const OTHERS = [
  'conversations',
  'messages',
  'chunks',
  'documents',
  'memory_items',
  'files',
  'message_feedback',
  'users',
  'api_keys',
  'raw_events',
];

/** Where she is found before. */
const PLACES = `
  app_hidden.agent_checkpoint_writes
  app_hidden.agent_checkpoints
  app_hidden.cited_passages
  app_hidden.conversation_archive_parts
  app_hidden.maintenance_runs
  app_hidden.rate_limits
  app_hidden.raw_event_keys
  app_hidden.search_samples
  app_hidden.user_activity
  app_hidden.workspace_words
  app_private.account_notices
  app_private.account_requests
  app_private.mail_outbox
  app_private.sign_in_places
  app_private.user_secrets
  app_private.user_sessions
  app_public.api_keys
  app_public.audit_logs
  app_public.chunks
  app_public.conversation_reads
  app_public.conversation_shares
  app_public.conversations
  app_public.documents
  app_public.files
  app_public.generated_images
  app_public.legal_holds
  app_public.memory_item_changes
  app_public.memory_items
  app_public.message_feedback
  app_public.messages
  app_public.rag_configuration_versions
  app_public.rag_configurations
  app_public.raw_events
  app_public.repositories
  app_public.system_prompt_templates
  app_public.tags
  app_public.tool_calls
  app_public.usage_logs
  app_public.usage_reservations
  app_public.users
  app_public.workspace_invitations
  app_public.workspace_members
  files
  pg_catalog.pg_statistic
  pgboss.job_common`
  .trim()
  .split(/\s+/);

describeReal('a person who is erased', () => {
  let database: Database;
  let dataDir: string;
  let storage: FileStorage;
  let tenants: Tenants;
  let petra: TestUser;
  let there: TestUser;
  let hot: string;
  let packed: string;
  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const code = async (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );

  /** Stores bytes as an upload does. */
  async function upload(user: TestUser, name: string, content: string): Promise<void> {
    const received = await storage.receive(Readable.from([Buffer.from(content)]), { maxBytes: 1000 });
    await asUser(database, user, async (client) => {
      const { rows } = await client.query(
        `select storage_path from app_hidden.register_file($1, 'text/plain', $2, $3)`,
        [name, received.size, received.sha256],
      );
      await received.place(rows[0].storage_path);
    });
    await received.discard();
  }

  /** In which tables any of these words stands, whatever the column: texts, JSON, bytes, arrays, vectors of words, statistics. */
  async function placesOf(words: string[]): Promise<string[]> {
    const admin = database.pool('admin');
    const { rows: tables } = await admin.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and (n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') or c.relname like 'pg_statistic%')
       order by 1`,
    );
    const needles = words.flatMap((word) => [word.toLowerCase(), Buffer.from(word).toString('hex')]);
    const places = new Set<string>();
    for (const { name } of tables) {
      const { rows } = await admin.query(
        `select 1 from ${name} t where exists (select from unnest($1::text[]) as n (word) where strpos(lower((t.*)::text), n.word) > 0) limit 1`,
        [needles],
      );
      if (rows.length > 0)
        places.add(name.replace(/app_partitions\.(\w+?)_(p?\d\w*|default)$/, 'app_public.$1'));
    }
    for (const file of readdirSync(filesFolder(dataDir), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const text = readFileSync(joinPath(file.parentPath, file.name), 'utf8');
      if (words.some((word) => text.includes(word))) places.add('files');
    }
    return [...places].sort();
  }

  /** Everything that others have, by table: what must not change. The conversations that she wrote in are looked at one by one. */
  async function others(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const table of OTHERS) {
      const owner = { users: 'id', message_feedback: 'user_id' }[table] ?? 'owner_id';
      const conversation =
        { conversations: 'id', messages: 'conversation_id', chunks: 'conversation_id' }[table] ??
        'null::uuid';
      const [row] = await sql(
        `select md5(string_agg((to_jsonb(t) - 'updated_at')::text, ',' order by (to_jsonb(t) - 'updated_at')::text)) as hash from app_public.${table} t
         where ${owner} <> $1 and ${conversation} is distinct from $2 and ${conversation} is distinct from $3`,
        petra.id,
        hot,
        packed,
      );
      found[table] = row.hash;
    }
    return found;
  }

  beforeAll(async () => {
    dataDir = mkdtempSync(joinPath(tmpdir(), 'colloquy-erase-'));
    storage = localStorage(filesFolder(dataDir));
    database = serverDatabase((await createTestDatabase()).url);
    // the time of grace: delete-my-account.test.ts
    await sql(`update app_private.settings set value = '0' where name = 'account_grace_days'`);
    tenants = await createTenants(database);
    petra = await registerUser(database, EMAIL);
    await sql(
      `update app_public.users set username = $2, display_name = $3, first_name = $4, last_name = $5, is_email_verified = true where id = $1`,
      petra.id,
      ...NAMES,
    );
    there = await join(database, petra, tenants.owner.workspaceId, 'member');

    for (const user of [petra, there, tenants.owner]) {
      await addContent(database, user, user === tenants.owner ? 'others' : WORD);
      await indexAll(database);
      await addDialogue(database, user, user === tenants.owner ? 'others' : WORD);
      await upload(
        user,
        `${user === tenants.owner ? 'others' : WORD}.md`,
        `${user === tenants.owner ? 'others' : WORD} in bytes`,
      );
    }
    for (const user of [petra, there, tenants.owner]) {
      const said = user === tenants.owner ? 'others' : WORD;
      await call(
        user,
        `select app_public.put_agent_checkpoint('thread', '1', 'json', convert_to($1, 'UTF8'))`,
        said,
      );
      await call(
        user,
        `select app_public.put_agent_checkpoint_writes('thread', '1', array[row('task', '', 0, $1, 'json', '1')::app_public.agent_checkpoint_write])`,
        said,
      );
    }
    // in conversations of somebody else, one of which is packed
    const start = async (title: string): Promise<string> =>
      (await call(tenants.owner, `select id from app_public.start_conversation($1, 'workspace')`, title))[0]
        .id;
    hot = await start(`${WORD} asks`);
    packed = await start('to be packed');
    for (const id of [hot, packed]) {
      await call(
        there,
        `select app_public.record_turn($1, $2, 'so be it', tool_calls => $3)`,
        id,
        `${WORD} asks in somebody's conversation`,
        JSON.stringify([{ name: 'look', arguments: { at: WORD }, result: WORD }]),
      );
      await call(tenants.owner, `select app_public.record_turn($1, 'what others say', 'yes')`, id);
      const [{ id: answer }] = await sql(
        `select id from app_public.messages where conversation_id = $1 and content = 'yes'`,
        id,
      );
      await call(there, `select app_public.give_feedback($1, 'negative', 1, $2)`, answer, WORD);
    }
    await sql(`update app_public.conversations set summary = $2 where id = $1`, hot, `${WORD} is summarised`);
    await indexAll(database);
    await computeAnalytics(database);
    await call(tenants.owner, 'select app_public.archive_conversation($1)', packed);
    // about her, and at the door
    const elsewhere = await join(
      database,
      tenants.ann,
      await createWorkspace(database, 'Elsewhere'),
      'owner',
    );
    await call(elsewhere, 'select app_public.invite_member($1)', EMAIL);
    await call(there, `select app_public.create_api_key('of hers')`);
    await asVisitor(database, async (client) => {
      await client.query('select app_public.request_password_reset($1)', [EMAIL]);
      await client.query('select app_public.sign_in($1, $2)', [EMAIL, PASSWORD]);
    });
    await call(petra, 'select app_public.request_email_verification()');
    await database
      .pool('authenticator')
      .query(`insert into app_hidden.rate_limits values ('searches.account:' || $1, 3, 4102444800000)`, [
        petra.id,
      ]);
    await database.pool('authenticator').query(
      `select app_hidden.record_searches(jsonb_build_array(jsonb_build_object(
         'workspace_id', $1::uuid, 'user_id', $2::uuid, 'version_id', v.id, 'kinds', array['document'], 'embedding', $3::text, 'query', $4::text,
         'path', 'exact', 'requested', 10, 'returned', 3, 'is_plain', true, 'scan_limit_hit', false)))
       from app_public.embedding_versions v where v.status = 'active'`,
      [there.workspaceId, petra.id, JSON.stringify(Array.from({ length: 512 }, () => 0.1)), WORD],
    );
    await sql(`select app_hidden.enqueue('index-source', $1)`, {
      workspaceId: petra.workspaceId,
      sourceType: 'document',
    });
    await sql(
      `select app_hidden.record_run('archive-conversations', now(), 'failed', '{}', $1)`,
      `could not ${EMAIL}`,
    );
    await database.pool('admin').query('analyze');
  });
  afterAll(async () => {
    await database?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is refused without a proof, under another address, under a hold, and while a workspace would have no owner', async () => {
    const leave = (email = EMAIL) => call(petra, 'select * from app_public.delete_my_account($1)', email);
    expect(await code(leave('ann@example.org'))).toBe('CQ200');
    expect(await code(leave())).toBe('CQ762');
    await sql(
      `update app_public.legal_holds set released_at = now(), released_by = null where workspace_id = any ($1)`,
      [petra.workspaceId, tenants.owner.workspaceId],
    );
    const freeze = (isFrozen: boolean) =>
      sql('select app_private.freeze_workspace($1, $2)', tenants.owner.workspaceId, isFrozen);
    await freeze(true);
    expect(await code(leave())).toBe('CQ793');
    await freeze(false);
    await sql(
      `update app_public.workspace_members set role = 'owner' where user_id = $1 and workspace_id = $2`,
      petra.id,
      there.workspaceId,
    );
    await sql(
      `update app_public.workspace_members set role = 'member' where user_id = $1 and workspace_id = $2`,
      tenants.owner.id,
      there.workspaceId,
    );
    expect(await code(leave())).toBe('CQ761');
    await sql(
      `update app_public.workspace_members set role = 'owner' where user_id = $1 and workspace_id = $2`,
      tenants.owner.id,
      there.workspaceId,
    );
    expect(await sql('select * from app_hidden.pending_erasures')).toEqual([]);
  });

  it('takes what a request wrote that was begun before, waits for a hold, and goes for nobody else meanwhile', async () => {
    const late = await registerUser(database, 'late@example.org');
    const guest = await join(database, late, tenants.owner.workspaceId, 'member');
    const [{ id: talk }] = await call(
      tenants.owner,
      `select id from app_public.start_conversation('late talk', 'workspace')`,
    );
    // a request that is authenticated already, and writes when the account is closed
    const client = await database.pool('authenticator').connect();
    try {
      await client.query('begin');
      for (const [name, value] of Object.entries({
        role: 'colloquy_user',
        'colloquy.user_id': guest.id,
        'colloquy.workspace_id': guest.workspaceId,
        'colloquy.member_role': 'member',
      }))
        await client.query('select set_config($1, $2, true)', [name, value]);
      await call(late, `select * from app_public.delete_my_account('late@example.org')`);
      await client.query('select app_public.post_message($1, $2)', [talk, 'too late']);
      const erasing = runErasures(database.pool('worker'), { storage });
      // the erasure comes to the row of the account, which the request holds
      const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%erase_some%'`;
      await until(async () => (await database.pool('admin').query(waits)).rowCount === 1);
      await client.query('commit');
      expect(await erasing).toMatchObject({ finished: 1 });
    } finally {
      client.release();
    }
    expect(
      await sql('select content, author_id from app_public.messages where conversation_id = $1', talk),
    ).toEqual([{ content: '[erased]', author_id: null }]);

    const kept = await registerUser(database, 'kept@example.org');
    const there = await join(database, kept, tenants.owner.workspaceId, 'member');
    await call(there, `select app_public.start_conversation('of kept')`);
    await call(kept, `select * from app_public.delete_my_account('kept@example.org')`);
    const [hold] = await call(tenants.owner, `select id from app_public.place_legal_hold('a case')`);
    const held = await runErasures(database.pool('worker'), { storage });
    expect(held).toMatchObject({
      finished: 0,
      held: { [Object.keys(held.held)[0]!]: 'Team: a case' },
      isWaiting: true,
    });
    expect(await sql(`select title from app_public.conversations where owner_id = $1`, kept.id)).toEqual([
      { title: 'of kept' },
    ]);
    expect(await sql('select * from app_hidden.authenticate($1)', kept.token)).toEqual([]);
    await call(tenants.owner, 'select app_public.release_legal_hold($1)', hold.id);
    // nor does it go on while the workspace moves: what is exported of it would have the person all the same
    const freeze = (isFrozen: boolean) =>
      sql('select app_private.freeze_workspace($1, $2)', there.workspaceId, isFrozen);
    await freeze(true);
    const moving = await runErasures(database.pool('worker'), { storage });
    expect(Object.values(moving.held)).toEqual(['Team moves to another installation.']);
    expect(await sql('select from app_public.conversations where owner_id = $1', kept.id)).toHaveLength(1);
    await freeze(false);
    expect(await runErasures(database.pool('worker'), { storage })).toMatchObject({ finished: 1, held: {} });
    await sql('delete from app_public.conversations where id = $1', talk);
  });

  it('is found nowhere afterwards, where she was found in each place before', async () => {
    const words = [petra.id, petra.workspaceId, EMAIL, ...NAMES, WORD];
    const before = await placesOf(words);
    expect(before).toEqual(expect.arrayContaining(PLACES));
    const unchanged = await others();
    const [receipt] = await call(petra, 'select * from app_public.delete_my_account($1)', EMAIL);
    expect(receipt).toMatchObject({ reason: 'own wish', finished_at: null });
    // from the first moment
    expect(await sql('select * from app_hidden.authenticate($1)', petra.token)).toEqual([]);
    const run = await runErasures(database.pool('worker'), { storage, batch: 3 });
    expect(run).toMatchObject({ finished: 1, held: {}, isWaiting: false });
    expect(await placesOf(words)).toEqual([]);
    expect(await others()).toEqual(unchanged);

    for (const id of [hot, packed]) {
      const messages = await call(
        tenants.owner,
        'select role, content, author_id, metadata from app_public.messages where conversation_id = $1 order by id',
        id,
      );
      expect(messages).toEqual([
        { role: 'user', content: '[erased]', author_id: null, metadata: {} },
        { role: 'assistant', content: 'so be it', author_id: null, metadata: {} },
        { role: 'user', content: 'what others say', author_id: tenants.owner.id, metadata: {} },
        { role: 'assistant', content: 'yes', author_id: null, metadata: {} },
      ]);
    }
    expect(
      await sql(
        'select title, summary, negative_feedback, message_count from app_public.conversations where id = any ($1) order by id',
        [hot, packed],
      ),
    ).toEqual([
      { title: '[erased]', summary: null, negative_feedback: 0, message_count: 4 },
      { title: 'to be packed', summary: null, negative_feedback: 0, message_count: 4 },
    ]);
    const [certificate] = await sql(
      'select id, encode(subject_hash, $$hex$$) as subject, number::int, counts from app_hidden.erasures order by number desc limit 1',
    );
    expect(certificate).toMatchObject({
      id: receipt.id,
      subject: receipt.subject_hash,
      number: 3,
      counts: Object.fromEntries(Object.entries(run.rows).filter(([, count]) => count > 0)),
    });
  });
});
