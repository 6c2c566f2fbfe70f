import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Catalogue, compareCatalogues, readCatalogue, readExtensions } from '../../lib/catalogue.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import { createEmptyDatabase } from '../sql/databases.ts';
import { createEmbedded } from '../support/embedded.ts';
import { describeReal } from '../support/server.ts';

/** Changes by hand, made together, each with what is seen of it. */
const PLANTED: Record<string, [sql: string, ...seen: string[]][]> = {
  'row security': [
    ['alter table app_public.documents disable row level security', 'table app_public.documents: differs'],
    ['alter table app_public.messages no force row level security', 'table app_public.messages: differs'],
    [
      'drop policy select_member on app_public.conversations',
      'policy app_public.conversations: select_member: missing',
    ],
    [
      'alter policy update_own on app_public.conversations using (true)',
      'policy app_public.conversations: update_own: differs',
    ],
    [
      'create policy planted on app_public.tags for select to colloquy_visitor using (true)',
      'policy app_public.tags: planted: extra',
    ],
  ],
  rights: [
    [
      'grant select on app_private.user_secrets to colloquy_visitor',
      'grant app_private.user_secrets: select to colloquy_visitor: extra',
    ],
    [
      'grant update (role) on app_public.users to colloquy_user',
      'grant app_public.users: update (role) to colloquy_user: extra',
    ],
    [
      'revoke execute on function app_public.sign_out() from colloquy_user',
      'grant app_public.sign_out(): execute to colloquy_user: missing',
    ],
    [
      'grant execute on function app_public.sign_out() to colloquy_admin with grant option',
      'grant app_public.sign_out(): execute to colloquy_admin: differs',
    ],
    ['grant usage on schema app_private to public', 'grant app_private: usage to public: extra'],
    [
      'grant usage on schema app_partitions to colloquy_user',
      'grant app_partitions: usage to colloquy_user: extra',
    ],
    ['grant create on schema public to public', 'grant public: create to public: extra'],
    ['grant select on pgboss.job to colloquy_user', 'grant pgboss.job: select to colloquy_user: extra'],
    [
      'alter default privileges for role colloquy_owner grant execute on functions to public',
      'defaults functions of the owner: missing',
    ],
    [
      'alter default privileges for role colloquy_owner in schema app_public grant select on tables to public',
      'defaults tables of the owner in app_public: extra',
    ],
  ],
  functions: [
    [
      `create or replace function app_hidden.can_write() returns boolean language sql stable parallel safe as 'select true'`,
      'function app_hidden.can_write(): differs',
    ],
    ['alter function app_public.sign_out() security invoker', 'function app_public.sign_out(): differs'],
    [
      'alter function app_hidden.current_user_id() set search_path = public',
      'function app_hidden.current_user_id(): differs',
    ],
    [
      'drop function app_hidden.ensure_partitions(integer, integer)',
      'function app_hidden.ensure_partitions(months_ahead integer, max_partitions integer): missing',
    ],
    [
      `create function app_public.planted(n integer) returns integer language sql as 'select n'`,
      'function app_public.planted(n integer): extra',
    ],
    ['comment on function app_public.sign_out() is null', 'comment app_public.sign_out(): missing'],
  ],
  triggers: [
    [
      'drop trigger users_90_set_updated_at on app_public.users',
      'trigger app_public.users: users_90_set_updated_at: missing',
    ],
    [
      'alter table app_public.workspaces disable trigger workspaces_90_set_updated_at',
      'trigger app_public.workspaces: workspaces_90_set_updated_at: differs',
    ],
    [
      'create trigger planted before update on app_public.tags for each row execute function app_hidden.set_updated_at()',
      'trigger app_public.tags: planted: extra',
    ],
    [
      'create rule planted as on delete to app_public.tags do instead nothing',
      'rule app_public.tags: planted: extra',
    ],
  ],
  indexes: [
    [
      'drop index app_public.workspace_members_user_id_idx',
      'index app_public.workspace_members: workspace_members_user_id_idx: missing',
    ],
    [
      `update pg_catalog.pg_index set indisvalid = false where indexrelid = 'app_hidden.embedding_counts_workspace_id_idx'::regclass`,
      'index app_hidden.embedding_counts: embedding_counts_workspace_id_idx: differs',
    ],
    [
      `update pg_catalog.pg_index set indisvalid = false where indexrelid = 'app_public.users_pkey'::regclass`,
      'constraint app_public.users: users_pkey: differs',
    ],
    ['create index planted on app_public.users (last_name)', 'index app_public.users: planted: extra'],
    [
      'create statistics app_public.planted on first_name, last_name from app_public.users',
      'statistics app_public.users: planted: extra',
    ],
  ],
  tables: [
    [
      `alter table app_public.users add column planted text not null default 'x'`,
      'column app_public.users: planted: extra',
    ],
    [
      'alter table app_public.users drop column total_cost_usd cascade',
      'column app_public.users: total_cost_usd: missing',
      'comment app_public.users: total_cost_usd: missing',
    ],
    [
      'alter table app_public.users alter column first_name set not null',
      'column app_public.users: first_name: differs',
    ],
    [
      'alter table app_public.users alter column is_active drop default',
      'column app_public.users: is_active: differs',
    ],
    [
      'alter table app_public.documents alter column content set storage external',
      'column app_public.documents: content: differs',
    ],
    ['alter table app_public.users set (autovacuum_enabled = false)', 'table app_public.users: differs'],
    ['alter table app_public.tags owner to postgres', 'table app_public.tags: differs'],
    ['create table app_private.planted (id uuid primary key)', 'table app_private.planted: extra'],
    ['create view app_public.planted as select 1 as one', 'view app_public.planted: extra'],
    ['create sequence app_private.counted', 'sequence app_private.counted: extra'],
    [
      'create schema app_planted; create table app_planted.x (id uuid)',
      'schema app_planted: extra',
      'table app_planted.x: extra',
    ],
    [
      'alter table app_public.users drop constraint users_first_name_length',
      'constraint app_public.users: users_first_name_length: missing',
    ],
    [
      'alter table app_public.users add constraint planted check (id is not null) not valid',
      'constraint app_public.users: planted: extra',
    ],
    [
      'alter table app_private.user_sessions disable trigger all',
      'constraint app_private.passkey_challenges: passkey_challenges_session_id_fkey: differs',
      'constraint app_private.user_sessions: user_sessions_user_id_fkey: differs',
      'trigger app_private.user_sessions: user_sessions_70_tell_rights: differs',
      'trigger app_private.user_sessions: user_sessions_70_tell_rights_changed: differs',
    ],
  ],
  types: [
    [`create type app_public.planted as enum ('a')`, 'type app_public.planted: extra'],
    [`alter type app_public.visibility add value 'planted'`, 'type app_public.visibility: differs'],
    [
      'alter domain app_public.text_search_language set not null',
      'type app_public.text_search_language: differs',
    ],
    [
      'alter type app_public.import_outcome add attribute planted text',
      'column app_public.import_outcome: planted: extra',
    ],
  ],
  partitions: [
    [
      'alter table app_public.raw_events detach partition app_partitions.raw_events_default',
      'partition app_partitions.raw_events_default: extra',
      'partitions app_public.raw_events: differs',
    ],
    [
      'alter table app_public.chunks detach partition app_partitions.chunks_03; drop table app_partitions.chunks_03 cascade',
      'partitions app_public.chunks: differs',
    ],
    [
      'grant select on app_partitions.chunks_04 to colloquy_user',
      'partition app_partitions.chunks_04: extra',
    ],
    [
      'grant select (content) on app_partitions.chunks_05 to colloquy_user',
      'partition app_partitions.chunks_05: extra',
    ],
    [
      'alter table app_partitions.messages_default disable trigger all',
      'partition app_partitions.messages_default: extra',
    ],
    [
      'alter table app_partitions.chunks_06 add constraint planted check (id is not null)',
      'partition app_partitions.chunks_06: extra',
    ],
    [
      'create index planted_idx on app_partitions.chunks_07 (tier)',
      'partition app_partitions.chunks_07: extra',
    ],
    [
      'alter table app_partitions.chunks_08 enable row level security',
      'partition app_partitions.chunks_08: extra',
    ],
    ['create table app_partitions.planted (id uuid)', 'partition app_partitions.planted: extra'],
  ],
};

describeReal('the catalogue of a database', () => {
  let database: Database;
  let expected: Catalogue;

  const read = async (one: Database): Promise<Catalogue> => {
    const client = await one.pool('admin').connect();
    try {
      return await readCatalogue(client);
    } finally {
      client.release();
    }
  };

  beforeAll(async () => {
    database = serverDatabase(await createEmptyDatabase());
    await migrateDatabase(database, queues, { inHand: true });
    expected = await read(database);
  });
  afterAll(async () => {
    await database?.close();
  });

  async function rolledBack<T>(sql: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin');
      await client.query(sql);
      return await work(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  it('has a row for every table, function and policy, and leaves the session as it was', async () => {
    const { rows } = await database.pool('admin').query(
      `select
         (select count(*) from pg_class where relnamespace::regnamespace::text ~ '^app_(public|hidden|private)$' and relkind in ('r', 'p'))::int as "table",
         (select count(*) from pg_proc where pronamespace::regnamespace::text ~ '^app_')::int as function,
         (select count(*) from pg_policies where schemaname ~ '^app_')::int as policy`,
    );
    const counted = (kind: string): number =>
      [...expected.keys()].filter((key) => key.startsWith(`${kind} `)).length;
    expect(rows[0].table).toBeGreaterThan(50);
    for (const kind of ['table', 'function', 'policy']) expect(counted(kind), kind).toBe(rows[0][kind]);
    expect([...expected.keys()].filter((key) => key.startsWith('partition '))).toEqual([]);

    await rolledBack('set local search_path = app_public, public', async (client) => {
      expect(await readCatalogue(client)).toEqual(expected);
      const { rows: after } = await client.query('show search_path');
      expect(after).toEqual([{ search_path: 'app_public, public' }]);
    });
  });

  it('is empty before the first migration, but for what was prepared', async () => {
    const empty = serverDatabase(await createEmptyDatabase());
    try {
      for (const key of (await read(empty)).keys()) expect(key).toMatch(/^(grant|defaults) /);
    } finally {
      await empty.close();
    }
  });

  it('is the same for a login without rights', async () => {
    const client = await database.pool('worker').connect();
    try {
      expect(compareCatalogues(await readCatalogue(client), expected)).toEqual([]);
    } finally {
      client.release();
    }
  });

  // with DATABASE_URL, openDatabase takes that server
  it.skipIf(env.DATABASE_URL)('is that of the embedded database', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-catalogue-'));
    const embedded = await createEmbedded(dataDir);
    try {
      expect(compareCatalogues(await read(embedded), expected)).toEqual([]);
      const names = async (one: Database): Promise<string[]> => [
        ...(await readExtensions(one.pool('admin'))).keys(),
      ];
      expect(await names(embedded)).toEqual(await names(database));
    } finally {
      await embedded.close();
      rmSync(dataDir, { recursive: true });
    }
  });

  it('stays the same when partitions are made', async () => {
    await rolledBack(`select app_hidden.ensure_partitions(24)`, async (client) => {
      expect(compareCatalogues(await readCatalogue(client), expected)).toEqual([]);
    });
  });

  it.each(Object.entries(PLANTED))('shows what was changed by hand: %s', async (_, changes) => {
    await rolledBack(changes.map(([sql]) => sql).join(';\n'), async (client) => {
      const differences = compareCatalogues(await readCatalogue(client), expected);
      expect(differences.map((one) => `${one.kind} ${one.name}: ${one.state}`)).toEqual(
        changes.flatMap(([, ...seen]) => seen).sort(),
      );
    });
  });
});

describe('two catalogues are compared', () => {
  const of = (rows: Record<string, string>): Catalogue => new Map(Object.entries(rows));

  it('with both texts, in order', () => {
    expect(
      compareCatalogues(
        of({ 'view a.v': 'select 1', 'table a.t': 'x', 'function a.f()': 'new' }),
        of({ 'table a.t': 'x', 'function a.f()': 'old', 'policy a.t: p': 'using true' }),
      ),
    ).toEqual([
      { kind: 'function', name: 'a.f()', state: 'differs', actual: 'new', expected: 'old' },
      { kind: 'policy', name: 'a.t: p', state: 'missing', expected: 'using true' },
      { kind: 'view', name: 'a.v', state: 'extra', actual: 'select 1' },
    ]);
  });

  it('without the parts of what is missing or extra as a whole, but with a part that only remained', () => {
    expect(
      compareCatalogues(
        of({
          'table a.t': 'x',
          'column a.t: id': 'uuid',
          'comment a.t': 'new',
          'grant a.gone: select to b': 'granted',
        }),
        of({ 'table a.gone': 'x', 'column a.gone: id': 'uuid' }),
      ).map((one) => `${one.kind} ${one.name}: ${one.state}`),
    ).toEqual(['grant a.gone: select to b: extra', 'table a.gone: missing', 'table a.t: extra']);
  });

  it('by the order of columns only where the columns are the same', () => {
    const table = { 'column a.t: id': 'uuid', 'column a.t: n': 'integer' };
    const before = of({ ...table, 'order a.t': 'id, n' });
    expect(compareCatalogues(of({ ...table, 'order a.t': 'n, id' }), before)).toMatchObject([
      { kind: 'order', name: 'a.t', state: 'differs' },
    ]);
    const more = of({ ...table, 'column a.t: x': 'text', 'order a.t': 'id, n, x' });
    expect(compareCatalogues(more, before)).toMatchObject([{ kind: 'column', state: 'extra' }]);
  });
});
