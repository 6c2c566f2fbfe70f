import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { chunkInThread } from '../../../chunking/chunk-in-thread.ts';
import type { JobContext } from '../../../jobs/job.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { ColloquyError } from '../../../lib/errors.ts';
import { log } from '../../../lib/log.ts';
import { openQueue } from '../../../lib/queue.ts';
import { localStorage } from '../../../lib/storage.ts';
import { openSummariser } from '../../../models/summary/open-summariser.ts';
import { openExtractor } from '../../../reading/extract.ts';
import { indexWhole } from '../../support/indexing.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';
import { hashProvider } from '../../support/versions.ts';

log.level = 'silent';

/** Times that a text with the word was chunked, and what chunking it does. */
const chunking = { tries: 0, act: undefined as (() => void) | undefined };
const chunk: typeof chunkInThread = async (source, sizes, signal) => {
  if (source.content.includes('UNCUTTABLE')) {
    chunking.tries += 1;
    chunking.act?.();
  }
  return chunkInThread(source, sizes, signal);
};

describeReal('texts that cannot be chunked', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    await set({ cutting_attempts: '3' });
  });
  beforeEach(async () => {
    chunking.tries = 0;
    chunking.act = () => {
      throw new ColloquyError('CQ316', 'The text could not be cut into passages: it took too long');
    };
    await set({ cutting_retry_seconds: '0', cutting_lease_seconds: '1200' });
    await owner().query('delete from app_public.documents');
    await owner().query('delete from app_public.memory_items');
    await owner().query('delete from app_public.conversations');
    await owner().query('delete from pgboss.job');
  });
  afterAll(() => database?.close());

  const owner = () => database.pool('owner');
  const set = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings))
      await owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
  };
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const progress = async (user: TestUser) =>
    (await call(user, 'select * from app_public.indexing_progress()'))[0];
  const failures = async (user: TestUser, onlyDead = false) =>
    call(user, 'select * from app_public.failed_embeddings($1)', onlyDead);
  const worker = async (sql: string, ...values: unknown[]) =>
    (await database.pool('worker').query(sql, values)).rows;
  const found = async () =>
    (await worker('select source_type, source_id from app_hidden.find_unindexed(100)')).map(
      (row) => row.source_id as string,
    );
  const context = (signal = new AbortController().signal): JobContext => ({
    pool: database.pool('worker'),
    boss: openQueue(database.pool('worker'), { supervise: false, schedule: false }),
    log,
    storage: localStorage('/nowhere'),
    extractor: openExtractor(),
    chunk,
    summariser: () => openSummariser(),
    signal,
    provider: (version) => hashProvider(version),
  });
  const index = (
    sourceType: 'document' | 'message' | 'memory',
    sourceId: string,
    { user = ann, signal }: { user?: TestUser; signal?: AbortSignal } = {},
  ) => indexWhole(context(signal), { workspaceId: user.workspaceId, sourceType, sourceId });
  const write = async (content: string, user = ann): Promise<string> =>
    (await call(user, `select id from app_public.create_document('Book', $1)`, content))[0].id;
  const chunks = async (column: string, id: string): Promise<string[]> =>
    (
      await owner().query(
        `select content from app_public.chunks where ${column} = $1 order by message_id, chunk_index`,
        [id],
      )
    ).rows.map((row) => row.content);

  it('are tried a few times with pauses, then given up with the reason, and hold up nobody', async () => {
    const id = await write('UNCUTTABLE words.');
    await set({ cutting_retry_seconds: '600' });
    await index('document', id);
    expect(await failures(ann)).toMatchObject([
      {
        chunk_id: null,
        source_type: 'document',
        document_id: id,
        attempts: 1,
        code: 'CQ316',
        error: expect.stringContaining('it took too long'),
        is_dead: false,
      },
    ]);
    const pause = async () => (await failures(ann))[0].next_attempt_at.getTime() - Date.now();
    expect(await pause()).toBeGreaterThan(400_000);
    expect(await pause()).toBeLessThan(800_000);
    // neither the sweep nor a job that comes meanwhile tries again
    expect(await found()).toEqual([]);
    await index('document', id);
    expect(chunking.tries).toBe(1);

    await owner().query('update app_hidden.cutting_failures set next_attempt_at = now()');
    expect(await found()).toEqual([id]);
    await index('document', id);
    // four times as long
    expect(await pause()).toBeGreaterThan(1_700_000);
    expect(await progress(ann)).toMatchObject({
      pending_documents: '1',
      dead_sources: '0',
      is_complete: false,
    });

    await owner().query('update app_hidden.cutting_failures set next_attempt_at = now()');
    await index('document', id);
    expect(chunking.tries).toBe(3);
    expect(await failures(ann, true)).toMatchObject([
      { document_id: id, attempts: 3, next_attempt_at: null, is_dead: true },
    ]);
    expect(await progress(ann)).toMatchObject({
      pending_documents: '0',
      dead_sources: '1',
      is_complete: true,
    });
    expect(await found()).toEqual([]);
    await index('document', id);
    expect(chunking.tries).toBe(3);
    // nobody else's business
    expect(await failures(bob)).toEqual([]);
    expect(await progress(bob)).toMatchObject({ dead_sources: '0' });
    expect(await worker('select * from app_hidden.dead_embeddings()')).toMatchObject([
      { workspace_id: ann.workspaceId, version_name: null, code: 'CQ316', chunks: '1' },
    ]);

    // asked for again, it has its attempts anew
    expect(
      await call(ann, 'select chunks::int, sources::int, texts::int from app_public.redrive_embeddings()'),
    ).toEqual([{ chunks: 0, sources: 1, texts: 1 }]);
    const { rows } = await owner().query(
      `select data ->> 'sourceId' as id from pgboss.job where name = 'index-source' and state = 'created'`,
    );
    expect(rows).toEqual([{ id }]);
    chunking.act = undefined;
    await index('document', id);
    expect(await chunks('document_id', id)).toEqual(['UNCUTTABLE words.']);
    expect(await failures(ann)).toEqual([]);
    expect(await progress(ann)).toMatchObject({ dead_sources: '0', is_complete: true });
  });

  it('start afresh when they are edited', async () => {
    const id = await write('UNCUTTABLE words.');
    for (let n = 0; n < 3; n += 1) await index('document', id);
    expect(await failures(ann, true)).toHaveLength(1);
    await call(ann, `update app_public.documents set content = 'Still UNCUTTABLE.' where id = $1`, id);
    // of the former text nothing is said any more
    expect(await failures(ann)).toEqual([]);
    expect(await progress(ann)).toMatchObject({ pending_documents: '1', dead_sources: '0' });
    expect(await found()).toEqual([id]);
    await index('document', id);
    expect(await failures(ann)).toMatchObject([{ attempts: 1, is_dead: false }]);
    await call(ann, `update app_public.documents set content = 'Good words.' where id = $1`, id);
    await index('document', id);
    expect(await chunks('document_id', id)).toEqual(['Good words.']);
    expect((await owner().query('select from app_hidden.cutting_failures')).rowCount).toBe(0);
  });

  it('are passed over in a conversation when they are given up, and found when they are tried again', async () => {
    const talk = (await call(ann, `select id from app_public.start_conversation('Talk')`))[0].id;
    for (const text of ['First words.', 'UNCUTTABLE words.', 'Last words.'])
      await call(ann, 'select app_public.post_message($1, $2)', talk, text);
    await set({ cutting_retry_seconds: '600' });
    await index('message', talk);
    expect(await chunks('conversation_id', talk)).toEqual(['First words.']);
    expect(await found()).toEqual([]);
    expect(await failures(ann)).toMatchObject([
      { source_type: 'message', conversation_id: talk, attempts: 1, is_dead: false },
    ]);
    await index('message', talk);
    expect(chunking.tries).toBe(1);
    const again = async () => {
      await owner().query('update app_hidden.cutting_failures set next_attempt_at = now()');
      await index('message', talk);
    };
    await again();
    expect(await progress(ann)).toMatchObject({ pending_conversations: '1', is_complete: false });
    await again();
    expect(await chunks('conversation_id', talk)).toEqual(['First words.', 'Last words.']);
    expect(await progress(ann)).toMatchObject({
      pending_conversations: '0',
      dead_sources: '1',
      is_complete: true,
    });
    expect(await found()).toEqual([]);
    const kept = (await owner().query('select id from app_public.chunks order by id')).rows;

    chunking.act = undefined;
    await call(ann, 'select app_public.redrive_embeddings()');
    expect(await found()).toEqual([talk]);
    await index('message', talk);
    expect(await chunks('conversation_id', talk)).toEqual([
      'First words.',
      'UNCUTTABLE words.',
      'Last words.',
    ]);
    // the others are the same rows, with the vectors that were paid for
    const ids = (await owner().query('select id from app_public.chunks order by id')).rows;
    expect(ids).toEqual(expect.arrayContaining(kept));
    expect(ids).toHaveLength(3);
    expect(await progress(ann)).toMatchObject({ dead_sources: '0', is_complete: true });
  });

  it('are memories as well', async () => {
    const id = (await call(ann, `select id from app_public.remember('UNCUTTABLE habits.')`))[0].id;
    for (let n = 0; n < 4; n += 1) await index('memory', id);
    expect(chunking.tries).toBe(3);
    expect(await failures(ann, true)).toMatchObject([{ source_type: 'memory', memory_item_id: id }]);
    expect(await progress(ann)).toMatchObject({
      pending_memory_items: '0',
      dead_sources: '1',
      is_complete: true,
    });
    await owner().query('delete from app_public.memory_items where id = $1', [id]);
    expect((await owner().query('select from app_hidden.cutting_failures')).rowCount).toBe(0);
  });

  it('count what the database refuses, and store the messages around it', async () => {
    chunking.act = undefined;
    await owner().query(`
      create function app_private.refuse_chunk() returns trigger language plpgsql as $$
      begin
        raise exception 'this one cannot be stored' using errcode = '23514';
      end $$;
      create trigger refuse before insert on app_public.chunks for each row
      when (new.content like '%POISON%') execute function app_private.refuse_chunk()`);
    try {
      const talk = (await call(ann, `select id from app_public.start_conversation('Talk')`))[0].id;
      for (const text of ['One.', 'POISON.', 'Three.'])
        await call(ann, 'select app_public.post_message($1, $2)', talk, text);
      for (let n = 0; n < 3; n += 1) await index('message', talk);
      expect(await chunks('conversation_id', talk)).toEqual(['One.', 'Three.']);
      const document = await write('POISON of a document.');
      for (let n = 0; n < 4; n += 1) await index('document', document);
      expect(await failures(ann, true)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ conversation_id: talk, code: '23514', attempts: 3 }),
          expect.objectContaining({ document_id: document, code: '23514', attempts: 3 }),
        ]),
      );
    } finally {
      await owner().query(
        'drop trigger refuse on app_public.chunks; drop function app_private.refuse_chunk()',
      );
    }
  });

  it('count the attempts at a large one that no worker survives, but not those of one that is told to end', async () => {
    const id = await write(`UNCUTTABLE ${'words of a long book. '.repeat(1000)}`);
    const { content_hash } = (
      await owner().query('select content_hash from app_public.documents where id = $1', [id])
    ).rows[0];
    const begin = async () =>
      (
        await worker(
          `select app_hidden.begin_cutting($1, 'document', $2, $3, is_large => true) as state`,
          ann.workspaceId,
          id,
          content_hash,
        )
      )[0].state;
    const expire = () => owner().query('update app_hidden.cutting_failures set next_attempt_at = now()');
    // of many at the same time, one begins
    expect((await Promise.all([begin(), begin(), begin(), begin()])).sort()).toEqual([
      'begin',
      'waits',
      'waits',
      'waits',
    ]);
    // what is being cut is no failure
    expect(await failures(ann)).toEqual([]);
    expect(await found()).toEqual([]);
    await index('document', id);
    expect(chunking.tries).toBe(0);

    // its worker was killed; the next one is told to end
    await expire();
    const ending = new AbortController();
    chunking.act = () => {
      ending.abort(new Error('this process ends'));
      throw ending.signal.reason;
    };
    await expect(index('document', id, { signal: ending.signal })).rejects.toThrow('this process ends');
    expect((await owner().query('select attempts from app_hidden.cutting_failures')).rows).toEqual([
      { attempts: 1 },
    ]);
    // and two more are killed
    expect(await begin()).toBe('begin');
    await expire();
    expect(await begin()).toBe('begin');
    await expire();
    expect(await begin()).toBe('dead');
    expect(await failures(ann, true)).toMatchObject([
      { document_id: id, attempts: 3, code: 'CQ316', error: 'Cutting was begun 3 times and never ended.' },
    ]);
    expect(await begin()).toBe('dead');
    // a database that does not answer is nobody's fault
    await call(ann, 'select app_public.redrive_embeddings()');
    chunking.act = () => {
      throw Object.assign(new Error('connection lost'), { code: '57P01' });
    };
    await expect(index('document', id)).rejects.toThrow('connection lost');
    expect(await failures(ann)).toEqual([]);
  });
});
