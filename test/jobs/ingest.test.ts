import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sweepUningested } from '../../jobs/sweep-uningested.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { readEnv } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { type FileStorage, localStorage } from '../../lib/storage.ts';
import { openGuards } from '../../models/remote/guard.ts';
import { startFakeOpenAi } from '../support/fake-openai.ts';
import { docx, pdf, pdfBomb } from '../support/files.ts';
import { said } from '../support/said.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep as sweepNow } from '../support/sweep.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

log.level = 'silent';

/** A page that is long enough to be a passage of its own. */
const page = (n: number, first = `Page ${n} begins.`): string[] => [
  first,
  ...Array.from(
    { length: 6 },
    (_, k) => `Line ${k} of page ${n} speaks of the number ${(n * 31 + k) * 7919}.`,
  ),
];

describeReal('files and events become knowledge', () => {
  let database: Database;
  let root: string;
  let storage: FileStorage;
  let ann: TestUser;
  let bob: TestUser;
  const workers = new Set<Worker>();
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-ingest-'));
    storage = localStorage(root);
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
  });
  const stopAll = async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const worker of workers) await worker.stop();
    workers.clear();
  };
  afterEach(stopAll);
  afterAll(async () => {
    await stopAll();
    await database?.close();
    await rm(root, { recursive: true, force: true });
  });

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const work = async (options: Partial<Parameters<typeof startWorker>[0]> = {}): Promise<Worker> => {
    const worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      storage,
      ...options,
    });
    workers.add(worker);
    return worker;
  };
  /** Not sent to the queue: a worker that a test killed may have had one in hand, behind which the next is skipped for two minutes. */
  const sweep = () => sweepNow(database, sweepUningested);
  /** The hourly job may be due just now, and be held by a worker that a test killed: then no other one begins for minutes. */
  const clean = async (worker: Worker) => {
    await owner().query(`delete from pgboss.job where name = 'cleanup-files'`);
    await worker.boss.send('cleanup-files', {});
  };
  /** An attempt is counted when it begins, and over with its job: what is changed earlier, its end changes again. */
  const idle = (queue: string) =>
    until(
      async () =>
        // the queue makes the next minute's job in advance
        (
          await one(
            `select count(*)::int as n from pgboss.job where name = $1 and state in ('created', 'retry', 'active') and start_after <= now()`,
            queue,
          )
        ).n === 0,
    );

  async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
    yield bytes;
  }
  /** Stores a file as the server does. */
  async function upload(
    user: TestUser,
    bytes: Buffer | string,
    name: string,
    { type = '', source = null as string | null, visibility = 'private' } = {},
  ): Promise<string> {
    const received = await storage.receive(whole(Buffer.from(bytes)), { maxBytes: 1e9 });
    try {
      return await asUser(database, user, async (client) => {
        const { rows } = await client.query(
          `select id, storage_path from app_hidden.register_file($1, $2, $3, $4, visibility => $5, source_url => $6)`,
          [name, type, received.size, received.sha256, visibility, source],
        );
        await received.place(rows[0].storage_path);
        return rows[0].id;
      });
    } finally {
      await received.discard();
    }
  }
  const file = async (id: string) =>
    (await call(ann, 'select * from app_public.files where id = $1', id))[0] ??
    (await call(bob, 'select * from app_public.files where id = $1', id))[0];
  const ended = (...ids: string[]) =>
    until(async () => {
      const states = await Promise.all(ids.map(async (id) => (await file(id)).processing_status));
      return states.every((state) => state === 'completed' || state === 'failed');
    });
  const counted = (id: string) => until(async () => (await file(id)).chunk_count !== null);
  const chunksOf = async (id: string) =>
    (
      await owner().query(
        `select c.id, c.content, c.page_number, c.heading, c.visibility, c.owner_id from app_public.chunks c
         join app_public.documents d on d.id = c.document_id where d.file_id = $1 order by c.chunk_index`,
        [id],
      )
    ).rows;
  const indexed = (user: TestUser) =>
    until(async () => (await call(user, 'select * from app_public.indexing_progress()'))[0].is_complete);
  const found = async (user: TestUser, query: string, kind = 'document') =>
    (
      await call(
        user,
        `select r.* from app_public.search($1, mode => 'text', kinds => array[$2::app_public.source_type]) s, unnest(s.results) r`,
        query,
        kind,
      )
    ).map((row) => row.content as string);

  describe('files', () => {
    it('become documents, with pages, titles and languages, and say how far they are', async () => {
      const ids = {
        pdf: await upload(
          ann,
          pdf([page(1, 'The kestrel hovers.'), page(2, 'The osprey dives.')], {
            title: 'Birds of prey',
            language: 'en-GB',
          }),
          'birds.pdf',
          { visibility: 'workspace' },
        ),
        docx: await upload(
          ann,
          docx([{ text: 'Tides', heading: 1 }, { text: 'The moon pulls the sea.' }]),
          'tides.docx',
        ),
        html: await upload(
          ann,
          '<html lang="de"><title>Häuser</title><p>Alte Häuser stehen am Markt.',
          'h.html',
        ),
        markdown: await upload(ann, '# Fog\n\nFog until noon.', 'fog.md'),
        code: await upload(ann, 'select 1;\n', 'query.sql'),
        text: await upload(ann, `Coffee${' and more coffee'.repeat(10)}\0 with a NUL`, 'latin.txt'),
      };
      expect(await file(ids.pdf)).toMatchObject({ processing_status: 'pending', attempts: 0 });
      await work();
      await ended(...Object.values(ids));
      await indexed(ann);
      for (const id of Object.values(ids)) {
        const state = await file(id);
        expect(state).toMatchObject({
          processing_status: 'completed',
          error: null,
          error_code: null,
          attempts: 1,
          retry_at: null,
        });
        expect(state.chunk_count).toBe((await chunksOf(id)).length);
        expect(state.extracted_length).toBeGreaterThan(5);
      }
      const document = (id: string) => one('select * from app_public.documents where file_id = $1', id);
      expect(await document(ids.pdf)).toMatchObject({
        title: 'Birds of prey',
        content: [page(1, 'The kestrel hovers.'), page(2, 'The osprey dives.')]
          .map((lines) => lines.join('\n'))
          .join('\f'),
        content_type: 'pdf',
        owner_id: ann.id,
        visibility: 'workspace',
        metadata: { pages: 2, language: 'en-GB' },
      });
      const pieces = await chunksOf(ids.pdf);
      expect(new Set(pieces.map((chunk) => chunk.visibility))).toEqual(new Set(['workspace']));
      for (const [word, number] of [
        ['Line 0 of page 1', 1],
        ['Line 5 of page 2', 2],
      ] as const) {
        expect(pieces.findLast((chunk) => chunk.content.includes(word)).page_number).toBe(number);
      }
      expect(await document(ids.docx)).toMatchObject({
        title: 'Tides',
        content_type: 'docx',
        visibility: 'private',
      });
      expect((await chunksOf(ids.docx))[0].heading).toContain('Tides');
      expect(await document(ids.html)).toMatchObject({
        title: 'Häuser',
        content_type: 'html',
        text_search_language: 'german',
      });
      expect(await document(ids.markdown)).toMatchObject({ title: 'Fog', content_type: 'markdown' });
      expect(await document(ids.code)).toMatchObject({ content_type: 'code', code_language: 'sql' });
      const latin = await document(ids.text);
      expect(latin.content).not.toContain('\0');
      expect(latin.metadata.warnings).toContain('1 NUL characters were removed');
      expect(await found(ann, 'osprey')).toEqual([expect.stringContaining('The osprey dives.')]);
      expect(await found(bob, 'osprey')).toEqual([]);
    });

    it('that cannot be read say why, stay, and hold up nobody', async () => {
      const bad = {
        CQ320: await upload(ann, pdf([['x']], { password: true }), 'locked.pdf'),
        CQ321: await upload(ann, pdf([[]]), 'scan.pdf'),
        CQ322: await upload(
          ann,
          Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(100, 7)]),
          'broken.pdf',
        ),
        CQ324: await upload(ann, '', 'empty.txt'),
        CQ326: await upload(ann, docx([{ text: 'x' }]), 'really-a-zip.txt'),
      };
      const good = await upload(ann, 'The heron waits.', 'good.txt');
      await work();
      await ended(...Object.values(bad), good);
      for (const [code, id] of Object.entries(bad)) {
        const state = await file(id);
        expect([state.processing_status, state.error_code]).toEqual(['failed', code]);
        expect(state.error).toMatch(/^[A-Z].{10,}\.$/s);
        expect(state.error).not.toContain('CQ3');
        expect(await storage.size(state.storage_path)).toBe(Number(state.byte_size));
        expect(await one('select 1 from app_public.documents where file_id = $1', id)).toBeUndefined();
      }
      expect(await file(good)).toMatchObject({ processing_status: 'completed' });

      // again by its owner alone
      const again = (user: TestUser, id: string) => call(user, 'select * from app_public.retry_file($1)', id);
      await expect(again(bob, bad.CQ324)).rejects.toMatchObject({ code: 'CQ204' });
      await stopAll();
      expect((await again(ann, bad.CQ324))[0]).toMatchObject({
        processing_status: 'pending',
        attempts: 0,
        error: null,
      });
      expect((await again(ann, good))[0]).toMatchObject({ processing_status: 'completed' });
      await work();
      await ended(bad.CQ324);
      expect(await file(bad.CQ324)).toMatchObject({ error_code: 'CQ324', attempts: 1 });
    });

    it('that are too much for the reader end with its bounds, and the next one is read', async () => {
      const slow = await upload(
        ann,
        pdf([Array.from({ length: 20_000 }, (_, n) => `Line ${n}`)]),
        'slow.pdf',
      );
      const worker = await work({ extraction: { timeout: 1 } });
      await ended(slow);
      expect(await file(slow)).toMatchObject({ error_code: 'CQ325' });
      workers.delete(worker);
      await worker.stop();
      const next = await upload(ann, 'The next one.', 'next.txt');
      await work();
      await ended(next);
      expect(await file(next)).toMatchObject({ processing_status: 'completed' });
    });

    it('that unfold without end cost their owner that file, and hold up nobody else', async () => {
      const bomb = await pdfBomb(1536);
      // each its own file: the same bytes are one
      const bombs = await Promise.all(
        [1, 2, 3].map((n) => upload(ann, Buffer.concat([bomb, Buffer.from(`% ${n}\n`)]), `bomb ${n}.pdf`)),
      );
      const honest = await upload(bob, 'An honest file.', 'honest.txt');
      await work();
      let mostAtOnce = 0;
      const reading = async () => {
        const states = await Promise.all(bombs.map(async (id) => (await file(id)).processing_status));
        mostAtOnce = Math.max(mostAtOnce, states.filter((state) => state === 'processing').length);
        return states;
      };
      await until(async () => {
        await reading();
        return (await file(honest)).processing_status === 'completed';
      });
      expect(await reading()).not.toEqual(['failed', 'failed', 'failed']);
      await until(async () => (await reading()).every((state) => state === 'failed'));
      expect(mostAtOnce).toBe(1);
      for (const id of bombs) expect(await file(id)).toMatchObject({ error_code: 'CQ327', attempts: 1 });
    }, 240_000);

    it('that come again from the same place replace their text, and embed only what changed', async () => {
      await work();
      const pages = Array.from({ length: 12 }, (_, n) => page(n));
      const first = await upload(ann, pdf(pages), 'book.pdf', { source: 'file:books/book.pdf' });
      await ended(first);
      await indexed(ann);
      const vectors = async () =>
        (
          await owner().query(
            `select c.content, e.xmin::text as written from app_public.chunks c join app_public.embeddings e on e.chunk_id = c.id
             join app_public.documents d on d.id = c.document_id where d.source_url = 'file:books/book.pdf'`,
          )
        ).rows;
      const before = new Map((await vectors()).map((row) => [row.content, row.written]));
      expect(before.size).toBeGreaterThanOrEqual(6);
      const { id: document } = await one(
        `select id from app_public.documents where source_url = 'file:books/book.pdf'`,
      );
      pages[5] = page(5, 'Page five was rewritten.');
      const second = await upload(ann, pdf(pages), 'book.pdf', { source: 'file:books/book.pdf' });
      expect(second).not.toBe(first);
      await ended(second);
      await indexed(ann);
      const after = await vectors();
      expect(after).toHaveLength(before.size);
      const fresh = after.filter((row) => before.get(row.content) !== row.written);
      expect(fresh.map((row) => row.content)).toEqual([expect.stringContaining('Page five was rewritten.')]);
      expect(
        await one(`select id, file_id from app_public.documents where source_url = 'file:books/book.pdf'`),
      ).toEqual({
        id: document,
        file_id: second,
      });
      expect((await file(second)).chunk_count).toBe(before.size);
      // back to what it was: the first file is read again
      pages[5] = page(5);
      expect(await upload(ann, pdf(pages), 'book.pdf', { source: 'file:books/book.pdf' })).toBe(first);
      await until(
        async () =>
          (await one(`select file_id from app_public.documents where source_url = 'file:books/book.pdf'`))
            .file_id === first,
      );
      // and the same once more changes nothing
      await indexed(ann);
      const state = await file(first);
      expect(await upload(ann, pdf(pages), 'book.pdf', { source: 'file:books/book.pdf' })).toBe(first);
      expect(await file(first)).toEqual(state);
    });

    it('that would replace what a legal hold keeps say so, and are read again when it is released', async () => {
      await work();
      const source = 'file:said.txt';
      const content = async () =>
        (await one('select content from app_public.documents where source_url = $1', source)).content;
      await ended(await upload(ann, 'What was said.', 'said.txt', { source }));
      const [hold] = await call(ann, `select id from app_public.place_legal_hold('a case', 'documents')`);
      const second = await upload(ann, 'What was not said.', 'said.txt', { source });
      await ended(second);
      expect(await file(second)).toMatchObject({
        processing_status: 'failed',
        error_code: 'CQ120',
        error: expect.stringMatching(/^A legal hold keeps this\./),
        attempts: 1,
      });
      expect(await content()).toBe('What was said.');
      await call(ann, 'select app_public.release_legal_hold($1)', hold!.id);
      await call(ann, 'select app_public.retry_file($1)', second);
      await until(async () => (await content()) === 'What was not said.');
    });

    it('of two owners with the same bytes are two documents', async () => {
      await work();
      const [mine, theirs] = [
        await upload(ann, 'Equal bytes.', 'a.txt'),
        await upload(bob, 'Equal bytes.', 'b.txt'),
      ];
      await ended(mine, theirs);
      await counted(mine);
      await counted(theirs);
      expect((await chunksOf(mine))[0].owner_id).toBe(ann.id);
      expect((await chunksOf(theirs))[0].owner_id).toBe(bob.id);
    });

    it('go with their document, passages, vectors and bytes, but not with those of somebody else', async () => {
      await work();
      const [mine, theirs] = [
        await upload(ann, 'Going, going.', 'a.txt'),
        await upload(bob, 'Going, going.', 'b.txt'),
      ];
      await ended(mine, theirs);
      await indexed(ann);
      await indexed(bob);
      await stopAll();
      const { storage_path: path } = await file(mine);
      const chunks = (await chunksOf(mine)).map((chunk) => chunk.id);
      const gone = async () =>
        one(
          `select (select count(*)::int from app_public.chunks where id = any ($1)) as chunks,
             (select count(*)::int from app_public.embeddings where chunk_id = any ($1)) as vectors,
             (select count(*)::int from app_public.documents where file_id = $2) as documents`,
          chunks,
          mine,
        );
      expect(await gone()).toEqual({ chunks: 1, vectors: 1, documents: 1 });
      await expect(call(bob, 'select app_public.delete_file($1)', mine)).rejects.toMatchObject({
        code: 'CQ204',
      });
      await call(ann, 'select app_public.delete_file($1)', mine);
      expect(await gone()).toEqual({ chunks: 0, vectors: 0, documents: 0 });
      expect(await storage.size(path)).toBe(13);
      const worker = await work();
      await clean(worker);
      await until(async () => (await storage.size(path)) === null);
      expect(await storage.size((await file(theirs)).storage_path)).toBe(13);
      // stored again before the bytes went: they stay
      const back = await upload(ann, 'Going, going.', 'a.txt');
      await call(ann, 'select app_public.delete_file($1)', back);
      const kept = await upload(ann, 'Going, going.', 'a.txt');
      await clean(worker);
      await until(
        async () => (await one('select count(*)::int as n from app_hidden.discarded_contents')).n === 0,
      );
      expect(await storage.size((await file(kept)).storage_path)).toBe(13);
    });

    it('are found when the job, or the worker, is lost; and one that kills every worker is given up', async () => {
      const lost = await upload(ann, 'The job was lost.', 'lost.txt');
      const claimed = await upload(ann, 'The worker was lost.', 'claimed.txt');
      const deadly = await upload(ann, 'It kills.', 'deadly.txt');
      await owner().query('delete from pgboss.job');
      const claim = async (id: string) =>
        (
          await database
            .pool('worker')
            .query('select * from app_hidden.claim_file($1, $2)', [ann.workspaceId, id])
        ).rows;
      const [first] = await claim(claimed);
      expect(first.attempt).toBe(1);
      // in other hands
      expect(await claim(claimed)).toEqual([]);
      const expire = (id: string) =>
        owner().query(`update app_public.files set retry_at = now() - interval '1 second' where id = $1`, [
          id,
        ]);
      await expire(claimed);
      for (let n = 1; n <= 5; n++) {
        expect((await claim(deadly))[0].attempt).toBe(n);
        await expire(deadly);
      }
      await work();
      await ended(lost, claimed, deadly);
      expect(await file(lost)).toMatchObject({ processing_status: 'completed', attempts: 1 });
      expect(await file(claimed)).toMatchObject({ processing_status: 'completed', attempts: 2 });
      expect(await file(deadly)).toMatchObject({
        processing_status: 'failed',
        error_code: 'CQ328',
        attempts: 5,
      });
      // the first worker was not dead after all: it comes too late to change anything
      const late = await database
        .pool('worker')
        .query(`select app_hidden.store_extraction($1, $2, 1, 'late', 'late', 'text') as document`, [
          ann.workspaceId,
          claimed,
        ]);
      expect(late.rows[0].document).toBeNull();
      const failed = await database
        .pool('worker')
        .query(`select app_hidden.fail_file($1, $2, 1, 'CQ322', 'late') as status`, [
          ann.workspaceId,
          claimed,
        ]);
      expect(failed.rows[0]?.status ?? null).toBeNull();
      expect((await file(claimed)).processing_status).toBe('completed');
    });

    it('whose bytes are not here are tried again, and then say so', async () => {
      const id = await upload(ann, 'Not here.', 'elsewhere.txt');
      const { storage_path: path } = await file(id);
      await storage.remove(path);
      await work();
      await until(async () => (await file(id)).attempts === 1 && (await file(id)).retry_at !== null);
      await idle('extract-file');
      expect(await file(id)).toMatchObject({ processing_status: 'processing' });
      for (let n = 2; n <= 5; n++) {
        await owner().query('update app_public.files set retry_at = now() where id = $1', [id]);
        await sweep();
        await until(async () => (await file(id)).attempts === n);
        await idle('extract-file');
      }
      await ended(id);
      expect(await file(id)).toMatchObject({ processing_status: 'failed', error_code: 'CQ329', attempts: 5 });
    });

    it('survive a worker that is killed while it reads, next to another one', async () => {
      const spawnWorker = async (): Promise<ChildProcess> => {
        const child = spawn(
          process.execPath,
          [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))],
          { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'silent' } },
        );
        children.add(child);
        child.once('exit', () => children.delete(child));
        child.stdin!.write(`${database.url('admin')} ${root}\n`);
        await new Promise<void>((resolve, reject) => {
          child.stdout!.on('data', (data) => String(data).includes('ready\n') && resolve());
          child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
        });
        return child;
      };
      const victim = await spawnWorker();
      const big = pdf(
        Array.from({ length: 400 }, (_, n) => Array.from({ length: 40 }, (_, k) => `Page ${n} line ${k}`)),
      );
      const ids = [await upload(ann, big, 'big.pdf')];
      await until(async () => (await file(ids[0]!)).processing_status === 'processing');
      const gone = once(victim, 'exit');
      victim.kill('SIGKILL');
      await gone;
      expect(await file(ids[0]!)).toMatchObject({ processing_status: 'processing', attempts: 1 });
      for (let n = 0; n < 6; n++) ids.push(await upload(ann, `File number ${n}.`, `${n}.txt`));
      await work();
      await work();
      await ended(...ids.slice(1));
      await owner().query('update app_public.files set retry_at = now() where id = $1', [ids[0]]);
      // twice, as two workers would
      for (let n = 0; n < 2; n++) await sweep();
      await ended(...ids);
      const { rows } = await owner().query(
        `select f.processing_status, f.attempts, count(d.id)::int as documents
         from app_public.files f left join app_public.documents d on d.file_id = f.id
         where f.id = any ($1) group by f.id order by f.id`,
        [ids],
      );
      expect(rows).toEqual(
        ids.map((_, n) => ({ processing_status: 'completed', attempts: n === 0 ? 2 : 1, documents: 1 })),
      );
    });

    it('are not kept waiting by a large one', async () => {
      // what the next tests wait for would take minutes
      await call(
        ann,
        `select app_public.delete_file(id) from app_public.files where original_name = 'big.pdf'`,
      );
      expect(await one(`select 1 from app_public.documents where title = 'big'`)).toBeUndefined();
    });

    it('that never got a row because the server was killed lose their bytes, and no others', async () => {
      const kept = await upload(ann, 'It has a row.', 'kept.txt');
      const { storage_path: path } = await file(kept);
      // placed, and the process gone before its transaction was certain; and one that is gone just after
      const lost = `${ann.workspaceId}/ab/${'ab'.repeat(32)}`;
      for (const [text, to] of [
        ['It has none.', lost],
        ['It has a row.', path],
      ] as const) {
        await (await storage.receive(whole(Buffer.from(text)), { maxBytes: 100 })).place(to);
      }
      expect(await storage.size(lost)).toBe(12);
      for (const name of await readdir(join(root, 'incoming')))
        await utimes(join(root, 'incoming', name), 0, 0);
      const worker = await work();
      await clean(worker);
      await until(async () => (await readdir(join(root, 'incoming'))).length === 0);
      expect(await storage.size(lost)).toBeNull();
      expect(await storage.size(path)).toBe(13);
    });

    it('leave nothing behind in the folder of arriving ones', async () => {
      expect(await readdir(join(root, 'incoming'))).toEqual([]);
    });
  });

  describe('events', () => {
    const ingest = async (
      user: TestUser,
      payload: object,
      { source = 'slack', metadata = {}, id = null as string | null } = {},
    ) =>
      (
        await call(
          user,
          `select id from app_public.ingest_event($1, 'message', $2, $3, $4)`,
          source,
          JSON.stringify(payload),
          id,
          JSON.stringify(metadata),
        )
      )[0].id as string;
    const event = (id: string) => one('select * from app_public.raw_events where id = $1', id);
    const done = (...ids: string[]) =>
      until(async () =>
        (await Promise.all(ids.map(event))).every((row) => /completed|failed/.test(row.processing_status)),
      );
    const pieces = async (id: string) =>
      (
        await owner().query(
          `select c.id, c.content, c.heading, c.importance_score, c.visibility, c.owner_id from app_public.chunks c where c.raw_event_id = $1 order by c.chunk_index`,
          [id],
        )
      ).rows;

    it('become chunks that search finds: long ones as several, silent ones not at all', async () => {
      const long = Array.from(
        { length: 40 },
        (_, n) => `The albatross report, part ${n}, says that albatross numbers grew.`,
      );
      const ids = {
        short: await ingest(
          ann,
          { text: 'The ferry leaves at noon.' },
          { metadata: { channel: 'travel', importance: 0.9 } },
        ),
        long: await ingest(
          ann,
          { issue: { fields: { summary: 'Albatross count', description: long.join(' ') } } },
          { source: 'jira' },
        ),
        silent: await ingest(ann, { ts: '1704067200.000100', user: 'U024BE7LH', reactions: [1, 2] }),
        same: await ingest(ann, { text: 'The ferry leaves at noon.' }, { metadata: { channel: 'travel' } }),
        other: await ingest(bob, { text: 'The ferry leaves at noon.' }, { metadata: { channel: 'travel' } }),
      };
      await work();
      await done(...Object.values(ids));
      await indexed(ann);
      expect(await pieces(ids.short)).toMatchObject([
        {
          content: 'The ferry leaves at noon.',
          heading: 'slack › travel › message',
          visibility: 'workspace',
          owner_id: ann.id,
        },
      ]);
      expect((await pieces(ids.short))[0].importance_score).toBeCloseTo(0.9);
      const parts = await pieces(ids.long);
      expect(parts.length).toBeGreaterThan(2);
      for (let n = 0; n < 40; n++) {
        expect(parts.some((part) => part.content.includes(`part ${n}, says`))).toBe(true);
      }
      expect(await pieces(ids.silent)).toEqual([]);
      expect(await pieces(ids.same)).toEqual([]);
      expect(await pieces(ids.other)).toHaveLength(1);
      for (const id of Object.values(ids)) {
        expect(await event(id)).toMatchObject({ processing_status: 'completed', attempts: 1, error: null });
        expect((await event(id)).processed_at).not.toBeNull();
      }
      expect(await found(ann, 'ferry', 'event')).toEqual(['The ferry leaves at noon.']);
      expect(await found(ann, 'ferry', 'document')).toEqual([]);
      const results = await call(
        ann,
        `select r.raw_event_id, r.title, r.heading, r.document_id from app_public.search('albatross', kinds => '{event}') s, unnest(s.results) r`,
      );
      expect(results[0]).toEqual({
        raw_event_id: ids.long,
        title: 'jira: message',
        heading: expect.stringContaining('jira'),
        document_id: null,
      });
      expect(
        (await one('select count(*)::int as n from app_public.embeddings where chunk_id = $1', parts[0].id))
          .n,
      ).toBe(1);
    });

    it('go with their chunks and vectors; what another one says too is learned again from that', async () => {
      const [first, twin] = [
        await ingest(ann, { text: 'The lighthouse is dark.' }),
        await ingest(ann, { text: 'The lighthouse is dark.' }),
      ];
      await work();
      await done(first, twin);
      await indexed(ann);
      const [holder, heir] = (await pieces(first)).length > 0 ? [first, twin] : [twin, first];
      await owner().query('delete from app_public.raw_events where id = $1', [holder]);
      expect(await pieces(holder)).toEqual([]);
      await sweep();
      await until(async () => (await pieces(heir)).length === 1);
      await done(heir);
      await stopAll();
      await owner().query('delete from app_public.raw_events where id = $1', [heir]);
      expect(await found(ann, 'lighthouse', 'event')).toEqual([]);
    });

    it('wait for a model that asks for patience, and fail one by one', async () => {
      const fake = await startFakeOpenAi({ dimensions: 512 });
      try {
        fake.faults = [{ status: 429, headers: { 'retry-after': '1' } }];
        fake.judge = ({ texts }) =>
          texts.some((text) => text.includes('POISON')) ? { status: 400 } : undefined;
        const ingestLong = (word: string) =>
          ingest(
            ann,
            { text: `${word}. ${'The minutes of the meeting are long. '.repeat(20)}` },
            { source: 'minutes' },
          );
        const ids = {
          good: await ingestLong('Good'),
          poison: await ingestLong('POISON'),
          next: await ingestLong('Next'),
          short: await ingest(ann, { text: 'A short note.' }, { source: 'minutes' }),
        };
        const asked = () =>
          fake.requests.filter((request) => request.path.endsWith('/chat/completions')).length;
        await work({
          providers: {
            env: readEnv({
              SUMMARY_PROVIDER: 'openai-compatible',
              SUMMARY_MODEL: 'fake',
              EMBEDDING_BASE_URL: fake.url,
            }),
            guards: openGuards(undefined, { delays: { least: 1, greatest: 5 }, timeout: 10_000 }),
          },
        });
        const failed = async () =>
          (await event(ids.poison)).attempts === 1 && (await event(ids.poison)).error !== null;
        await done(ids.good, ids.next, ids.short);
        await until(failed);
        await idle('process-events');
        // being told to wait is no attempt, and the short one asked nobody
        for (const id of [ids.good, ids.next, ids.short]) {
          expect(await event(id)).toMatchObject({ processing_status: 'completed', attempts: 1 });
        }
        const requests = asked();
        for (let n = 2; n <= 5; n++) {
          await owner().query('update app_public.raw_events set retry_at = now() where id = $1', [
            ids.poison,
          ]);
          await sweep();
          await until(async () => (await event(ids.poison)).attempts === n);
          await idle('process-events');
        }
        await done(ids.poison);
        expect(await event(ids.poison)).toMatchObject({ processing_status: 'failed', attempts: 5 });
        // found by its own words all the same
        expect((await pieces(ids.poison)).some((part) => part.content.includes('POISON'))).toBe(true);
        expect(asked()).toBe(requests + 4);
      } finally {
        await stopAll();
        await fake.close();
      }
    });

    describe('with summaries that are paid', () => {
      let fake: Awaited<ReturnType<typeof startFakeOpenAi>>;
      beforeAll(async () => {
        fake = await startFakeOpenAi({ dimensions: 512 });
        await owner().query(
          `update app_private.settings set value = '0.05' where name = 'embedding_budget_seconds'`,
        );
      });
      afterAll(() => fake?.close());
      const ingestLong = (user: TestUser, word: string) =>
        ingest(
          user,
          { text: `${word}. ${'The minutes of the meeting are long. '.repeat(20)}` },
          { source: 'minutes' },
        );
      const workPaid = () =>
        work({
          providers: {
            env: readEnv({
              SUMMARY_PROVIDER: 'openai-compatible',
              SUMMARY_MODEL: 'fake',
              SUMMARY_INPUT_PRICE: '100',
              SUMMARY_OUTPUT_PRICE: '1000',
              EMBEDDING_BASE_URL: fake.url,
            }),
            guards: openGuards(undefined, { delays: { least: 1, greatest: 5 }, timeout: 10_000 }),
          },
        });
      const asked = () => fake.requests.filter((one) => one.path.endsWith('/chat/completions')).length;
      const logged = async (id: string) =>
        (
          await owner().query(
            `select user_id, workspace_id, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd::float as cost, metadata
             from app_public.usage_logs where action = 'event_summary' and metadata ->> 'rawEventId' = $1`,
            [id],
          )
        ).rows;
      const open = async () =>
        (
          await one(
            `select count(*)::int as n from app_public.usage_reservations where settled_at is null
             and expires_at > now()`,
          )
        ).n;

      it('logs each once, for who brought it in, and short ones not at all', async () => {
        const [long, short] = [
          await ingestLong(ann, 'Logged'),
          await ingest(ann, { text: 'A short bill.' }, { source: 'minutes' }),
        ];
        await workPaid();
        await done(long, short);
        expect(await logged(long)).toEqual([
          {
            user_id: ann.id,
            workspace_id: ann.workspaceId,
            provider: 'openai-compatible',
            model: 'fake',
            // as the service counted
            prompt_tokens: 20,
            completion_tokens: 5,
            total_tokens: 25,
            cost: 0.007,
            metadata: { rawEventId: long, source: 'minutes' },
          },
        ]);
        expect(await logged(short)).toEqual([]);
        expect(await open()).toBe(0);
        await stopAll();
      });

      it('lets events wait when the budget has no room, without an attempt, and goes on when it has', async () => {
        const budget = (tokens: number) =>
          call(bob, `select app_public.set_usage_budget('month', $1)`, tokens);
        await budget(10);
        const before = asked();
        const [long, short, other] = [
          await ingestLong(bob, 'Refused'),
          await ingest(bob, { text: 'A short one passes.' }, { source: 'minutes' }),
          await ingestLong(ann, 'Of another workspace'),
        ];
        await owner().query(
          `update app_private.settings set value = '600' where name = 'embedding_budget_seconds'`,
        );
        await workPaid();
        await done(short, other);
        await until(async () => (await event(long)).error !== null);
        await idle('process-events');
        const waiting = await event(long);
        expect(waiting).toMatchObject({
          processing_status: 'pending',
          attempts: 0,
          error: expect.stringContaining('(CQ220)'),
        });
        expect(waiting.retry_at.getTime()).toBeGreaterThan(Date.now() + 500_000);
        expect((await call(bob, 'select * from app_public.indexing_progress()'))[0]).toMatchObject({
          paused: 'budget',
          is_complete: false,
        });
        expect(asked()).toBe(before + 1);
        // it is not failed, so there is nothing to try again, and no sweep touches it
        expect((await call(bob, 'select app_public.retry_events() as n'))[0].n).toBe(0);
        const { rows: found } = await database
          .pool('worker')
          .query('select workspace_id from app_hidden.find_unprocessed_events()');
        expect(found.map((row) => row.workspace_id)).not.toContain(bob.workspaceId);

        // the switch holds for all; due only then, since a sweep comes every minute of the clock
        await owner().query(`update app_private.settings set value = 'off' where name = 'paid_embedding'`);
        await budget(1_000_000);
        await owner().query('update app_public.raw_events set retry_at = now() where id = $1', [long]);
        await sweep();
        await until(async () => (await event(long)).error.includes('(CQ370)'));
        await idle('process-events');
        await owner().query(`update app_private.settings set value = 'on' where name = 'paid_embedding'`);
        await owner().query('update app_public.raw_events set retry_at = now() where id = $1', [long]);
        await sweep();
        await done(long);
        expect(await event(long)).toMatchObject({ processing_status: 'completed', attempts: 1, error: null });
        expect(await logged(long)).toHaveLength(1);
        const { tokens } = await one(
          'select sum(tokens)::int as tokens from app_hidden.budget_spending where workspace_id = $1',
          bob.workspaceId,
        );
        expect(tokens).toBe(25);
        expect(await open()).toBe(0);
        await stopAll();
      });

      it('lets go what it set aside when the service fails', async () => {
        fake.judge = ({ texts }) =>
          texts.some((text) => text.includes('FAILS')) ? { status: 400 } : undefined;
        const id = await ingestLong(ann, 'FAILS');
        await workPaid();
        await until(async () => (await event(id)).error !== null);
        await idle('process-events');
        expect(await event(id)).toMatchObject({ processing_status: 'processing', attempts: 1 });
        expect(await logged(id)).toEqual([]);
        expect(await open()).toBe(0);
        await stopAll();
        fake.judge = () => undefined;
        await owner().query('delete from app_public.raw_events where id = $1', [id]);
      });

      it('bills an event once when a worker is taken for dead and answers all the same', async () => {
        await stopAll();
        const id = await ingestLong(ann, 'Twice');
        await owner().query('delete from pgboss.job');
        const ask = async (sql: string, ...values: unknown[]) =>
          (await database.pool('worker').query(sql, [ann.workspaceId, ...values])).rows;
        const attempt = async () => {
          const [claim] = await ask(`select event_id, attempt from app_hidden.claim_events($1, 'minutes')`);
          expect(claim.event_id).toBe(id);
          const [held] = await ask(
            'select * from app_hidden.reserve_event_summary($1, $2, $3, 100, 0.5)',
            id,
            claim.attempt,
          );
          return { attempt: claim.attempt, reservation: held.reservation_id };
        };
        const complete = async ({ attempt, reservation }: { attempt: number; reservation: string }) =>
          (
            await ask(
              `select app_hidden.complete_event($1, $2, $3, $5, true, $4, 'p', 'm', 7, 3, 0.25) as outcome`,
              id,
              attempt,
              reservation,
              said('Said twice.', 'minutes'),
            )
          )[0].outcome;
        const first = await attempt();
        await owner().query(
          `update app_public.raw_events set retry_at = now() - interval '1 s' where id = $1`,
          [id],
        );
        const second = await attempt();
        expect(await open()).toBe(2);
        // the first one's number is no longer the event's
        expect(
          await ask('select * from app_hidden.reserve_event_summary($1, $2, $3, 1, 0)', id, first.attempt),
        ).toEqual([]);
        // while the second is at work, and after it
        expect(await complete(first)).toBe('late');
        expect(await logged(id)).toEqual([]);
        expect(await complete(second)).toBe('stored');
        expect(await complete(first)).toBe('late');
        expect(await complete(second)).toBe('late');
        expect(await logged(id)).toMatchObject([{ total_tokens: 10, cost: 0.25 }]);
        expect(await open()).toBe(0);
        expect(
          await one(
            'select settled_tokens::int as n from app_public.usage_reservations where id = $1',
            first.reservation,
          ),
        ).toEqual({ n: 0 });
      });
    });

    it('are claimed once by many, given back by the dead, and given up after five tries', async () => {
      await stopAll();
      const ids = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          ingest(ann, { text: `Number ${n} of thirty.` }, { source: 'git' }),
        ),
      );
      await owner().query('delete from pgboss.job');
      const claim = async (n: number) =>
        (
          await database
            .pool('worker')
            .query(`select * from app_hidden.claim_events($1, 'git', $2)`, [ann.workspaceId, n])
        ).rows;
      const taken = (await Promise.all([claim(15), claim(15), claim(15)])).flat();
      expect(taken).toHaveLength(30);
      expect(new Set(taken.map((row) => row.event_id))).toEqual(new Set(ids));
      expect(await claim(1)).toEqual([]);
      const expire = () =>
        owner().query(
          `update app_public.raw_events set retry_at = now() - interval '1 s' where source = 'git' and processing_status = 'processing'`,
        );
      // one of them kills five workers
      const deadly = ids[7]!;
      for (let n = 2; n <= 5; n++) {
        await owner().query(
          `update app_public.raw_events set retry_at = now() - interval '1 s' where id = $1`,
          [deadly],
        );
        expect((await claim(1)).map((row) => [row.event_id, row.attempt])).toEqual([[deadly, n]]);
      }
      await expire();
      await Promise.all([work(), work()]);
      await done(...ids);
      expect(await event(deadly)).toMatchObject({ processing_status: 'failed', attempts: 5 });
      expect((await event(deadly)).error).toContain('CQ328');
      const { rows } = await owner().query(
        `select c.raw_event_id from app_public.chunks c where c.raw_event_id = any ($1)`,
        [ids],
      );
      expect(rows).toHaveLength(29);
      expect(new Set(rows.map((row) => row.raw_event_id)).size).toBe(29);
      // late, by who was taken for dead
      const late = await database
        .pool('worker')
        .query(`select app_hidden.complete_event($1, $2, 1, '{"passages": []}') as outcome`, [
          ann.workspaceId,
          ids[0],
        ]);
      expect(late.rows[0].outcome).toBe('late');

      // a manager has the failed ones tried again
      expect((await call(bob, 'select app_public.retry_events() as n'))[0].n).toBe(0);
      expect((await call(ann, `select app_public.retry_events('git') as n`))[0].n).toBe(1);
      await until(async () => (await event(deadly)).processing_status === 'completed');
      expect(await pieces(deadly)).toHaveLength(1);
    });
  });

  it('truncating the sources leaves no chunk and no vector of them', async () => {
    await stopAll();
    const left = async (type: string) =>
      (await one('select count(*)::int as n from app_public.chunks where source_type = $1', type)).n;
    expect(await left('event')).toBeGreaterThan(0);
    await owner().query('truncate app_public.raw_events');
    expect(await left('event')).toBe(0);
    expect(await left('document')).toBeGreaterThan(0);
    const contents = 'select count(*)::int as n from app_hidden.discarded_contents';
    const before = (await one(contents)).n;
    const { n } = await one(
      'select count(distinct storage_path)::int as n from app_public.files where storage_path is not null',
    );
    await owner().query('truncate app_public.files cascade');
    expect(await left('document')).toBe(0);
    expect((await one('select count(*)::int as n from app_public.embeddings')).n).toBe(0);
    expect((await one(contents)).n).toBe(before + n);
  });
});
