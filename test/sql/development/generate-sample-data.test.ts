import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSampleData } from '../../../operations/sample-data/load.ts';
import {
  call,
  code,
  database,
  document,
  endScene,
  owner,
  setScene,
  tenants,
  worker,
} from '../../support/library.ts';
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
    expect((await generate()).rows).toEqual([
      { documents: 3, conversations: 3, messages: 6, memory_items: 3 },
    ]);
    await generate();
    expect((await call(tenants.bob, 'select id from app_public.documents')).rowCount).toBe(before + 3);
    expect((await call(tenants.bob, 'select from app_public.repository_documents')).rowCount).toBe(3);
    expect(await code(owner().query(`select app_private.generate_sample_data('nobody@example.org')`))).toBe(
      'CQ204',
    );
    expect((await cleanup()).rows).toEqual([
      { documents: 3, conversations: 6, messages: 12, memory_items: 3, workspaces: 0, users: 0 },
    ]);
    expect((await call(tenants.bob, 'select from app_public.documents where id = $1', kept)).rowCount).toBe(
      1,
    );
    expect((await call(tenants.bob, 'select from app_public.documents')).rowCount).toBe(before);
    expect((await call(tenants.bob, `select from app_public.tags where name = 'sample'`)).rowCount).toBe(0);
  });

  it('takes counts and years, and the triggers count what it writes', async () => {
    const make = (counts: string) =>
      owner().query(`select * from app_private.generate_sample_data('bob@example.org', ${counts})`);
    for (const wrong of ['5, 4', '1, 2, -1', '1, 100001', '1, 1, 1, 1, 51', 'null'])
      expect([wrong, await code(make(wrong))]).toEqual([wrong, 'CQ200']);
    expect((await make('20, 500, 0, 0, 2')).rows).toEqual([
      { documents: 0, conversations: 20, messages: 500, memory_items: 0 },
    ]);
    const [made] = (
      await owner().query(
        `select count(*)::int as conversations, sum(c.message_count)::int as messages, max(c.message_count) as largest,
           extract(day from max(c.last_message_at) - min(c.last_message_at))::int as days,
           bool_and(c.message_count = (select count(*) from app_public.messages m where m.conversation_id = c.id)
             and c.last_message_at <= now()) as counted
         from app_public.conversations c where c.metadata @> '{"sample": true}'`,
      )
    ).rows;
    expect(made).toMatchObject({ conversations: 20, messages: 500, counted: true });
    expect(made.largest).toBeGreaterThan(100);
    expect(made.days).toBeGreaterThan(600);
    expect((await cleanup()).rows[0]).toMatchObject({ conversations: 20, messages: 500 });
  });

  it('goes with its accounts and workspaces, and nothing that only claims to be sample content', async () => {
    const space = async () =>
      (await owner().query(`select count(*)::int as n from app_public.workspaces`)).rows[0].n;
    const before = await space();
    await owner().query(`update app_public.workspaces set settings = '{"sample": true}' where id = $1`, [
      tenants.bob.workspaceId,
    ]);
    const size = { conversations: 6, workspaces: 4, years: 1, documents: 8, memories: 2, events: 2, seed: 1 };
    await loadSampleData(
      database,
      { ...size, messages: 60, until: Date.UTC(2026, 0, 1) },
      { analytics: false },
    );
    expect(await space()).toBe(before + 4);
    expect((await cleanup()).rows).toEqual([
      { documents: 8, conversations: 6, messages: 60, memory_items: 2, workspaces: 4, users: 3 },
    ]);
    expect(await space()).toBe(before);
    const left = await owner().query(
      `select (select count(*) from app_public.usage_logs) + (select count(*) from app_public.raw_events) + (select count(*) from app_public.messages)
         + (select count(*) from app_hidden.cited_passages) + (select count(*) from app_public.users where email like '%.invalid') as n`,
    );
    expect(left.rows[0].n).toBe('0');
  });
});
