import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { indexAll } from '../../support/tenants.ts';
import { asUser, registerUser, until } from '../../support/users.ts';
import { ann, database, endScene, messages, owner, post, setScene, start } from './scene.ts';

describeReal('deleting', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('a conversation removes its messages, chunks and vectors, and the counts are right', async () => {
    const [gone, kept] = [await start(), await start()];
    for (const id of [gone, gone, gone, kept])
      await post(id, { idempotency_key: `k${(await messages(id)).length}` });
    await indexAll(database);
    const counts = async () =>
      (
        await owner().query(
          `select (select sum(chunk_count)::int from app_hidden.chunk_counts where workspace_id = $1) as chunk_counts,
             (select count(*)::int from app_public.chunks where workspace_id = $1) as chunks,
             (select sum(embedding_count)::int from app_hidden.embedding_counts where workspace_id = $1) as embedding_counts,
             (select count(*)::int from app_public.embeddings where workspace_id = $1) as embeddings`,
          [ann.workspaceId],
        )
      ).rows[0];
    const before = await counts();
    expect(before.chunk_counts).toBe(before.chunks);
    expect(before.embedding_counts).toBe(before.embeddings);
    await asUser(database, ann, (client) =>
      client.query('delete from app_public.conversations where id = $1', [gone]),
    );
    expect(await messages(gone)).toEqual([]);
    expect(await messages(kept)).toHaveLength(1);
    expect(await counts()).toEqual({
      chunk_counts: before.chunks - 3,
      chunks: before.chunks - 3,
      embedding_counts: before.embeddings - 3,
      embeddings: before.embeddings - 3,
    });
    const keys = await owner().query(
      'select from app_hidden.message_idempotency_keys where conversation_id = $1',
      [gone],
    );
    expect(keys.rowCount).toBe(0);
  });

  it('one with branches works, and so does deleting the account', async () => {
    const carl = await registerUser(database, 'carl@example.org');
    const as = (sql: string, ...values: unknown[]) =>
      asUser(database, carl, (client) => client.query(sql, values));
    const tree = async () => {
      const id = (await as('select id from app_public.start_conversation()')).rows[0].id;
      const root = (await as(`select id from app_public.post_message($1, 'root')`, id)).rows[0].id;
      for (const text of ['a', 'b'])
        await as('select app_public.post_message($1, $2, parent_id => $3)', id, text, root);
      return id;
    };
    const [first] = [await tree(), await tree()];
    expect((await as('delete from app_public.conversations where id = $1', first)).rowCount).toBe(1);
    await as(`select app_public.create_document('d', 'of carl')`);
    await indexAll(database);
    await owner().query('delete from app_public.users where id = $1', [carl.id]);
    const { rows } = await owner().query(
      `select (select count(*)::int from app_public.messages where owner_id = $1) + (select count(*)::int from app_public.chunks where owner_id = $1)
         + (select count(*)::int from app_public.documents where owner_id = $1) + (select count(*)::int from app_private.user_secrets where user_id = $1) as left`,
      [carl.id],
    );
    expect(rows).toEqual([{ left: 0 }]);
  });

  it('is waited for by nobody else: another conversation is written meanwhile', async () => {
    const [gone, kept] = [await start(), await start()];
    await post(gone);
    await asUser(database, ann, async (client) => {
      await client.query('delete from app_public.conversations where id = $1', [gone]);
      await post(kept);
      await until(async () => (await messages(kept)).length === 1);
    });
  });
});
