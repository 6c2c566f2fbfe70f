import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { filesFolder, localStorage } from '../../lib/storage.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { run } from '../import/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

/** The same for both doors. Null: not text. */
const files: Record<string, { bytes: Buffer; text: string | null }> = {
  'latin1.txt': { bytes: latin1('caf\xe9 au lait, d\xe9j\xe0 vu\r\n'), text: 'café au lait, déjà vu\n' },
  'windows.md': {
    bytes: latin1('# Smart \x93quotes\x94\n\nA d\xe9j\xe0 vu.'),
    text: '# Smart “quotes”\n\nA déjà vu.',
  },
  'nul.txt': { bytes: Buffer.from(`${'a'.repeat(200)}\0`), text: 'a'.repeat(200) },
  'marked.txt': { bytes: utf16('\ufeffRegistry export\r\n'), text: 'Registry export\n' },
  'unmarked.txt': { bytes: utf16('Registry export\r\n'), text: 'Registry export\n' },
  'russian.txt': {
    bytes: latin1('\xd1\xe5\xe3\xee\xe4\xed\xff \xf5\xee\xf0\xee\xf8\xe0\xff \xef\xee\xe3\xee\xe4\xe0.'),
    text: 'Сегодня хорошая погода.',
  },
  'page.html': {
    bytes: latin1('<html><head><meta charset="iso-8859-1"></head><body><p>Gr\xf6\xdfe</p></body></html>'),
    text: 'Größe',
  },
  'stray.md': {
    bytes: Buffer.concat([Buffer.from('Grüße, ça va? '), Buffer.from([0xe9]), Buffer.from('\n')]),
    text: 'Grüße, ça va? \ufffd\n',
  },
  'gauge.ipynb': {
    bytes: Buffer.from(
      '{"cells":[{"cell_type":"markdown","source":"# Tides"},{"cell_type":"code","source":"x","outputs":[{"data":{"image/png":"iVBO"}}]}],"metadata":{"kernelspec":{"language":"r"}}}',
    ),
    text: '# Tides\n\n```r\nx\n```',
  },
  'inlined.md': {
    bytes: Buffer.from(`A gull: ![gull](data:image/png;base64,${'iVBORw0KGgo'.repeat(100)})\n`),
    text: 'A gull: ![gull]([1 KB of image/png left out])\n',
  },
  'script.py': { bytes: latin1('# caf\xe9\nprint("d\xe9j\xe0 vu")\n'), text: '# café\nprint("déjà vu")\n' },
  'packed.txt': { bytes: Buffer.from('1f8b0800000000000003cb48cdc9c907', 'hex'), text: null },
  'data.txt': { bytes: Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7) % 256)), text: null },
};

describeReal('the same bytes, sent to POST /files and imported', () => {
  let url: string;
  let data: string;
  let folder: string;
  let api: TestApi;
  let ann: Account;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'colloquy-reader-'));
    folder = await mkdtemp(join(tmpdir(), 'colloquy-bytes-'));
    ({ url } = await createTestDatabase());
    api = await startTestApi({ database: serverDatabase(url), storage: localStorage(filesFolder(data)) });
    ann = await register(api, 'ann@example.org');
    await writeFile(join(data, 'token'), ann.token);
    for (const [name, { bytes }] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  });
  afterAll(async () => {
    await api?.close();
    for (const path of [data, folder]) await rm(path, { recursive: true, force: true });
  });

  const upload = async (): Promise<void> => {
    for (const [name, { bytes }] of Object.entries(files)) {
      const response = await fetch(`${api.api.url}/files?name=${name}`, {
        method: 'POST',
        body: new Uint8Array(bytes),
        headers: { 'content-type': '', authorization: `Bearer ${ann.token}` },
      });
      expect(response.status, name).toBe(201);
    }
    const storage = localStorage(filesFolder(data));
    const worker = await startWorker({
      pool: api.database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      storage,
    });
    try {
      await until(async () => {
        const { rows } = await api.database
          .pool('owner')
          .query(`select from app_public.files where processing_status in ('pending', 'processing')`);
        return rows.length === 0;
      });
    } finally {
      await worker.stop();
    }
  };
  /** Names with their texts, and with what the document says of how it was read. */
  const documents = async (where: string) => {
    const { rows } = await api.database.pool('owner').query(
      `select coalesce(f.original_name, d.metadata ->> 'path') as name, d.content,
         coalesce(d.metadata ->> 'encoding', 'utf-8') as encoding, d.metadata -> 'warnings' as warnings
       from app_public.documents d left join app_public.files f on f.id = d.file_id
       where ${where} order by coalesce(f.original_name, d.metadata ->> 'path') collate "C"`,
    );
    return rows;
  };

  it('become the same text, and the same is refused', async () => {
    await upload();
    const args = [folder, '--name', 'bytes', '--json', '--token-file', join(data, 'token'), '--data', data];
    const { code, stdout, stderr } = await run('scripts/import.ts', args, { DATABASE_URL: url }).ended;
    expect(code, stderr).toBe(0);
    const uploaded = await documents('d.file_id is not null');
    const imported = await documents('d.file_id is null');
    const expected = Object.entries(files)
      .filter(([, { text }]) => text !== null)
      .map(([name, { text }]) => [name, text])
      .sort();
    expect(uploaded.map(({ name, content }) => [name, content])).toEqual(expected);
    expect(imported).toEqual(uploaded);

    const refused = Object.keys(files).filter((name) => files[name]?.text === null);
    const { rows: failed } = await api.database
      .pool('owner')
      .query(
        `select original_name, error_code as code from app_public.files where processing_status = 'failed'`,
      );
    expect(failed.map(({ original_name }) => original_name).sort()).toEqual(refused.sort());
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['CQ326']));
    const { skipped } = JSON.parse(stdout);
    expect(skipped).toMatchObject([{ reason: 'binary', count: refused.length }]);
  });
});
