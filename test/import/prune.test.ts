import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Listing } from '../../import/listing.ts';
import { archiveGone, findGone } from '../../import/writing/prune.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { openSession, type Session } from '../../scripts/shared/session.ts';
import { LONG } from '../support/limits.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';
import { importPaths, run } from './database.ts';
import { makeFolder, readAll } from './helpers.ts';

describeReal('what is gone from a folder', () => {
  let database: Database;
  let env: Record<string, string>;
  let ann: TestUser;
  let session: Session;

  beforeAll(async () => {
    const { url } = await createTestDatabase();
    database = serverDatabase(url);
    ann = await registerUser(database, 'ann@example.org');
    session = await openSession(database, { token: ann.token });
    env = { DATABASE_URL: url, COLLOQUY_EMAIL: 'ann@example.org', COLLOQUY_PASSWORD: PASSWORD };
  });
  afterAll(() => database?.close());

  const load = (folder: string, name: string) => importPaths(database, ann.token, folder, { name });
  const there = async (name: string, isArchived = false) =>
    (
      await database
        .pool('owner')
        .query(
          `select source_url from app_public.documents where source_url like $1 and is_archived = $2 order by 1`,
          [`file:${name}/%`, isArchived],
        )
    ).rows.map((row) => row.source_url.slice(`file:${name}/`.length));
  const gone = async (folder: string, name: string, isAsked = false) => {
    const listings: Listing[] = [];
    await readAll(folder, { name, onListed: (listing) => listings.push(listing) });
    return findGone(session, listings[0]!, new Set(), isAsked);
  };

  it('is archived by the next import, and comes back with its file', { timeout: 120_000 }, async () => {
    const folder = await makeFolder({ 'old.md': 'The allowance is 10.', 'stay.md': 'stays' }, 'sync');
    const command = async (...args: string[]) => {
      const { code, stdout } = await run('scripts/import.ts', [folder, ...args], env).ended;
      expect(code).toBe(0);
      return stdout;
    };
    await load(folder, 'sync');
    await rename(join(folder, 'old.md'), join(folder, 'new.md'));
    expect(await command('--dry-run', '--prune')).toContain(
      'No longer in sync 1 (to be archived):\n  file:sync/old.md',
    );
    expect(await there('sync')).toEqual(['old.md', 'stay.md']);
    expect(await command()).toContain(
      'No longer in sync 1 (archived: searches leave them out):\n  file:sync/old.md',
    );
    expect([await there('sync'), await there('sync', true)]).toEqual([['new.md', 'stay.md'], ['old.md']]);
    await rename(join(folder, 'new.md'), join(folder, 'old.md'));
    const { outcomes } = await load(folder, 'sync');
    expect(outcomes).toEqual(['file:sync/old.md: updated', 'file:sync/stay.md: unchanged']);
    expect(await there('sync', true)).toEqual([]);
    // what its owner put away stays there
    await asUser(database, ann, (client) =>
      client.query(
        `update app_public.documents set is_archived = true where source_url = 'file:sync/old.md'`,
      ),
    );
    expect((await load(folder, 'sync')).outcomes).toContain('file:sync/old.md: unchanged');
    expect(await there('sync', true)).toEqual(['old.md']);
  });

  it('is not what came from another place of the name, unless somebody asks', async () => {
    await load(await makeFolder({ 'a.md': 'a' }), 'twice');
    const other = await makeFolder({ 'b.md': 'b' });
    await load(other, 'twice');
    expect(await gone(other, 'twice')).toEqual({ sources: [], elsewhere: 1, kept: null });
    expect(await gone(other, 'twice', true)).toEqual({
      sources: ['file:twice/a.md'],
      elsewhere: 0,
      kept: null,
    });
    expect(await there('twice')).toEqual(['a.md', 'b.md']);
  });

  it('is only what lies below the path that was given', async () => {
    const folder = await makeFolder({ 'sub/a.md': 'a', 'sub2/b.md': 'b' }, 'whole');
    await mkdir(join(folder, '.git'));
    await writeFile(join(folder, '.git/HEAD'), 'ref: refs/heads/main\n');
    await importPaths(database, ann.token, folder);
    await rm(join(folder, 'sub2'), { recursive: true });
    await writeFile(join(folder, 'sub/a2.md'), 'a2');
    await rm(join(folder, 'sub/a.md'));
    const listings: Listing[] = [];
    await readAll(join(folder, 'sub'), { onListed: (listing) => listings.push(listing) });
    expect(await findGone(session, listings[0]!, new Set(), false)).toMatchObject({
      sources: ['file:whole/sub/a.md'],
    });
  });

  it('is not known where nothing is left, a part cannot be read, or too much is missing', async () => {
    const files = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`${n}.md`, `text ${n}`]));
    const folder = await makeFolder(files);
    await load(folder, 'many');
    for (let n = 1; n < 150; n++) await rm(join(folder, `${n}.md`));
    expect((await gone(folder, 'many')).kept).toMatch(/^149 of 150 would go; --prune/);
    expect((await gone(folder, 'many', true)).kept).toBeNull();
    await rm(join(folder, '0.md'));
    expect((await gone(folder, 'many', true)).kept).toBe('there is nothing in it');
    await writeFile(join(folder, '0.md'), 'text 0');
    const listings: Listing[] = [];
    await readAll(folder, { name: 'many', onListed: (listing) => listings.push(listing) });
    const partial = { ...listings[0]!, problem: 'many/sub/ cannot be read' };
    expect((await findGone(session, partial, new Set(), true)).kept).toBe('many/sub/ cannot be read');
  });

  it('is archived a thousand at a time: killed anywhere, nothing is half done, and the next run finishes', {
    timeout: LONG,
  }, async () => {
    const folder = await makeFolder({ '0000.md': 'stays' }, 'killed');
    await load(folder, 'killed');
    const owner = database.pool('owner');
    await owner.query(
      `insert into app_public.documents (workspace_id, owner_id, title, content, source_url)
       select $1, $2, n::text, 'gone ' || n, 'file:killed/' || lpad(n::text, 4, '0') || '.md' from generate_series(1, 2400) as n`,
      [ann.workspaceId, ann.id],
    );
    const archived = async () => (await there('killed', true)).length;
    for (const [stopped, before] of [
      [1500, 1000],
      [2300, 2000],
    ] as const) {
      // somebody else has one of them, so that its part cannot end
      const other = await owner.connect();
      await other.query('begin');
      await other.query(`select from app_public.documents where source_url = $1 for update`, [
        `file:killed/${stopped}.md`,
      ]);
      const command = run('scripts/import.ts', [folder, '--prune'], env);
      await until(async () => (await archived()) === before && (await lockWaiters(database)).length > 0);
      command.child.kill('SIGKILL');
      await command.ended;
      await other.query('rollback');
      other.release();
      await until(async () => (await lockWaiters(database)).length === 0);
      expect(await archived()).toBe(before);
    }
    const { code, stdout } = await run('scripts/import.ts', [folder, '--prune'], env).ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('No longer in killed 400 (archived')]);
    expect([await archived(), await there('killed')]).toEqual([2400, ['0000.md']]);
  });

  it('is archived under a legal hold as well, which keeps all of it', async () => {
    const folder = await makeFolder({ 'held.md': 'evidence', 'other.md': 'other' });
    await load(folder, 'held');
    await asUser(database, ann, (client) =>
      client.query(`select app_public.place_legal_hold('a case', 'documents')`),
    );
    await rm(join(folder, 'held.md'));
    const { sources } = await gone(folder, 'held');
    expect(await archiveGone(session, sources)).toEqual(['file:held/held.md']);
    const { rows } = await database
      .pool('owner')
      .query(
        `select content, gone_at is not null as is_gone from app_public.documents where source_url = 'file:held/held.md'`,
      );
    expect(rows).toEqual([{ content: 'evidence', is_gone: true }]);
  });
});
