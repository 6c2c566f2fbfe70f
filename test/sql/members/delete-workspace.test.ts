import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { lockWaiters } from '../../support/locks.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { addContent, addDialogue, computeAnalytics, indexAll, join } from '../../support/tenants.ts';
import { asRole, asUser, registerUser, type TestUser, until } from '../../support/users.ts';

/** What outlives its workspace, and why: entries of the audit log are the proof of what was there. */
// the audit log, which contents a job has to remove from the disk, and how many invitations were mailed, without their words
const KEPT = ['app_hidden.discarded_contents', 'app_private.mail_outbox', 'app_public.audit_logs'];

describeReal('deleting a workspace', () => {
  let database: Database;
  let n = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const remove = (user: TestUser, name = 'Team') =>
    call(user, 'select * from app_public.delete_workspace($1)', name);
  const code = async (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );

  /** Somebody new in a workspace of its own to share. */
  async function team(): Promise<TestUser> {
    n += 1;
    const user = await registerUser(database, `owner${n}@example.org`);
    const [{ id }] = await call(user, `select id from app_public.create_workspace('Team', $1)`, `team-${n}`);
    return { ...user, workspaceId: id };
  }
  async function fill(user: TestUser): Promise<void> {
    await addContent(database, user, `content ${n}`);
    await indexAll(database);
    await addDialogue(database, user, `dialogue ${n}`);
    await indexAll(database);
    // one whose citation goes, and its passage waits to be looked at
    const { conversation: ended } = await addDialogue(database, user, `ended ${n}`);
    await call(user, 'delete from app_public.conversations where id = $1', ended);
    const [{ id: reservation }] = await call(user, 'select id from app_public.reserve_usage(1)');
    await call(user, 'select app_public.settle_usage($1, 1)', reservation);
    await call(user, `select app_public.invite_member('guest@example.org')`);
    const [{ id: packed }] = await call(user, 'select id from app_public.start_conversation()');
    await call(user, 'select app_public.post_message($1, $2)', packed, 'to be packed');
    await indexAll(database);
    await computeAnalytics(database);
    await call(user, 'select app_public.archive_conversation($1)', packed);
    // its documents came back from a file to be read
    await sql(
      `insert into app_hidden.conversation_files (conversation_id, workspace_id, storage_path, byte_size, document_bytes, recalled_at)
       select a.conversation_id, a.workspace_id, app_private.content_path(a.workspace_id, a.sha256), 1, 1, now()
       from app_hidden.conversation_archives a where a.conversation_id = $1`,
      packed,
    );
    // and one that no job has counted yet
    const [{ id: fresh }] = await call(user, 'select id from app_public.start_conversation()');
    await call(user, 'select app_public.post_message($1, $2)', fresh, 'not counted');
    // an answer that is being written
    const [{ id: answer }] = await call(user, 'select id from app_public.start_answer($1)', fresh);
    await call(user, `select app_public.append_to_message($1, 'so far', 0)`, answer);
    await call(user, `select app_public.put_agent_checkpoint('t', '1', 'json', '1')`);
    await call(
      user,
      `select app_public.put_agent_checkpoint_writes('t', '1', array[row('task', '', 0, 'c', 'json', '1')::app_public.agent_checkpoint_write])`,
    );
    const holds = await call(user, 'select id from app_public.legal_holds where released_at is null');
    for (const { id } of holds) await call(user, 'select app_public.release_legal_hold($1)', id);
    // what embedding leaves when it goes wrong, and a file that was removed
    await sql(
      `with chunk as (
         select c.workspace_id, c.id, c.owner_id, v.id as version_id
         from app_public.chunks c, app_public.embedding_versions v where c.workspace_id = $1 and v.status = 'active' limit 1
       ),
       failure as (
         insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at)
         select version_id, workspace_id, id, 1, 'bad_input', 'refused', now() from chunk
       ),
       claim as (
         insert into app_hidden.embedding_claims (workspace_id, version_id, user_id, chunk_ids, tokens, expires_at)
         select workspace_id, version_id, owner_id, array[id], 1, now() from chunk
       ),
       listed as (
         insert into app_hidden.embedding_backlog (workspace_id, chunk_id) select workspace_id, id from chunk on conflict do nothing
       ),
       rate as (
         insert into app_hidden.indexing_rates (workspace_id, minute, began_at)
         select workspace_id, date_trunc('minute', now()), now() from chunk
       ),
       uncut as (
         insert into app_hidden.cutting_failures (workspace_id, document_id, content_hash, attempts, code, error, next_attempt_at)
         select d.workspace_id, d.id, d.content_hash, 1, 'CQ316', 'too hard', now()
         from app_public.documents d where d.workspace_id = $1 limit 1
       ),
       sample as (
         insert into app_hidden.word_samples (workspace_id, chunk_count) values ($1, 1)
       ),
       pass as (
         insert into app_hidden.tier_passes (workspace_id, looked_at) values ($1, now()) on conflict do nothing
       ),
       quota as (
         insert into app_private.workspace_quotas (workspace_id, row_limit) values ($1, 1000)
       )
       insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
       select version_id, workspace_id, owner_id, 'CQ220', 'spent', now() from chunk`,
      user.workspaceId,
    );
    const [{ id: file }] = await call(
      user,
      `select id from app_hidden.register_file('gone.txt', 'text/plain', 4, sha256('gone'))`,
    );
    await call(user, 'select app_public.delete_file($1)', file);
    // a search of which a sample was kept
    await database.pool('authenticator').query(
      `select app_hidden.record_searches(jsonb_build_array(jsonb_build_object('workspace_id', $1::text, 'user_id', $2::text, 'version_id', v.id,
         'path', 'exact', 'requested', 1, 'returned', 1, 'embedding', $3::text))) from app_public.embedding_versions v`,
      [user.workspaceId, user.id, JSON.stringify(Array(512).fill(1))],
    );
  }

  /** Rows of a workspace per table that names workspaces, from the catalogue: a new table is covered by itself. */
  async function rowsOf(workspaceId: string): Promise<Record<string, number>> {
    const tables = await sql(`
      select format('%I.%I', s.nspname, c.relname) as name
      from pg_class c join pg_namespace s on s.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p', 'm') and s.nspname like 'app\\_%' and a.attname = 'workspace_id' and not a.attisdropped
      order by 1`);
    const counts: Record<string, number> = {};
    for (const { name } of tables)
      counts[name] = (
        await sql(`select count(*)::int as n from ${name} where workspace_id = $1`, workspaceId)
      )[0].n;
    counts['app_public.workspaces'] = (
      await sql('select count(*)::int as n from app_public.workspaces where id = $1', workspaceId)
    )[0].n;
    return counts;
  }
  /** Secrets carry no workspace: they hang on what does. */
  const orphans = async () =>
    (
      await sql(`select (select count(*)::int from app_private.api_key_secrets) as keys,
        (select count(*)::int from app_private.webhook_secrets) as webhooks,
        (select count(*)::int from app_private.workspace_invitation_secrets) as invitations`)
    )[0];

  it('takes everything of it and nothing of anybody else, and leaves the audit log', async () => {
    const other = await team();
    await fill(other);
    const theirs = await orphans();
    const owner = await team();
    await fill(owner);
    const before = await rowsOf(owner.workspaceId);
    const kept = { rows: await rowsOf(other.workspaceId), orphans: theirs };
    // partitions that hold nothing aside, there is something of every kind
    const tables = Object.keys(before).filter((name) => !name.startsWith('app_partitions.'));
    expect(tables.filter((name) => before[name] === 0)).toEqual([]);
    expect(tables.length).toBeGreaterThan(25);

    const [gone] = await remove(owner);
    expect(gone).toMatchObject({ id: owner.workspaceId, name: 'Team' });
    // sums that nobody else may read, until the materialised view is next refreshed
    await database.pool('worker').query('select app_hidden.refresh_summary_stats()');
    const after = await rowsOf(owner.workspaceId);
    expect(
      Object.keys(after).filter((name) => after[name]! > 0 && !name.startsWith('app_partitions.audit_logs')),
    ).toEqual(KEPT);
    expect(after['app_public.audit_logs']).toBeGreaterThanOrEqual(before['app_public.audit_logs']!);
    expect({ rows: await rowsOf(other.workspaceId), orphans: await orphans() }).toEqual(kept);

    const entries = await sql(
      `select action, user_id from app_public.audit_logs where workspace_id = $1 and action in ('workspace.created', 'workspace.removed') order by id`,
      owner.workspaceId,
    );
    expect(entries).toEqual(
      ['created', 'removed'].map((what) => ({ action: `workspace.${what}`, user_id: owner.id })),
    );
    // the one entry that a person still reads
    const personal = await sql(
      'select workspace_id from app_public.workspace_members where user_id = $1',
      owner.id,
    );
    const read = await call(
      { ...owner, workspaceId: personal[0].workspace_id },
      `select entity_id, old_values from app_public.audit_logs where action = 'user.workspace_deleted'`,
    );
    expect(read).toEqual([{ entity_id: owner.workspaceId, old_values: { name: 'Team', slug: `team-${n}` } }]);
    expect(await code(remove(owner))).toBe('CQ107');
  });

  it('is for an owner alone, in a session, by the name as it is', async () => {
    const owner = await team();
    const members = await Promise.all(
      ['admin', 'member', 'viewer'].map(async (role) =>
        join(database, await registerUser(database, `${role}${n}@example.org`), owner.workspaceId, role),
      ),
    );
    for (const user of members) {
      expect(await code(remove(user))).toBe('CQ114');
      // with claims that were true once
      expect(await code(remove({ ...user, memberRole: 'owner' }))).toBe('CQ114');
    }
    const stranger = await registerUser(database, `stranger${n}@example.org`);
    expect(await code(remove({ ...stranger, workspaceId: owner.workspaceId }))).toBe('CQ107');
    expect(await code(remove(stranger, 'Personal'))).toBe('CQ113');
    for (const name of ['team', 'Team ', '', 'Other', null])
      expect(await code(remove(owner, name as string))).toBe('CQ200');
    const claims = {
      userId: owner.id,
      workspaceId: owner.workspaceId,
      memberRole: 'owner',
      scopes: 'admin,read,write',
    };
    expect(
      await code(
        asRole(database, 'colloquy_user', claims, (client) =>
          client.query(`select app_public.delete_workspace('Team')`),
        ),
      ),
    ).toBe('CQ110');
    expect(
      await code(
        asRole(database, 'colloquy_visitor', {}, (client) =>
          client.query(`select app_public.delete_workspace('Team')`),
        ),
      ),
    ).toBe('42501');
    expect((await rowsOf(owner.workspaceId))['app_public.workspace_members']).toBe(4);
  });

  it('waits for the end of every legal hold, whatever it is about', async () => {
    const owner = await team();
    const [{ id }] = await call(owner, `select id from app_public.place_legal_hold('court', 'files')`);
    expect(await code(remove(owner))).toBe('CQ120');
    await call(owner, 'select app_public.release_legal_hold($1)', id);
    expect((await remove(owner)).length).toBe(1);
  });

  it('sees a hold that is placed at the same moment', async () => {
    const owner = await team();
    let refused: Promise<unknown> | undefined;
    await asUser(database, owner, async (client) => {
      await client.query(`select app_public.place_legal_hold('court')`);
      refused = code(remove(owner));
      await until(async () => (await lockWaiters(database, 'advisory')).length > 0);
    });
    expect(await refused).toBe('CQ120');
  });

  it('lets those who write in it finish, or tells them that it is gone', async () => {
    const owner = await team();
    const [{ id }] = await call(owner, 'select id from app_public.start_conversation()');
    const post = () => code(call(owner, `select app_public.post_message($1, 'hello')`, id));
    const start = () => code(call(owner, 'select app_public.start_conversation()'));

    // a writer first: the deletion waits, and takes what was written with it
    let gone: Promise<unknown> | undefined;
    const waits = (count: number) => until(async () => (await lockWaiters(database)).length >= count);
    let late: Promise<string | undefined>[] = [];
    await asUser(database, owner, async (client) => {
      await client.query(`select app_public.post_message($1, 'first')`, [id]);
      gone = remove(owner);
      await waits(1);
      // and writers behind both of them
      late = [post(), post()];
    });
    await gone;
    for (const answer of await Promise.all(late)) expect(['nothing', 'CQ204']).toContain(answer);
    expect((await rowsOf(owner.workspaceId))['app_public.messages']).toBe(0);
    expect([await post(), await start()]).toEqual(['CQ204', '23503']);

    // the deletion first
    const second = await team();
    const [{ id: other }] = await call(second, 'select id from app_public.start_conversation()');
    let answers: Promise<string | undefined>[] = [];
    await asUser(database, second, async (client) => {
      await client.query(`select app_public.delete_workspace('Team')`);
      answers = [
        code(call(second, `select app_public.post_message($1, 'hello')`, other)),
        code(call(second, 'select app_public.start_conversation()')),
        code(remove(second)),
      ];
      await waits(3);
    });
    expect(await Promise.all(answers)).toEqual(['CQ204', '23503', 'CQ107']);
  });

  it('happens once or not at all while many write, and leaves no rows behind', async () => {
    const owner = await team();
    const [{ id }] = await call(owner, 'select id from app_public.start_conversation()');
    const answers = Array.from({ length: 24 }, (_, k) =>
      k === 8
        ? code(remove(owner))
        : code(
            call(
              owner,
              k % 3 === 0
                ? 'select app_public.start_conversation()'
                : `select app_public.post_message('${id}', 'hello')`,
            ),
          ),
    );
    for (const answer of await Promise.all(answers))
      expect(['nothing', 'CQ204', '23503', '40P01']).toContain(answer);
    if ((await sql('select from app_public.workspaces where id = $1', owner.workspaceId)).length > 0)
      await remove(owner);
    const after = await rowsOf(owner.workspaceId);
    expect(Object.keys(after).filter((name) => after[name]! > 0 && !name.includes('audit_logs'))).toEqual([]);
  });
});
