import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../lib/database.ts';
import { protect } from '../../test/support/second-factor.ts';
import {
  addContent,
  addDialogue,
  axis,
  computeAnalytics,
  createTenants,
  indexAll,
  type Tenants,
} from '../../test/support/tenants.ts';
import { asUser, asVisitor, PASSWORD } from '../../test/support/users.ts';
import { asAdministrator } from '../../test/support/versions.ts';

const DIMENSIONS = 512;

/** What was put away: a conversation that is archived, and a file whose bytes are still to be removed. */
async function putAway(database: Database, { ann }: Tenants): Promise<void> {
  const id = await asUser(database, ann, async (client) => {
    const { rows } = await client.query(`select id from app_public.start_conversation('ann archived')`);
    for (const [content, role] of [
      ['Which zebra did we archive?', 'user'],
      ['The striped one.', 'assistant'],
    ]) {
      await client.query('select app_public.post_message($1, $2, $3)', [rows[0].id, content, role]);
    }
    return rows[0].id as string;
  });
  // only what is indexed may be packed
  await indexAll(database);
  await asUser(database, ann, (client) => client.query('select app_public.archive_conversation($1)', [id]));
  // its documents came back from a file to be read
  await database.pool('owner').query(
    `insert into app_hidden.conversation_files (conversation_id, workspace_id, storage_path, byte_size, document_bytes, recalled_at)
     select a.conversation_id, a.workspace_id, app_private.content_path(a.workspace_id, a.sha256), 1, 1, now()
     from app_hidden.conversation_archives a where a.conversation_id = $1`,
    [id],
  );
  await asUser(database, ann, (client) =>
    client.query(`select app_hidden.register_file('gone.txt', 'text/plain', 4, sha256('gone'))`),
  );
  await database.pool('owner').query(`delete from app_public.files where original_name = 'gone.txt'`);
}

/** What is going on at the moment of the dump: a version is built, a passage has no vector, a conversation is not counted. */
async function leaveWork(database: Database, { ann }: Tenants): Promise<void> {
  const worker = database.pool('worker');
  await database.pool('owner').query(`update app_public.users set role = 'admin' where id = $1`, [ann.id]);
  await asAdministrator(database, ann, (client) =>
    client.query(`select app_public.create_embedding_version('next', 'local', 'next', 8)`),
  );
  const id = await asUser(database, ann, async (client) => {
    const { rows } = await client.query(
      `select id from app_public.create_document('ann unfinished', 'A zebra without a vector.')`,
    );
    return rows[0].id as string;
  });
  await asUser(database, ann, async (client) => {
    const { rows } = await client.query(
      `select a.id from app_public.start_conversation('ann answered') as c,
         lateral (select id from app_public.start_answer(c.id, 'Which zebra?') order by id desc limit 1) as a`,
    );
    await client.query(`select app_public.append_to_message($1, 'The striped', 0)`, [rows[0].id]);
    await client.query(`select app_public.put_agent_checkpoint('thread', '1', 'json', '1')`);
    await client.query(
      `select app_public.put_agent_checkpoint_writes('thread', '1', array[row('task', '', 0, 'c', 'json', '1')::app_public.agent_checkpoint_write])`,
    );
  });
  const { rows: documents } = await worker.query(
    'select workspace_id, content_hash from app_public.documents where id = $1',
    [id],
  );
  const { workspace_id, content_hash } = documents[0];
  await worker.query(`select app_hidden.replace_document_chunks($1, $2, $3, $4)`, [
    workspace_id,
    id,
    content_hash,
    JSON.stringify([
      {
        chunk_index: 0,
        content: 'A zebra without a vector.',
        start_offset: 0,
        end_offset: 25,
        token_count: 6,
      },
    ]),
  ]);
  await worker.query(
    `select app_hidden.claim_embeddings(v.id, $1, array_agg(t.chunk_id), array_agg(6), 0.02)
     from app_public.embedding_versions v cross join lateral app_hidden.take_chunks(v.id, $1, 10) as t
     where v.status = 'active' group by v.id`,
    [workspace_id],
  );
  await worker.query(
    `select app_hidden.fail_cutting(d.workspace_id, 'document', d.id, 'CQ316', 'It took too long.', d.content_hash)
     from app_public.documents d where d.id = $1`,
    [id],
  );
  await asUser(database, ann, (client) =>
    client.query(
      `select app_public.post_message(c.id, 'Is a zebra counted yet?') from app_public.start_conversation('ann uncounted') as c`,
    ),
  );
}

/** What services outside of the database leave: accounts of an identity provider, pauses, rates, counted searches and requests. */
async function serve(database: Database, { ann }: Tenants): Promise<void> {
  const [authenticator, worker] = [database.pool('authenticator'), database.pool('worker')];
  await authenticator.query(
    `select app_hidden.authenticate_identity('https://id.example.org', 'zoe', 'zoe@example.org', true, 'Zoe', now())`,
  );
  await authenticator.query(
    `select app_hidden.receive_logout('https://id.example.org', 'a logout', 'somebody else', 'a session')`,
  );
  await worker.query(`select app_hidden.pause_provider('paused', 3600, 'It asked for a rest.')`);
  await worker.query(`select app_hidden.take_provider_rate('paced', 60, 10000, 500)`);
  await worker.query(`select app_hidden.pause_job('cleanup-files', 'the storage is being moved')`);
  await worker.query(`select app_hidden.record_run('tier-chunks', now(), 'succeeded', '{"moved": 1}')`);
  await worker.query('select app_hidden.tier_chunks()');
  await worker.query(`select app_hidden.begin_run('remove-expired', '01890000-0000-7000-8000-00000000c0de')`);
  await authenticator.query(
    `insert into app_hidden.rate_limits values ('searches.account:' || $1, 3, 4102444800000)`,
    [ann.id],
  );
  await authenticator.query(
    `select app_hidden.record_searches(jsonb_build_array(jsonb_build_object(
       'workspace_id', $1::uuid, 'user_id', $2::uuid, 'version_id', v.id, 'kinds', array['document'], 'embedding', $3::text,
       'path', 'exact', 'requested', 10, 'returned', 3, 'is_plain', true, 'scan_limit_hit', false)))
     from app_public.embedding_versions v where v.status = 'active'`,
    [ann.workspaceId, ann.id, JSON.stringify(axis(DIMENSIONS, 1))],
  );
}

/** What people leave at the door: a wrong password, a token that waits in a mailbox, a request that nobody answered yet, a notice, a sign-in without its code. */
async function knock(database: Database, { ann, bob }: Tenants): Promise<void> {
  await protect(database, bob);
  await database.pool('owner').query(
    `insert into app_private.passkeys (user_id, credential_id, public_key, counter, transports, name)
       values ($1, '\\x01', '\\x02', 0, '{internal}', 'phone')`,
    [bob.id],
  );
  await asVisitor(database, (client) => client.query('select app_public.challenge_passkey()'));
  await asVisitor(database, (client) =>
    client.query('select app_public.sign_in($1, $2)', ['bob@example.org', PASSWORD]),
  );
  await asVisitor(database, async (client) => {
    await client.query(`select app_public.sign_in('bob@example.org', 'not the password')`);
    await client.query(`select app_public.request_password_reset('bob@example.org')`);
  });
  await asUser(database, bob, (client) => client.query('select app_public.request_email_verification()'));
  await database
    .pool('owner')
    .query('update app_public.users set is_email_verified = true where id = $1', [ann.id]);
  await asUser(database, ann, (client) => client.query(`select app_public.create_api_key('noticed')`));
}

/**
 * Rows in every table of a new database, through the doors that people, workers and the API have, and by
 * worker-rows.sql where only time would bring them. ann@example.org and her neighbours have one of each kind.
 */
export async function fillEveryTable(database: Database): Promise<void> {
  const owner = database.pool('owner');
  const tenants = await createTenants(database);
  const people = ['ann', 'bob', 'owner', 'member'] as const;
  for (const name of people) await addContent(database, tenants[name], name);
  await indexAll(database);
  for (const name of people) await addDialogue(database, tenants[name], name);
  await putAway(database, tenants);
  await owner.query(`update app_private.settings set value = 'development' where name = 'environment'`);
  await owner.query(`select app_private.generate_sample_data('bob@example.org')`);
  await owner.query(`update app_private.settings set value = 'production' where name = 'environment'`);
  await indexAll(database);
  await computeAnalytics(database);
  await leaveWork(database, tenants);
  await serve(database, tenants);
  await knock(database, tenants);
  await owner.query('select app_public.set_workspace_quota($1, 1024)', [tenants.ann.workspaceId]);
  await owner.query(readFileSync(join(import.meta.dirname, 'worker-rows.sql'), 'utf8'));
}
