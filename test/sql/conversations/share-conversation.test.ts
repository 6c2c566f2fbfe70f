import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { asRole, asVisitor, type TestUser } from '../../support/users.ts';
import {
  ann,
  as,
  call,
  database,
  endScene,
  first,
  one,
  owner,
  post,
  second,
  setScene,
  start,
} from './dialogue.ts';

describeReal('links', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const read = async (token: string) =>
    (
      await asVisitor(database, (client) =>
        client.query(
          'select title, to_jsonb(messages) as messages from app_public.read_shared_conversation($1)',
          [token],
        ),
      )
    ).rows[0];
  const shown = async (token: string) =>
    (await read(token)).messages?.map((m: { content: string }) => m.content);
  const share = async (id: string, until: string | null = null, expires: string | null = null) =>
    (await call('select * from app_public.share_conversation($1, $2, $3)', id, until, expires))[0];

  it('show the path to a message and nothing later, of the system, or of another branch', async () => {
    const id = await start();
    await post(id, 'be kind', { role: 'system' });
    await post(id, 'one');
    const two = await post(id, 'two', { role: 'assistant' });
    await post(id, 'three');
    const { token } = await share(id, two.id);
    expect(await shown(token)).toEqual(['one', 'two']);
    await post(id, 'secret');
    const [edited] = await call(`select * from app_public.edit_message($1, 'other two')`, two.id);
    await post(id, 'after the edit');
    const later = await share(id);
    expect(await shown(token)).toEqual(['one', 'two']);
    expect(await shown(later.token)).toEqual(['one', 'other two', 'after the edit']);
    expect(await shown((await share(id, edited.id)).token)).toEqual(['one', 'other two']);
    expect(Object.keys((await read(token)).messages[0]).sort()).toEqual([
      'content',
      'model',
      'role',
      'written_at',
    ]);
  });

  it('end when they expire, are revoked, or the conversation ends', async () => {
    const id = await start();
    const message = await post(id, 'one');
    const [a, b, c] = [await share(id, message.id), await share(id), await share(id)];
    await call('select app_public.revoke_share($1)', a.id);
    await owner().query(
      `update app_public.conversation_shares set expires_at = now() - interval '1 second' where id = $1`,
      [b.id],
    );
    expect([await shown(a.token), await shown(b.token), await shown(c.token)]).toEqual([
      undefined,
      undefined,
      ['one'],
    ]);
    await owner().query(
      `update app_public.conversations set is_temporary = true, expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    expect(await shown(c.token)).toBeUndefined();
    await expect(share(id, null, '2020-01-01')).rejects.toMatchObject({ code: 'CQ200' });
    const other = await start();
    await expect(share(other)).rejects.toMatchObject({ code: 'CQ204' });
    await post(other, 'two');
    // up to a message of its own, not to one of another conversation
    await expect(share(other, message.id)).rejects.toMatchObject({ code: 'CQ204' });
  });

  it('end at the latest when the workspace or the installation says', async () => {
    const id = await start();
    await post(id, 'one');
    const rules = (...values: unknown[]) =>
      call('select * from app_public.set_workspace_rules($1, $2, $3)', ...values);
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const days = (link: { expires_at: Date }) =>
      Math.round((link.expires_at.getTime() - Date.now()) / 86_400_000);
    expect(days(await share(id))).toBe(30);
    expect(days(await share(id, null, inDays(300)))).toBe(300);
    const old = await share(id, null, inDays(300));
    // made ten days ago, before there was a rule
    await owner().query(
      `update app_public.conversation_shares set id = app_hidden.uuidv7_at(now() - interval '10 days'), expires_at = null where id = $1`,
      [old.id],
    );
    expect(await shown(old.token)).toEqual(['one']);
    await rules(null, 7, null);
    expect(await shown(old.token)).toBeUndefined();
    expect(days(await share(id))).toBe(7);
    await expect(share(id, null, inDays(8))).rejects.toMatchObject({ code: 'CQ125' });
    const link = await share(id, null, inDays(6));
    await rules(false, 0, null);
    await expect(share(id)).rejects.toMatchObject({ code: 'CQ124' });
    expect([await shown(old.token), await shown(link.token)]).toEqual([undefined, undefined]);
    await rules(true, null, null);
    expect([await shown(old.token), await shown(link.token)]).toEqual([['one'], ['one']]);
  });

  it('are counted, and the first reading of a day is in the audit log', async () => {
    const id = await start();
    await post(id, 'one');
    const link = await share(id);
    const state = () =>
      one(
        `select read_count::int as count, last_read_at is not null as is_read,
           (select count(*)::int from app_public.audit_logs a where a.entity_id = s.id and a.action = 'conversation_share.read') as entries,
           (select count(*)::int from app_public.audit_logs a where a.entity_id = s.id) as all
         from app_public.conversation_shares s where id = $1`,
        link.id,
      );
    expect(await state()).toEqual({ count: 0, is_read: false, entries: 0, all: 1 });
    for (let n = 0; n < 3; n++) await read(link.token);
    expect(await state()).toEqual({ count: 3, is_read: true, entries: 1, all: 2 });
    await owner().query(
      `update app_public.conversation_shares set last_read_at = now() - interval '1 day' where id = $1`,
      [link.id],
    );
    await read(link.token);
    expect(await state()).toEqual({ count: 4, is_read: true, entries: 2, all: 3 });
    // a link that shows nothing is not counted
    await call('select app_public.revoke_share($1)', link.id);
    await read(link.token);
    expect((await state()).count).toBe(4);
    // a reading does not wait for another: this one is not counted, and answered
    const other = await share(id);
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query('select from app_public.conversation_shares where id = $1 for update', [other.id]);
      expect(await shown(other.token)).toEqual(['one']);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('are seen and ended by those who manage the workspace, and by nobody else', async () => {
    const [conversation] = await as(second, 'select id from app_public.start_conversation()');
    await as(second, `select app_public.post_message($1, 'mine')`, conversation.id);
    const [link] = await as(second, 'select * from app_public.share_conversation($1)', conversation.id);
    const seen = async (user: TestUser) =>
      (
        await as(
          user,
          'select created_by, read_count::int as reads from app_public.conversation_shares where id = $1',
          link.id,
        )
      )[0];
    expect(await seen(first)).toEqual({ created_by: second.id, reads: 0 });
    expect(await seen(ann)).toBeUndefined();
    const revoke = (user: TestUser) => as(user, 'select app_public.revoke_share($1)', link.id);
    await expect(revoke(ann)).rejects.toMatchObject({ code: 'CQ204' });
    const claims = { userId: first.id, workspaceId: first.workspaceId, memberRole: 'owner' };
    const withScopes = (scopes: string) =>
      asRole(database, 'colloquy_user', { ...claims, scopes }, (client) =>
        client.query('select app_public.revoke_share($1)', [link.id]),
      );
    await expect(withScopes('read,write')).rejects.toMatchObject({ code: 'CQ110' });
    // one's own with "share", not those of others
    await expect(withScopes('read,share')).rejects.toMatchObject({ code: 'CQ204' });
    expect(await shown(link.token)).toEqual(['mine']);
    await withScopes('read,admin');
    expect(await shown(link.token)).toBeUndefined();
  });

  it('are stored as hashes, which no request reads', async () => {
    const id = await start();
    await post(id, 'one');
    const { id: shareId, token } = await share(id);
    const row = await one(
      `select encode(token_hash, 'hex') as hash, to_jsonb(s)::text as text from app_public.conversation_shares s where id = $1`,
      shareId,
    );
    expect(row.text).not.toContain(token.slice(4));
    await expect(call('select token_hash from app_public.conversation_shares')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(call('select ip from app_public.message_feedback')).rejects.toMatchObject({
      code: '42501',
    });
  });
});
