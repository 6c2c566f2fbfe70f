import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../../jobs/registry.ts';
import { compareCatalogues } from '../../../lib/catalogue.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { localStorage } from '../../../lib/storage.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { takeDump } from '../../../operations/logical/dump.ts';
import { bringAllFilesBack } from '../../../operations/logical/files.ts';
import { moveDatabase, planMove } from '../../../operations/logical/move.ts';
import { findDump, restoreDump } from '../../../operations/logical/restore-dump.ts';
import { returnFromBackup } from '../../../operations/logical/return.ts';
import type { Table } from '../../../operations/logical/tables.ts';
import { fillEveryTable } from '../../../tools/release-dump/fill.ts';
import { createEmptyDatabase } from '../../sql/databases.ts';
import { createEmbedded } from '../../support/embedded.ts';
import { LONG, sized } from '../../support/limits.ts';
import { startS3Server } from '../../support/s3-server.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { axis } from '../../support/tenants.ts';
import { asUser, registerUser } from '../../support/users.ts';
import { ops, startOps } from '../backup/support.ts';
import { addHardRows, catalogueOf, sumsOf, tablesOf } from './support.ts';

/** What a move itself writes, and where a database is. */
const ITS_OWN = ['app_public.audit_logs', 'app_private.database_identity'];
const OPTIONS = { queues, inHand: true };

describeReal('an embedded database', () => {
  let folder: string;
  let embedded: Database;
  let moved: Database;
  let tables: Table[];
  /** The path of the file that has bytes. */
  let stored: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-move-'));
    embedded = await createEmbedded(join(folder, 'data'));
    await fillEveryTable(embedded);
    await addHardRows(embedded);
    tables = await tablesOf(embedded);
    moved = serverDatabase(await createEmptyDatabase());
  }, LONG);
  afterAll(async () => {
    await moved?.close();
    await embedded?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves both sides as they were when a move is interrupted, by us or by the server', {
    timeout: LONG,
  }, async () => {
    const before = await sumsOf(embedded, tables);
    const stop = new AbortController();
    const isLate = (table: string): boolean => table === 'app_public.chunks';
    await expect(
      moveDatabase(embedded, moved, {
        ...OPTIONS,
        signal: stop.signal,
        onRows: (table) => isLate(table) && stop.abort(new Error('Stopped by a test.')),
      }),
    ).rejects.toThrow('Stopped by a test.');
    expect((await moved.pool('admin').query('select from app_public.users')).rowCount).toBe(0);
    // as kill -9 of the process does: its session ends in the middle of the transaction
    await expect(
      moveDatabase(embedded, moved, {
        ...OPTIONS,
        async onRows(table) {
          if (!isLate(table)) return;
          await moved
            .pool('admin')
            .query(
              `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`,
            );
        },
        onStep() {
          throw new Error('It was too late for the test.');
        },
      }),
    ).rejects.toThrow(/terminat|connection/i);
    expect((await moved.pool('admin').query('select from app_public.users')).rowCount).toBe(0);
    expect(await sumsOf(embedded, tables)).toEqual(before);
  });

  it('moves to a server with everything in it, and is searched there', { timeout: LONG }, async () => {
    const plan = await planMove(embedded);
    const { rows, sums } = await moveDatabase(embedded, moved, OPTIONS);
    expect(rows).toBe(plan.tables.reduce((sum, table) => sum + table.rows, 0));
    expect([...sums.values()].filter(({ count }) => count > 0).length).toBeGreaterThan(60);
    const others = tables.filter(({ name }) => !ITS_OWN.includes(name));
    expect(await sumsOf(moved, others)).toEqual(await sumsOf(embedded, others));
    const fresh = serverDatabase((await createTestDatabase()).url);
    try {
      // partitions follow from the rows; all else is as migrations make it, with triggers on and keys as strict as before
      expect(compareCatalogues(await catalogueOf(moved), await catalogueOf(fresh))).toEqual([]);
    } finally {
      await fresh.close();
    }
    const { rows: left } = await moved
      .pool('admin')
      .query(`select count(*)::int as n from pg_trigger where tgenabled <> 'O' and not tgisinternal`);
    expect(left).toEqual([{ n: 0 }]);
    // who was there is there, and somebody new comes
    const { rows: people } = await moved.pool('admin').query(
      `select u.id, m.workspace_id as "workspaceId", m.role as "memberRole" from app_public.users u
         join app_public.workspace_members m on m.user_id = u.id
         where exists (select from app_public.embeddings e where e.workspace_id = m.workspace_id) order by u.id limit 1`,
    );
    const found = await asUser(moved, people[0], (client) =>
      client.query(
        `select count(*)::int as n from app_public.search(query => '', query_embedding => $1, mode => 'vector') as s cross join unnest(s.results) as r`,
        [JSON.stringify(axis(512, 0))],
      ),
    );
    expect(found.rows[0].n).toBeGreaterThan(0);
    await registerUser(moved, 'new@example.org');
    const next = `select nextval(pg_get_serial_sequence('app_public.embedding_versions', 'number')) > max(number) as is_free from app_public.embedding_versions`;
    expect((await moved.pool('admin').query(next)).rows).toEqual([{ is_free: true }]);
    await expect(moveDatabase(embedded, moved, OPTIONS)).rejects.toMatchObject({ code: 'CQ680' });
  });

  it('is dumped without the programs of PostgreSQL, sealed, with its files, and restored into another one', {
    timeout: LONG,
  }, async () => {
    const target = folderTarget(join(folder, 'target'));
    const identity = await generateX25519Identity();
    const keys = { recipients: [await identityToRecipient(identity)], identities: [identity] };
    const staging = join(folder, 'staging');
    const storage = localStorage(join(folder, 'data/files'));
    const { rows: files } = await embedded.pool('owner').query(
      `update app_public.files set sha256 = sha256('the bytes of a file'), byte_size = 19
         where id = (select id from app_public.files where is_stored order by id limit 1) returning storage_path as path`,
    );
    const received = await storage.receive(Readable.from([Buffer.from('the bytes of a file')]), {
      maxBytes: 100,
    });
    stored = files[0].path;
    await received.place(stored);
    await received.discard();
    const { set, findings } = await takeDump(
      { database: embedded, target, keys, storage, staging },
      { of: 'whole' },
    );
    expect(set).toMatchObject({ encryption: 'age', files: { count: 1, bytes: 19 } });
    // the other files of the test have rows and no bytes
    expect(findings).toHaveLength(1);
    expect(set.parts.every(({ name }) => name.endsWith('.age'))).toBe(true);
    expect(await findDump(target)).toEqual(set);
    const into = await createEmbedded(join(folder, 'again'));
    try {
      const options = { ...OPTIONS, target, keys, set, into, staging };
      await expect(restoreDump({ ...options, keys: { ...keys, identities: [] } })).rejects.toMatchObject({
        code: 'CQ610',
      });
      const restored = await restoreDump(options);
      expect(restored.rows).toBeGreaterThan(1000);
      expect(await sumsOf(into, tables)).toEqual(await sumsOf(embedded, tables));
      const again = localStorage(join(folder, 'again/files'));
      const missing = await bringAllFilesBack(into, again, { target, keys });
      expect(missing).not.toContain(files[0].path);
      expect(await text(again.read(files[0].path))).toBe('the bytes of a file');
      await expect(restoreDump(options)).rejects.toMatchObject({ code: 'CQ680' });
      // what was lost comes back from there
      const messages = tables.filter(({ name }) => name === 'app_public.messages');
      const before = await sumsOf(embedded, messages);
      const { rows: lost } = await embedded
        .pool('owner')
        .query(
          `delete from app_public.conversations where id = (select conversation_id from app_public.messages order by id limit 1) returning id`,
        );
      const back = await returnFromBackup(
        embedded.pool('owner'),
        into.pool('admin'),
        { of: 'conversation', id: lost[0].id },
        { from: set.id },
      );
      expect(back.tables.get('app_public.messages')!.returned).toBeGreaterThan(0);
      expect(await sumsOf(embedded, messages)).toEqual(before);
    } finally {
      await into.close();
    }
  });

  it('is moved by a command, which says what it would do, and refuses what is not there', {
    timeout: LONG,
  }, async () => {
    await embedded.close();
    const to = await createEmptyDatabase();
    const data = join(folder, 'data');
    const planned = await ops(['move', '--to', to, '--data', data, '--dry-run', '--json'], {});
    expect([planned.code, planned.stderr]).toEqual([0, '']);
    expect(JSON.parse(planned.stdout).rows).toBeGreaterThan(1000);
    const refused = await ops(['move', '--to', to, '--data', join(folder, 'nowhere')], {});
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('CQ681')]);
    // killed while rows are on their way: the target has no account, and the same command begins again
    const args = ['move', '--to', to, '--data', data, '--json'];
    for (let round = 0; round < sized(1, 5); round += 1) {
      const { child, ended } = startOps(args, {});
      const isWriting = new Promise<void>((resolve) => {
        child.stderr!.on('data', (piece: string) => /app_\w+\.\w+/.test(piece) && resolve());
      });
      await Promise.race([isWriting, ended]);
      child.kill('SIGKILL');
      expect((await ended).code).toBeNull();
      const left = serverDatabase(to);
      expect((await left.pool('admin').query('select from app_public.users')).rowCount).toBe(0);
      await left.close();
    }
    const s3 = await startS3Server();
    try {
      const place = `s3://${s3.bucket}/chat`;
      const done = await ops([...args, '--files-to', place], {
        FILES_S3_ENDPOINT: s3.endpoint,
        FILES_S3_REGION: 'us-east-1',
        FILES_S3_ACCESS_KEY_ID: s3.accessKeyId,
        FILES_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
      });
      // one file of the test has bytes, the others have none
      expect([done.code, JSON.parse(done.stdout).files], done.stderr).toMatchObject([
        1,
        { copied: 1, copiedBytes: 19, damaged: [], missing: expect.arrayContaining([expect.any(String)]) },
      ]);
      expect(await (await fetch(`${s3.endpoint}/${s3.bucket}/chat/${stored}`)).text()).toBe(
        'the bytes of a file',
      );
    } finally {
      await s3.stop();
    }
  });
});
