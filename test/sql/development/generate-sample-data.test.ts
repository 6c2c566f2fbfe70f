import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, document, endScene, owner, setScene, tenants, worker } from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';

describeReal('sample data', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const generate = () => owner().query(`select * from app_private.generate_sample_data('BOB@example.org')`);
  const cleanup = () => owner().query('select * from app_private.cleanup_test_data()');

  it('is refused unless the database is marked as development', async () => {
    expect(await code(generate())).toBe('CQ243');
    expect(await code(cleanup())).toBe('CQ243');
    expect(await code(worker().query(`select app_private.cleanup_test_data()`))).toBe('42501');
  });

  it('is made once, and goes without what else there is', async () => {
    await owner().query(`update app_private.settings set value = 'development' where name = 'environment'`);
    const kept = await document(tenants.bob);
    const before = (await call(tenants.bob, 'select id from app_public.documents')).rowCount!;
    expect((await generate()).rows).toEqual([{ documents: 3, conversations: 3, memory_items: 3 }]);
    await generate();
    expect((await call(tenants.bob, 'select id from app_public.documents')).rowCount).toBe(before + 3);
    expect((await call(tenants.bob, 'select from app_public.repository_documents')).rowCount).toBe(3);
    expect(await code(owner().query(`select app_private.generate_sample_data('nobody@example.org')`))).toBe(
      'CQ204',
    );
    expect((await cleanup()).rows).toEqual([{ documents: 3, conversations: 6, memory_items: 3 }]);
    expect((await call(tenants.bob, 'select from app_public.documents where id = $1', kept)).rowCount).toBe(
      1,
    );
    expect((await call(tenants.bob, 'select from app_public.documents')).rowCount).toBe(before);
    expect((await call(tenants.bob, `select from app_public.tags where name = 'sample'`)).rowCount).toBe(0);
  });
});
