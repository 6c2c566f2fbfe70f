import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, database, endScene, newcomer, one, owner, setScene } from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { asRole, asUser, type TestUser } from '../../support/users.ts';

describeReal('what webhooks are told', () => {
  let ann: TestUser;
  let member: TestUser;
  let admin: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    await setScene();
    ann = await newcomer('ann');
    bob = await newcomer('bob');
    member = await join(database, await newcomer('member'), ann.workspaceId, 'member');
    admin = await join(database, await newcomer('admin'), ann.workspaceId, 'admin');
  });
  afterAll(endScene);

  const create = async (user: TestUser, kinds = '{*}', content = false) =>
    (
      await call(
        user,
        `select * from app_public.create_webhook('https://receiver.example/hook', $1, include_content => $2)`,
        kinds,
        content,
      )
    )[0] as { webhook_id: string; secret: string };
  /** What was noted since the last look, by kind. */
  async function told(webhook?: string): Promise<string[]> {
    const { rows } = await owner().query(
      'delete from app_public.webhook_deliveries where $1::uuid is null or webhook_id = $1 returning id, kind, facts',
      [webhook ?? null],
    );
    rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    last = rows.map((row) => row.facts);
    return rows.map((row) => row.kind);
  }
  let last: Record<string, unknown>[] = [];

  async function conversation(user: TestUser, visibility = 'workspace'): Promise<string> {
    const [row] = await call(
      user,
      'insert into app_public.conversations (workspace_id, owner_id, title, visibility) values ($1, $2, $3, $4) returning id',
      user.workspaceId,
      user.id,
      'A title',
      visibility,
    );
    return row.id;
  }
  const post = async (user: TestUser, id: string) =>
    (await call(user, `select * from app_public.post_message($1, 'The words')`, id))[0].id as string;

  it('is what happens, in the same transaction, and only where the whole workspace may read it', async () => {
    const webhook = await create(ann);
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shared = await conversation(member);
    const message = await post(member, shared);
    expect(await told()).toEqual(['conversation.created', 'message.created']);
    // ids of things; nothing of people, and no word
    expect(last[1]).toEqual({
      messageId: message,
      conversationId: shared,
      sequenceNumber: 1,
      role: 'user',
    });
    const mine = await conversation(member, 'private');
    await post(member, mine);
    await post(ann, await conversation(ann, 'private'));
    await call(member, `select app_public.create_document('Private', 'text')`);
    await call(member, `select app_public.remember('private knowledge')`);
    await call(ann, `select app_public.give_feedback($1, 'negative', 1, 'between us')`, message);
    expect(await told()).toEqual(['feedback.given']);
    expect(last).toEqual([{ messageId: message, conversationId: shared, feedbackType: 'negative' }]);
    // for the workspace, what is shared comes and what is taken back goes
    const show = (id: string, visibility: string) =>
      call(member, 'update app_public.conversations set visibility = $2 where id = $1', id, visibility);
    await show(mine, 'workspace');
    await show(mine, 'private');
    await call(member, 'delete from app_public.conversations where id = $1', mine);
    expect(await told()).toEqual(['conversation.created', 'conversation.deleted']);
    // what is rolled back did not happen
    await expect(
      asUser(database, member, async (client) => {
        await client.query(`select app_public.post_message($1, 'The words')`, [shared]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await told()).toEqual([]);
    // another workspace is another
    await post(bob, await conversation(bob));
    expect(await told()).toEqual([]);
    await call(member, `update app_public.conversations set is_archived = true where id = $1`, shared);
    expect(await told()).toEqual(['conversation.archived']);
  });

  it('tells of documents, files, memories, events and budgets', async () => {
    const [document] = await call(
      member,
      `select * from app_public.create_document('Title', 'text', visibility => 'workspace')`,
    );
    await call(member, `update app_public.documents set content = 'other text' where id = $1`, document.id);
    await owner().query('update app_public.documents set chunked_hash = content_hash where id = $1', [
      document.id,
    ]);
    await call(member, 'delete from app_public.documents where id = $1', document.id);
    expect(await told()).toEqual([
      'document.created',
      'document.updated',
      'document.indexed',
      'document.deleted',
    ]);
    await call(
      member,
      `select app_public.remember('the sea is green', subject => 'sea', visibility => 'workspace')`,
    );
    const [next] = await call(
      member,
      `select * from app_public.remember('the sea is blue', subject => 'sea', visibility => 'workspace')`,
    );
    await call(member, 'select app_public.forget($1)', next.id);
    expect(await told()).toEqual([
      'memory.remembered',
      'memory.remembered',
      'memory.superseded',
      'memory.forgotten',
    ]);
    const [event] = await call(
      member,
      `select * from app_public.ingest_event('slack', 'message', '{"text": "x"}')`,
    );
    await owner().query(`update app_public.raw_events set processing_status = 'failed' where id = $1`, [
      event.id,
    ]);
    const file = `select id from app_hidden.register_file('a.txt', 'text/plain', 1, sha256($1::bytea), visibility => 'workspace')`;
    const [good] = await call(member, file, 'a');
    const [bad] = await call(member, file, 'b');
    const end = (id: string, status: string) =>
      owner().query(
        'update app_public.files set processing_status = $2, error_code = $3, error = $3 where id = $1',
        [id, status, status === 'failed' ? 'CQ322' : null],
      );
    await end(good.id, 'completed');
    await end(bad.id, 'failed');
    expect(await told()).toEqual(['event.failed', 'file.processed', 'file.failed']);
    await call(ann, `select app_public.set_usage_budget('month', 1000)`);
    for (const tokens of [700, 150, 10, 140, 1]) {
      const { id } = await one('select (app_private.reserve_for($1, $2, 0, 0)).id', ann.workspaceId, ann.id);
      await owner().query('select app_private.settle_reservation($1, $2, $3, 0)', [
        ann.workspaceId,
        id,
        tokens,
      ]);
    }
    expect(await told()).toEqual(['budget.warning', 'budget.exceeded']);
  });

  it('leaves out what the webhook does not name, what comes back from an archive, and history that is imported', async () => {
    await owner().query('delete from app_public.webhooks');
    await create(ann, '{message.created,conversation.deleted}');
    const shared = await conversation(member);
    for (let n = 0; n < 3; n++) await post(member, shared);
    await owner().query(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      [shared],
    );
    expect(await told()).toHaveLength(3);
    await call(member, 'select app_public.archive_conversation($1)', shared);
    await call(member, 'select app_public.restore_conversation($1)', shared);
    expect(await told()).toEqual([]);
    const [imported] = await call(
      member,
      'select * from app_public.import_conversation($1::jsonb)',
      JSON.stringify({
        source: 'old',
        externalId: 'old',
        title: 'Old',
        visibility: 'workspace',
        createdAt: '2020-01-01T00:00:00Z',
        messages: [
          { externalId: 'old', role: 'user', content: 'old words', createdAt: '2020-01-01T00:00:00Z' },
        ],
      }),
    );
    expect(imported).toMatchObject({ added: 1 });
    expect(await one('select visibility from app_public.conversations where id = $1', imported.id)).toEqual({
      visibility: 'workspace',
    });
    expect(await told()).toEqual([]);
  });

  it('costs a workspace without webhooks no row and no further statement', async () => {
    await owner().query('delete from app_public.webhooks');
    const shared = await conversation(member);
    const jobs = async () =>
      (await one(`select count(*)::int as n from pgboss.job where name like '%webhooks'`)).n as number;
    const before = await jobs();
    const written = await asUser(database, member, async (client) => {
      const rows = async () =>
        (
          await client.query(
            `select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as n from pg_stat_xact_user_tables where relname like 'webhook%'`,
          )
        ).rows[0].n;
      const first = await rows();
      for (let n = 0; n < 5; n++)
        await client.query(`select app_public.post_message($1, 'The words')`, [shared]);
      return (await rows()) - first;
    });
    expect([written, await told(), await jobs()]).toEqual([0, [], before]);
  });

  it('wakes one job, and nobody who posts waits for another one who does', async () => {
    await create(ann);
    const [mine, theirs] = [await conversation(member), await conversation(ann)];
    const jobs = () => owner().query(`delete from pgboss.job where name = 'deliver-webhooks' returning data`);
    await jobs();
    await asUser(database, member, async (client) => {
      await client.query(`select app_public.post_message($1, 'The words')`, [mine]);
      // beside an open transaction that has put the job down
      await post(ann, theirs);
    });
    expect((await jobs()).rows).toEqual([{ data: { workspaceId: ann.workspaceId } }]);
    expect(await told()).toContain('message.created');
  });

  it('ends with the right of whoever answers for the webhook, until another manager takes it over', async () => {
    await owner().query('delete from app_public.webhooks');
    const { webhook_id: id } = await create(admin);
    const shared = await conversation(ann);
    const heard = async () => {
      await post(ann, shared);
      return (await told()).length > 0;
    };
    await told();
    const as = (role: string) =>
      owner().query(
        'update app_public.workspace_members set role = $2 where user_id = $1 and workspace_id = $3',
        [admin.id, role, ann.workspaceId],
      );
    expect(await heard()).toBe(true);
    await as('viewer');
    expect(await heard()).toBe(false);
    await as('admin');
    expect(await heard()).toBe(true);
    await owner().query('update app_public.users set is_active = false where id = $1', [admin.id]);
    expect(await heard()).toBe(false);
    await call(ann, 'select app_public.update_webhook($1)', id);
    expect(await heard()).toBe(true);
    await call(ann, 'select app_public.update_webhook($1, is_active => false)', id);
    expect(await heard()).toBe(false);
    expect(await code(call(ann, 'select app_public.test_webhook($1)', id))).toBe('CQ743');
    await owner().query('update app_public.users set is_active = true where id = $1', [admin.id]);
    // the bounded day of a workspace
    await call(ann, 'select app_public.update_webhook($1, is_active => true)', id);
    await owner().query(
      `update app_private.settings set value = '2' where name = 'webhook_deliveries_per_day'`,
    );
    const limit = () => database.pool('worker').query('select app_hidden.find_due_webhooks()');
    await post(ann, shared);
    await limit();
    expect((await told()).length).toBe(1);
    await post(ann, shared);
    await post(ann, shared);
    await limit();
    await post(ann, shared);
    expect((await told()).length).toBe(2);
    await owner().query(
      `update app_private.settings set value = '50000' where name = 'webhook_deliveries_per_day'`,
    );
  });

  it('is arranged by owners and admins, with a session, and secrets are shown once', async () => {
    await owner().query('delete from app_public.webhooks');
    const make = (user: TestUser, url = 'https://receiver.example', kinds = '{*}') =>
      code(call(user, 'select app_public.create_webhook($1, $2)', url, kinds));
    expect(await make(member)).toBe('CQ114');
    for (const url of [
      'http://receiver.example',
      'http://127.0.0.2/',
      'https://',
      'https://user:pass@receiver.example',
      'https://receiver.example/#x',
      'https://receiver.example/ x',
      'https://receiver.example\\@evil.example',
      'ftp://receiver.example',
      `https://receiver.example/${'x'.repeat(2000)}`,
    ])
      expect(await make(ann, url), url).toBe('CQ740');
    expect(await make(ann, 'http://localhost:8080/hook?x=1')).toBe('allowed');
    for (const kinds of ['{}', '{message.creatd}', '{null}', null])
      expect(await make(ann, undefined, kinds as string)).toBe('CQ742');
    await owner().query(`update app_private.settings set value = '2' where name = 'webhooks_per_workspace'`);
    expect([await make(admin), await make(ann)]).toEqual(['allowed', 'CQ741']);
    const key = (scopes: string, sql: string, ...values: unknown[]) =>
      code(
        asRole(
          database,
          'colloquy_user',
          { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner', scopes },
          (client) => client.query(sql, values),
        ),
      );
    const { id } = await one('select id from app_public.webhooks where responsible_id = $1', admin.id);
    expect(await key('read,write', 'select app_public.delete_webhook($1)', id)).toBe('CQ114');
    // a proof of late is wanted
    const stale = asRole(
      database,
      'colloquy_user',
      { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner', signedInAt: '2020-01-01' },
      (client) => client.query('select app_public.rotate_webhook_secret($1)', [id]),
    );
    expect(await code(stale)).toBe('CQ142');
    const [rotated] = await call(ann, 'select * from app_public.rotate_webhook_secret($1)', id);
    const kept = await one(
      `select 'whsec_' || encode(secret, 'base64') as secret, previous_until > now() + interval '23 hours' as both from app_private.webhook_secrets where webhook_id = $1`,
      id,
    );
    expect(kept).toEqual({ secret: rotated.secret, both: true });
    const { rows: log } = await owner().query(
      `select action, old_values, new_values from app_public.audit_logs where entity_type = 'webhook' and entity_id = $1 order by id`,
      [id],
    );
    expect(log.map((entry) => entry.action)).toEqual(['webhook.created', 'webhook.secret_rotated']);
    expect(JSON.stringify(log)).not.toContain('whsec_');
    expect(await code(call(bob, 'select app_public.update_webhook($1)', id))).toBe('CQ204');
    expect(await call(bob, 'select * from app_public.webhooks')).toEqual([]);
    expect(await call(member, 'select * from app_public.webhooks')).toEqual([]);
    expect(await code(call(ann, 'select * from app_private.webhook_secrets'))).toBe('42501');
    await call(ann, 'select app_public.delete_webhook($1)', id);
    expect(await one('select from app_private.webhook_secrets where webhook_id = $1', id)).toBeUndefined();
  });
});
