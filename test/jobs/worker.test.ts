import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanupFiles } from '../../jobs/cleanup-files.ts';
import { indexLarge, indexSource, singletonOfSource } from '../../jobs/index-source.ts';
import type { JobContext } from '../../jobs/job.ts';
import { sweepUnindexed } from '../../jobs/sweep-unindexed.ts';
import { startWorker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { openQueue } from '../../lib/queue.ts';
import { localStorage } from '../../lib/storage.ts';
import { ProviderError } from '../../models/error.ts';
import { openSummariser } from '../../models/summary/open-summariser.ts';
import { openExtractor } from '../../reading/extract.ts';
import { indexWhole } from '../support/indexing.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { axis } from '../support/tenants.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

/** A markdown document of sections that are long enough to be a chunk each. */
function sections(
  count: number,
  text: (n: number) => string = (n) => `Paragraph ${n} speaks of number ${n * 7919}.`,
): string {
  return Array.from({ length: count }, (_, n) => `# Section ${n}\n\n${`${text(n)} `.repeat(16)}`).join(
    '\n\n',
  );
}

describeReal('the worker', () => {
  let database: Database;
  let ann: TestUser;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const progress = async (user = ann) =>
    (await call(user, 'select * from app_public.indexing_progress()'))[0];
  const createDocument = async (user: TestUser, title: string, content: string): Promise<string> =>
    (await call(user, `select id from app_public.create_document($1, $2, 'markdown')`, title, content))[0].id;
  const forgetJobs = () => owner().query('delete from pgboss.job');

  async function spawnWorker(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdin!.write(`${database.url('admin')}\n`);
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout!.on('data', (data) => String(data).includes('ready\n') && resolve());
      child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
    });
    await ready;
    return child;
  }
  async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Everything is there once, cut from the text as it is now, and the counts are the real ones. */
  async function expectIndexed(user: TestUser): Promise<{ chunks: number }> {
    const facts = await one(
      `select
         (select count(*)::int from app_public.chunks c where c.workspace_id = $1) as chunks,
         (select count(*)::int from app_public.embeddings e where e.workspace_id = $1) as embeddings,
         (select count(distinct e.chunk_id)::int from app_public.embeddings e where e.workspace_id = $1) as embedded,
         (select coalesce(sum(k.chunk_count), 0)::int from app_hidden.chunk_counts k where k.workspace_id = $1) as chunk_counts,
         (select coalesce(sum(k.embedding_count), 0)::int from app_hidden.embedding_counts k where k.workspace_id = $1) as embedding_counts,
         (select count(*)::int from app_public.chunks c join app_public.documents d on d.id = c.document_id
          where c.workspace_id = $1 and substr(d.content, c.start_offset + 1, c.end_offset - c.start_offset) <> c.content) as misplaced,
         (select count(*)::int from app_public.chunks c join app_public.messages m on m.id = c.message_id
          where c.workspace_id = $1 and substr(m.content, c.start_offset + 1, c.end_offset - c.start_offset) <> c.content) as misplaced_messages,
         (select count(*)::int from app_public.documents d where d.workspace_id = $1 and d.chunked_hash is distinct from d.content_hash) as stale`,
      user.workspaceId,
    );
    const { chunks } = facts;
    expect(facts).toEqual({
      chunks,
      embeddings: chunks,
      embedded: chunks,
      chunk_counts: chunks,
      embedding_counts: chunks,
      misplaced: 0,
      misplaced_messages: 0,
      stale: 0,
    });
    return { chunks };
  }

  it('loses and doubles nothing when it is killed while it embeds, and finds what lost jobs left', {
    timeout: LONG,
  }, async () => {
    for (let n = 0; n < 2; n += 1)
      await createDocument(
        ann,
        `Book ${n}`,
        sections(25, (k) => `In book ${n}, line ${k}.`),
      );
    await asUser(database, ann, async (client) => {
      const { rows } = await client.query('select id from app_public.start_conversation()');
      for (let n = 0; n < 260; n += 1)
        await client.query('select app_public.post_message($1, $2)', [rows[0].id, `Number ${n}`]);
    });
    // what a killed worker had in hand is soon free again
    await owner().query(`update app_private.settings set value = '3' where name = 'embedding_claim_seconds'`);
    const embeddings = async (): Promise<number> =>
      (await one('select count(*)::int as n from app_public.embeddings')).n;

    const first = await spawnWorker();
    await until(async () => (await embeddings()) >= 64);
    await kill(first);
    const left = await embeddings();
    expect((await progress()).is_complete).toBe(false);

    // the second one meets nothing of the first one's jobs
    await forgetJobs();
    const second = await spawnWorker();
    await until(async () => (await embeddings()) >= left + 64);
    await kill(second);

    // the third one finds the jobs of the second as they were when it died: active
    const third = await spawnWorker();
    await until(async () => {
      await sweep(database);
      return (await progress()).is_complete;
    });
    const { chunks } = await expectIndexed(ann);
    expect(chunks).toBeGreaterThan(240);
    expect(await progress()).toMatchObject({
      pending_documents: '0',
      pending_conversations: '0',
      chunks: String(chunks),
      embedded_chunks: String(chunks),
    });

    // vectors alone are missing, too: the counts give it away
    await owner().query(
      'delete from app_public.embeddings where chunk_id in (select chunk_id from app_public.embeddings order by chunk_id limit 40)',
    );
    expect((await progress()).is_complete).toBe(false);
    await forgetJobs();
    const queue = openQueue(owner(), { supervise: false, schedule: false });
    await queue.start();
    await queue.send(sweepUnindexed.queue.name, {});
    await queue.stop({ graceful: false });
    await until(async () => (await progress()).is_complete);
    expect(await expectIndexed(ann)).toEqual({ chunks });

    // asked politely, it ends by itself
    const gone = once(third, 'exit');
    third.stdin!.end();
    expect((await gone)[0]).toBe(0);
    // 50 sections and 260 messages through the real model, three processes one after the other
  });

  describe('one job', () => {
    let boss: PgBoss;
    let user: TestUser;
    /** Every text that the provider was asked for. */
    let asked: string[];
    let fail: Error | undefined;
    let during: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      boss = openQueue(database.pool('worker'), { supervise: false, schedule: false });
      await boss.start();
      user = await registerUser(database, 'bob@example.org');
    });
    afterAll(async () => {
      await boss?.stop({ graceful: false });
    });

    const context = (signal = new AbortController().signal): JobContext => ({
      pool: database.pool('worker'),
      boss,
      log,
      signal,
      storage: localStorage('/nowhere'),
      extractor: openExtractor(),
      summariser: () => openSummariser(),
      provider: () => ({
        name: 'fake',
        model: 'fake',
        dimensions: 512,
        maxTokens: 2048,
        price: 2,
        async embed(texts) {
          if (fail) throw fail;
          await during?.();
          asked.push(...texts);
          const failures = texts.flatMap((text, index) =>
            text.includes('POISON') ? [new ProviderError('bad_input', 'it is poisoned', { index })] : [],
          );
          const vectors = texts.map((text, index) =>
            text.includes('POISON') ? undefined : Float32Array.from(axis(512, index % 512)),
          );
          return { vectors, tokens: 10 * texts.length, failures };
        },
        async close() {},
      }),
    });
    const index = (document: string, signal?: AbortSignal): Promise<object> => {
      asked = [];
      return indexWhole(context(signal), {
        workspaceId: user.workspaceId,
        sourceType: 'document',
        sourceId: document,
      });
    };
    const chunksOf = async (
      document: string,
    ): Promise<{ id: string; content: string; chunk_index: number }[]> =>
      (
        await owner().query(
          'select id, content, chunk_index from app_public.chunks where document_id = $1 order by chunk_index',
          [document],
        )
      ).rows;

    it('embeds after an edit only what changed, and keeps the rest', async () => {
      const text = sections(8);
      const id = await createDocument(user, 'Edited', text);
      await index(id);
      const before = await chunksOf(id);
      expect(before).toHaveLength(8);
      expect(asked).toHaveLength(8);

      expect(await index(id)).toMatchObject({ chunks: 0, embedded: 0 });
      expect(asked).toEqual([]);

      // one section changes, one goes, one comes: all that follows moves
      const edited = text
        .replaceAll('number 15838', 'another number')
        .replace(/# Section 5[^#]*/, '')
        .replace('# Section 1\n', `# Section new\n\n${'Something new. '.repeat(60)}\n\n# Section 1\n`);
      await call(user, 'update app_public.documents set content = $2 where id = $1', id, edited);
      await index(id);
      const after = await chunksOf(id);
      const kept = after.filter((chunk) => before.some((old) => old.id === chunk.id));
      expect(kept).toHaveLength(6);
      for (const chunk of kept)
        expect(before.find((old) => old.id === chunk.id)!.content).toBe(chunk.content);
      expect(asked).toHaveLength(2);
      expect(asked.some((one) => one.includes('Something new'))).toBe(true);
      expect(asked.some((one) => one.includes('another number'))).toBe(true);
      expect(after.map((chunk) => chunk.chunk_index)).toEqual(after.map((_, n) => n));
      await expectIndexed(user);
    });

    it('counts tokens and costs, embeds all but a poisoned passage, and says so', async () => {
      const id = await createDocument(
        user,
        'Poisoned',
        sections(40, (n) => (n === 3 || n === 39 ? `POISON ${n}.` : `Text ${n}.`)),
      );
      expect(await index(id)).toMatchObject({ refused: 2, reason: 'it is poisoned', continued: false });
      const { rows } = await owner().query(
        `select count(*)::int as missing from app_public.chunks c
         where c.document_id = $1 and not exists (select from app_public.embeddings e where e.chunk_id = c.id)`,
        [id],
      );
      expect(rows[0].missing).toBe(2);
      // they wait, and are not asked for again before their time
      expect(await index(id)).toMatchObject({ embedded: 0, refused: 0 });
      expect(asked).toEqual([]);
      expect(await progress(user)).toMatchObject({
        retrying_chunks: '2',
        dead_chunks: '0',
        is_complete: false,
      });
      await call(user, 'delete from app_public.documents where id = $1', id);

      const plain = await createDocument(user, 'Counted', sections(3));
      const chunks = 3;
      expect(await index(plain)).toMatchObject({
        embedded: chunks,
        tokens: 10 * chunks,
        costUsd: (20 * chunks) / 1e6,
      });
    });

    it('waits, without failing, for a provider that asks for patience', async () => {
      const id = await createDocument(user, 'Patient', sections(2));
      await forgetJobs();
      fail = new ProviderError('rate_limited', 'slow down', { retryAfter: 30 });
      try {
        expect(await index(id)).toMatchObject({ embedded: 0, continued: true, waits: 30 });
      } finally {
        fail = undefined;
      }
      const waiting = await one(
        `select count(*)::int as jobs, min(extract(epoch from start_after - now())) as seconds
         from pgboss.job where name = 'embed-chunks' and state = 'created' and start_after > now()`,
      );
      expect(waiting.jobs).toBe(1);
      expect(Number(waiting.seconds)).toBeGreaterThan(15);
      await forgetJobs();
      expect(await index(id)).toMatchObject({ embedded: 2 });
    });

    it('cuts and embeds a memory once, and again when it was forgotten and came back', async () => {
      const [{ id }] = await call(user, `select id from app_public.remember('Sails at dawn', 'sailing')`);
      const source = { workspaceId: user.workspaceId, sourceType: 'memory', sourceId: id } as const;
      const run = async () => {
        asked = [];
        return indexWhole(context(), source);
      };
      expect(await run()).toMatchObject({ chunks: 1, embedded: 1 });
      expect(asked).toEqual(['sailing\nSails at dawn']);
      expect(await run()).toMatchObject({ chunks: 0, embedded: 0 });
      await expectIndexed(user);

      await call(user, 'select app_public.forget($1)', id);
      expect(await run()).toMatchObject({ chunks: 0, embedded: 0 });
      await forgetJobs();
      await call(user, 'select app_public.undo_memory($1)', id);
      expect((await progress(user)).pending_memory_items).toBe('1');
      // the job that came with the undoing is lost: the sweep finds the memory
      expect(
        await one(`select count(*)::int as n from pgboss.job where singleton_key = $1`, `memory:${id}`),
      ).toEqual({ n: 1 });
      await forgetJobs();
      await sweepUnindexed.handle(context(), {});
      expect(
        await one(`select count(*)::int as n from pgboss.job where singleton_key = $1`, `memory:${id}`),
      ).toEqual({ n: 1 });
      expect(await run()).toMatchObject({ chunks: 1 });
      await expectIndexed(user);
    });

    it('gives what is indexed the language that the workspace has now, without asking for vectors', async () => {
      const ole = await registerUser(database, 'ole@example.org');
      const [{ id }] = await call(ole, `select id from app_public.remember('Skibene sejler')`);
      await indexWhole(context(), {
        workspaceId: ole.workspaceId,
        sourceType: 'memory',
        sourceId: id,
      });
      await call(ole, `select app_public.set_workspace_language('danish')`);
      asked = [];
      const stopped = AbortSignal.abort();
      expect(await sweepUnindexed.handle(context(stopped), {})).toMatchObject({ corrected: 0 });
      expect(await sweepUnindexed.handle(context(), {})).toMatchObject({ corrected: 1 });
      expect(await sweepUnindexed.handle(context(), {})).toMatchObject({ corrected: 0 });
      expect(asked).toEqual([]);
      expect(
        await one('select text_search::text as words from app_public.chunks where memory_item_id = $1', id),
      ).toEqual({
        words: "'sejl':2B 'skib':1B",
      });
      await expectIndexed(ole);
    });

    it('stores no chunks of a memory that was forgotten while it was cut', async () => {
      const [{ id }] = await call(user, `select id from app_public.remember('Fleeting')`);
      const { content_hash } = await one(
        'select content_hash from app_public.memory_items where id = $1',
        id,
      );
      await call(user, 'select app_public.forget($1)', id);
      const { rows } = await database
        .pool('worker')
        .query(
          `select app_hidden.replace_memory_chunks($1, $2, $3, '[{"chunk_index": 0, "content": "Fleeting", "start_offset": 0, "end_offset": 8, "token_count": 1}]') as added`,
          [user.workspaceId, id, content_hash],
        );
      expect(rows).toEqual([{ added: 0 }]);
    });

    it('stores chunks of a memory for the text that it has, once', async () => {
      const [{ id }] = await call(user, `select id from app_public.remember('Lasting')`);
      const store = async (hash: string) =>
        (
          await database.pool('worker').query(
            `select app_hidden.replace_memory_chunks($1, $2, ${hash},
               '[{"chunk_index": 0, "content": "Lasting", "start_offset": 0, "end_offset": 7, "token_count": 1}]') as added
             from app_public.memory_items m where m.id = $2`,
            [user.workspaceId, id],
          )
        ).rows[0].added;
      expect(await store(`sha256('Another')`)).toBe(0);
      expect(await store('m.content_hash')).toBe(1);
      expect(await store('m.content_hash')).toBe(0);
      // the tests that follow count what is indexed
      await call(user, 'select app_public.forget($1)', id);
    });

    it('asks once for equal texts', async () => {
      const same = 'The very same words stand here, and they stand here again.';
      const [first, second] = [
        await createDocument(user, 'Twin', same),
        await createDocument(user, 'Twin', same),
      ];
      await index(first);
      expect(asked).toHaveLength(1);
      await index(second);
      expect(asked).toEqual([]);
      // also within one batch
      await asUser(database, user, async (client) => {
        const { rows } = await client.query('select id from app_public.start_conversation()');
        for (let n = 0; n < 20; n += 1)
          await client.query('select app_public.post_message($1, $2)', [
            rows[0].id,
            n % 2 === 0 ? 'Thanks!' : 'You are welcome.',
          ]);
      });
      const conversation = (await one(`select id from app_public.conversations where owner_id = $1`, user.id))
        .id;
      asked = [];
      await indexWhole(context(), {
        workspaceId: user.workspaceId,
        sourceType: 'message',
        sourceId: conversation,
      });
      await expectIndexed(user);
      // a message is embedded with the end of the one before it
      expect([...asked].sort()).toEqual([
        'Thanks!',
        'Thanks!\nYou are welcome.',
        'You are welcome.\nThanks!',
      ]);
    });

    it('never takes a vector of another tenant', async () => {
      const other = await registerUser(database, 'stranger@example.org');
      const same = 'A secret that two tenants share without knowing.';
      await index(await createDocument(user, 'Secret', same));
      asked = [];
      await indexWhole(context(), {
        workspaceId: other.workspaceId,
        sourceType: 'document',
        sourceId: await createDocument(other, 'Secret', same),
      });
      expect(asked).toHaveLength(1);
      // and a job that mixes up tenants does nothing
      asked = [];
      const id = await createDocument(user, 'Mine', 'Not to be cut for somebody else.');
      await indexWhole(context(), {
        workspaceId: other.workspaceId,
        sourceType: 'document',
        sourceId: id,
      });
      expect(asked).toEqual([]);
      expect(await chunksOf(id)).toEqual([]);
      await index(id);
    });

    it('leaves nothing half done when the provider fails, and goes on the next time', async () => {
      const id = await createDocument(
        user,
        'Unlucky',
        sections(3, (n) => `Unlucky line ${n}.`),
      );
      fail = new Error('the provider is down');
      await expect(index(id)).rejects.toThrow('the provider is down');
      fail = undefined;
      expect((await progress(user)).is_complete).toBe(false);
      await index(id);
      await expectIndexed(user);
    });

    it('does not store vectors of a text that was edited or deleted meanwhile', async () => {
      const id = await createDocument(
        user,
        'Moving',
        sections(3, (n) => `Moving line ${n}.`),
      );
      during = async () => {
        during = undefined;
        await call(user, `update app_public.documents set content = 'Short now.' where id = $1`, id);
        await indexWhole(
          { ...context(), provider: context().provider },
          { workspaceId: user.workspaceId, sourceType: 'document', sourceId: id },
        );
      };
      await index(id);
      expect((await chunksOf(id)).map((chunk) => chunk.content)).toEqual(['Short now.']);
      await expectIndexed(user);

      const gone = await createDocument(
        user,
        'Going',
        sections(3, (n) => `Going line ${n}.`),
      );
      during = async () => {
        during = undefined;
        await call(user, 'delete from app_public.documents where id = $1', gone);
      };
      await index(gone);
      expect(await chunksOf(gone)).toEqual([]);
      await expectIndexed(user);
      expect(await index(gone)).toMatchObject({ chunks: 0, embedded: 0 });
    });

    it('does not cut a text that is not the one it read', async () => {
      const id = await createDocument(user, 'Stale', 'As it was.');
      const { content_hash } = await one('select content_hash from app_public.documents where id = $1', id);
      await call(user, `update app_public.documents set content = 'As it is.' where id = $1`, id);
      const { rows } = await database
        .pool('worker')
        .query('select * from app_hidden.replace_document_chunks($1, $2, $3, $4)', [
          user.workspaceId,
          id,
          content_hash,
          '[]',
        ]);
      expect(rows).toEqual([]);
      await index(id);
      expect((await chunksOf(id)).map((chunk) => chunk.content)).toEqual(['As it is.']);
    });

    it('cuts a large document apart from the others, once', async () => {
      // large is what is stored, and this would be small
      await owner().query('alter table app_public.documents alter column content set storage external');
      const id = await createDocument(user, 'Large', 'Many words follow here. '.repeat(42_000));
      await forgetJobs();
      const source = { workspaceId: user.workspaceId, sourceType: 'document', sourceId: id } as const;
      for (let n = 0; n < 2; n += 1)
        expect(await indexSource.handle(context(), source)).toEqual({ chunks: 0, continued: true });
      expect(
        await one(
          `select count(*)::int as n, min(singleton_key) as key from pgboss.job where name = 'index-large'`,
        ),
      ).toEqual({ n: 1, key: `document:${id}` });
      const { chunks } = (await indexLarge.handle(context(), source)) as { chunks: number };
      expect(chunks).toBeGreaterThan(1000);
      expect(await chunksOf(id)).toHaveLength(chunks);
      expect(await indexLarge.handle(context(), source)).toEqual({ chunks: 0 });
      await call(user, 'delete from app_public.documents where id = $1', id);
    });

    it('hands the rest to another one when its process ends', async () => {
      const id = await createDocument(
        user,
        'Interrupted',
        sections(3, (n) => `Interrupted line ${n}.`),
      );
      await forgetJobs();
      const ending = new AbortController();
      ending.abort();
      expect(await index(id, ending.signal)).toMatchObject({ continued: true });
      expect(
        (
          await one(
            `select count(*)::int as n from pgboss.job where name = 'embed-chunks' and state = 'created'`,
          )
        ).n,
      ).toBe(1);
      await index(id);
      await expectIndexed(user);
    });
  });

  describe('the queue', () => {
    let boss: PgBoss;
    beforeAll(async () => {
      boss = openQueue(database.pool('worker'), { supervise: false, schedule: false });
      await boss.start();
    });
    afterAll(async () => {
      await boss?.stop({ graceful: false });
    });
    const waiting = async (key: string) =>
      (
        await one(
          `select count(*)::int as n from pgboss.job where singleton_key = $1 and state = 'created'`,
          key,
        )
      ).n;

    it('gets from the database the very row that it writes itself', async () => {
      await forgetJobs();
      const source = { workspaceId: ann.workspaceId, sourceType: 'document' as const, sourceId: ann.id };
      await boss.send(indexSource.queue.name, source, singletonOfSource(source));
      const times = ['start_after', 'created_on', 'keep_until'];
      const take = async () => {
        const { rows } = await owner().query(
          `with taken as (delete from pgboss.job returning *)
           select to_jsonb(t) as row, (t.start_after = t.created_on) as at_once, extract(epoch from t.keep_until - t.start_after)::int as kept,
             abs(extract(epoch from now() - t.created_on)) < 60 as now from taken t`,
        );
        expect(rows).toHaveLength(1);
        const { row, ...rest } = rows[0];
        for (const column of ['id', ...times]) delete row[column];
        return { ...row, ...rest };
      };
      const itself = await take();
      await owner().query('select app_hidden.enqueue($1, $2, $3, $4)', [
        indexSource.queue.name,
        source,
        `document:${ann.id}`,
        ann.workspaceId,
      ]);
      const fromTheDatabase = await take();
      expect(fromTheDatabase).toEqual(itself);
      expect(fromTheDatabase).toMatchObject({ at_once: true, now: true, state: 'created', policy: 'short' });
    });

    it('holds one waiting job per source, whatever is written', async () => {
      await forgetJobs();
      const id = await createDocument(ann, 'Busy', 'one');
      for (const content of ['two', 'three'])
        await call(ann, 'update app_public.documents set content = $2 where id = $1', id, content);
      expect(await waiting(`document:${id}`)).toBe(1);
      const conversation = (await call(ann, 'select id from app_public.start_conversation()'))[0].id;
      for (const text of ['one', 'two'])
        await call(ann, 'select app_public.post_message($1, $2)', conversation, text);
      expect(await waiting(`message:${conversation}`)).toBe(1);
    });

    it('gets nothing for what changes no text', async () => {
      const id = await createDocument(ann, 'Quiet', 'words');
      await owner().query('update app_public.documents set chunked_hash = content_hash where id = $1', [id]);
      await forgetJobs();
      await call(
        ann,
        `update app_public.documents set visibility = 'workspace', metadata = '{"a": 1}', is_archived = true where id = $1`,
        id,
      );
      expect(await waiting(`document:${id}`)).toBe(0);
      await call(ann, `update app_public.documents set title = 'Louder' where id = $1`, id);
      expect(await waiting(`document:${id}`)).toBe(1);
    });

    it('loses the job together with the write that is rolled back', async () => {
      await forgetJobs();
      await expect(
        asUser(database, ann, async (client) => {
          await client.query(`select app_public.create_document('Never', 'written')`);
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      expect((await one('select count(*)::int as n from pgboss.job')).n).toBe(0);
    });

    it('does not fail a write when it is not there', async () => {
      // a schema belongs to its owner, but renaming it needs a right on the database, which a clone does not inherit
      const admin = database.pool('admin');
      await admin.query('alter schema pgboss rename to pgboss_away');
      try {
        const id = await createDocument(ann, 'Alone', 'without a queue');
        const { rows } = await database
          .pool('worker')
          .query('select source_id from app_hidden.find_unindexed(1000)');
        expect(rows.map((row) => row.source_id)).toContain(id);
      } finally {
        await admin.query('alter schema pgboss_away rename to pgboss');
      }
    });

    it('takes the job of a worker that gives no sign of life from it, before it expires', async () => {
      await forgetJobs();
      const queue = cleanupFiles.queue.name;
      const left = await boss.send(queue, {});
      // one that is killed as soon as it has it
      expect(await boss.fetch(queue)).toMatchObject([{ id: left }]);
      const state = async () => (await one('select state from pgboss.job where id = $1', left)).state;
      const supervise = async () => {
        await owner().query('update pgboss.queue set monitor_on = null, monitor_claim_on = null');
        await boss.supervise(queue);
      };
      await supervise();
      expect(await state()).toBe('active');
      await owner().query(
        `update pgboss.job set heartbeat_on = heartbeat_on - interval '61 seconds' where id = $1`,
        [left],
      );
      await supervise();
      expect(await state()).toBe('retry');
      // what was counted before that still says that it is at work; a worker heeds that until the next counting
      await supervise();
      await owner().query('update pgboss.job set start_after = now() where id = $1', [left]);
      const worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5 });
      try {
        await until(async () => (await state()) === 'completed');
      } finally {
        await worker.stop();
      }
    });

    it('puts a job that cannot be read aside at once, and goes on', async () => {
      await forgetJobs();
      const bad = await boss.send(indexSource.queue.name, { sourceType: 'planet', sourceId: 7 });
      const worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5 });
      try {
        const state = () => one('select state, retry_count, output from pgboss.job where id = $1', bad);
        await until(async () => !['created', 'active'].includes((await state()).state));
        expect(await state()).toMatchObject({
          state: 'failed',
          retry_count: 0,
          output: { error: 'malformed payload' },
        });
        await until(async () => (await progress()).is_complete);
      } finally {
        await worker.stop();
      }
      await expectIndexed(ann);
    });
  });
});
