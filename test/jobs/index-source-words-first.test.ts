import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import type { EmbeddingProvider } from '../../models/provider.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import { hashProvider } from '../support/versions.ts';

log.level = 'silent';

/** So many sections, each long enough to be a passage of its own. */
function sections(count: number, text: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `# Section ${n}\n\n${`${text(n)} `.repeat(60)}`).join(
    '\n\n',
  );
}

describeReal('words at once, vectors after them', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  const workers: Worker[] = [];
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    await owner().query(`update app_private.settings set value = '2' where name = 'embedding_retry_seconds'`);
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const progress = async (user: TestUser) =>
    (await call(user, 'select * from app_public.indexing_progress()'))[0];
  const write = async (user: TestUser, title: string, content: string): Promise<string> =>
    (await call(user, `select id from app_public.create_document($1, $2, 'markdown')`, title, content))[0].id;
  const importAll = (user: TestUser, documents: { sourceUrl: string; title: string; content: string }[]) =>
    call(user, 'select outcome from app_public.import_documents($1::jsonb)', JSON.stringify(documents));
  const finds = async (user: TestUser, word: string): Promise<number> =>
    (
      await call(
        user,
        `select cardinality((app_public.search(query => $1, mode => 'text')).results) as n`,
        word,
      )
    )[0].n;

  /** A provider that never answers, until it is told to end. */
  const silent = (): EmbeddingProvider => ({
    ...hashProvider({ provider: 'local', model: 'silent', dimensions: 512 }),
    embed: (_, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  });
  async function work(openProvider: (texts: string[][]) => EmbeddingProvider, asked: string[][] = []) {
    const worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      openProvider: () => openProvider(asked),
    });
    workers.push(worker);
    return asked;
  }
  const recording = (asked: string[][], before: () => Promise<void> = async () => {}) =>
    hashProvider({ provider: 'local', model: 'recording', dimensions: 512 }, async (texts) => {
      asked.push([...texts]);
      await before();
    });

  it('finds words while the provider never answers, with a long backlog before them', async () => {
    await importAll(
      ann,
      Array.from({ length: 40 }, (_, n) => ({
        sourceUrl: `file:bulk/${n}`,
        title: `Bulk ${n}`,
        content: sections(10, (k) => `Line ${k} of bulk ${n}.`),
      })),
    );
    await work(silent);
    await until(async () => (await progress(ann)).pending_sources === '0');
    expect(await progress(ann)).toMatchObject({
      embedded_chunks: '0',
      is_complete: false,
      words_seconds_left: 0,
      vectors_per_minute: null,
      vectors_seconds_left: null,
    });
    expect(Number((await progress(ann)).sources_per_minute)).toBeGreaterThan(0);
    // what comes in now does not wait for what hangs
    await write(ann, 'Note', 'The quokka sleeps.');
    await call(ann, `select app_public.remember('Likes axolotls')`);
    await until(async () => (await finds(ann, 'quokka')) === 1 && (await finds(ann, 'axolotls')) === 1);
    // and is found by nobody else
    expect(await finds(bob, 'quokka')).toBe(0);
    expect((await progress(ann)).embedded_chunks).toBe('0');
  });

  it('leaves the vectors of an import until its words are found, and not those of what was written here', async () => {
    const version = await one(`select id from app_public.embedding_versions where status = 'active'`);
    const cut = async (id: string, heading: string) =>
      database
        .pool('worker')
        .query(
          `select app_hidden.replace_document_chunks($1, $2, (select content_hash from app_public.documents where id = $2), $3)`,
          [
            ann.workspaceId,
            id,
            JSON.stringify([
              { chunk_index: 0, content: heading, heading, start_offset: 0, end_offset: 4, token_count: 1 },
            ]),
          ],
        );
    const taken = async () =>
      (
        await database
          .pool('worker')
          .query('select chunk_id, embed_text from app_hidden.take_chunks($1, $2, 10)', [
            version.id,
            ann.workspaceId,
          ])
      ).rows.map((row) => row.embed_text.split('\n')[0]);
    await importAll(ann, [
      { sourceUrl: 'file:1', title: 'first', content: 'text 1' },
      { sourceUrl: 'file:2', title: 'second', content: 'text 2' },
    ]);
    const { id: imported } = await one(`select id from app_public.documents where source_url = 'file:1'`);
    await cut(imported, 'first');
    expect(await taken()).toEqual([]);
    await cut(await write(ann, 'written', 'text 3'), 'written');
    expect(await taken()).toEqual(['written']);
    // what waits for long holds nothing up
    await owner().query(`update pgboss.job set created_on = now() - interval '11 minutes'`);
    expect(await taken()).toEqual(['first']);
  });

  it('gives vectors first to what was asked for, then to what was written here, then to what is newest', async () => {
    const version = await one(`select id from app_public.embedding_versions where status = 'active'`);
    await work(silent);
    for (const [n, word] of ['oldest', 'asked', 'newest'].entries())
      await importAll(ann, [{ sourceUrl: `file:${n}`, title: word, content: `This is the ${word} import.` }]);
    await until(async () => (await progress(ann)).pending_sources === '0');
    await write(ann, 'written', 'This was written here.');
    await until(
      async () => (await progress(ann)).chunks === '4' && (await progress(ann)).pending_sources === '0',
    );
    await importAll(ann, [{ sourceUrl: 'file:late', title: 'late', content: 'This is the latest import.' }]);
    await until(async () => (await progress(ann)).chunks === '5');
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    const found = await one(`select id from app_public.chunks where heading = 'asked'`);
    await database.pool('authenticator').query('select app_hidden.record_searches($1::jsonb)', [
      JSON.stringify([
        {
          workspace_id: ann.workspaceId,
          user_id: ann.id,
          version_id: version.id,
          path: 'none',
          requested: 10,
          returned: 1,
          chunk_ids: [found.id],
        },
      ]),
    ]);
    await owner().query('update app_hidden.embedding_backlog set taken_until = null');
    const { rows } = await database
      .pool('worker')
      .query('select embed_text from app_hidden.take_chunks($1, $2, 10)', [version.id, ann.workspaceId]);
    expect(rows.map((row) => row.embed_text.split('\n')[0])).toEqual([
      'asked',
      'written',
      'late',
      'newest',
      'oldest',
    ]);
    // nobody else gets what is taken
    expect(
      (
        await database
          .pool('worker')
          .query('select from app_hidden.take_chunks($1, $2, 10)', [version.id, ann.workspaceId])
      ).rowCount,
    ).toBe(0);
    // nor another workspace what is not its own
    expect(
      (
        await database
          .pool('worker')
          .query('select from app_hidden.take_chunks($1, $2, 10)', [version.id, bob.workspaceId])
      ).rowCount,
    ).toBe(0);
    await expect(
      call(ann, 'select app_hidden.take_chunks($1, $2, 1)', version.id, ann.workspaceId),
    ).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('fills batches from many small texts of a workspace', async () => {
    await asUser(database, ann, async (client) => {
      for (let n = 0; n < 64; n += 1)
        await client.query(`select app_public.create_document($1, $2)`, [`Note ${n}`, `Small ${n}`]);
    });
    await work(silent);
    await until(async () => (await progress(ann)).pending_sources === '0');
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await owner().query('update app_hidden.embedding_backlog set taken_until = null');
    await owner().query('delete from app_hidden.embedding_failures');
    const asked = await work(recording);
    await until(async () => (await progress(ann)).is_complete);
    expect(asked.map((texts) => texts.length)).toEqual([64]);
    const state = await progress(ann);
    expect(state).toMatchObject({
      pending_sources: '0',
      pending_chunks: '0',
      words_seconds_left: 0,
      vectors_seconds_left: 0,
    });
    // noted after the vectors are stored
    await until(async () => Number((await progress(ann)).vectors_per_minute) > 0);
    await until(
      async () => (await one('select count(*)::int as n from app_hidden.embedding_backlog')).n === 0,
    );
  });

  it('tells how long the rest takes, from what the last minutes brought', async () => {
    const rates = (sources: number, vectors: number, seconds: number) =>
      owner().query(
        `insert into app_hidden.indexing_rates (workspace_id, minute, began_at, sources, vectors)
         values ($1, date_trunc('minute', clock_timestamp()), clock_timestamp() - make_interval(secs => $2), $3, $4)
         on conflict on constraint indexing_rates_pkey do update set began_at = excluded.began_at, sources = excluded.sources, vectors = excluded.vectors`,
        [ann.workspaceId, seconds, sources, vectors],
      );
    for (let n = 0; n < 10; n += 1) await write(ann, `Note ${n}`, 'Words.');
    expect(await progress(ann)).toMatchObject({
      pending_sources: '10',
      sources_per_minute: null,
      words_seconds_left: null,
      vectors_seconds_left: null,
    });
    await rates(20, 0, 60);
    const uncut = await progress(ann);
    expect(Number(uncut.sources_per_minute)).toBeCloseTo(20, 0);
    expect(uncut.words_seconds_left).toBeGreaterThanOrEqual(30);
    expect(uncut.words_seconds_left).toBeLessThan(40);
    await work(silent);
    await until(async () => (await progress(ann)).pending_sources === '0');
    await rates(0, 5, 30);
    const cut = await progress(ann);
    expect(Number(cut.vectors_per_minute)).toBeGreaterThan(8);
    expect(cut.vectors_seconds_left).toBeGreaterThanOrEqual(60);
    expect(cut.vectors_seconds_left).toBeLessThan(80);
    // of nobody else
    expect(await progress(bob)).toMatchObject({
      vectors_per_minute: null,
      pending_chunks: '0',
      is_complete: true,
    });
    // and no time is promised while something holds it back
    await owner().query(`select app_hidden.pause_provider('local', 60, 'busy')`);
    expect(await progress(ann)).toMatchObject({ paused: 'provider', vectors_seconds_left: null });
  });

  it('serves a tenant with one text while another one floods it', async () => {
    await importAll(
      ann,
      Array.from({ length: 60 }, (_, n) => ({
        sourceUrl: `file:flood/${n}`,
        title: `Flood ${n}`,
        content: sections(20, (k) => `Ann floods with line ${k} of ${n}.`),
      })),
    );
    await write(bob, 'Note', 'Bob has one thing to say.');
    const asked = await work(recording);
    await until(async () => (await progress(bob)).is_complete);
    const texts = asked.flat();
    expect(texts.findIndex((text) => text.includes('Bob'))).toBeLessThan(300);
    expect(await finds(bob, 'thing')).toBe(1);
    // he came after all of hers, and was cut before most of them
    const { before } = await one(
      `select count(distinct a.document_id)::int as before from app_public.chunks a
       where a.workspace_id = $1 and a.id < (select b.id from app_public.chunks b where b.workspace_id = $2 order by b.id limit 1)`,
      ann.workspaceId,
      bob.workspaceId,
    );
    expect(before).toBeLessThan(40);
  });

  it('puts behind, and gives up in the end, a passage that ends its worker', async () => {
    await write(ann, 'Poison', 'This one ends whoever reads it.');
    await work(silent);
    await until(async () => (await progress(ann)).chunks === '1');
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    const version = await one(`select id from app_public.embedding_versions where status = 'active'`);
    const take = async () =>
      (
        await database
          .pool('worker')
          .query('select embed_text from app_hidden.take_chunks($1, $2, 10)', [version.id, ann.workspaceId])
      ).rows.map((row) => row.embed_text.split('\n')[0]);
    await owner().query('update app_hidden.embedding_backlog set taken_until = null');
    await owner().query('delete from app_hidden.embedding_failures');
    expect(await take()).toEqual(['Poison']);
    // its worker is dead
    const expire = () =>
      owner().query(`update app_hidden.embedding_backlog set taken_until = now() - interval '1 second'`);
    await expire();
    expect(await take()).toEqual([]);
    const failure = () =>
      one('select attempts, interruptions, code, is_dead from app_hidden.embedding_failures');
    expect(await failure()).toEqual({ attempts: 0, interruptions: 1, code: 'interrupted', is_dead: false });
    // the sweep does not put it into the queue in vain, and others are served
    expect((await progress(ann)).retrying_chunks).toBe('1');
    for (let n = 0; n < 100 && !(await failure()).is_dead; n += 1) {
      await owner().query(`update app_hidden.embedding_failures set next_attempt_at = now()`);
      expect(await take()).toEqual(['Poison']);
      await expire();
      await take();
    }
    expect(await failure()).toMatchObject({ is_dead: true, interruptions: 50 });
    expect(await progress(ann)).toMatchObject({ is_complete: true, dead_chunks: '1', pending_chunks: '0' });
    expect(await finds(ann, 'whoever')).toBe(1);
  });

  it('corrects its list by what is missing', async () => {
    const id = await write(
      ann,
      'Book',
      sections(5, (n) => `Line ${n}.`),
    );
    await work(recording);
    await until(async () => (await progress(ann)).is_complete);
    // what nobody told it, and what is long done
    await owner().query(
      'delete from app_public.embeddings where chunk_id in (select id from app_public.chunks limit 2)',
    );
    await sweep(database);
    await until(async () => (await progress(ann)).is_complete);
    await owner().query(
      `insert into app_hidden.embedding_backlog (workspace_id, chunk_id) select $1, uuidv7() from generate_series(1, 3)`,
      [ann.workspaceId],
    );
    await owner().query(
      'delete from app_public.embeddings where chunk_id in (select id from app_public.chunks limit 2)',
    );
    await sweep(database);
    await until(
      async () => (await one('select count(*)::int as n from app_hidden.embedding_backlog')).n === 0,
    );
    expect((await progress(ann)).is_complete).toBe(true);
    await call(ann, 'delete from app_public.documents where id = $1', id);
    expect((await one('select count(*)::int as n from app_hidden.embedding_backlog')).n).toBe(0);
  });

  it('cuts every text once when workers are killed while they cut', { timeout: LONG }, async () => {
    // what a killed worker had in hand is soon free again
    await owner().query(`update app_private.settings set value = '3' where name = 'embedding_claim_seconds'`);
    await importAll(
      ann,
      Array.from({ length: 150 }, (_, n) => ({
        sourceUrl: `file:cut/${n}`,
        title: `Cut ${n}`,
        content: sections(8, (k) => `Line ${k} of cut ${n}.`),
      })),
    );
    const cut = async () =>
      (await one('select count(*)::int as n from app_public.documents where chunked_hash = content_hash'))
        .n as number;
    for (let kills = 0; kills < sized(1, 3); kills += 1) {
      const before = await cut();
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('../support/embedding-worker-process.ts', import.meta.url))],
        { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'silent' } },
      );
      children.add(child);
      child.stdout!.resume();
      child.stdin!.write(`${JSON.stringify({ url: database.url('admin'), milliseconds: 50 })}\n`);
      await until(async () => (await cut()) > before);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      children.delete(child);
    }
    expect(await cut()).toBeLessThan(150);
    await work(recording);
    await until(async () => {
      await sweep(database);
      return (await progress(ann)).is_complete;
    });
    const facts = await one(
      `select (select count(*)::int from app_public.chunks) as chunks,
         (select count(distinct (document_id, chunk_index))::int from app_public.chunks) as places,
         (select count(*)::int from app_public.embeddings) as vectors,
         (select sum(chunk_count)::int from app_hidden.chunk_counts) as counted,
         (select count(*)::int from app_public.documents d where d.chunked_hash is distinct from d.content_hash) as stale,
         (select count(*)::int from app_hidden.embedding_backlog) as listed`,
    );
    expect(facts).toEqual({
      chunks: facts.chunks,
      places: facts.chunks,
      vectors: facts.chunks,
      counted: facts.chunks,
      stale: 0,
      listed: 0,
    });
    expect(facts.chunks).toBeGreaterThanOrEqual(150 * 8);
  });
});
