import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { asVisitor } from '../../support/users.ts';
import { call, database, endScene, one, owner, post, setScene, start } from './dialogue.ts';

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
