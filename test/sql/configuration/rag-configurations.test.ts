import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { createWorkspace } from '../../support/tenants.ts';
import {
  ann,
  as,
  call,
  conversation,
  database,
  endScene,
  first,
  one,
  owner,
  second,
  setScene,
  start,
} from '../conversations/dialogue.ts';

describeReal('configurations', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('come with every workspace, one default each', async () => {
    const { rows } = await owner().query(
      `select w.id from app_public.workspaces w left join app_public.rag_configurations r on r.workspace_id = w.id and r.is_default
       group by w.id having count(r) <> 1`,
    );
    expect(rows).toEqual([]);
  });

  it('keep what they were before an edit', async () => {
    const [{ id }] = await as(first, `select id from app_public.create_rag_configuration('Careful')`);
    await as(first, 'update app_public.rag_configurations set temperature = 0.1 where id = $1', id);
    await as(first, 'update app_public.rag_configurations set temperature = 0.1 where id = $1', id);
    const versions = await as(
      second,
      'select old_values, replaced_by from app_public.rag_configuration_versions where rag_configuration_id = $1',
      id,
    );
    expect(versions).toEqual([
      { old_values: expect.objectContaining({ temperature: 0.7, name: 'Careful' }), replaced_by: first.id },
    ]);
  });

  it('are changed by those who manage the workspace alone, and the default cannot go', async () => {
    const [{ id }] = await as(second, 'select id from app_public.rag_configurations where is_default');
    const change = `update app_public.rag_configurations set name = 'Ours' where id = $1 returning id`;
    expect(await as(second, change, id)).toEqual([]);
    expect(await as(first, change, id)).toHaveLength(1);
    const remove = 'delete from app_public.rag_configurations where id = $1 returning id';
    expect(await as(first, remove, id)).toEqual([]);
    await expect(
      as(first, 'update app_public.rag_configurations set is_active = false where id = $1', id),
    ).rejects.toMatchObject({ code: '23514' });
    const [other] = await as(first, `select id from app_public.create_rag_configuration('Other')`);
    const used = await start(first);
    await as(first, 'update app_public.conversations set rag_configuration_id = $1 where id = $2', id, used);
    const both = [id, other.id].map((wanted) =>
      as(first, 'select id from app_public.set_default_rag_configuration($1)', wanted),
    );
    await Promise.all(both);
    await as(first, 'select app_public.set_default_rag_configuration($1)', other.id);
    expect(await as(first, 'select id from app_public.rag_configurations where is_default')).toEqual([other]);
    // a conversation outlives its configuration
    expect(await as(first, remove, id)).toHaveLength(1);
    expect((await conversation(used)).rag_configuration_id).toBeNull();
  });

  it('of another tenant cannot be used', async () => {
    const [theirs] = await as(first, 'select id from app_public.rag_configurations where is_default');
    const id = await start();
    await expect(
      call('update app_public.conversations set rag_configuration_id = $1 where id = $2', theirs.id, id),
    ).rejects.toMatchObject({ code: '23503' });
  });

  it('go with their workspace', async () => {
    const gone = await createWorkspace(database, 'Gone');
    const { id } = await one('select id from app_public.rag_configurations where workspace_id = $1', gone);
    await owner().query(
      'insert into app_public.conversations (workspace_id, owner_id, rag_configuration_id) values ($1, $2, $3)',
      [gone, ann.id, id],
    );
    await owner().query('delete from app_public.workspaces where id = $1', [gone]);
    expect(
      (await owner().query('select from app_public.rag_configurations where id = $1', [id])).rowCount,
    ).toBe(0);
  });
});
