import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  code,
  database,
  endScene,
  one,
  owner,
  setScene,
  tenants,
  waits,
  worker,
} from '../../support/library.ts';
import { lockWaiters } from '../../support/locks.ts';
import { describeReal } from '../../support/server.ts';
import { addContent, type Content, join } from '../../support/tenants.ts';
import { asRole, asUser, registerUser, type TestUser, until } from '../../support/users.ts';
import { fails } from '../attacks/scene.ts';

describeReal('a legal hold', () => {
  const content = new Map<TestUser, Content>();
  const of = (user: TestUser) => content.get(user)!;
  beforeAll(async () => {
    await setScene();
    for (const user of [tenants.ann, tenants.owner, tenants.member])
      content.set(user, await addContent(database, user, user.id.slice(-4)));
    for (const user of [tenants.ann, tenants.owner]) await releaseAll(user);
  });
  afterAll(endScene);

  /** Named arguments of place_legal_hold, as SQL. */
  const place = async (user: TestUser, more: string, ...values: unknown[]) =>
    one(user, `select * from app_public.place_legal_hold('a secret case', ${more})`, ...values);
  async function releaseAll(user: TestUser): Promise<void> {
    for (const { id } of (await call(user, 'select id from app_public.legal_holds where released_at is null'))
      .rows)
      await one(user, 'select app_public.release_legal_hold($1)', id);
  }
  const remove = (user: TestUser, table: string, id: string) =>
    call(user, `delete from app_public.${table} where id = $1`, id);
  /** What an attempt ends with, undone. */
  const attempt = async (user: TestUser, sql: string, ...values: unknown[]): Promise<string | undefined> =>
    asUser(database, user, async (client) => {
      await client.query(sql, values);
      throw Object.assign(new Error('done'), { code: 'done' });
    }).catch((error) => error.code);

  it('says why to those who manage the workspace, and to others only that it is there', async () => {
    const { owner: manager, member } = tenants;
    await place(manager, `'documents'`);
    const refused = {
      code: 'CQ120',
      message: expect.stringMatching(/^A legal hold keeps this/),
    };
    const mine = await fails(remove(manager, 'documents', of(manager).document));
    expect(mine).toMatchObject(refused);
    expect(mine.message).toContain('a secret case');
    const theirs = await fails(remove(member, 'documents', of(member).document));
    expect(theirs).toMatchObject(refused);
    expect(theirs.message).not.toContain('secret');
    // other kinds are free
    expect(
      await attempt(member, 'delete from app_public.conversations where id = $1', of(member).conversation),
    ).toBe('done');
    await releaseAll(manager);
  });

  it('is released, which the log says, and everything works again; otherwise nobody changes or removes it', async () => {
    const { ann } = tenants;
    const { id } = await place(ann, 'null');
    for (const [sql, why] of [
      ['delete from app_public.legal_holds where id = $1', 'CQ120'],
      [`update app_public.legal_holds set kind = 'files' where id = $1`, 'CQ120'],
      [`update app_public.legal_holds set reason = 'other' where id = $1`, 'CQ712'],
      [
        'delete from app_public.workspaces w using app_public.legal_holds h where h.id = $1 and w.id = h.workspace_id',
        'CQ120',
      ],
    ] as const)
      expect(await code(owner().query(sql, [id])), sql).toBe(why);
    // the workspace named is what truncate cannot say
    expect(await code(owner().query('truncate app_public.legal_holds'))).toBe('CQ120');
    for (const sql of [
      'delete from app_public.legal_holds',
      `update app_public.legal_holds set released_at = now()`,
    ])
      for (const role of ['colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_monitor'])
        expect(
          await code(
            asRole(
              database,
              role === 'colloquy_user' || role === 'colloquy_admin' ? role : 'colloquy_user',
              { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner' },
              (client) => client.query(sql),
            ),
          ),
        ).toBe('42501');
    expect(await code(worker().query('update app_public.legal_holds set released_at = now()'))).toBe('42501');
    await call(ann, 'select app_public.release_legal_hold($1)', id);
    expect(
      await code(
        owner().query(
          'update app_public.legal_holds set released_at = null, released_by = null where id = $1',
          [id],
        ),
      ),
    ).toBe('CQ712');
    const { rows } = await call(
      ann,
      `select action from app_public.audit_logs where entity_id = $1 order by id`,
      id,
    );
    expect(rows.map((row) => row.action)).toEqual(['legal_hold.created', 'legal_hold.changed']);
    expect((await remove(ann, 'documents', of(ann).document)).rowCount).toBe(1);
    expect((await call(ann, `update app_public.conversations set title = 'new'`)).rowCount).toBe(2);
  });

  it('is on one conversation, one document or one person, and leaves the rest free', async () => {
    const { owner: manager, member } = tenants;
    // not readable to the manager, and held all the same
    const hold = await place(manager, 'conversation_id => $1', of(member).conversation);
    expect(hold).toMatchObject({
      scope: 'conversation',
      kind: null,
      conversation_id: of(member).conversation,
    });
    const tries = async (user: TestUser) => ({
      private: await attempt(
        user,
        'delete from app_public.conversations where id = $1',
        of(user).conversation,
      ),
      shared: await attempt(
        user,
        'delete from app_public.conversations where id = $1',
        of(user).sharedConversation,
      ),
      document: await attempt(
        user,
        `update app_public.documents set content = 'other' where id = $1`,
        of(user).document,
      ),
      other: await attempt(user, 'delete from app_public.documents where id = $1', of(user).sharedDocument),
      file: await attempt(user, 'select app_public.delete_file($1)', of(user).file),
      tag: await attempt(
        user,
        `select app_public.remove_tag(t.name, 'document', $1) from app_public.tags t join app_public.entity_tags e on e.tag_id = t.id and e.entity_id = $1`,
        of(user).document,
      ),
    });
    const ALL = {
      private: 'done',
      shared: 'done',
      document: 'done',
      other: 'done',
      file: 'done',
      tag: 'done',
    };
    expect(await tries(member)).toEqual({ ...ALL, private: 'CQ120' });
    expect(await tries(manager)).toEqual(ALL);
    await releaseAll(manager);
    await place(manager, 'document_id => $1', of(member).document);
    expect(await tries(member)).toEqual({ ...ALL, document: 'CQ120', tag: 'CQ120' });
    await releaseAll(manager);
    await place(manager, `user_id => $1`, member.id);
    expect(await tries(member)).toEqual({
      private: 'CQ120',
      shared: 'CQ120',
      document: 'CQ120',
      other: 'CQ120',
      file: 'CQ120',
      tag: 'CQ120',
    });
    expect(await tries(manager)).toEqual(ALL);
    // what the person said in a conversation of somebody else
    await call(member, `select app_public.post_message($1, 'of the person')`, of(manager).sharedConversation);
    expect((await tries(manager)).shared).toBe('CQ120');
    // with a kind; and its account
    await releaseAll(manager);
    await place(manager, `'files', user_id => $1`, member.id);
    expect(await tries(member)).toEqual({ ...ALL, file: 'CQ120' });
    expect(await code(owner().query('delete from app_public.users where id = $1', [member.id]))).toBe(
      'CQ120',
    );
    await releaseAll(manager);

    for (const [more, why, ...values] of [
      ['conversation_id => $1', 'CQ204', of(tenants.ann).conversation],
      ['document_id => $1', 'CQ204', of(tenants.ann).sharedDocument],
      ['user_id => $1', 'CQ204', tenants.ann.id],
      [`'files', conversation_id => $1`, 'CQ200', of(member).conversation],
      ['conversation_id => $1, user_id => $2', 'CQ200', of(member).conversation, member.id],
      [`'hot_conversations'`, 'CQ200'],
    ])
      expect(await code(place(manager, more!, ...values)), more).toBe(why);
  });

  it('and a deletion never pass each other', async () => {
    const { owner: manager, member } = tenants;
    const ways = [
      (id: string) => remove(member, 'documents', id),
      (id: string) => call(member, `update app_public.documents set content = 'other' where id = $1`, id),
    ];
    for (const way of ways) {
      const { id } = await one(member, `select id from app_public.create_document('a', 'b')`);
      // a hold that is not committed yet: who deletes waits, and sees it
      let late: Promise<string | undefined> | undefined;
      await asUser(database, manager, async (client) => {
        await client.query(`select app_public.place_legal_hold('a case', 'documents')`);
        late = code(way(id));
        await waits();
      });
      expect(await late).toBe('CQ120');
      await releaseAll(manager);
      // a deletion that is not committed yet: who places a hold waits, and it holds from then on
      let placing: Promise<unknown> | undefined;
      await asUser(database, member, async (client) => {
        await client.query('delete from app_public.documents where id = $1', [id]);
        placing = place(manager, `'documents'`);
        await waits();
      });
      await placing;
      const { id: other } = await one(member, `select id from app_public.create_document('a', 'b')`);
      expect(await code(way(other))).toBe('CQ120');
      await releaseAll(manager);
    }
    // the one that a hold is about is there, or it is not placed
    const { id } = await one(member, `select id from app_public.create_document('a', 'b')`);
    let placing: Promise<string | undefined> | undefined;
    await asUser(database, member, async (client) => {
      await client.query('delete from app_public.documents where id = $1', [id]);
      placing = code(place(manager, 'document_id => $1', id));
      await waits();
    });
    expect(await placing).toBe('CQ204');
    // who sees one moment only would not see a hold that was placed since
    for (const level of ['repeatable read', 'serializable']) {
      const client = await owner().connect();
      try {
        await client.query(`begin isolation level ${level}`);
        expect(
          await code(client.query('delete from app_public.documents where id = $1', [of(member).document])),
        ).toBe('CQ711');
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
  });

  it('outlives who placed it, and whose things they are', async () => {
    const placer = await join(
      database,
      await registerUser(database, 'placer@example.org'),
      tenants.owner.workspaceId,
      'admin',
    );
    const { id } = await place(placer, 'null');
    const refused = () => fails(remove(tenants.member, 'documents', of(tenants.member).document));
    await call(tenants.owner, 'select app_public.remove_member($1)', placer.id);
    expect(await refused()).toMatchObject({ code: 'CQ120' });
    await owner().query('delete from app_public.users where id = $1', [placer.id]);
    expect(await refused()).toMatchObject({ code: 'CQ120' });
    expect(
      (await call(tenants.owner, 'select placed_by from app_public.legal_holds where id = $1', id)).rows,
    ).toEqual([{ placed_by: null }]);
    // an account with anything under it
    expect(await code(owner().query('delete from app_public.users where id = $1', [tenants.member.id]))).toBe(
      'CQ120',
    );
    // somebody who went, and left things behind
    await releaseAll(tenants.owner);
    const gone = await join(
      database,
      await registerUser(database, 'gone@example.org'),
      tenants.owner.workspaceId,
      'member',
    );
    const left = await one(gone, `select id from app_public.start_conversation('left')`);
    await call(gone, 'select app_public.leave_workspace()');
    await place(tenants.owner, 'user_id => $1', gone.id);
    expect(await code(owner().query('delete from app_public.conversations where id = $1', [left.id]))).toBe(
      'CQ120',
    );
    await releaseAll(tenants.owner);
    await owner().query('delete from app_public.users where id = $1', [gone.id]);
    expect(
      (
        await call(
          tenants.owner,
          `select user_id from app_public.legal_holds where scope = 'person' order by id desc limit 1`,
        )
      ).rows,
    ).toEqual([{ user_id: null }]);
  });

  it('keeps partitions and bytes', async () => {
    const { ann } = tenants;
    const { rows } = await owner().query(
      'select tableoid::regclass::text as partition from app_public.raw_events where id = $1',
      [of(ann).event],
    );
    const drop = () => owner().query('select app_private.require_unheld_partition($1)', [rows[0].partition]);
    await drop();
    await call(ann, 'select app_public.delete_file($1)', of(ann).file);
    await place(ann, `'raw_events'`);
    expect(await code(drop())).toBe('CQ120');
    const found = async () =>
      (await worker().query('select * from app_hidden.find_discarded_contents()')).rowCount;
    expect(await found()).toBe(1);
    await place(ann, `'files'`);
    expect(await found()).toBe(0);
    const { rows: contents } = await owner().query('select storage_path from app_hidden.discarded_contents');
    expect(
      (await worker().query('select app_hidden.release_content($1) as gone', [contents[0].storage_path]))
        .rows[0].gone,
    ).toBe(false);
    await releaseAll(ann);
    await drop();
    expect(
      (await worker().query('select app_hidden.release_content($1) as gone', [contents[0].storage_path]))
        .rows[0].gone,
    ).toBe(true);
    const { rows: logs } = await owner().query(
      'select tableoid::regclass::text as partition from app_public.audit_logs where workspace_id = $1 limit 1',
      [ann.workspaceId],
    );
    await place(ann, `'audit_logs'`);
    expect(
      await code(owner().query('select app_private.require_unheld_partition($1)', [logs[0].partition])),
    ).toBe('CQ120');
    await releaseAll(ann);
  });

  it('is seen by a deletion in very many workspaces at once, and waits for one', async () => {
    const { ann } = tenants;
    await owner().query(
      `with made as (insert into app_public.workspaces (name) select 'many' from generate_series(1, 120) returning id)
       insert into app_public.usage_logs (workspace_id, action) select id, 'many' from made union all select $1, 'many'`,
      [ann.workspaceId],
    );
    const { id } = await place(ann, `'usage_logs'`);
    const sweep = `delete from app_public.usage_logs where action = 'many'`;
    expect(await code(owner().query(sweep))).toBe('CQ120');
    await call(ann, 'select app_public.release_legal_hold($1)', id);
    const client = await owner().connect();
    let placing: Promise<unknown> | undefined;
    try {
      await client.query('begin');
      expect((await client.query(sweep)).rowCount).toBe(121);
      placing = place(ann, `'usage_logs'`);
      await until(async () => (await lockWaiters(database, 'advisory')).length > 0);
      await client.query('commit');
    } finally {
      client.release();
    }
    await placing;
    await releaseAll(ann);
  });

  it('leaves no way open by what a login may set or write', async () => {
    const { ann } = tenants;
    await place(ann, 'null');
    for (const role of ['worker', 'authenticator', 'monitor'] as const)
      expect(await code(database.pool(role).query(`set session_replication_role = 'replica'`)), role).toBe(
        '42501',
      );
    for (const sql of [
      `insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256) values (uuidv7(), uuidv7(), 0, '{}', '')`,
      'delete from app_public.messages',
      'truncate app_public.messages',
      'alter table app_public.documents disable trigger all',
      'select app_private.pack_conversation(null)',
    ])
      expect(await code(worker().query(sql)), sql).toBe('42501');
    await releaseAll(ann);
  });

  it('costs nothing where there is none: one call for a statement of 10,000 rows, none for a post', async () => {
    const { ann } = tenants;
    const client = await database.pool('admin').connect();
    const count = async () =>
      (
        await client.query(
          `select coalesce(sum(calls), 0)::int as calls from pg_stat_xact_user_functions where funcname like 'keep_held%'`,
        )
      ).rows[0].calls;
    const calls = async (work: () => Promise<unknown>): Promise<number> => {
      await client.query('begin');
      const before = await count();
      await work();
      const after = await count();
      await client.query('rollback');
      return after - before;
    };
    try {
      await client.query(`set track_functions = 'pl'`);
      const insert = () =>
        client.query(
          `insert into app_public.usage_logs (workspace_id, user_id, action) select $1, $2, 'test' from generate_series(1, 10000)`,
          [ann.workspaceId, ann.id],
        );
      expect(
        await calls(async () => {
          await insert();
          await client.query(`delete from app_public.usage_logs where action = 'test'`);
        }),
      ).toBe(1);
      expect(
        await calls(async () => {
          for (const [name, value] of [
            ['role', 'colloquy_user'],
            ['colloquy.user_id', ann.id],
            ['colloquy.workspace_id', ann.workspaceId],
            ['colloquy.member_role', 'owner'],
          ])
            await client.query('select set_config($1, $2, true)', [name, value]);
          await client.query(`select app_public.post_message($1, 'hello')`, [of(ann).conversation]);
          await client.query('set local role none');
        }),
      ).toBe(0);
    } finally {
      await client.query('reset track_functions');
      client.release();
    }
  });
});
