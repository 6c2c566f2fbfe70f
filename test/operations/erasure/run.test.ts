import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { localStorage } from '../../../lib/storage.ts';
import { recallAll } from '../../../operations/cold/recall.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';
import { makeCold, storeAll } from '../cold/support.ts';

describeReal('an erasure', () => {
  let root: string;
  let database: Database;
  let petra: TestUser;
  let host: TestUser;
  let talk: string;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const sql = async (text: string, ...values: unknown[]) =>
    (await database.pool('owner').query(text, values)).rows;
  /** What stands in all files of the storage. */
  const texts = (): string =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        zstdDecompressSync(readFileSync(joinPath(entry.parentPath, entry.name))).toString('utf8'),
      )
      .join('\n');
  const store = async (): Promise<void> => {
    const rows = await sql('select id from app_public.conversations');
    await makeCold(
      database,
      rows.map(({ id }) => id),
    );
    await storeAll(database.pool('worker'), localStorage(root));
  };

  beforeAll(async () => {
    root = mkdtempSync(joinPath(tmpdir(), 'colloquy-erasure-'));
    database = serverDatabase((await createTestDatabase()).url);
    petra = await registerUser(database, 'petra@example.org');
    host = await registerUser(database, 'host@example.org');
    await sql(`update app_private.settings set value = '0' where name = 'cold_storage_days'`);
    const team = await createWorkspace(database, 'Team');
    host = await join(database, host, team, 'owner');
    const guest = await join(database, petra, team, 'member');
    [{ id: talk }] = await call(host, `select id from app_public.start_conversation('talk', 'workspace')`);
    await call(guest, 'select app_public.post_message($1, $2)', talk, 'petra wrote this');
    await call(host, 'select app_public.post_message($1, $2)', talk, 'host wrote this');
    const [own] = await call(petra, `select id from app_public.start_conversation('own')`);
    await call(petra, 'select app_public.post_message($1, $2)', own.id, 'petra kept this');
    await store();
  });
  afterAll(async () => {
    await database?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('reaches what lies in files of cold conversations, and leaves what others wrote', async () => {
    expect(texts()).toContain('petra wrote this');
    expect(texts()).toContain('petra kept this');
    await sql(`select app_public.erase_user($1, 'asked for')`, petra.id);
    const run = await runErasures(database.pool('worker'), { storage: localStorage(root) });
    expect(run).toMatchObject({ finished: 1, isWaiting: false });
    expect(texts()).not.toContain('petra');

    // the conversation of the host goes into a file anew, and comes back
    await store();
    expect(texts()).toContain('host wrote this');
    expect(texts()).not.toContain('petra');
    expect(await recallAll(database.pool('worker'), localStorage(root), {})).toMatchObject({ problems: [] });
    const messages = await call(
      host,
      'select m.content, m.author_id from app_public.conversation_messages($1) m order by m.id',
      talk,
    );
    expect(messages.map(({ author_id }) => author_id)).toEqual([null, host.id]);
    expect(messages[1].content).toBe('host wrote this');
  });
});
