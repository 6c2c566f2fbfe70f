import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

const folder = join(import.meta.dirname, '../../sql/doctor');
const checkText = (name: string): string => readFileSync(join(folder, `${name}.sql`), 'utf8');

/** A workspace with one chunk of a given age, and the ids of all of them. */
const WORKSPACE = '01890000-0000-7000-8000-00000000c001';
const CHUNK = `
  insert into app_public.workspaces (id, name) values ('${WORKSPACE}', 'planted');
  insert into app_public.users (id, email, username) values ('01890000-0000-7000-8000-00000000c002', 'planted@example.org', 'planted');
  insert into app_public.documents (id, workspace_id, owner_id, title, content)
  values ('01890000-0000-7000-8000-00000000c003', '${WORKSPACE}', '01890000-0000-7000-8000-00000000c002', 'planted', 'planted');
  insert into app_public.chunks (id, workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
  values ('01890000-0000-7000-8000-00000000c004', '${WORKSPACE}', 'document', '01890000-0000-7000-8000-00000000c003', '01890000-0000-7000-8000-00000000c002', 'private', 0, 'planted', 0, 7, 1, sha256('planted'))`;

/** A measurement, up to its recall, short returns and suggestion. */
const MEASURED = `
  with version as (select v.id from app_public.embedding_versions v where v.status = 'active')
  insert into app_hidden.recall_measurements (version_id, size_class, source, k, queries, index_queries, objective, scan_limit_hits,
    exact_p50_ms, exact_p95_ms, index_p50_ms, index_p95_ms, ef_search, recall, short_returns, suggested_ef_search, suggested_recall)
  select version.id, 'giant', 'stored', 10, 50, 50, 0.98, 0, 9, 9, 1, 1, 200,`;

/** What each check must find: statements that break the rule, and what the finding is about. */
const PLANTED: Record<string, [string, string][]> = {
  rls_forced: [
    ['create table app_public.planted ()', 'app_public.planted'],
    [
      'create table app_hidden.planted (); alter table app_hidden.planted enable row level security',
      'app_hidden.planted',
    ],
    ['alter table app_public.messages no force row level security', 'app_public.messages'],
    ['create table app_private.planted (id uuid) partition by range (id)', 'app_private.planted'],
  ],
  policy_without_role: [
    [
      'create policy planted on app_public.documents for select using (false)',
      'app_public.documents: planted',
    ],
  ],
  policy_allows_all: [
    [
      'create policy planted on app_public.documents for select to colloquy_user using (true)',
      'app_public.documents: planted',
    ],
    [
      'create policy planted on app_public.users for update to colloquy_worker, colloquy_admin using (false) with check (true)',
      'app_public.users: planted',
    ],
    ['create policy planted on app_public.chunks for select using (true)', 'app_public.chunks: planted'],
  ],
  policy_without_scope: [
    [
      'create policy planted on app_public.usage_budgets for update to colloquy_user using ((select app_hidden.can_manage()))',
      'app_public.usage_budgets: planted',
    ],
    [
      'create policy planted on app_public.tags for insert to colloquy_admin with check (workspace_id = (select app_hidden.current_workspace_id()))',
      'app_public.tags: planted',
    ],
    [
      'create policy planted on app_public.tags for update to colloquy_user using ((select app_hidden.can_write())) with check (true)',
      'app_public.tags: planted',
    ],
    [
      'create policy planted on app_public.tags for delete to public using (id = (select app_hidden.current_user_id()))',
      'app_public.tags: planted',
    ],
    [
      'create policy planted on app_public.tags for select to colloquy_user using ((select app_hidden.current_user_id()) is not null)',
      'app_public.tags: planted',
    ],
  ],
  definer_without_caller_check: [
    [
      `create function app_public.planted() returns void language sql security definer as $$ delete from app_public.tags $$; grant execute on function app_public.planted() to colloquy_user`,
      'app_public.planted()',
    ],
    [
      `create function app_public.planted() returns void language plpgsql security definer as $$ begin perform app_hidden.require_member(); delete from app_public.tags; end $$; grant execute on function app_public.planted() to colloquy_admin`,
      'app_public.planted()',
    ],
  ],
  security_definer_search_path: [
    [
      'create function app_public.planted() returns int language sql security definer as $$ select 1 $$',
      'app_public.planted()',
    ],
    [
      'create function app_hidden.planted() returns int language sql security definer set search_path = pg_catalog as $$ select 1 $$',
      'app_hidden.planted()',
    ],
    [
      'create function app_hidden.planted() returns int language sql security definer set search_path = pg_temp, pg_catalog as $$ select 1 $$',
      'app_hidden.planted()',
    ],
    ['alter function app_public.sign_out() reset all', 'app_public.sign_out()'],
  ],
  function_for_everyone: [
    ['grant execute on function app_public.sign_out() to public', 'app_public.sign_out()'],
    [
      'create function app_private.planted() returns int language sql as $$ select 1 $$; grant execute on function app_private.planted() to public',
      'app_private.planted()',
    ],
  ],
  foreign_key_without_index: [
    [
      'drop index app_public.workspace_members_user_id_idx',
      'app_public.workspace_members: workspace_members_user_id_fkey',
    ],
    [
      'create table app_public.planted (workspace_id uuid, a uuid, b uuid, constraint planted_fkey foreign key (a, b) references app_public.conversations (workspace_id, id)); create index on app_public.planted (a)',
      'app_public.planted: planted_fkey',
    ],
    [
      'create table app_public.planted (a uuid constraint planted_fkey references app_public.users); create index on app_public.planted (a) where a > app_hidden.uuidv7_floor(to_timestamp(0))',
      'app_public.planted: planted_fkey',
    ],
  ],
  missing_comment: [
    ['comment on table app_public.documents is null', 'table app_public.documents'],
    ['alter table app_public.documents add column planted text', 'column app_public.documents.planted'],
    ['comment on function app_public.sign_out() is null', 'function app_public.sign_out()'],
    [`create type app_public.planted as enum ('a')`, 'type app_public.planted'],
    ['create type app_public.planted as (a int)', 'column app_public.planted.a'],
  ],
  view_with_owner_rights: [
    ['create view app_public.planted as select 1 as one', 'app_public.planted'],
    [
      'create view app_hidden.planted with (security_invoker = false) as select 1 as one',
      'app_hidden.planted',
    ],
    [
      'create materialized view app_public.planted as select 1 as one; grant select on app_public.planted to colloquy_user',
      'app_public.planted',
    ],
  ],
  partitions_closed: [
    ['grant usage on schema app_partitions to colloquy_user', 'schema app_partitions'],
    ['grant usage on schema app_partitions to public', 'schema app_partitions'],
    ['grant select on app_partitions.messages_default to colloquy_user', 'app_partitions.messages_default'],
    [
      `create table app_public.planted partition of app_public.messages for values from ('f0000000-0000-7000-8000-000000000000') to ('f0000000-0001-7000-8000-000000000000')`,
      'app_public.planted',
    ],
  ],
  request_changes_catalogue: [
    [
      `create function app_public.planted() returns void language plpgsql security definer as $$ begin create table app_private.x (); end $$;
       grant execute on function app_public.planted() to colloquy_user`,
      'app_public.planted',
    ],
    // by way of two others, and put together
    [
      `create function app_private.planted() returns void language plpgsql as $$ begin execute format('lock table %s', 'app_public.users'); end $$;
       create function app_private.planting() returns void language sql begin atomic select app_private.planted(); end;
       create function app_public.plant() returns void language plpgsql security definer as $$ begin perform app_private.planting(); end $$;
       grant execute on function app_public.plant() to colloquy_visitor`,
      'app_private.planted',
    ],
    [
      `create function app_private.planted() returns trigger language plpgsql as $$ begin alter table app_public.users add x text; end $$`,
      'app_private.planted',
    ],
    [
      `create function app_public.planted() returns void language sql security definer as $$ select app_hidden.ensure_partitions(1) $$;
       grant execute on function app_public.planted() to colloquy_admin`,
      'app_private.create_range_partition',
    ],
  ],
  granted_to_everyone: [
    ['grant select on app_public.documents to public', 'app_public.documents'],
    [
      'create sequence app_public.planted; grant usage on sequence app_public.planted to public',
      'app_public.planted',
    ],
    [
      'create materialized view app_hidden.planted as select 1 as one; grant select on app_hidden.planted to public',
      'app_hidden.planted',
    ],
    ['grant usage on schema app_private to public', 'schema app_private'],
  ],
  default_privileges: [
    ['alter default privileges grant execute on functions to public', 'functions of colloquy_owner'],
    [
      'alter default privileges in schema app_public grant select on tables to colloquy_user',
      'tables of colloquy_owner in app_public',
    ],
    ['alter default privileges grant usage on sequences to public', 'sequences of colloquy_owner'],
  ],
  dead_letters: [
    [
      `${CHUNK}; insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at, is_dead)
       select v.id, '${WORKSPACE}', '01890000-0000-7000-8000-00000000c004', 5, 'bad_input', 'refused', now(), true from app_public.embedding_versions v where v.status = 'active'`,
      `embedding version local-1, workspace ${WORKSPACE}`,
    ],
    [
      `${CHUNK}; insert into app_hidden.cutting_failures (workspace_id, document_id, content_hash, attempts, code, error, next_attempt_at, is_dead)
       select d.workspace_id, d.id, d.content_hash, 5, 'CQ316', 'it took too long', now(), true from app_public.documents d`,
      `texts without passages, workspace ${WORKSPACE}`,
    ],
  ],
  paused_providers: [
    [
      `insert into app_hidden.provider_pauses (provider, kind, reason, paused_until) values ('planted', 'misconfigured', 'check its API key', now() + interval '1 minute')`,
      'provider planted',
    ],
  ],
  paused_jobs: [
    [
      `insert into app_hidden.paused_jobs (queue, paused_by, reason) values ('planted', 'ann', 'why')`,
      'job planted',
    ],
  ],
  quarantined: [
    ['update app_private.database_identity set timeline = timeline + 1', 'this database'],
    [`select set_config('colloquy.environment', 'staging', true)`, 'this database'],
  ],
  recall_below_objective: [
    [`${MEASURED} 0.9, 0, null, null from version`, 'embedding version local-1, giant workspaces'],
    [`${MEASURED} 0.97, 0, 400, 0.99 from version`, 'embedding version local-1, giant workspaces'],
  ],
  short_returns: [
    [`${MEASURED} 1, 2, null, null from version`, 'embedding version local-1, giant workspaces'],
    [
      `insert into app_hidden.search_statistics (day, version_id, size_class, path, searches, short_returns, lost_returns, scan_limit_hits)
       select current_date, v.id, 'big', 'index', 10, 3, 1, 0 from app_public.embedding_versions v where v.status = 'active'`,
      'embedding version local-1, big workspaces',
    ],
  ],
  wrong_owner: [
    ['reset role; create table app_public.planted ()', 'table app_public.planted'],
    [
      'reset role; create function app_hidden.planted() returns int language sql as $$ select 1 $$',
      'routine app_hidden.planted()',
    ],
    [`reset role; create type app_private.planted as enum ('a')`, 'type app_private.planted'],
    ['reset role; create domain app_private.planted as int', 'domain app_private.planted'],
    ['reset role; create sequence app_private.planted', 'table app_private.planted'],
    ['reset role; alter schema app_partitions owner to current_user', 'schema app_partitions'],
  ],
  indexing_lag: [[CHUNK, `embedding version local-1, workspace ${WORKSPACE}`]],
  write_without_columns: [
    ['grant insert on app_public.messages to colloquy_user', 'app_public.messages'],
    ['grant update on app_public.users to colloquy_admin', 'app_public.users'],
    ['grant truncate on app_public.documents to public', 'app_public.documents'],
  ],
};

describeReal('the catalogue', () => {
  let database: Database;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  it.each(Object.keys(PLANTED))('has nothing that %s finds', async (name) => {
    const { rows, fields } = await database.pool('monitor').query(checkText(name));
    expect(fields.map((field) => field.name)).toEqual([
      'name',
      'severity',
      'subject',
      'detail',
      'remedy',
      'runbook',
    ]);
    expect(rows).toEqual([]);
  });

  it('is looked at by files that begin with a reason', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
    expect(files).toEqual(expect.arrayContaining(Object.keys(PLANTED).map((name) => `${name}.sql`)));
    for (const file of files) expect(readFileSync(join(folder, file), 'utf8'), file).toMatch(/^-- \S/);
  });

  describe('what is planted is found', () => {
    const cases = Object.entries(PLANTED).flatMap(([name, planted]) =>
      planted.map(([sql, subject]) => ({ name, sql, subject })),
    );
    it.each(cases)('$name: $sql', async ({ name, sql, subject }) => {
      const client = await database.pool('admin').connect();
      try {
        await client.query('begin');
        await client.query('set local role colloquy_owner');
        await client.query(sql);
        await client.query('set local role colloquy_monitor');
        const { rows } = await client.query(checkText(name));
        const row = rows.find((one) => one.subject === subject);
        expect(row, `findings: ${JSON.stringify(rows.map((one) => one.subject))}`).toBeDefined();
        expect(row.name).toBe(name);
        expect(['error', 'warning', 'info']).toContain(row.severity);
        for (const column of ['detail', 'remedy', 'runbook']) expect(row[column]).toMatch(/\S/);
      } finally {
        await client.query('rollback');
        client.release();
      }
    });
  });
});
