import { expect } from 'vitest';
import { asVisitor, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, guarded, NOWHERE, nobody, of, said, tenants } from './scene.ts';

/** Attacks on the functions of turns, configurations, shares, feedback and usage. */
export const dialogue: Attacks = {
  'app_hidden.attached_files': async () => {
    const { bob, ann } = tenants;
    const id = of(bob).file;
    const ask = (user: TestUser) =>
      call(user, 'select id from app_hidden.attached_files($1)', JSON.stringify([{ fileId: id }]));
    expect((await ask(bob)).rows).toEqual([{ id }]);
    expect((await ask(ann)).rows).toEqual([]);
  },
  'app_hidden.streamed_text': async () => {
    const { ann, bob, member, owner } = tenants;
    for (const [caller, writer] of [
      [ann, bob],
      [member, owner],
    ] as const) {
      const begun = 'select id from app_public.start_answer($1)';
      const [{ id }] = (await call(writer, begun, said(writer).conversation)).rows;
      await call(writer, `select app_public.append_to_message($1, 'mine', 0)`, id);
      const read = (user: TestUser) => call(user, 'select app_hidden.streamed_text($1) as text', id);
      expect((await read(writer)).rows).toEqual([{ text: 'mine' }]);
      expect((await read(caller)).rows).toEqual([{ text: null }]);
      for (const write of [
        `select app_public.append_to_message($1, 'x', 4)`,
        'select app_public.finish_message($1)',
      ])
        expect(await fails(call(caller, write, id))).toEqual(await fails(call(caller, write, NOWHERE)));
      await call(writer, 'select app_public.finish_message($1)', id);
    }
  },
  'app_public.answer_tool_call': () =>
    guarded(`select app_public.answer_tool_call($1, 'approved')`, (user) => said(user).toolCall),
  'app_public.append_to_message': () =>
    guarded(`select app_public.append_to_message($1, 'x', 0)`, (user) => said(user).answer),
  'app_public.branch_conversation': () =>
    guarded('select app_public.branch_conversation($1)', (user) => said(user).answer),
  'app_public.choose_branch': () =>
    guarded('select app_public.choose_branch($1)', (user) => said(user).answer),
  'app_public.create_rag_configuration': async () => {
    const { ann, member, owner, viewer } = tenants;
    const create = (user: TestUser) =>
      call(user, `select workspace_id from app_public.create_rag_configuration('Mine')`);
    expect((await create(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
    // the same name in another workspace tells nothing
    expect((await create(owner)).rows).toEqual([{ workspace_id: owner.workspaceId }]);
    expect(await fails(create(member))).toMatchObject({ code: '42501' });
    expect(await fails(create(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.create_rag_configuration('x')`);
  },
  'app_public.create_system_prompt_template': async () => {
    const { ann, member, viewer } = tenants;
    const create = (user: TestUser, isPublic: boolean) =>
      call(
        user,
        `select id, owner_id, workspace_id from app_public.create_system_prompt_template('t', 'x', is_public => $1)`,
        isPublic,
      );
    const seen = async (user: TestUser, id: string) =>
      (await call(user, 'select from app_public.system_prompt_templates where id = $1', id)).rowCount;
    const [own, open] = [(await create(member, false)).rows[0], (await create(member, true)).rows[0]];
    expect(own).toMatchObject({ owner_id: member.id, workspace_id: member.workspaceId });
    expect([await seen(viewer, own.id), await seen(viewer, open.id)]).toEqual([0, 1]);
    expect([await seen(ann, own.id), await seen(ann, open.id)]).toEqual([0, 0]);
    expect(await fails(create(viewer, true))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.create_system_prompt_template('a', 'b')`);
  },
  'app_public.edit_message': () =>
    guarded(`select app_public.edit_message($1, 'x')`, (user) => said(user).answer),
  'app_public.finish_message': () =>
    guarded('select app_public.finish_message($1)', (user) => said(user).answer),
  'app_public.messages_client_id': async () => {
    const { ann } = tenants;
    // what it says it is told, and looks nothing up
    const { rows } = await call(
      ann,
      `select app_public.messages_client_id(row(m.*)::app_public.messages) as id from app_public.messages m where m.id = $1`,
      said(ann).answer,
    );
    expect(rows).toEqual([{ id: null }]);
  },
  'app_public.save_messages': () =>
    guarded(
      `select app_public.save_messages($1, array[row('c', 'user', 'x', null, null, null, null, null, null, null, null)]::app_public.message_to_save[])`,
      (user) => said(user).conversation,
    ),
  'app_public.start_answer': () =>
    guarded('select app_public.start_answer($1)', (user) => said(user).conversation),
  'app_public.regenerate_answer': () =>
    guarded(`select app_public.regenerate_answer($1, 'x')`, (user) => said(user).answer),
  'app_public.give_feedback': () =>
    guarded(`select app_public.give_feedback($1, 'negative')`, (user) => said(user).answer),
  'app_public.make_temporary': () =>
    guarded('select app_public.make_temporary($1)', (user) => said(user).conversation),
  'app_public.mark_read': async () => {
    const { owner, viewer } = tenants;
    await guarded('select app_public.mark_read($1)', (user) => said(user).conversation, false);
    // who only reads may say that it has read
    const { rows } = await call(
      viewer,
      'select user_id from app_public.mark_read($1)',
      of(owner).sharedConversation,
    );
    expect(rows).toEqual([{ user_id: viewer.id }]);
  },
  'app_public.read_shared_conversation': async () => {
    const { ann, bob } = tenants;
    const read = (token: string | null) =>
      asVisitor(database, (client) =>
        client.query('select title, messages from app_public.read_shared_conversation($1)', [token]),
      );
    expect((await read(said(bob).token)).rows[0].title).toBe('bob dialogue');
    const nothing = [{ title: null, messages: null }];
    for (const token of [null, '', said(bob).share, `cqh_${'0'.repeat(64)}`, ann.token]) {
      expect((await read(token)).rows).toEqual(nothing);
    }
  },
  'app_public.record_image': () =>
    guarded(`select app_public.record_image($1, 'x', 'x.png', 1, 1)`, (user) => said(user).conversation),
  'app_public.record_turn': async () => {
    const { ann, bob } = tenants;
    await guarded(`select app_public.record_turn($1, 'q', 'a')`, (user) => said(user).conversation);
    const cite = (chunk: string) =>
      call(
        ann,
        `select app_public.record_turn($1, 'q', 'a', chunks => $2)`,
        said(ann).conversation,
        JSON.stringify([{ chunkId: chunk }]),
      );
    const missing = await fails(cite(NOWHERE));
    expect(missing.code).toBe('CQ204');
    expect(await fails(cite(said(bob).chunk))).toEqual(missing);
    const parent = (id: string) =>
      call(ann, `select app_public.record_turn($1, 'q', 'a', parent_id => $2)`, said(ann).conversation, id);
    const noParent = await fails(parent(NOWHERE));
    expect(noParent.code).toBe('CQ204');
    expect(await fails(parent(said(bob).answer))).toEqual(noParent);
  },
  'app_public.request_tool_call': () =>
    guarded(`select app_public.request_tool_call($1, 'x')`, (user) => said(user).answer),
  'app_public.reserve_usage': async () => {
    const { ann, bob, viewer } = tenants;
    const reserve = (user: TestUser) => call(user, 'select * from app_public.reserve_usage(999980)');
    expect(await fails(reserve(viewer))).toMatchObject({ code: 'CQ109' });
    // what one tenant has reserved takes nothing from the other
    expect((await reserve(ann)).rows[0]).toMatchObject({
      user_id: ann.id,
      workspace_id: ann.workspaceId,
    });
    expect((await reserve(bob)).rows[0]).toMatchObject({ user_id: bob.id });
    await nobody('select app_public.reserve_usage(1)');
  },
  'app_public.revoke_share': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const revoke = (user: TestUser, id: string) => call(user, 'select app_public.revoke_share($1)', id);
    await guarded('select app_public.revoke_share($1)', (user) => said(user).share, false);
    // who manages another workspace ends nothing here, whatever it claims to be in its own
    for (const user of [ann, viewer, { ...viewer, memberRole: 'member' }])
      expect(await fails(revoke(user, said(member).share))).toMatchObject({ code: 'CQ204' });
    const { rows } = await call(owner, 'select id from app_public.conversation_shares');
    expect(rows.map((row) => row.id)).toEqual(
      expect.arrayContaining([said(owner).share, said(member).share]),
    );
    expect(rows.map((row) => row.id)).not.toContain(said(bob).share);
    // but of the conversation behind a link an owner sees nothing
    expect(
      (await call(owner, 'select from app_public.conversations where id = $1', said(member).conversation))
        .rowCount,
    ).toBe(0);
  },
  'app_public.set_default_rag_configuration': async () => {
    const { member, owner } = tenants;
    await guarded('select app_public.set_default_rag_configuration($1)', (user) =>
      user === owner ? NOWHERE : said(user).configuration,
    );
    expect(
      await fails(
        call(member, 'select app_public.set_default_rag_configuration($1)', said(member).configuration),
      ),
    ).toMatchObject({ code: 'CQ204' });
  },
  'app_public.set_usage_budget': async () => {
    const { ann, bob, member, viewer } = tenants;
    const set = (user: TestUser, forUser: string | null) =>
      call(user, `select workspace_id from app_public.set_usage_budget('day', 5, user_id => $1)`, forUser);
    // a stranger and nobody at all: the same
    const missing = await fails(set(ann, NOWHERE));
    expect(missing.code).toBe('23503');
    expect((await fails(set(ann, bob.id))).code).toBe('23503');
    expect(await fails(set(member, null))).toMatchObject({ code: '42501' });
    expect(await fails(set(member, member.id))).toMatchObject({ code: '42501' });
    expect(await fails(set(viewer, null))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.set_usage_budget('day', 1)`);
  },
  'app_public.settle_usage': () =>
    guarded('select app_public.settle_usage($1, 1)', (user) => said(user).reservation),
  'app_public.share_conversation': async () => {
    const { ann, bob, member, owner } = tenants;
    await guarded('select app_public.share_conversation($1)', (user) => said(user).conversation);
    const until = (user: TestUser, conversation: string, message: string) =>
      fails(call(user, 'select app_public.share_conversation($1, $2)', conversation, message));
    const missing = await until(ann, said(ann).conversation, NOWHERE);
    expect(missing.code).toBe('CQ204');
    expect(await until(ann, said(ann).conversation, said(bob).answer)).toEqual(missing);
    // what the workspace reads is still its owner's to share
    expect(
      await fails(call(member, 'select app_public.share_conversation($1)', of(owner).sharedConversation)),
    ).toEqual(missing);
  },
  'app_public.withdraw_feedback': () =>
    guarded('select app_public.withdraw_feedback($1)', (user) => said(user).answer),
};
