import { expect } from 'vitest';
import { axis } from '../../support/tenants.ts';
import { asVisitor, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, guarded, ids, nobody, of, said, tenants } from './scene.ts';

/** Attacks on the functions of search and of where answers come from. */
export const retrieval: Attacks = {
  'app_hidden.question_of': async () => {
    const { rows } = await call(
      tenants.ann,
      `select q.id from (select m from app_public.messages m) as x cross join lateral app_hidden.question_of(x.m) as q where q.id is not null`,
    );
    const { rows: own } = await database
      .pool('owner')
      .query('select id from app_public.messages where workspace_id = $1', [tenants.ann.workspaceId]);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(own.map((one) => one.id)).toContain(row.id);
  },
  'app_hidden.event_title': async () => {
    const { ann, bob, owner, member } = tenants;
    const title = async (user: TestUser, event: string) =>
      (await call(user, 'select app_hidden.event_title($1) as title', event)).rows[0].title;
    expect(await title(ann, of(ann).event)).toMatch(/^\S+: \S+$/);
    expect(await title(member, of(owner).event)).toMatch(/^\S+: \S+$/);
    for (const [user, stranger] of [
      [ann, bob],
      [bob, owner],
      [member, ann],
    ] as const)
      expect(await title(user, of(stranger).event)).toBeNull();
    expect(
      await fails(asVisitor(database, (client) => client.query('select app_hidden.event_title(null)'))),
    ).toMatchObject({ code: '42501' });
  },
  'app_public.search_titles': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const find = async (user: TestUser, query: string) =>
      (await call(user, 'select * from app_public.search_titles($1, 100)', query)).rows.flatMap((row) => [
        row.document_id,
        row.conversation_id,
      ]);
    expect(await find(ann, 'ann private')).toContain(of(ann).document);
    for (const [user, stranger, name] of [
      [ann, bob, 'bob'],
      [ann, owner, 'owner'],
      [bob, member, 'member'],
    ] as const)
      for (const id of ids(stranger))
        for (const query of [`${name} private`, `${name} shared`])
          expect(await find(user, query)).not.toContain(id);
    const shared = await find(viewer, 'owner shared');
    expect(shared).toContain(of(owner).sharedDocument);
    expect(await find(viewer, 'owner private')).not.toContain(of(owner).document);
    await nobody(`select app_public.search_titles('zebra')`);
  },
  'app_public.explain_answer': () =>
    guarded('select app_public.explain_answer($1)', (user) => said(user).answer, false),
  'app_public.replay_retrieval': () =>
    guarded('select app_public.replay_retrieval($1)', (user) => said(user).answer, false),
  // test/sql/search/search-crowd.test.ts holds search and its filters against the policies
  ...Object.fromEntries(
    [
      ['search_documents', `'zebra', $1::extensions.halfvec, 100`],
      ['search_memories', `'zebra', $1::extensions.halfvec, 100`],
      ['search_similar_chunks', '$1::extensions.halfvec, max_results => 100'],
      ['search_similar_messages', '$1::extensions.halfvec, max_results => 100'],
    ].map(([name, given]) => [
      `app_public.${name}`,
      async () => {
        const vector = JSON.stringify(axis(512, 0));
        const find = async (user: TestUser, more = '') =>
          (
            await call(
              user,
              `select r.* from app_public.${name}(${given}${more}) as s cross join unnest(s.results) as r`,
              vector,
            )
          ).rows.flatMap((row) => [row.document_id, row.message_id, row.conversation_id, row.memory_item_id]);
        const { ann, bob, owner, member, viewer } = tenants;
        const found = await find(ann);
        expect(found.filter(Boolean).length).toBeGreaterThan(0);
        for (const stranger of [bob, owner, member])
          for (const id of ids(stranger)) expect(found).not.toContain(id);
        for (const id of [of(owner).document, of(owner).conversation, of(owner).memory])
          expect(await find(viewer)).not.toContain(id);
        if (name === 'search_similar_messages') {
          expect(await find(ann, `, conversation_id => '${of(ann).conversation}'`)).not.toEqual([]);
          expect(await find(ann, `, conversation_id => '${of(bob).conversation}'`)).toEqual([]);
          expect(await find(viewer, `, conversation_id => '${of(owner).conversation}'`)).toEqual([]);
        }
        await nobody(`select app_public.${name}(${given!.replace('$1', `'${vector}'`)})`);
      },
    ]),
  ),
  'app_hidden.search_facts': async () => {
    const { ann, bob } = tenants;
    const facts = async (user: TestUser, response: string) =>
      (
        await call(
          user,
          `select app_hidden.search_facts(r) as facts from (select (jsonb_populate_record(null::app_public.search_response, $1)).*) as r`,
          response,
        )
      ).rows[0].facts;
    // whatever an answer says, it belongs to whom the session says, and nothing is looked up
    const made = JSON.stringify({
      requested: 1,
      returned: 1,
      path: 'index',
      results: [{ chunk_id: said(bob).chunk }],
      workspace_id: bob.workspaceId,
    });
    expect(await facts(ann, made)).toEqual({
      workspace_id: ann.workspaceId,
      user_id: ann.id,
      version_id: null,
      requested: 1,
      returned: 1,
      path: 'index',
      scan_limit_hit: null,
      chunk_ids: [said(bob).chunk],
    });
    expect(
      await fails(asVisitor(database, (client) => client.query('select app_hidden.search_facts(null)'))),
    ).toMatchObject({ code: '42501' });
  },
};
