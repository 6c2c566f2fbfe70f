import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { LONG } from '../support/limits.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { registerUser, until } from '../support/users.ts';
import { activeVersion, addChunks, fillVersion } from '../support/versions.ts';

describeReal('npm run embeddings', () => {
  let database: Database;
  let url: string;
  let first: string;

  const embeddings = (...args: string[]) => {
    const { DATABASE_URL: _, ...env } = process.env;
    return run(process.execPath, [join(projectFolder, 'scripts/embeddings.ts'), ...args], {
      cwd: tmpdir(),
      env: { ...env, DATABASE_URL: url },
    });
  };
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await embeddings('--json', ...args);
    return { code, stderr, answer: stdout === '' ? undefined : JSON.parse(stdout) };
  };
  const idOf = async (name: string): Promise<string> =>
    (
      await database
        .pool('owner')
        .query('select id from app_public.embedding_versions where name = $1', [name])
    ).rows[0].id;

  beforeAll(async () => {
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
    await addChunks(database, await registerUser(database, 'ann@example.org'), 50, 'Ships');
    first = await activeVersion(database);
    await fillVersion(database, first);
  });
  afterAll(() => database?.close());

  it('explains itself, and ends with 2 when it does not understand', async () => {
    const help = await embeddings('--help');
    expect(help).toMatchObject({ code: 0 });
    for (const command of [
      'status',
      'estimate',
      'create',
      'build-index',
      'compare',
      'evaluate',
      'switch',
      'activate',
      'rollback',
      'archive',
      'recall',
    ])
      expect(help.stdout).toContain(command);
    expect(await embeddings('fly')).toMatchObject({ code: 2 });
    expect(await embeddings('estimate', '--dimensions', 'many')).toMatchObject({ code: 2 });
    expect(await embeddings('status', 'nothing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no embedding version "nothing". (CQ204)'),
    });
    const { DATABASE_URL: _, ...env } = process.env;
    const away = await run(process.execPath, [join(projectFolder, 'scripts/embeddings.ts'), 'status'], {
      cwd: tmpdir(),
      env: { ...env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' },
    });
    expect(away.code).toBe(1);
  });

  it('leads from one model to another, compares, and goes back', { timeout: LONG }, async () => {
    const estimate = await json('estimate', '--dimensions', '24', '--price', '10');
    expect(estimate).toMatchObject({ code: 0, answer: { chunks: 50, tokens: 500, cost_usd: 0.005 } });

    // a provider that nobody has is noticed before it is waited for
    const made = ['create', 'next', '--provider', 'test', '--model', 'next', '--dimensions', '24'];
    expect(await embeddings(...made)).toMatchObject({ code: 1, stderr: expect.stringContaining('CQ310') });
    const dry = await json(...made, '--no-checked', '--dry-run');
    expect(dry).toMatchObject({ code: 0, answer: { dryRun: true, estimate: { chunks: 50 } } });
    expect((await json('status')).answer).toHaveLength(1);

    const created = await json(...made, '--no-checked');
    expect(created).toMatchObject({
      code: 0,
      answer: { name: 'next', status: 'building', created_by: null },
    });
    expect(await embeddings(...made, '--no-checked')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ240'),
    });
    expect(await json('status', 'next')).toMatchObject({
      code: 1,
      answer: { is_complete: false, missing_chunks: 50 },
    });
    const early = await json('activate', 'next', '--dry-run');
    expect(early).toMatchObject({ code: 1, answer: { isReady: false, is_indexed: false, missing: 50 } });
    expect(await embeddings('activate', 'next', '--wait', '0')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ303'),
    });
    expect(await embeddings('rollback')).toMatchObject({ code: 1, stderr: expect.stringContaining('CQ306') });

    // waits while it is filled and indexed
    const waiting = embeddings('status', 'next', '--wait');
    await fillVersion(database, await idOf('next'));
    const built = await embeddings('build-index', 'next');
    expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining('partition 16 of 16') });
    expect((await json('build-index', 'next', '--dry-run')).answer).toMatchObject({
      built: 16,
      partitions: 16,
    });
    expect(await waiting).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('100 %, 50 of 50 chunks, indexed'),
    });

    const compared = await json('compare', 'local-1', 'next', '--k', '5', '--samples', '20');
    expect(compared).toMatchObject({ code: 0, answer: { queries: 20, k: 5 } });
    expect(compared.answer.differences).toHaveLength(20);
    expect((await embeddings('compare', 'local-1', 'local-1')).stdout).toContain('100.0 %');

    expect(await json('activate', 'next', '--dry-run')).toMatchObject({ code: 0, answer: { isReady: true } });
    expect(await activeVersion(database)).toBe(first);
    // nobody here can ask this model, and no worker has: it is not taken unseen
    expect(await embeddings('activate', 'next')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not evaluated here: .*"test".*CQ309/s),
    });
    expect(await activeVersion(database)).toBe(first);
    expect(await json('activate', 'next', '--accept')).toMatchObject({
      code: 0,
      answer: { status: 'active', name: 'next' },
    });
    expect(await json('rollback', '--dry-run')).toMatchObject({
      code: 0,
      answer: { name: 'local-1', isReady: true },
    });
    expect(await embeddings('rollback')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"local-1"'),
    });
    expect(await activeVersion(database)).toBe(first);

    expect(await embeddings('archive', 'local-1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ305'),
    });
    expect(await json('archive', 'next', '--dry-run')).toMatchObject({ code: 0, answer: { vectors: '50' } });
    expect(await json('archive', 'next')).toMatchObject({ code: 0, answer: { status: 'archived' } });
    expect(await embeddings('activate', 'next')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ304'),
    });
    const listed = (await embeddings('status')).stdout;
    expect(listed).toMatch(/local-1 +active .* whole/);
    expect(listed).toMatch(/next +archived/);
  });

  it('tells how well searches do, and measures it', async () => {
    const set = (value: string) =>
      database
        .pool('owner')
        .query(`update app_private.settings set value = $1 where name = 'search_recall_objective'`, [value]);
    expect(await json('recall')).toMatchObject({ code: 0, answer: { recall: [], searches: [] } });
    expect((await embeddings('recall')).stdout).toContain('Nothing was measured yet.');
    await database
      .pool('authenticator')
      .query(
        `select app_hidden.record_searches('[{"path": "none", "requested": 10, "returned": 3}, {"path": "none", "requested": 1, "returned": 1}]')`,
      );
    const measured = await json('recall', '--measure');
    expect(measured).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('local-1, tiny workspaces: 50 queries'),
      answer: {
        recall: [{ version_name: 'local-1', size_class: 'tiny', source: 'stored', recall: 1, queries: 50 }],
        searches: [{ version_id: null, size_class: 'tiny', path: 'none', searches: 2, short_returns: 1 }],
        vector_weights: [{ version_name: 'local-1', vector_weight: 0.4, questions: 0, measured_at: null }],
      },
    });
    const shown = await embeddings('recall', '--days', '1');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/local-1 +tiny +100\.0 % +- +50, 0 by index +passages/);
    expect(shown.stdout).toMatch(/local-1 +0\.4 +0 +- +- +- +never/);
    expect(shown.stdout).toMatch(/- +tiny +none +2 +1 +0 +0$/m);
    expect(await embeddings('recall', '--days', '500')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CQ200'),
    });
    // nothing is good enough
    await database.pool('owner').query('update app_hidden.recall_measurements set recall = 0.5');
    expect(await embeddings('recall')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('50.0 % !'),
    });
    await set('0.4');
    expect(await embeddings('recall')).toMatchObject({ code: 0 });
    await set('0.98');
  });

  it('tries again while somebody is in the way', async () => {
    await json(
      'create',
      'busy',
      '--provider',
      'test',
      '--model',
      'busy',
      '--dimensions',
      '8',
      '--no-checked',
    );
    const reader = await database.pool('owner').connect();
    try {
      await reader.query('begin; select count(*) from app_public.embeddings');
      expect(await embeddings('archive', 'busy', '--wait', '0')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('55P03'),
      });
      const archiving = embeddings('archive', 'busy');
      await until(async () => (await lockWaiters(database, 'relation')).length > 0);
      await reader.query('commit');
      expect(await archiving).toMatchObject({ code: 0 });
    } finally {
      reader.release();
    }
  });
});
