import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retention } from '../../jobs/retention.ts';
import { startWorker } from '../../jobs/worker.ts';
import { measurePools } from '../../lib/connections/purposes.ts';
import type { Database } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { connectionsWaiting } from '../../lib/metrics.ts';
import { filesFolder, localStorage } from '../../lib/storage.ts';
import { checkFiles } from '../../operations/cold/check.ts';
import { recallAll } from '../../operations/cold/recall.ts';
import { candidates, storeConversation } from '../../operations/cold/store.ts';
import { coldConversation } from '../operations/cold/support.ts';
import { createEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';
import { computeAnalytics } from '../support/tenants.ts';
import { until } from '../support/users.ts';
import { overWebSocket } from './live/support.ts';
import { type Account, axis, indexDocument, register, startTestApi, type TestApi } from './support.ts';

/** The embedded database has one session for everybody: a request that held two connections would wait for itself. */
describe('the API over the embedded database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-api-'));
  const storage = localStorage(filesFolder(dataDir));
  let database: Database;
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    database = await createEmbedded(dataDir);
    api = await startTestApi({
      database,
      storage,
      recording: { interval: 10 },
      embedQuery: async () => new Float32Array(axis(3)),
    });
    ada = await register(api, 'ada@example.org');
  }, LONG);
  afterAll(async () => {
    await api?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('ends a request that waits for the session for too long, and goes on', async () => {
    const hasty = await startTestApi({ database, requestTimeout: 200 });
    const holder = await database.pool('admin').connect();
    const late = await hasty.ask('{ currentUser { email } }', {}, { token: ada.token });
    expect([late.status, late.errors[0]?.extensions.code]).toEqual([503, 'CQ408']);
    holder.release();
    const me = await api.ask('{ currentUser { email } }', {}, { token: ada.token });
    expect(me.data.currentUser.email).toBe('ada@example.org');
    await hasty.api.close();
  });

  it('serves many requests at once, each as its own caller', async () => {
    const bob = await register(api, 'bob@example.org');
    const callers = [ada, bob, undefined];
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        api.ask(
          '{ currentUser { id } conversations { totalCount nodes { id messages { nodes { id } } } } workspaces { nodes { name } } }',
          {},
          {
            token: callers[i % 3]?.token,
          },
        ),
      ),
    );
    replies.forEach((reply, i) => {
      expect(reply.errors).toEqual([]);
      expect(reply.data.currentUser?.id).toBe(callers[i % 3]?.userId);
    });
  });

  it('lets nobody wait behind the hashes that a visitor asks for', async () => {
    const waiting = async () => {
      measurePools();
      const { values } = await connectionsWaiting.get();
      return values.find(({ labels }) => labels.pool === 'credentials')?.value ?? 0;
    };
    let done = 0;
    const hashing = Array.from({ length: 24 }, async () => {
      const wrong = await api.ask(
        'mutation { signIn(input: { email: "stranger@example.org", password: "wrong wrong" }) { clientMutationId } }',
      );
      done += 1;
      return wrong;
    });
    await until(async () => (await waiting()) >= 16 || done > 0);
    const before = done;
    const mine = await api.ask('{ currentUser { id } }', {}, ada);
    const meanwhile = done - before;
    expect(mine.data.currentUser.id).toBe(ada.userId);
    // its token, its settings and what it asks wait for one of them each
    expect(meanwhile).toBeLessThan(8);
    for (const reply of await Promise.all(hashing))
      expect(reply.errors[0]?.extensions.code).toMatch(/^CQ10[23]$/);
  });

  it('has cold conversations in files, and brings them back when they are read', async () => {
    const carl = await register(api, 'carl@example.org');
    const texts = ['first', 'second', 'third'];
    const user = { id: carl.userId, workspaceId: carl.workspaceId, token: carl.token, memberRole: 'owner' };
    const id = await coldConversation(database, user, texts);
    const worker = database.pool('worker');
    const [one] = await candidates(worker, { coldDays: 0, conversationId: id }, null, 1);
    expect((await storeConversation(worker, storage, one!)).outcome).toBe('stored');
    const read = () =>
      api.ask(
        'query ($id: UUID!) { conversation(id: $id) { messages(first: 5) { nodes { content } } } }',
        { id },
        { token: carl.token },
      );
    for (const { data } of await Promise.all([read(), read(), read()]))
      expect(data.conversation.messages.nodes.map(({ content }: { content: string }) => content)).toEqual(
        texts,
      );
    expect(await checkFiles(worker, storage, { hashes: 10 })).toMatchObject({
      checked: 1,
      missing: 0,
      damaged: 0,
    });
    expect(await recallAll(worker, storage, {}, { forGood: true })).toMatchObject({
      released: 1,
      problems: [],
    });
  });

  it('writes, searches, and says what is wrong as a server does', async () => {
    await indexDocument(api, ada, { title: 'Pets', content: 'A kitten.', vector: axis(3) });
    const found = await api.ask(
      '{ search(query: "anything") { path results { document { title } } } }',
      {},
      { token: ada.token },
    );
    expect(found.data.search).toEqual({ path: 'EXACT', results: [{ document: { title: 'Pets' } }] });
    // counted behind it, and measured
    const owner = database.pool('owner');
    await until(async () => (await owner.query('select from app_hidden.search_samples')).rows.length === 1);
    const { rows: measured } = await database
      .pool('worker')
      .query(
        `select m.recall, m.queries from app_hidden.recall_to_measure() as t cross join lateral app_hidden.measure_recall(t.version_id, t.size_class) as m`,
      );
    expect(measured).toEqual([{ recall: 1, queries: 1 }]);
    expect((await owner.query('select access_count from app_public.chunks')).rows).toEqual([
      { access_count: 1 },
    ]);
    const bad = await api.ask(
      'mutation { startConversation(input: { temperature: "9" }) { conversation { id } } }',
      {},
      { token: ada.token },
    );
    expect(bad.errors[0]).toMatchObject({
      message: 'temperature is not acceptable.',
      extensions: { code: 'CQ200' },
    });
    const wrong = await api.ask(
      'mutation { signIn(input: { email: "ada@example.org", password: "wrong wrong" }) { clientMutationId } }',
    );
    expect(wrong.errors[0]?.extensions.code).toBe('CQ102');
    const ready = await fetch(`${api.api.url}/readyz`);
    expect(ready.status).toBe(200);
  });

  it('keeps what a legal hold is on', async () => {
    const mutate = (body: string) => api.ask(`mutation { ${body} }`, {}, { token: ada.token });
    const made = await mutate('createDocument(input: { title: "a", content: "b" }) { document { id } }');
    const { id } = made.data.createDocument.document;
    const placed = await mutate(
      `placeLegalHold(input: { reason: "case", documentId: "${id}" }) { legalHold { id } }`,
    );
    for (const refused of [
      `deleteDocument(input: { id: "${id}" }) { clientMutationId }`,
      `updateDocument(input: { id: "${id}", patch: { content: "c" } }) { clientMutationId }`,
    ])
      expect((await mutate(refused)).errors[0]).toMatchObject({
        message: 'A legal hold keeps this: case',
        extensions: { code: 'CQ120' },
      });
    await mutate(
      `releaseLegalHold(input: { id: "${placed.data.placeLegalHold.legalHold.id}" }) { clientMutationId }`,
    );
    expect((await mutate(`deleteDocument(input: { id: "${id}" }) { clientMutationId }`)).errors).toEqual([]);
  });

  it('takes a file, reads it, gives it back, learns from an event, and removes what nobody has', async () => {
    const worker = await startWorker({ pool: database.pool('worker'), pollingIntervalSeconds: 0.5, storage });
    try {
      const stored = await fetch(`${api.api.url}/files?name=fog.md`, {
        method: 'POST',
        body: '# Fog\n\nFog until noon.',
        headers: { 'content-type': 'text/markdown', authorization: `Bearer ${ada.token}` },
      });
      expect(stored.status).toBe(201);
      const { file } = (await stored.json()) as { file: { id: string } };
      const ask = async (query: string) => (await api.ask(query, {}, { token: ada.token })).data;
      await ask(
        `mutation { ingestEvent(input: { source: "slack", eventType: "message", payload: { text: "The ferry is late." } }) { clientMutationId } }`,
      );
      await until(async () => (await ask('{ indexingProgress { isComplete } }')).indexingProgress.isComplete);
      expect((await ask(`{ file(id: "${file.id}") { processingStatus chunkCount } }`)).file).toEqual({
        processingStatus: 'COMPLETED',
        chunkCount: 1,
      });
      const found = await ask(
        '{ search(query: "ferry", kinds: [EVENT], mode: TEXT) { results { content } } }',
      );
      expect(found.search.results).toEqual([{ content: 'The ferry is late.' }]);
      const back = await fetch(`${api.api.url}/files/${file.id}`, {
        headers: { authorization: `Bearer ${ada.token}` },
      });
      expect(await back.text()).toBe('# Fog\n\nFog until noon.');
      const { rows } = await database
        .pool('worker')
        .query('select storage_path as path from app_public.files where id = $1', [file.id]);
      await ask(`mutation { deleteFile(input: { fileId: "${file.id}" }) { clientMutationId } }`);
      await worker.boss.send('cleanup-files', {});
      await until(async () => (await storage.size(rows[0].path)) === null);
    } finally {
      await worker.stop();
    }
  });

  it('computes the analytics and refreshes the summary in its one session', async () => {
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token: ada.token },
    );
    await api.ask(
      `mutation ($c: UUID!) { recordTurn(input: { conversationId: $c, question: "Why?", answer: "So.", latencyMs: 7 }) { messages { id } } }`,
      { c: data.startConversation.conversation.id },
      { token: ada.token },
    );
    await computeAnalytics(database);
    // a second time beside what is there
    await computeAnalytics(database);
    const reply = await api.ask(
      '{ workspaceDashboard { messageCount avgResponseTimeMs } conversationSummaryStats { nodes { messageCount } } userActivitySummary { nodes { messageCount } } }',
      {},
      { token: ada.token },
    );
    expect(reply.errors).toEqual([]);
    expect(reply.data).toEqual({
      workspaceDashboard: { messageCount: '2', avgResponseTimeMs: 7 },
      conversationSummaryStats: { nodes: [{ messageCount: '2' }] },
      userActivitySummary: { nodes: [{ messageCount: '1' }] },
    });
  });

  it('tells subscribers what happens in it, also by who comes over its socket', async () => {
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token: ada.token },
    );
    const { id } = data.startConversation.conversation;
    const told = overWebSocket(api.api.url, ada.token, {
      query: 'subscription ($id: UUID!) { messageChanged(conversationId: $id) { changes { text } } }',
      variables: { id },
    });
    await told.has(1);
    await api.ask(
      'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "Hello" }) { message { id } } }',
      { id },
      { token: ada.token },
    );
    await told.finds(({ changes }) => changes[0]?.text === 'Hello');
    const client = new pg.Client(database.url('owner'));
    await client.connect();
    const { rows } = await client
      .query(
        `begin; select set_config('colloquy.user_id', '${ada.userId}', true), set_config('colloquy.workspace_id', '${ada.workspaceId}', true),
         set_config('colloquy.member_role', 'owner', true);
       select (app_public.post_message('${id}', 'From outside')).content; commit`,
      )
      .then((results) => (results as unknown as pg.QueryResult[])[2]!);
    expect(rows).toEqual([{ content: 'From outside' }]);
    await told.finds(({ changes }) => changes[0]?.text === 'From outside');
    await client.end();
    told.end();
  });

  it('says what retention will delete, and deletes that', async () => {
    const token = { token: ada.token };
    await database.pool('owner').query(
      `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, processing_status)
       select app_hidden.uuidv7_at(now() - interval '9 days'), $1, $2, 'zoo', 'birth', '{}', 'completed'`,
      [ada.workspaceId, ada.userId],
    );
    const set = await api.ask(
      `mutation { setRetentionPolicy(input: { kind: RAW_EVENTS, keepDays: 7 }) { retentionPolicy { keepDays } } }`,
      {},
      token,
    );
    expect(set.errors).toEqual([]);
    const preview = async () => {
      const { data, errors } = await api.ask(
        '{ previewRetention { nodes { kind keepDays decidedBy dueBefore rowCount bytes oldestAt partitions } } }',
        {},
        token,
      );
      expect(errors).toEqual([]);
      expect(data.previewRetention.nodes).toHaveLength(9);
      return data.previewRetention.nodes.find(({ kind }: { kind: string }) => kind === 'RAW_EVENTS');
    };
    expect(await preview()).toMatchObject({
      keepDays: 7,
      decidedBy: 'WORKSPACE',
      dueBefore: expect.stringMatching(/T00:00:00/),
      rowCount: '1',
      bytes: '2',
      partitions: 1,
    });
    const context = { pool: database.pool('worker'), log, signal: new AbortController().signal };
    expect(await retention.handle(context as never, {})).toMatchObject({ due: { rawEvents: 1 } });
    await database.pool('worker').query(`select app_hidden.record_run('retention', now(), 'skipped')`);
    expect(await retention.handle(context as never, {})).toMatchObject({
      deleted: { rawEvents: 1 },
      bytes: 2,
      isDone: true,
    });
    expect(await preview()).toMatchObject({ rowCount: '0', oldestAt: null });
    const visitor = await api.ask('{ previewRetention { nodes { kind } } }');
    expect(visitor.errors[0]?.extensions.code).toBe('CQ101');
  });
});
