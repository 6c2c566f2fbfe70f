import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanupFiles } from '../../jobs/cleanup-files.ts';
import { exportWorkspaceJob } from '../../jobs/export-workspace.ts';
import type { JobContext } from '../../jobs/job.ts';
import { removeExpired } from '../../jobs/remove-expired.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { type FileStorage, filesFolder, localStorage } from '../../lib/storage.ts';
import { readTables } from '../../operations/logical/tables.ts';
import { importWorkspace } from '../../operations/workspaces/import.ts';
import { namedByHand } from '../../operations/workspaces/readable.ts';
import { call, code, database, endScene, one, owner, setScene, tenants, worker } from '../support/library.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { indexAll } from '../support/tenants.ts';
import { asRole, type TestUser, until } from '../support/users.ts';

log.level = 'silent';

describeReal('the archive of a workspace that somebody asked for', () => {
  let folder: string;
  let storage: FileStorage;
  let there: Database;
  const sql = async (text: string, ...values: unknown[]) => (await owner().query(text, values)).rows;
  const ask = async (user: TestUser): Promise<string> =>
    (await one(user, 'select id from app_public.export_workspace()')).id;
  const exportOf = async (id: string) =>
    (await sql('select * from app_public.workspace_exports where id = $1', id))[0];
  const context = (more: Partial<JobContext> = {}) =>
    ({
      pool: worker(),
      storage,
      exports: database,
      log,
      signal: new AbortController().signal,
      ...more,
    }) as JobContext;
  const run = (exportId: string, more: Partial<JobContext> = {}) =>
    exportWorkspaceJob.handle(context(more), { exportId });
  /** So that another one may be asked for. */
  const forget = () =>
    sql(
      `update app_public.workspace_exports set id = app_hidden.uuidv7_at(now() - interval '2 days' + random() * interval '1 hour')`,
    );

  async function upload(user: TestUser, name: string, content: string, visibility: string): Promise<string> {
    const received = await storage.receive(Readable.from([Buffer.from(content)]), { maxBytes: 1000 });
    const file = await one(
      user,
      `select id, storage_path from app_hidden.register_file($1, 'text/plain', $2, $3, visibility => $4)`,
      name,
      received.size,
      received.sha256,
      visibility,
    );
    await received.place(file.storage_path);
    await received.discard();
    return file.id;
  }

  /** One of each kind, with a word in each. */
  async function write(user: TestUser, word: string, visibility: 'private' | 'workspace') {
    const { id: talk } = await one(
      user,
      'select id from app_public.start_conversation($1, $2)',
      `${word} talk`,
      visibility,
    );
    const turn = await one(
      user,
      `select t.id from app_public.record_turn($1, $2, $3, tool_calls => $4) as t order by id desc limit 1`,
      talk,
      `${word} question`,
      `${word} answer`,
      JSON.stringify([]),
    );
    await call(
      user,
      `select app_public.give_feedback($1, 'positive', comment => $2)`,
      turn.id,
      `${word} feedback`,
    );
    const { id: doc } = await one(
      user,
      'select id from app_public.create_document($1, $2, visibility => $3)',
      `${word} title`,
      `${word} document`,
      visibility,
    );
    const { id: memory } = await one(
      user,
      'select id from app_public.remember($1, subject => $1, visibility => $2)',
      `${word} memory`,
      visibility,
    );
    const { id: repository } = await one(
      user,
      'select id from app_public.create_repository($1, visibility => $2)',
      `${word} repository`,
      visibility,
    );
    await call(
      user,
      `select app_public.add_document_to_repository($1, $2, $3)`,
      repository,
      doc,
      `${word}.md`,
    );
    await call(
      user,
      `select app_public.ingest_event('zoo', 'birth', jsonb_build_object('text', $1::text), $1, visibility => $2)`,
      `${word} event`,
      visibility,
    );
    for (const [type, id] of Object.entries({
      document: doc,
      conversation: talk,
      memory_item: memory,
      repository,
    }))
      await call(user, `select app_public.add_tag('known to all', $1, $2)`, type, id);
    const file = await upload(user, `${word}.txt`, `${word} bytes`, visibility);
    return { talk, doc, file };
  }

  beforeAll(async () => {
    await setScene();
    folder = mkdtempSync(joinPath(tmpdir(), 'colloquy-export-'));
    storage = localStorage(filesFolder(folder));
    there = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await there?.close();
    await endScene();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has what the person may read and nothing else, and is imported as any', async () => {
    const { owner: manager, member } = tenants;
    await write(manager, 'zzmine', 'private');
    await write(member, 'zzshared', 'workspace');
    const secret = await write(member, 'zzsecret', 'private');
    await call(
      member,
      `select app_public.put_agent_checkpoint('zzsecret thread', '1', 'json', 'zzsecret state')`,
    );
    await call(
      manager,
      `select app_public.put_agent_checkpoint('zzmine thread', '1', 'json', 'zzmine state')`,
    );
    // what is shared refers to what is private
    await sql(
      `update app_public.conversations c set continued_from_id = $1 where c.title = 'zzshared talk'`,
      secret.talk,
    );
    await sql(`update app_public.documents d set file_id = $1 where d.title = 'zzshared title'`, secret.file);
    await indexAll(database);
    // a packed one of each
    for (const title of ['zzsecret talk', 'zzshared talk'])
      await sql(
        'select app_hidden.archive_conversation(c.id) from app_public.conversations c where c.title = $1',
        title,
      ).catch(() =>
        call(
          member,
          'select app_public.archive_conversation(c.id) from app_public.conversations c where c.title = $1',
          title,
        ),
      );

    const id = await ask(manager);
    expect(await exportOf(id)).toMatchObject({ status: 'pending', file_id: null, requested_by: manager.id });
    expect(await run(id)).toMatchObject({ missingFiles: 0 });
    const made = await exportOf(id);
    expect(made).toMatchObject({ status: 'completed', error: null, missing_file_count: 0 });
    expect(made.expires_at - made.finished_at).toBe(24 * 3_600_000);
    expect(Number(made.row_count)).toBeGreaterThan(50);
    const [file] = await sql('select * from app_public.files where id = $1', made.file_id);
    expect(file).toMatchObject({
      owner_id: manager.id,
      visibility: 'private',
      mime_type: 'application/gzip',
      processing_status: 'completed',
    });
    const path = joinPath(folder, 'team.tar.gz');
    await pipeline(storage.read(file.storage_path), createWriteStream(path));
    const text = gunzipSync(readFileSync(path)).toString('latin1');
    for (const word of 'talk question answer title document memory repository event bytes'.split(' '))
      for (const whose of ['zzmine', 'zzshared'])
        expect(text, `${whose} ${word}`).toContain(`${whose} ${word}`);
    // what others said of an answer is theirs
    expect([text.includes('zzmine feedback'), text.includes('zzshared feedback')]).toEqual([true, false]);
    expect(text).toContain(Buffer.from('zzmine state').toString('hex'));
    // not a word, and no id: of the log, which managers read, neither
    const log = /zzsecret/g;
    expect(text.match(log) ?? []).toEqual([]);
    expect(text).not.toContain(Buffer.from('zzsecret state').toString('hex'));
    const rows = text.split('\n').filter((line) => !/"action"/.test(line));
    for (const hidden of Object.values(secret))
      expect(
        rows.filter((line) => line.includes(hidden)),
        hidden,
      ).toEqual([]);

    const imported = await importWorkspace(there, path, { storage });
    expect(imported.rows['app_public.messages']).toBe(4);
    const { rows: known } = await there
      .pool('owner')
      .query('select title from app_public.conversations where workspace_id = $1 order by title', [
        imported.workspaceId,
      ]);
    expect(known).toEqual([{ title: 'zzmine talk' }, { title: 'zzshared talk' }]);
    expect(
      await sql(
        `select user_id from app_public.audit_logs where action = 'workspace.exported' and workspace_id = $1`,
        manager.workspaceId,
      ),
    ).toEqual([{ user_id: manager.id }]);
  });

  it('is for those who manage it, one at a time and so many a day, after a proof', async () => {
    await forget();
    const { owner: manager, member, viewer, ann } = tenants;
    expect(await code(ask(member))).toBe('CQ114');
    expect(await code(ask(viewer))).toBe('CQ109');
    const claims = { userId: manager.id, workspaceId: manager.workspaceId, memberRole: 'owner' };
    const attempt = (more: object) =>
      code(
        asRole(database, 'colloquy_user', { ...claims, ...more }, (client) =>
          client.query('select app_public.export_workspace()'),
        ),
      );
    expect(await attempt({ scopes: 'read,write,admin' })).toBe('CQ110');
    expect(await attempt({ signedInAt: '2020-01-01T00:00:00Z' })).toBe('CQ142');
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query('select from app_public.workspaces where id = $1 for no key update', [
        manager.workspaceId,
      ]);
      const both = [ask(manager), ask(manager)].map((asked) => asked.catch((error) => error.code));
      await until(async () => (await lockWaiters(database)).length === 2);
      await client.query('commit');
      expect((await Promise.all(both)).filter((answer) => answer === 'CQ794')).toHaveLength(1);
    } finally {
      client.release();
    }
    // what others see of it
    const seen = async (user: TestUser) =>
      (await call(user, 'select from app_public.workspace_exports')).rowCount;
    expect([await seen(manager), await seen(member), await seen(viewer), await seen(ann)]).toEqual([
      2, 0, 0, 0,
    ]);
    for (let n = 0; n < 2; n += 1) {
      await sql(
        `update app_public.workspace_exports set status = 'failed', error = 'x', error_code = 'CQ795' where status = 'pending'`,
      );
      await ask(manager);
    }
    await sql(
      `update app_public.workspace_exports set status = 'failed', error = 'x', error_code = 'CQ795' where status = 'pending'`,
    );
    expect(await code(ask(manager))).toBe('CQ794');
  });

  it('is not made for somebody who does not manage it any more, and says why it could not be made', async () => {
    await forget();
    const { owner: manager, member } = tenants;
    const role = (to: string) =>
      sql(
        'update app_public.workspace_members set role = $1 where user_id = $2 and workspace_id = $3',
        to,
        member.id,
        member.workspaceId,
      );
    await role('admin');
    const id = await ask({ ...member, memberRole: 'admin' });
    await role('member');
    expect(await run(id)).toHaveProperty('skipped');
    expect(await exportOf(id)).toMatchObject({ status: 'failed', error_code: 'CQ114', file_id: null });
    expect(await run(id)).toHaveProperty('skipped');
    await forget();
    const broken = await ask(manager);
    const failing = {
      ...storage,
      receive: async () => Promise.reject(Object.assign(new Error('no room'), { code: 'CQ507' })),
    };
    expect(await run(broken, { storage: failing })).toEqual({ failed: 'CQ507' });
    expect(await exportOf(broken)).toMatchObject({ status: 'failed', error_code: 'CQ507' });
  });

  it('is begun again by the next worker when one is stopped at it, and leaves nothing behind', async () => {
    await forget();
    const { owner: manager } = tenants;
    const id = await ask(manager);
    const stopped = new AbortController();
    const slow: FileStorage = {
      ...storage,
      receive: async (source, options) => {
        stopped.abort(new Error('this process ends'));
        return storage.receive(source, options);
      },
    };
    await expect(run(id, { storage: slow, signal: stopped.signal })).rejects.toThrow();
    expect(await exportOf(id)).toMatchObject({ status: 'processing', file_id: null });
    expect(await run(id)).toHaveProperty('rows');
    expect(await exportOf(id)).toMatchObject({ status: 'completed' });
  });

  it('ends by itself, with its bytes, unless a legal hold keeps it', async () => {
    const { owner: manager } = tenants;
    const remove = async () => (await removeExpired.handle(context(), {})) as { exports: number };
    expect((await remove()).exports).toBe(0);
    await sql(`update app_public.workspace_exports set expires_at = now() where file_id is not null`);
    const paths = await sql(
      'select f.storage_path as path from app_public.files f join app_public.workspace_exports e on e.file_id = f.id',
    );
    expect(paths).toHaveLength(2);
    const hold = await one(manager, `select id from app_public.place_legal_hold('a case', 'files')`);
    expect((await remove()).exports).toBe(0);
    await one(manager, 'select id from app_public.release_legal_hold($1)', hold.id);
    // and a month later what is known of it; those of this test are two days old
    expect((await remove()).exports).toBe(2);
    expect(await sql('select from app_public.workspace_exports where file_id is not null')).toEqual([]);
    await cleanupFiles.handle(context(), {});
    for (const { path } of paths) expect(await storage.size(path)).toBeNull();
    await sql(
      `update app_public.workspace_exports set id = app_hidden.uuidv7_at(now() - interval '31 days' - random() * interval '1 hour')`,
    );
    const left = (await sql('select from app_public.workspace_exports')).length;
    expect((await remove()).exports).toBe(left);
  });

  it('names by hand what is a table', async () => {
    const client = await owner().connect();
    try {
      const tables = (await readTables(client)).map(({ name }) => name);
      for (const name of namedByHand()) expect(tables).toContain(name);
    } finally {
      client.release();
    }
  });
});
