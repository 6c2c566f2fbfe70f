import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { checkInvariant, invariantNames } from '../../operations/restore/invariants.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { addContent, addDialogue, createTenants, indexAll } from '../support/tenants.ts';

/** For each invariant, statements that break it: without triggers, as a lost page does. */
const PLANTED: Record<string, string[]> = {
  archives_whole: [
    `update app_public.conversations set storage_tier = 'warm' where message_count > 0 and storage_tier = 'hot'`,
    `update app_hidden.conversation_archive_parts set document = document || ' '`,
    `delete from app_hidden.conversation_archive_parts where packed = 'app_public.messages'::regclass`,
    'delete from app_hidden.conversation_archives',
  ],
  chunk_counts: [
    'delete from app_public.chunks where id = (select min(id::text)::uuid from app_public.chunks)',
  ],
  constraints_valid: [
    'alter table app_public.tags add constraint planted check (true) not valid',
    'alter table app_public.tags add constraint planted check (true) not enforced',
    'alter table app_public.messages disable trigger messages_10_count',
  ],
  embedding_counts: [
    'delete from app_public.embeddings where chunk_id = (select min(chunk_id::text)::uuid from app_public.embeddings)',
    'delete from app_public.chunks where id = (select min(chunk_id::text)::uuid from app_public.embeddings)',
  ],
  erasures: [
    // somebody whose certificate the copy has
    `insert into app_hidden.erasures (number, id, reason, subject_key, subject_hash, requested_at, finished_at, counts, hash)
     select 1, uuidv7(), 'planted', sha256(''), app_private.subject_hash(sha256(''), u.id), now(), now(), '{}', sha256('') from app_public.users u limit 1`,
  ],
  indexes_valid: [
    `update pg_index set indisvalid = false where indexrelid = 'app_public.conversations_pkey'::regclass`,
  ],
  isolation: [
    'create policy planted on app_public.documents for select to colloquy_user using (true)',
    'alter table app_public.memory_items disable row level security',
  ],
  message_counts: [
    'delete from app_public.messages where id = (select max(id::text)::uuid from app_public.messages)',
    'update app_public.messages set sequence_number = 999 where sequence_number = 1',
  ],
  message_references: [
    'delete from app_public.messages where id in (select message_id from app_public.tool_calls)',
    'delete from app_hidden.conversation_archives; delete from app_public.messages',
  ],
  queue_present: [`delete from pgboss.queue where name = 'index-source'`, 'drop table pgboss.version'],
  row_level_security: [
    'alter table app_public.tags no force row level security',
    'grant usage on schema app_partitions to colloquy_user',
  ],
  sequences: [
    'alter sequence app_public.embedding_versions_number_seq restart with 1',
    `insert into app_public.conversations (id, workspace_id, owner_id)
     select app_hidden.uuidv7_floor(now() + interval '2 days'), workspace_id, owner_id from app_public.conversations limit 1`,
  ],
  stored_rows: ['delete from app_public.documents', 'delete from app_public.memory_items'],
  vector_dimensions: [`update app_public.embedding_versions set dimensions = 100 where status = 'active'`],
};

describeReal('the invariants', () => {
  let database: Database;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    const { ann, bob } = await createTenants(database);
    for (const user of [ann, bob]) await addContent(database, user, user.id.slice(0, 4));
    await indexAll(database);
    const { conversation } = await addDialogue(database, ann, 'packed');
    await addDialogue(database, bob, 'live');
    await indexAll(database);
    await database
      .pool('owner')
      .query('select app_private.pack_conversation(c) from app_public.conversations c where c.id = $1', [
        conversation,
      ]);
  });
  afterAll(async () => {
    await database?.close();
  });

  it('have each a case here and a paragraph in the documentation, and begin with a reason', () => {
    expect(invariantNames()).toEqual(Object.keys(PLANTED).sort());
    for (const name of invariantNames())
      expect(readFileSync(join('sql/invariants', `${name}.sql`), 'utf8')).toMatch(/^-- \S/);
    const page = readFileSync('docs/operations/restore.md', 'utf8');
    for (const name of [...invariantNames(), 'pages', 'files', 'rows_of_source', 'migration'])
      expect(page).toContain(`<a id="${name}"></a>`);
  });

  it.each(Object.entries(PLANTED))('%s holds, and what breaks it is found', async (name, statements) => {
    const client = await database.pool('admin').connect();
    try {
      expect(await checkInvariant(client, name)).toEqual([]);
      for (const sql of statements) {
        await client.query('begin; set local session_replication_role = replica');
        await client.query(sql);
        const found = await checkInvariant(client, name);
        expect(found.length, sql).toBeGreaterThan(0);
        for (const row of found) {
          expect(row).toMatchObject({
            name,
            severity: 'error',
            runbook: `docs/operations/restore.md#${name}`,
          });
          for (const text of [row.subject, row.detail, row.remedy]) expect(text).toMatch(/\S/);
        }
        expect(await checkInvariant(client, name), `${name} after a rollback`).toEqual([]);
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('are told when they cannot be read', async () => {
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin; drop table app_public.message_feedback cascade');
      expect(await checkInvariant(client, 'message_references')).toMatchObject([
        { severity: 'error', detail: expect.stringContaining('42P01') },
      ]);
    } finally {
      client.release();
    }
  });
});
