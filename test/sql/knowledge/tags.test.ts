import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  code,
  database,
  document,
  endScene,
  one,
  owner,
  setScene,
  tenants,
  waits,
} from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';
import { asUser, type TestUser } from '../../support/users.ts';

describeReal('tags', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const tag = (user: TestUser, id: string, name = 'Blue', type = 'document') =>
    one(user, 'select * from app_public.add_tag($1, $2, $3)', name, type, id);
  const tagsOf = async (id: string) =>
    (await owner().query('select from app_public.entity_tags where entity_id = $1', [id])).rowCount;

  it('are one whatever the case, added and removed by name', async () => {
    const { ann } = tenants;
    const id = await document(ann);
    const first = await tag(ann, id);
    expect(await tag(ann, id, ' BLUE ')).toEqual(first);
    await one(ann, `select app_public.remove_tag('bLUE', 'document', $1)`, id);
    expect(await tagsOf(id)).toBe(0);
    expect(await code(call(ann, `select app_public.remove_tag('blue', 'document', $1)`, id))).toBe('CQ204');
    expect(await code(tag(ann, id, ' '))).toBe('CQ200');
    expect(await code(tag(ann, id, 'blue', 'conversation'))).toBe('CQ204');
  });

  it('made by two in the same moment are one', async () => {
    const { owner: first, member } = tenants;
    const [a, b] = [await document(first), await document(member)];
    let later: Promise<{ tag_id: string }> | undefined;
    const done = await asUser(database, first, async (client) => {
      const { rows } = await client.query(`select * from app_public.add_tag('twin', 'document', $1)`, [a]);
      later = tag(member, b, 'Twin');
      later.catch(() => {});
      await waits();
      return rows[0];
    });
    expect((await later)!.tag_id).toBe(done.tag_id);
  });

  it.each([
    ['document', `select id from app_public.create_document('a', 'b')`, 'documents'],
    ['repository', `select id from app_public.create_repository(gen_random_uuid()::text)`, 'repositories'],
    ['conversation', 'select id from app_public.start_conversation()', 'conversations'],
    ['memory_item', `select id from app_public.remember(gen_random_uuid()::text)`, 'memory_items'],
  ])('go with their %s, and cannot be on one that is not there', async (type, create, table) => {
    const { ann } = tenants;
    const { id } = await one(ann, create);
    const { tag_id } = await tag(ann, id, 'Blue', type);
    await owner().query(`delete from app_public.${table} where id = $1`, [id]);
    expect(await tagsOf(id)).toBe(0);
    const insert = (workspace: string, entity: string) =>
      owner().query(
        'insert into app_public.entity_tags (workspace_id, tag_id, entity_type, entity_id) values ($1, $2, $3, $4)',
        [workspace, tag_id, type, entity],
      );
    expect(await code(insert(ann.workspaceId, id))).toBe('CQ204');
    const { id: foreign } = await one(tenants.bob, create);
    expect(await code(insert(ann.workspaceId, foreign))).toBe('CQ204');
  });

  it('leave none behind when the thing goes in the same moment', async () => {
    const { ann } = tenants;
    for (const order of ['tag first', 'delete first']) {
      const id = await document(ann);
      const add = `select app_public.add_tag('race', 'document', $1)`;
      const remove = 'delete from app_public.documents where id = $1';
      const [first, second] = order === 'tag first' ? [add, remove] : [remove, add];
      let later: Promise<unknown> | undefined;
      await asUser(database, ann, async (client) => {
        await client.query(first, [id]);
        later = call(ann, second, id);
        later.catch(() => {});
        await waits();
      });
      if (order === 'tag first') await later;
      else expect(await code(later!)).toBe('CQ204');
      expect(await tagsOf(id), order).toBe(0);
    }
  });
});
