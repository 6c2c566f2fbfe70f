import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { createTenants, type Tenants } from '../support/tenants.ts';
import { asUser, type TestUser, until } from '../support/users.ts';

describeReal('files, repositories, tags and retention', () => {
  let database: Database;
  let tenants: Tenants;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    tenants = await createTenants(database);
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');
  const call = (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult> =>
    asUser(database, user, (client) => client.query(sql, values));
  const one = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await call(user, sql, ...values)).rows[0];
  const code = async (work: Promise<unknown>): Promise<string | undefined> => {
    try {
      await work;
    } catch (error) {
      return errorCode(error);
    }
    throw new Error('It was allowed.');
  };
  const document = async (user: TestUser, more = ''): Promise<string> =>
    (await one(user, `select id from app_public.create_document('a', 'b'${more})`)).id;
  const waits = () => until(async () => (await lockWaiters(database)).length > 0);

  describe('files', () => {
    const store = (user: TestUser, type = 'text/plain', size = 3, name = 'folder/a.txt') =>
      one(user, `select * from app_hidden.register_file($1, $2, $3, sha256('abc'))`, name, type, size);

    it('keep the bytes of equal content once in a workspace, and a row for each owner', async () => {
      const { owner: first, member, ann } = tenants;
      const mine = await store(first);
      expect(mine).toMatchObject({ original_name: 'a.txt', processing_status: 'pending' });
      expect((await store(first, 'text/plain', 3, 'b.txt')).id).toBe(mine.id);
      const theirs = await store(member);
      expect(theirs.id).not.toBe(mine.id);
      expect(theirs.storage_path).toBe(mine.storage_path);
      expect((await store(ann)).storage_path).not.toBe(mine.storage_path);
    });

    it('keep their bytes when they are stored at the moment of removing them', async () => {
      const { ann } = tenants;
      const register = `select storage_path from app_hidden.register_file('again.txt', 'text/plain', 5, sha256('again'))`;
      const release = async (client: pg.Pool | pg.PoolClient, path: string): Promise<boolean> =>
        (await client.query('select app_hidden.release_content($1) as is_free', [path])).rows[0].is_free;
      /** Waits until the other one does, or has not. */
      const meets = async <T>(other: Promise<T>): Promise<void> => {
        let isOver = false;
        other.finally(() => (isOver = true)).catch(() => {});
        await until(async () => isOver || (await lockWaiters(database, 'advisory')).length > 0);
      };
      const { path, removing } = await asUser(database, ann, async (client) => {
        const { rows } = await client.query(register);
        const other = release(worker(), rows[0].storage_path);
        await meets(other);
        return { path: rows[0].storage_path as string, removing: other };
      });
      expect(await removing).toBe(false);
      await owner().query('delete from app_public.files where storage_path = $1', [path]);

      const remover = await worker().connect();
      try {
        await remover.query('begin');
        expect(await release(remover, path)).toBe(true);
        let isStored = false;
        const storing = one(ann, register).finally(() => (isStored = true));
        await meets(storing);
        expect(isStored).toBe(false);
        await remover.query('commit');
        await storing;
      } finally {
        remover.release(true);
      }
      expect(await release(worker(), path)).toBe(false);
    });

    it('are refused by type and by size', async () => {
      const { ann } = tenants;
      expect(await code(store(ann, 'video/mp4'))).toBe('CQ244');
      expect(await code(store(ann, 'text/plain', 20971521))).toBe('CQ244');
      await owner().query(
        `update app_public.file_type_configs set is_enabled = false where mime_type = 'text/csv'`,
      );
      expect(await code(store(ann, 'text/csv'))).toBe('CQ244');
    });

    it('have states that only the worker sets, and a document of the same owner', async () => {
      const { bob } = tenants;
      const file = await store(bob);
      const ask = async (sql: string, ...values: unknown[]) =>
        (await worker().query(sql, [bob.workspaceId, file.id, ...values])).rows[0];
      const state = () => one(bob, 'select * from app_public.files where id = $1', file.id);
      const claim = () => ask('select * from app_hidden.claim_file($1, $2)');
      expect(await claim()).toMatchObject({ attempt: 1, extractor: 'text', storage_path: file.storage_path });
      expect(await claim()).toBeUndefined();
      await ask(`select app_hidden.fail_file($1, $2, 1, 'CQ322', 'It is damaged.')`);
      expect(await state()).toMatchObject({
        processing_status: 'failed',
        error: 'It is damaged.',
        error_code: 'CQ322',
        retry_at: null,
      });
      await one(bob, 'select * from app_public.retry_file($1)', file.id);
      expect(await state()).toMatchObject({ processing_status: 'pending', error: null, attempts: 0 });
      await claim();
      expect((await ask('select app_hidden.release_file($1, $2, 2) as done')).done).toBe(false);
      expect((await ask('select app_hidden.release_file($1, $2, 1) as done')).done).toBe(true);
      await claim();
      const { document: read } = await ask(
        `select app_hidden.store_extraction($1, $2, 1, null, 'abc', 'text') as document`,
      );
      expect(await state()).toMatchObject({
        processing_status: 'completed',
        error: null,
        extracted_length: 3,
      });
      expect(
        await one(
          bob,
          'select title, owner_id, visibility, file_id from app_public.documents where id = $1',
          read,
        ),
      ).toEqual({ title: 'a', owner_id: bob.id, visibility: 'private', file_id: file.id });
      for (const sql of [
        'select app_hidden.claim_file($1, $2)',
        `select app_hidden.store_extraction($1, $2, 1, 'a', 'a', 'text')`,
        `select app_hidden.fail_file($1, $2, 1, 'CQ322', 'x')`,
        'select app_hidden.release_file($1, $2, 1)',
      ]) {
        expect(await code(call(bob, sql, bob.workspaceId, file.id))).toBe('42501');
      }
      await owner().query('delete from app_public.files where id = $1', [file.id]);
      expect(await one(bob, 'select from app_public.documents where id = $1', read)).toBeUndefined();
    });

    it('are changed by the last attempt alone: a worker that was taken for dead comes too late', async () => {
      const { ann } = tenants;
      const { id } = await one(
        ann,
        `select id from app_hidden.register_file('late.txt', 'text/plain', 4, sha256('late'))`,
      );
      const ask = async (sql: string, ...values: unknown[]) =>
        (await worker().query(sql, [ann.workspaceId, id, ...values])).rows[0];
      const stored = async (attempt: number, text: string) =>
        (
          await ask(
            `select app_hidden.store_extraction($1, $2, $3, null, $4, 'text') as document`,
            attempt,
            text,
          )
        ).document;
      await ask('select app_hidden.claim_file($1, $2)');
      await owner().query(`update app_public.files set retry_at = now() where id = $1`, [id]);
      expect(await ask('select attempt from app_hidden.claim_file($1, $2)')).toEqual({ attempt: 2 });
      expect(await stored(1, 'of the first')).toBeNull();
      expect(await ask(`select app_hidden.fail_file($1, $2, 1, 'CQ322', 'late') as state`)).toEqual({
        state: null,
      });
      const document = await stored(2, 'of the second');
      expect(await one(ann, 'select content from app_public.documents where id = $1', document)).toEqual({
        content: 'of the second',
      });
      expect(await stored(2, 'once more')).toBeNull();
    });

    it('that are too long to be a document are refused, and tried again later with growing pauses', async () => {
      const { bob } = tenants;
      const file = await store(bob);
      const ask = async (sql: string, ...values: unknown[]) =>
        (await worker().query(sql, [bob.workspaceId, file.id, ...values])).rows[0];
      await ask('select * from app_hidden.claim_file($1, $2)');
      expect(
        await code(
          worker().query(
            `select app_hidden.store_extraction($1, $2, 1, 'a', repeat('ä', 10485761), 'text')`,
            [bob.workspaceId, file.id],
          ),
        ),
      ).toBe('CQ323');
      const pauses: number[] = [];
      for (let attempt = 1; attempt <= 4; attempt++) {
        await ask(`select app_hidden.fail_file($1, $2, $3, 'CQ329', 'x', is_final => false)`, attempt);
        const { rows } = await owner().query(
          'select round(extract(epoch from retry_at - clock_timestamp()))::int as pause, processing_status from app_public.files where id = $1',
          [file.id],
        );
        expect(rows[0].processing_status).toBe('processing');
        pauses.push(rows[0].pause);
        expect(await ask('select * from app_hidden.claim_file($1, $2)')).toBeUndefined();
        await owner().query('update app_public.files set retry_at = now() where id = $1', [file.id]);
        await ask('select * from app_hidden.claim_file($1, $2)');
      }
      expect(pauses.map((pause) => Math.round(pause / 10))).toEqual([1, 4, 16, 64]);
      await ask(`select app_hidden.fail_file($1, $2, 5, 'CQ329', 'x', is_final => false)`);
      expect(
        await one(bob, 'select processing_status, error_code from app_public.files where id = $1', file.id),
      ).toEqual({
        processing_status: 'failed',
        error_code: 'CQ329',
      });
    });
  });

  describe('repositories', () => {
    const make = (user: TestUser, name: string) =>
      one(user, `select * from app_public.create_repository($1, 'git', visibility => 'workspace')`, name);
    const put = (user: TestUser, repository: string, id: string, path: string) =>
      one(user, 'select * from app_public.add_document_to_repository($1, $2, $3)', repository, id, path);

    it('have a name of their own, and one document at each path', async () => {
      const { owner: first } = tenants;
      const { id } = await make(first, 'engine');
      expect(await code(make(first, ' engine '))).toBe('CQ240');
      const [a, b] = [await document(first), await document(first)];
      await put(first, id, a, 'src/a.ts');
      expect(await code(put(first, id, b, 'src/a.ts'))).toBe('CQ240');
      expect(await code(put(first, id, b, ''))).toBe('CQ200');
      expect((await put(first, id, a, 'src/b.ts')).file_path).toBe('src/b.ts');
      await call(first, 'delete from app_public.documents where id = $1', a);
      expect(
        (await call(first, 'select from app_public.repository_documents where repository_id = $1', id))
          .rowCount,
      ).toBe(0);
    });

    it('show others what they may read of a shared one, and nothing else', async () => {
      const { owner: first, member } = tenants;
      const { id } = await make(first, 'shared');
      const [hidden, shown] = [await document(first), await document(first, `, visibility => 'workspace'`)];
      await put(first, id, hidden, 'hidden');
      await put(first, id, shown, 'shown');
      const seen = await call(
        member,
        'select file_path from app_public.repository_documents where repository_id = $1',
        id,
      );
      expect(seen.rows).toEqual([{ file_path: 'shown' }]);
      expect(
        (await call(member, `update app_public.repositories set name = 'x' where id = $1`, id)).rowCount,
      ).toBe(0);
    });
  });

  describe('tags', () => {
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

  describe('retention', () => {
    const effective = async (kind: string, workspace: string) =>
      (
        await worker().query('select keep_days, decided_by from app_hidden.effective_retention($1, $2)', [
          kind,
          workspace,
        ])
      ).rows[0];
    const set = (user: TestUser, kind: string, days: number | null) =>
      one(user, 'select * from app_public.set_retention_policy($1, $2)', kind, days);

    it('is decided by a hold, then the workspace, then the system, then nothing', async () => {
      const { ann, bob } = tenants;
      expect(await effective('documents', ann.workspaceId)).toEqual({
        keep_days: null,
        decided_by: 'nothing',
      });
      expect(await effective('raw_events', ann.workspaceId)).toEqual({ keep_days: 90, decided_by: 'system' });
      await set(ann, 'raw_events', 7);
      expect(await effective('raw_events', ann.workspaceId)).toEqual({
        keep_days: 7,
        decided_by: 'workspace',
      });
      expect(await effective('raw_events', bob.workspaceId)).toEqual({ keep_days: 90, decided_by: 'system' });
      await set(ann, 'usage_logs', null);
      expect(await effective('usage_logs', ann.workspaceId)).toEqual({
        keep_days: null,
        decided_by: 'workspace',
      });
      const hold = await one(ann, `select * from app_public.place_legal_hold('a case', 'raw_events')`);
      expect(await effective('raw_events', ann.workspaceId)).toEqual({ keep_days: null, decided_by: 'hold' });
      expect((await effective('memory_items', ann.workspaceId)).decided_by).toBe('system');
      const all = await one(ann, `select * from app_public.place_legal_hold('everything')`);
      expect((await effective('memory_items', ann.workspaceId)).decided_by).toBe('hold');
      expect((await effective('memory_items', bob.workspaceId)).decided_by).toBe('system');
      for (const { id } of [hold, all]) {
        const released = await one(ann, 'select * from app_public.release_legal_hold($1)', id);
        expect(released).toMatchObject({ released_by: ann.id, released_at: expect.any(Date) });
        expect(await code(call(ann, 'select app_public.release_legal_hold($1)', id))).toBe('CQ204');
      }
      expect(await effective('raw_events', ann.workspaceId)).toEqual({
        keep_days: 7,
        decided_by: 'workspace',
      });
    });

    it('is for owners and administrators, who alone see holds', async () => {
      const { owner: first, member, viewer, ann } = tenants;
      expect(await code(set(member, 'files', 1))).toBe('CQ114');
      expect(await code(set(viewer, 'files', 1))).toBe('CQ109');
      expect(await code(set(first, 'files', 0))).toBe('CQ200');
      expect(await code(call(first, `select app_public.place_legal_hold(' ')`))).toBe('CQ200');
      await set({ ...first, memberRole: 'admin' }, 'files', 30);
      await one(first, `select * from app_public.place_legal_hold('a case')`);
      const seen = async (user: TestUser) =>
        (await call(user, 'select from app_public.legal_holds')).rowCount;
      expect([await seen(first), await seen(member), await seen(viewer)]).toEqual([1, 0, 0]);
      expect(
        (
          await call(
            ann,
            'select from app_public.retention_policies where keep_days = 30 and workspace_id is not null',
          )
        ).rowCount,
      ).toBe(0);
      expect(
        await code(call(member, `select app_hidden.effective_retention('files', $1)`, member.workspaceId)),
      ).toBe('42501');
    });
  });

  describe('sample data', () => {
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
});
