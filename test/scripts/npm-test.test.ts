import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { isLong, LONG } from '../support/limits.ts';
import { describeReal, testServer } from '../support/server.ts';
import { until } from '../support/users.ts';

/** What a contributor's test looks like: it calls a function of the working tree in a database of its own. */
const POSTS = `import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/server.ts';
import { serverDatabase } from '../../lib/database.ts';
import { word } from './word.ts';

it('posts', async () => {
  const database = serverDatabase((await createTestDatabase()).url);
  try {
    const { rows } = await database.pool('owner').query('select app_hidden.planted() as word');
    expect(rows[0].word).toBe(word);
  } finally {
    await database.close();
  }
});
`;

/** A file of functions/. */
const planted = (word: string): string =>
  `create or replace function app_hidden.planted() returns text language sql as $$ select '${word}' $$;\n`;

describeReal('npm test', () => {
  /** A copy of the project, so that what is planted reaches no other test. */
  let folder: string;
  const children = new Set<ChildProcess>();

  const write = (path: string, text: string) => writeFile(join(folder, path), text);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-npm-test-'));
    const left = ['node_modules', '.git', '.cache', '.vitest', 'data', 'coverage', 'docs'];
    await cp(projectFolder, folder, {
      recursive: true,
      filter: (path) => !left.some((name) => path === join(projectFolder, name)),
    });
    await mkdir(join(folder, 'node_modules'));
    for (const name of await readdir(join(projectFolder, 'node_modules'))) {
      if (/^\.(?!bin$)/.test(name)) continue;
      await symlink(join(projectFolder, 'node_modules', name), join(folder, 'node_modules', name));
    }
    await mkdir(join(folder, 'test/planted'));
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const name of await readdir(join(folder, 'test/planted')))
      await rm(join(folder, 'test/planted', name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));

  /** What `npm test` runs, with arguments, on the server of this run. */
  function npmTest(...args: string[]) {
    const server = testServer();
    if ('reason' in server) throw new Error(server.reason);
    const child = spawn(
      process.execPath,
      [join(projectFolder, 'node_modules/vitest/vitest.mjs'), 'run', ...args],
      {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          TEST_DATABASE_URL: server.adminUrl,
          NO_COLOR: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    children.add(child);
    let seen = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (seen += String(chunk)));
    const output = (): string => stripVTControlCharacters(seen);
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
      child.once('close', (code) => {
        children.delete(child);
        resolve({ code, output: output() });
      });
    });
    return { child, output, ended };
  }

  it('is what the package says', async () => {
    const { scripts } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'));
    expect(scripts.test).toBe('exec vitest run');
  });

  it('counts at its end what passed, failed and was skipped, beside the reporters that are asked for', async () => {
    await write(
      'test/planted/mixed.test.ts',
      `import { beforeAll, describe, it } from 'vitest';
it('passes', () => {});
it.skip('is skipped', () => {});
it('fails', () => { throw new Error('as planted'); });
describe('a suite', () => {
  beforeAll(() => { throw new Error('its hook fails'); });
  it('comes to nothing', () => {});
});
`,
    );
    await write('test/planted/unreadable.test.ts', 'it(');
    const files = ['json', 'junit'].map((name) => join(folder, `test/planted/out.${name}`));
    const run = await npmTest(
      'test/planted',
      '--reporter=verbose',
      '--reporter=json',
      '--reporter=junit',
      `--outputFile.json=${files[0]}`,
      `--outputFile.junit=${files[1]}`,
    ).ended;
    expect(run.code).toBe(1);
    expect(run.output).toContain('× test/planted/mixed.test.ts > fails');
    // a test, a hook, and a file that is none
    expect(run.output).toMatch(/\n1 passed, 3 failed, 2 skipped\n$/);
    const report = JSON.parse(await readFile(files[0]!, 'utf8'));
    expect(report).toMatchObject({ success: false, numPassedTests: 1 });
    expect(await readFile(files[1]!, 'utf8')).toContain('<testcase');
  });

  it('fails when nothing runs', async () => {
    const none = await npmTest('test/planted/nothing').ended;
    expect(none.code).toBe(1);
    expect(none.output).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/);
    await write('test/planted/one.test.ts', `import { it } from 'vitest';\nit('passes', () => {});\n`);
    const filtered = await npmTest('test/planted', '-t', 'no such name').ended;
    expect(filtered.code).toBe(1);
    expect(filtered.output).toMatch(/No test ran.*\n0 passed, 1 failed, 1 skipped\n$/);
    expect((await npmTest('test/planted').ended).code).toBe(0);
  });

  it('ends what hangs within a minute, and says where', async ({ task }) => {
    expect(task.timeout).toBe(60_000);
    await write(
      'test/planted/hangs.test.ts',
      `import { beforeAll, describe, it } from 'vitest';
import { until } from '../support/users.ts';
it('waits for an answer', () => new Promise(() => {}));
it('waits for a condition', async () => {
  await until(async () => false);
});
describe('a suite', () => {
  beforeAll(() => new Promise(() => {}));
  it('has a hook that waits', () => {});
});
`,
    );
    const run = await npmTest('test/planted', '--testTimeout=1000', '--hookTimeout=1000').ended;
    expect(run.output).toMatch(/Test timed out in 1000ms[\s\S]*hangs\.test\.ts:3:/);
    expect(run.output).toMatch(/The condition did not come true[\s\S]*hangs\.test\.ts:5:/);
    expect(run.output).toMatch(/Hook timed out in 1000ms[\s\S]*hangs\.test\.ts:8:/);
    expect(run.output).toMatch(/\n0 passed, 3 failed, 1 skipped\n$/);
  });

  it.runIf(isLong())(
    'runs again under --watch, with the TypeScript and the SQL of now',
    { timeout: LONG },
    async () => {
      const file = 'functions/support/planted.sql';
      await write(file, planted('one'));
      await write('test/planted/word.ts', `export const word = 'one';\n`);
      await write('test/planted/posts.test.ts', POSTS);
      const watch = npmTest('--watch', 'test/planted/posts.test.ts');
      /** What each run said that has ended. */
      const runs = (): string[] =>
        watch
          .output()
          .split(/(?:Waiting|Watching) for file changes/)
          .slice(0, -1);
      /**
       * Saves something, and waits for a run after it that says so. One save may be seen as several, and one that falls into the
       * end of a run may not be seen by the watcher at all: it is saved again, as a person would.
       */
      const says = async (said: string, save = async () => {}): Promise<void> => {
        const before = runs().length;
        await save();
        let saved = Date.now();
        await until(async () => {
          expect(watch.child.exitCode, watch.output()).toBe(null);
          if (Date.now() - saved > 20_000) {
            await save();
            saved = Date.now();
          }
          return runs()
            .slice(before)
            .some((run) => run.includes(said));
        });
      };
      await says('1 passed');
      await says('1 failed', () => write('test/planted/word.ts', `export const word = 'two';\n`));
      await says('1 passed', () => write(file, planted('two')));
      // what cannot be applied fails the tests, with its own message, and ends nothing
      await says('planted.sql:1 failed: syntax error', () => write(file, 'create nonsense;\n'));
      await says('1 passed', () => write(file, planted('two')));
      const current = 'migrations/current/9-planted.sql';
      await says(`${current} failed: division by zero`, () => write(current, 'select 1 / 0;\n'));
    },
  );
});
