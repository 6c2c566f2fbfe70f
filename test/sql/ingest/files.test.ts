import type pg from 'pg';
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
  worker,
} from '../../support/library.ts';
import { lockWaiters } from '../../support/locks.ts';
import { describeReal } from '../../support/server.ts';
import { asUser, type TestUser, until } from '../../support/users.ts';

describeReal('files', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
        worker().query(`select app_hidden.store_extraction($1, $2, 1, 'a', repeat('ä', 10485761), 'text')`, [
          bob.workspaceId,
          file.id,
        ]),
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
