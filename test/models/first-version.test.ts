import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { readEnv } from '../../lib/env.ts';
import { errorCode } from '../../lib/errors.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { chosenModel } from '../../models/chosen.ts';
import { ensureFirstVersion, makeFirstVersion } from '../../models/first-version.ts';
import { openProvider } from '../../models/open-provider.ts';
import { openQueryModels } from '../../models/query-models.ts';
import { run } from '../../tools/postgres/run.ts';
import { type FakeOpenAi, startFakeOpenAi, vectorOfText, vectorOfWords } from '../support/fake-openai.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { ollama } from '../support/server-shapes.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';

const KEY = 'sk-very-secret-0123456789';
const WORDS = [
  'amber',
  'basalt',
  'cedar',
  'dune',
  'ember',
  'fjord',
  'glacier',
  'harbour',
  'island',
  'jungle',
];
const about = (n: number): string =>
  `The ${WORDS[n % 10]} of station ${n} is ${WORDS[(n * 7 + 3) % 10]} and ${WORDS[(n * 3 + 1) % 10]}${n}. It was built in year ${1800 + n}.`;

describeReal('a model that the user brings', () => {
  let database: Database;
  let url: string;
  let fake: FakeOpenAi;
  let ann: TestUser;

  const owner = () => database.pool('owner');
  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    EMBEDDING_PROVIDER: 'openai-compatible',
    EMBEDDING_BASE_URL: fake.url,
    EMBEDDING_API_KEY: KEY,
    EMBEDDING_MODEL: 'nomic-embed-text',
    ...more,
  });
  const script = (name: string, more: Record<string, string>, ...args: string[]) => {
    const { DATABASE_URL: _, ...env } = process.env;
    return run(process.execPath, [join(projectFolder, `scripts/${name}.ts`), ...args], {
      cwd: tmpdir(),
      env: { ...env, DATABASE_URL: url, LOG_LEVEL: 'error', ...more },
    });
  };
  const versions = async () =>
    (
      await owner().query(
        `select name, status, model, dimensions, native_dimensions, query_prefix, passage_prefix, chunk_size, chunking_strategy
         from app_public.embedding_versions order by id`,
      )
    ).rows;

  beforeAll(async () => {
    fake = await startFakeOpenAi({
      dimensions: 96,
      shape: ollama('nomic-embed-text:latest', 'bge-m3:latest', 'nonsense:latest'),
      // what comes after the prefix is what a model understands
      vector: (text, dimensions, model) =>
        model === 'nonsense'
          ? vectorOfText(text, dimensions)
          : vectorOfWords(text.replace(/^search_\w+: /, ''), dimensions),
    });
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await database?.close();
    await fake?.close();
  });

  it('changes nothing while it does not answer, and says what to do', async () => {
    const before = await versions();
    const down = await script('migrate', settings({ EMBEDDING_BASE_URL: 'http://127.0.0.1:9/v1' }));
    expect(down).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be asked.*CQ317/s) });
    expect(down.stderr).toContain('EMBEDDING_BASE_URL');
    const absent = await script('migrate', settings({ EMBEDDING_MODEL: 'not-pulled' }));
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('try pulling it first') });
    const odd = await script('migrate', settings({ EMBEDDING_DIMENSIONS: '97' }));
    expect(odd).toMatchObject({ code: 1, stderr: expect.stringMatching(/96 dimensions, not of 97.*CQ310/s) });
    const unusable = await script(
      'migrate',
      settings({ EMBEDDING_CHUNK_SIZE: '20', EMBEDDING_CHUNK_OVERLAP: '15' }),
    );
    expect(unusable).toMatchObject({ code: 1, stderr: expect.stringContaining('CQ200') });
    for (const { stdout, stderr } of [down, absent, odd, unusable])
      expect(stdout + stderr).not.toContain(KEY);
    expect(await versions()).toEqual(before);
    expect(before).toMatchObject([{ name: 'local-1', status: 'active' }]);
  });

  it('makes the first version of a database without content, whoever comes first', async () => {
    const env = readEnv(settings({ EMBEDDING_CHUNK_SIZE: '120', EMBEDDING_CHUNKING: 'sentence' }));
    const both = await Promise.all([
      ensureFirstVersion(owner(), { env }),
      ensureFirstVersion(owner(), { env }),
    ]);
    expect(both).toEqual([{ made: 'nomic-embed-text' }, { made: 'nomic-embed-text' }]);
    expect(await versions()).toMatchObject([
      { name: 'local-1', status: 'archived' },
      {
        name: 'nomic-embed-text',
        status: 'active',
        dimensions: 96,
        query_prefix: 'search_query: ',
        passage_prefix: 'search_document: ',
        chunk_size: 120,
        chunking_strategy: { method: 'sentence' },
      },
    ]);
    const again = await script('migrate', settings());
    expect(again).toMatchObject({ code: 0, stdout: expect.not.stringContaining('made') });
    // another one, while there is still nothing
    const other = await script('migrate', settings({ EMBEDDING_MODEL: 'bge-m3' }));
    expect(other.stdout).toContain('"bge-m3" made and activated');
    const back = await script('migrate', settings());
    expect(back.stdout).toContain('"nomic-embed-text-2" made and activated');
    expect((await versions()).filter(({ status }) => status !== 'archived')).toHaveLength(1);
  });

  it('is used for passages and queries, each with what it wants before them', async () => {
    await asUser(database, ann, async (client) => {
      for (let n = 0; n < 40; n += 1)
        await client.query('select app_public.create_document($1, $2)', [`Station ${n}`, about(n)]);
    });
    fake.requests = [];
    const env = readEnv(settings());
    const worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      providers: { env },
    });
    await until(async () => {
      const { rows } = await owner().query('select count(*)::int as n from app_public.embeddings');
      return rows[0].n === 40;
    });
    await worker.stop();
    const passages = fake.requests.flatMap(({ texts }) => texts);
    expect(passages).toHaveLength(40);
    expect(passages.every((text) => text.startsWith('search_document: Station '))).toBe(true);
    // a query of the API
    fake.requests = [];
    const embedder = openQueryModels(database.pool('authenticator'), (version) =>
      openProvider(version, { env }),
    );
    await embedder.embed('Which is amber?', await embedder.activeVersion());
    await embedder.close();
    expect(fake.requests).toMatchObject([{ texts: ['search_query: Which is amber?'] }]);
  });

  it('is switched to with one command, evaluated before', async () => {
    const other = settings({ EMBEDDING_MODEL: 'bge-m3' });
    const warned = await script('migrate', other);
    expect(warned).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/npm run embeddings -- switch$/m),
    });
    const dry = await script('embeddings', other, 'switch', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('Would make "bge-m3-2"') });
    fake.requests = [];
    const switched = await script('embeddings', other, 'switch');
    expect(switched).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"bge-m3-2" now'),
      stderr: expect.stringMatching(/Made "bge-m3-2".*40 questions made of passages.*recall@10/s),
    });
    const sent = (model: string) =>
      fake.requests.filter((one) => one.model === model).flatMap((one) => one.texts);
    expect(sent('bge-m3').filter((text) => text.startsWith('Station '))).toHaveLength(40);
    expect(sent('nomic-embed-text').filter((text) => text.startsWith('search_query: '))).toHaveLength(40);
    expect(sent('nomic-embed-text').some((text) => text.startsWith('search_document: '))).toBe(false);
    expect(switched.stdout + switched.stderr).not.toContain(KEY);
    expect(await script('embeddings', other, 'switch')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already'),
    });
  });

  it('is refused when it finds less, unless that is accepted, and cut vectors are kept cut', async () => {
    const refused = await script('embeddings', settings({ EMBEDDING_MODEL: 'nonsense' }), 'switch');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/does worse.*CQ308/s) });
    expect(await script('embeddings', settings(), 'evaluate', 'nonsense')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/recall@10 +0\.\d+ +(1\.000|0\.9\d+)/),
    });
    const cut = settings({ EMBEDDING_DIMENSIONS: '48', EMBEDDING_TRUNCATE: 'true' });
    const accepted = await script('embeddings', cut, 'switch', '--accept');
    expect(accepted).toMatchObject({ code: 0 });
    const active = (await versions()).find(({ status }) => status === 'active');
    expect(active).toMatchObject({ dimensions: 48, native_dimensions: 96 });
    const { rows } = await owner().query(
      `select count(*)::int as n, max(abs(extensions.l2_norm(e.embedding) - 1)) as off from app_public.embeddings e
       join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'`,
    );
    expect(rows[0].n).toBe(40);
    expect(Number(rows[0].off)).toBeLessThan(0.01);
  });

  it('cuts as its version says, and has what is there cut anew', async () => {
    // a text of many sentences, cut as the active version cut so far
    const sentences = Array.from({ length: 60 }, (_, n) => `${about(n)}`).join(' ');
    const { rows: made } = await asUser(database, ann, (client) =>
      client.query('select id from app_public.create_document($1, $2)', ['Chronicle', sentences]),
    );
    const chunks = async () =>
      (
        await owner().query(
          `select c.id, c.content, c.token_count,
             exists (select from app_public.embeddings e join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
               where e.workspace_id = c.workspace_id and e.chunk_id = c.id) as has_vector
           from app_public.chunks c where c.document_id = $1 order by c.chunk_index`,
          [made[0].id],
        )
      ).rows;
    const more = settings({ EMBEDDING_MODEL: 'bge-m3' });
    const small = await script(
      'embeddings',
      more,
      'switch',
      '--accept',
      '--chunk-size',
      '40',
      '--chunk-overlap',
      '0',
      '--chunking',
      'fixed',
    );
    expect(small).toMatchObject({ code: 0, stdout: expect.stringContaining('embeddings -- recut') });
    const before = await chunks();
    expect(Math.max(...before.map((one) => one.token_count))).toBeGreaterThan(40);
    expect(await script('embeddings', more, 'recut', '--dry-run')).toMatchObject({
      stdout: expect.stringContaining('41 documents would'),
    });
    expect(await script('embeddings', more, 'recut')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('41 documents are cut'),
    });
    const after = await chunks();
    expect(after.length).toBeGreaterThan(before.length);
    expect(after.every((one) => one.has_vector && one.token_count <= 40)).toBe(true);
    // sizes are used up: no end of a sentence is looked for
    expect(after.slice(0, -1).every((one) => one.token_count >= 36)).toBe(true);
    expect(after.slice(0, -1).every((one) => one.content.endsWith('.'))).toBe(false);
    // before that, the ways to cut are compared: the same question, the same room for what is found
    fake.requests = [];
    const compared = await script(
      'embeddings',
      more,
      '--json',
      'cuttings',
      '100/15',
      '40/0/fixed',
      '60/0/sentence',
      '--tokens',
      '120',
    );
    expect(compared).toMatchObject({ code: 0 });
    const { results, ...rest } = JSON.parse(compared.stdout);
    expect(rest).toMatchObject({ source: 'passages', documents: 41, questions: 41 });
    expect(results).toMatchObject([
      { chunkSize: 100, chunkOverlap: 15, method: 'structure', difference: null },
      { chunkSize: 40, method: 'fixed' },
      { chunkSize: 60, method: 'sentence' },
    ]);
    for (const one of results) {
      expect(one.coverage).toBeGreaterThan(0.5);
      expect(one.coverage).toBeLessThanOrEqual(1);
    }
    expect(results[1].passages).toBeGreaterThan(results[0].passages);
    expect(await chunks()).toEqual(after);
    expect(await script('embeddings', more, 'cuttings', '40/30')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CQ311'),
    });
    const recut = 'select app_private.recut_documents()';
    const codeOf = (work: Promise<unknown>) => work.then(() => 'allowed', errorCode);
    expect(await codeOf(database.pool('worker').query(recut))).toBe('42501');
    expect(await codeOf(asUser(database, ann, (client) => client.query(recut)))).toBe('42501');
  });

  it('makes no first version where there is content, and not for anybody but the owner', async () => {
    const chosen = chosenModel(readEnv(settings({ EMBEDDING_MODEL: 'bge-m3' })))!;
    expect(await makeFirstVersion(owner(), chosen, { env: readEnv(settings()) })).toBeUndefined();
    const make = `select app_private.make_first_version('x', 'x', 'x', 8)`;
    const codeOf = (work: Promise<unknown>) => work.then(() => 'allowed', errorCode);
    expect(await codeOf(owner().query(make))).toBe('CQ318');
    expect(await codeOf(database.pool('worker').query(make))).toBe('42501');
    expect(await codeOf(asUser(database, ann, (client) => client.query(make)))).toBe('42501');
  });
});
