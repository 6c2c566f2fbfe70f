import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { table } from '../../lib/cli.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { someOf } from '../support/limits.ts';

const run = (script: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [join(projectFolder, script), ...words]).then(
    (ended) => ({ code: 0, ...ended }),
    (error) => error,
  );

const commands = [
  'scripts/start.ts',
  'scripts/import.ts',
  'scripts/mcp.ts',
  'scripts/migrate.ts',
  'scripts/embeddings.ts',
  'scripts/queue.ts',
  'scripts/sample-data.ts',
  'scripts/users.ts',
  'tools/check.ts',
  'tools/picture.ts',
  'tools/postgres.ts',
  'tools/bench.ts',
  'tools/export-schema.ts',
];

test.each(someOf(commands, 5))(
  '%s says what its exit codes mean, and ends with 2 on a flag that it does not know',
  async (script) => {
    const help = await run(script, '--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/\nExit codes: 0 fine; 1 [^;]*could not finish; 2 wrong usage\./);
    const wrong = await run(script, '--no-such-flag');
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/unknown option '--no-such-flag'/);
    expect(wrong.stderr).toMatch(/--help explains everything/);
  },
);

test('wrong usage that only the command can see ends with 2, and what cannot be done with 1', async () => {
  expect(await run('scripts/start.ts', '--api-only', '--worker-only')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('CQ019'),
  });
  expect(await run('scripts/queue.ts', 'status', '--json', '--nothing')).toMatchObject({ code: 2 });
});

test('a table has its columns below each other', () => {
  expect(
    table([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toBe('a    bb\nccc  d');
  expect(
    table(
      [
        ['a', 'bb'],
        ['ccc', 'd'],
      ],
      { numbers: true },
    ),
  ).toBe('a    bb\nccc   d');
});
