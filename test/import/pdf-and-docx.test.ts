import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { type FileStorage, filesFolder, localStorage } from '../../lib/storage.ts';
import { docx, pdf } from '../support/files.ts';
import { pptx } from '../support/office.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import { importPaths, run } from './database.ts';

log.level = 'silent';

describeReal('importing PDF and DOCX', () => {
  let url: string;
  let database: Database;
  let folder: string;
  let data: string;
  let storage: FileStorage;
  let ann: TestUser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-library-'));
    data = await mkdtemp(join(tmpdir(), 'colloquy-data-'));
    storage = localStorage(filesFolder(data));
    ({ url } = await createTestDatabase());
    database = serverDatabase(url);
    ann = await registerUser(database, 'ann@example.org');
    await writeFile(join(folder, 'birds.pdf'), pdf([['The kestrel hovers.']]));
    await writeFile(join(folder, 'tides.docx'), docx([{ text: 'The moon pulls the sea.' }]));
    await writeFile(join(folder, 'notes.md'), '# Notes\n\nFog until noon.');
    await writeFile(join(folder, 'broken.pdf'), 'no PDF at all');
    await writeFile(join(folder, 'deck.pptx'), pptx([{ title: 'Tides', lines: ['The moon'] }]));
    await writeFile(join(folder, 'note.eml'), 'From: ann@example.org\nSubject: Fog\n\nUntil noon.');
  });
  afterAll(async () => {
    await database?.close();
    for (const path of [folder, data]) await rm(path, { recursive: true, force: true });
  });

  const load = async (options = {}) =>
    (
      await importPaths(database, ann.token, folder, { name: 'library', storage, ...options })
    ).outcomes.sort();
  const rows = async (sql: string) => (await asUser(database, ann, (client) => client.query(sql))).rows;

  it('stores them, lets the worker read them, and changes nothing the second time', async () => {
    expect(await load()).toEqual([
      'file:library/birds.pdf: imported',
      'file:library/broken.pdf: imported',
      'file:library/deck.pptx: imported',
      'file:library/note.eml: imported',
      'file:library/notes.md: imported',
      'file:library/tides.docx: imported',
    ]);
    const worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5, storage });
    try {
      await until(async () => (await rows('select * from app_public.indexing_progress()'))[0].is_complete);
    } finally {
      await worker.stop();
    }
    expect(
      await rows(`select d.source_url, d.content, d.metadata ->> 'path' as path, f.original_name from app_public.documents d
         join app_public.files f on f.id = d.file_id order by 1`),
    ).toEqual([
      {
        source_url: 'file:library/birds.pdf',
        content: 'The kestrel hovers.',
        path: 'birds.pdf',
        original_name: 'birds.pdf',
      },
      {
        source_url: 'file:library/deck.pptx',
        content: '## Slide 1: Tides\n\nThe moon',
        path: 'deck.pptx',
        original_name: 'deck.pptx',
      },
      {
        source_url: 'file:library/note.eml',
        content: '# Fog\n\nFrom: ann@example.org\n\nUntil noon.',
        path: 'note.eml',
        original_name: 'note.eml',
      },
      {
        source_url: 'file:library/tides.docx',
        content: 'The moon pulls the sea.',
        path: 'tides.docx',
        original_name: 'tides.docx',
      },
    ]);
    // what failed is tried again; what is fine is left alone
    expect(await load()).toEqual([
      'file:library/birds.pdf: unchanged',
      'file:library/broken.pdf: updated',
      'file:library/deck.pptx: unchanged',
      'file:library/note.eml: unchanged',
      'file:library/notes.md: unchanged',
      'file:library/tides.docx: unchanged',
    ]);
    await writeFile(join(folder, 'birds.pdf'), pdf([['The osprey dives.']]));
    expect((await load())[0]).toBe('file:library/birds.pdf: updated');
    expect((await load({ maxBytes: 10 })).filter((line) => line.includes('birds'))).toEqual([]);
  });

  it('is waited for by --wait, with its own data folder', async () => {
    const worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5, storage });
    try {
      await writeFile(join(folder, 'more.pdf'), pdf([['The heron waits.']]));
      const token = join(data, 'token');
      await writeFile(token, ann.token);
      const { ended } = run(
        'scripts/import.ts',
        [folder, '--name', 'library', '--wait', '--json', '--token-file', token, '--data', data],
        { DATABASE_URL: url },
      );
      const { code, stdout, stderr } = await ended;
      // broken.pdf cannot be read: the command that brought it says so
      expect([code, stderr.includes('CQ')], stderr).toEqual([1, false]);
      const report = JSON.parse(stdout);
      expect(report.uploads).toEqual({
        imported: 1,
        updated: expect.any(Number),
        unchanged: expect.any(Number),
      });
      expect(report.indexing).toMatchObject({ isComplete: true, waiting: 0 });
      expect(report.failed).toEqual([
        { source: 'file:library/broken.pdf', code: 'CQ322', reason: expect.any(String) },
      ]);
      expect(
        await rows(`select content from app_public.documents where source_url = 'file:library/more.pdf'`),
      ).toEqual([{ content: 'The heron waits.' }]);
    } finally {
      await worker.stop();
    }
  });
});
