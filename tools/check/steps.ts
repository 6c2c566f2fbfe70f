import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { $ } from 'zx';
import { ColloquyError } from '../../lib/errors.ts';
import { readFunctions } from '../../lib/functions.ts';
import { frozenProblems } from '../../lib/migrations/committed.ts';
import { completeLockFile, type LockFile, lintLockFile } from './lock-file.ts';
import { formatProblems, type Problem } from './problem.ts';
import { readSqlFiles } from './sql-files.ts';
import { lintSqlRules } from './sql-rules.ts';
import { lintTestNames, testedPaths } from './test-names.ts';

export type StepOptions = { root: string; fix: boolean };
export type StepResult = { ok: boolean; output: string };

/** One line of `npm run check`. A step reads the files below `root` and changes them only when `fix` is set. */
export type Step = {
  name: string;
  about: string;
  run: (options: StepOptions) => Promise<StepResult>;
};

/** Everything that `npm run check` does. The slow ones come first, so that two run side by side. */
export const steps: Step[] = [
  {
    name: 'types',
    about: 'TypeScript’s own checker',
    run: ({ root }) => command(root, 'tsc', ['-p', '.', '--pretty', 'false']),
  },
  {
    name: 'format',
    about: 'format and lint (Biome; --fix rewrites)',
    run: ({ root, fix }) =>
      command(root, 'biome', [
        'check',
        '--error-on-warnings',
        '--diagnostic-level=warn',
        ...(fix ? ['--write'] : []),
        '.',
      ]),
  },
  {
    name: 'dead-code',
    about: 'unused files, exports and dependencies (knip)',
    run: ({ root }) => command(root, 'knip', ['--no-progress']),
  },
  {
    name: 'sql',
    about: 'migrations and functions parse, and lock no table for long (squawk)',
    run: lintSql,
  },
  {
    name: 'order',
    about: 'functions/ can be put in order: each `-- needs:` names a file, and there is no circle',
    run: async ({ root }) => report(lintOrder(root)),
  },
  {
    name: 'hashes',
    about: 'committed migrations have the text of migrations/frozen.txt, in one chain',
    run: async ({ root }) => report(frozenProblems(root)),
  },
  {
    name: 'sql-rules',
    about: 'house rules for functions/: comment first, pinned search_path, no tabs',
    run: async ({ root }) => report(lintSqlRules((await readSqlFiles(root)).functions)),
  },
  {
    name: 'tests',
    about: 'tests are named after what they test, and each area of functions/ has one',
    run: async ({ root }) => report(lintTestNames(testedPaths(root))),
  },
  {
    name: 'lock',
    about: 'package-lock.json names the packages of every platform (--fix adds them)',
    run: lintLock,
  },
];

function lintOrder(root: string): Problem[] {
  try {
    readFunctions(join(root, 'functions'));
    return [];
  } catch (error) {
    if (!(error instanceof ColloquyError)) throw error;
    return [{ file: 'functions', message: error.message, hint: error.hint ?? '' }];
  }
}

function report(problems: Problem[]): StepResult {
  return { ok: problems.length === 0, output: formatProblems(problems) };
}

/** Runs a program of node_modules/.bin and keeps what it says. */
async function command(root: string, program: string, args: string[]): Promise<StepResult> {
  const result = await $({
    cwd: root,
    nothrow: true,
    quiet: true,
    preferLocal: root,
    stdio: 'pipe',
  })`${program} ${args}`;
  const output = stripVTControlCharacters(`${result.stdout}${result.stderr}`).trim(); // squawk colours always
  return { ok: result.exitCode === 0, output };
}

async function lintSql({ root }: StepOptions): Promise<StepResult> {
  const { committed, current, functions } = await readSqlFiles(root);
  const paths = [...committed, ...current, ...functions].map(({ path }) => path);
  return paths.length === 0 ? { ok: true, output: '' } : command(root, 'squawk', paths);
}

async function lintLock({ root, fix }: StepOptions): Promise<StepResult> {
  const file = join(root, 'package-lock.json');
  const lock = JSON.parse(await readFile(file, 'utf8')) as LockFile;
  if (!fix || lintLockFile(lock).length === 0) return report(lintLockFile(lock));
  const complete = completeLockFile(lock);
  await writeFile(file, `${JSON.stringify(complete, null, 2)}\n`);
  return report(lintLockFile(complete));
}
