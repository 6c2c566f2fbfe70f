import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Catalogue, readCatalogue } from '../../lib/catalogue.ts';
import { condense, referenceFiles } from '../../lib/catalogue-reference.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import { driftFindings } from '../../operations/doctor/drift.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

const REPAIR = 'npm run migrate -- --repair';

/** What is changed by hand, what is found, and the remedy: one that is SQL is run, and all is well again. */
const PLANTED: [sql: string, severity: string, subject: string, remedy: string][] = [
  [
    'grant select on app_private.settings to colloquy_user',
    'error',
    'grant app_private.settings: select to colloquy_user',
    'revoke select on table app_private.settings from colloquy_user;',
  ],
  [
    'grant update (role) on app_public.users to colloquy_user',
    'error',
    'grant app_public.users: update (role) to colloquy_user',
    'revoke update (role) on table app_public.users from colloquy_user;',
  ],
  [
    'grant execute on function app_hidden.setting(text) to public',
    'error',
    'grant app_hidden.setting(setting_name text): execute to public',
    'revoke execute on routine app_hidden.setting(setting_name text) from public;',
  ],
  [
    'grant execute on function app_public.sign_out() to colloquy_user with grant option',
    'error',
    'grant app_public.sign_out(): execute to colloquy_user',
    'revoke grant option for execute on routine app_public.sign_out() from colloquy_user;',
  ],
  [
    'grant usage on schema app_private to colloquy_user',
    'error',
    'grant app_private: usage to colloquy_user',
    'revoke usage on schema app_private from colloquy_user;',
  ],
  [
    'revoke usage on schema app_hidden from colloquy_worker',
    'error',
    'grant app_hidden: usage to colloquy_worker',
    'grant usage on schema app_hidden to colloquy_worker;',
  ],
  [
    'alter table app_public.messages disable row level security',
    'error',
    'table app_public.messages',
    'alter table app_public.messages enable row level security;',
  ],
  [
    'alter table app_public.users no force row level security',
    'error',
    'table app_public.users',
    'alter table app_public.users force row level security;',
  ],
  [
    'drop policy select_member on app_public.messages',
    'error',
    'policy app_public.messages: select_member',
    REPAIR,
  ],
  [
    'alter policy select_member on app_public.documents using (true)',
    'error',
    'policy app_public.documents: select_member',
    REPAIR,
  ],
  [
    'create policy "as you like" on app_public.tags for select to colloquy_visitor using (true)',
    'error',
    'policy app_public.tags: "as you like"',
    'drop policy "as you like" on app_public.tags;',
  ],
  [
    'alter function app_hidden.current_user_id() security definer',
    'error',
    'function app_hidden.current_user_id()',
    REPAIR,
  ],
  [
    'drop function app_hidden.lost_returns(integer)',
    'error',
    'function app_hidden.lost_returns(days integer)',
    REPAIR,
  ],
  [
    'create function app_public.planted(n integer) returns integer language sql as $$ select n $$',
    'warning',
    'function app_public.planted(n integer)',
    'drop function app_public.planted(n integer);',
  ],
  [
    'create table app_private.planted (id integer)',
    'warning',
    'table app_private.planted',
    'Look at what is in it, then: drop table app_private.planted;',
  ],
  [
    'alter table app_public.tags add column planted text',
    'warning',
    'column app_public.tags: planted',
    'Look at what is in it, then: alter table app_public.tags drop column planted;',
  ],
  [
    'create materialized view app_public.planted_view as select 1 as one',
    'warning',
    'view app_public.planted_view',
    'drop materialized view app_public.planted_view;',
  ],
  [
    'alter table app_public.workspaces disable trigger workspaces_90_set_updated_at',
    'error',
    'trigger app_public.workspaces: workspaces_90_set_updated_at',
    'alter table app_public.workspaces enable trigger workspaces_90_set_updated_at;',
  ],
  [
    'create rule planted as on delete to app_public.entity_tags do instead nothing',
    'error',
    'rule app_public.entity_tags: planted',
    'drop rule planted on app_public.entity_tags;',
  ],
  [
    'alter table app_public.tags drop constraint tags_name_length',
    'error',
    'constraint app_public.tags: tags_name_length',
    'alter table app_public.tags add constraint tags_name_length CHECK',
  ],
  [
    'drop index app_public.workspace_members_user_id_idx',
    'warning',
    'index app_public.workspace_members: workspace_members_user_id_idx',
    'create index concurrently workspace_members_user_id_idx on app_public.workspace_members',
  ],
  [
    'create index planted on app_public.users (last_name)',
    'info',
    'index app_public.users: planted',
    'When it serves nobody: drop index concurrently app_public.planted;',
  ],
];

describeReal('drift', () => {
  let database: Database;
  let owner: PoolClient;
  let reference: Catalogue;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    owner = await database.pool('owner').connect();
    reference = new Map(
      Object.entries(JSON.parse(referenceFiles(await readCatalogue(owner)).get('catalogue.json')!)),
    );
  });
  afterAll(async () => {
    owner?.release();
    await database?.close();
  });

  const found = async () => {
    const client = await database.pool('monitor').connect();
    try {
      return await driftFindings(client, reference);
    } finally {
      client.release();
    }
  };

  it('is found whatever it is, and its remedy mends it', async () => {
    expect(await found()).toEqual([]);
    for (const [sql] of PLANTED) await owner.query(sql);
    const findings = await found();
    for (const [sql, severity, subject, remedy] of PLANTED) {
      const one = findings.find((finding) => finding.subject === subject);
      expect(one, `${sql}; found: ${findings.map((finding) => finding.subject).join(', ')}`).toMatchObject({
        name: 'drift',
        severity,
        runbook: 'docs/doctor.md#drift',
      });
      expect(one!.remedy.toLowerCase()).toContain(remedy.toLowerCase());
      expect(one!.detail).toMatch(/\.$/);
    }
    // the rights of a function that was dropped went with it
    expect(findings.length).toBe(PLANTED.length);

    for (const { remedy } of findings) {
      if (remedy !== REPAIR) await owner.query(remedy.replace(/^.*?: (?=drop|alter)/, ''));
    }
    await migrateDatabase(database, queues, { inHand: true, allFunctions: true });
    expect(await found()).toEqual([]);
  });

  it('compares rights of the role of backups only where that role is', () => {
    expect([...reference.keys()]).toContain(
      'grant app_hidden.record_run(run_task text, run_started_at timestamp with time zone, run_outcome text, run_details jsonb, run_error text): execute to colloquy_backup',
    );
  });

  it('keeps no text of a function, and nothing that changes by itself', () => {
    const catalogue = condense(
      new Map([
        ['function f()', 'x'.repeat(5000)],
        ['comment f()', 'words'],
      ]),
    );
    expect([...catalogue]).toEqual([['function f()', expect.stringMatching(/^sha256 [0-9a-f]{32}$/)]]);
    expect([...reference.keys()].filter((key) => /messages_\d{4}_\d\d/.test(key))).toEqual([]);
  });
});
