import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { addContent, indexAll } from '../support/tenants.ts';
import { registerUser, type TestUser } from '../support/users.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/queue.ts', import.meta.url));

describeReal('npm run queue', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    [ann, bob] = [
      await registerUser(database, 'ann@example.org'),
      await registerUser(database, 'bob@example.org'),
    ];
    for (const user of [ann, bob]) await addContent(database, user, 'zoo');
    await indexAll(database);
    // of each, a passage that was given up and one that waits
    const owner = database.pool('owner');
    for (const user of [ann, bob]) {
      const { rows } = await owner.query(
        `insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at, is_dead)
         select v.id, c.workspace_id, c.id, 5, 'bad_input', 'refused', now() + interval '1 hour', row_number() over (order by c.id) = 1
         from app_public.embedding_versions v
         cross join (select * from app_public.chunks where workspace_id = $1 order by id limit 2) as c
         where v.status = 'active' returning chunk_id`,
        [user.workspaceId],
      );
      await owner.query('delete from app_public.embeddings where chunk_id = any ($1)', [
        rows.map((row) => row.chunk_id),
      ]);
    }
    await owner.query(
      `insert into app_hidden.provider_pauses (provider, kind, reason, paused_until)
       values ('ours', 'misconfigured', 'check its API key', now() + interval '1 hour')`,
    );
  });
  afterAll(() => database?.close());

  const run = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...words], {
      env: { ...process.env, DATABASE_URL: database.url('admin'), LOG_LEVEL: 'silent' },
    });
    return stdout.trim().split('\n');
  };

  it('shows what waits, tells why passages were given up, and has them tried again', async () => {
    const status = (await run('status', '--json')).map((line) => JSON.parse(line));
    expect(status).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ provider: 'ours', state: 'misconfigured', reason: 'check its API key' }),
        expect.objectContaining({ provider: 'local', state: 'open for requests' }),
        expect.objectContaining({
          workspace_id: ann.workspaceId,
          dead_chunks: '1',
          retrying_chunks: '1',
          pending_chunks: '0',
        }),
        expect.objectContaining({ workspace_id: bob.workspaceId, dead_chunks: '1' }),
      ]),
    );
    const dead = await run('dead');
    expect(dead).toHaveLength(2);
    for (const line of dead) expect(line).toMatch(/code bad_input, error refused, chunks 1/);

    expect(await run('redrive', '--dry-run')).toEqual(['4 passages would be tried again']);
    expect(await run('redrive', '--workspace', ann.workspaceId)).toEqual([
      expect.stringMatching(/^2 passages of \d sources are tried again$/),
    ]);
    expect(await run('dead')).toEqual([expect.stringContaining(bob.workspaceId)]);
    const found = await database
      .pool('worker')
      .query('select workspace_id from app_hidden.find_unembedded_workspaces() as workspace_id');
    expect(found.rows).toEqual([{ workspace_id: ann.workspaceId }]);
    expect(await run('redrive')).toEqual([expect.stringMatching(/^2 passages/)]);
    expect(await run('redrive')).toEqual(['0 passages of 0 sources are tried again']);
    expect(await run('dead')).toEqual(['None was given up.']);
  });

  it('ends a pause, once', async () => {
    expect(await run('resume', 'ours')).toEqual(['ours is asked again']);
    expect(await run('resume', 'ours')).toEqual(['ours was not paused']);
  });

  it('says what is wrong with how it is called', async () => {
    await expect(run('resume')).rejects.toMatchObject({ code: 2 });
    await expect(run('redrive', '--workspace', 'nonsense')).rejects.toMatchObject({ code: 1 });
  });
});
