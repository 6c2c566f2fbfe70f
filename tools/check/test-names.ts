import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Problem } from './problem.ts';

/** Test files that are named after nothing in the tree, with the reason. */
const NAMED_OTHERWISE: Record<string, string> = {
  'test/api/costs.test.ts': 'every request of docs/api.md, by what it costs',
  'test/api/fuzz.test.ts': 'every field, with anything at all',
  'test/api/hostile-tenant.test.ts': 'all limits at once: one attacks, and what others feel of it',
  'test/docker/image.test.ts': 'what the Dockerfile copies, run as a plain process',
  'test/scripts/exit-codes.test.ts': 'every command, by its exit codes',
  'test/scripts/npm-test.test.ts': 'what package.json calls test: the options of vitest, the count, --watch',
  'test/sql/numbers.test.ts': 'every column and function, with numbers that are none',
  'test/sql/plpgsql-check.test.ts': 'every function, read by the extension of that name',
  'test/sql/upgrade.test.ts': 'every release, brought up to the working tree',
  'test/tools/rooms.test.ts': 'what each room imports',
};

/** Areas of functions/ that are tested elsewhere, with the reason. */
const TESTED_ELSEWHERE: Record<string, string> = {
  live: 'what is told is tested where it arrives, at subscribers: test/api/live/*.test.ts',
  policies: 'a policy is tested from outside, for all tables at once: test/sql/tenancy-*.test.ts',
};

export interface TestedPaths {
  /** What a test may be named after. */
  subjects: string[];
  tests: string[];
}

/** What a test may be named after: code, its folders, functions, their areas, tables, and pages of the documentation. */
const SUBJECTS = [
  '{api,chunking,client,examples,import,jobs,lib,mail,mcp,models,operations,reading,scripts,tools,webhooks}/**/*.{ts,mjs}',
  'functions/*/*.sql',
  'sql/schema/tables/*.md',
  'docs/**/*.md',
  '{CONTRIBUTING.md,Dockerfile,compose.yaml}',
];

/** create_document, for create_document.sql, app_hidden.create_document.md and create-document.ts. */
const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.\w+$/, '')
    .replace(/^app_\w+\./, '')
    .replaceAll('-', '_')
    .toLowerCase();

/** search_narrow, search: a name may say more after that of its subject. */
function beginnings(name: string): string[] {
  const words = name.split('_');
  return words.map((_, index) => words.slice(0, words.length - index).join('_'));
}

/** The names that a path gives: its own and that of its folder. */
const namesOf = (path: string): string[] => [nameOf(path), nameOf(dirname(path))];

/** What lintTestNames looks at, relative to the root. */
export function testedPaths(root: string): TestedPaths {
  const find = (pattern: string | string[]): string[] =>
    globSync(pattern, { cwd: root })
      .map((path) => path.replaceAll('\\', '/'))
      .sort();
  return { subjects: find(SUBJECTS), tests: find('test/**/*.test.ts') };
}

/** Each test file is named after what it tests, in the folder of its area, and each area of functions/ has one. */
export function lintTestNames(
  { subjects, tests }: TestedPaths,
  namedOtherwise: Record<string, string> = NAMED_OTHERWISE,
): Problem[] {
  const names = new Set(subjects.flatMap(namesOf));
  const areas = new Set(subjects.map((path) => /^functions\/(\w+)\//.exec(path)?.[1]));
  const tested = new Set(tests.map((path) => /^test\/sql\/(\w+)\//.exec(path)?.[1]));
  areas.delete(undefined);
  tested.delete(undefined);

  const misnamed = tests.filter((path) => {
    const name = nameOf(path).replace(/\.test$/, '');
    return !(path in namedOtherwise) && !beginnings(name).some((beginning) => names.has(beginning));
  });
  return [
    ...misnamed.map((file) => ({
      file,
      message: 'The test is named after nothing that there is.',
      hint: 'Name it after the file, function, table, area or page that it tests; more words may follow.',
    })),
    ...[...tested]
      .filter((area) => !areas.has(area) && area !== 'attacks')
      .map((area) => ({
        file: `test/sql/${area}`,
        message: 'functions/ has no such area.',
      })),
    ...[...areas]
      .filter((area) => !tested.has(area) && !(area! in TESTED_ELSEWHERE))
      .map((area) => ({
        file: `functions/${area}`,
        message: 'The area has no test.',
        hint: `Add test/sql/${area}/<function>.test.ts.`,
      })),
    ...Object.keys(namedOtherwise)
      .filter((path) => !tests.includes(path))
      .map((file) => ({ file, message: 'tools/check/test-names.ts has a name for a test that is gone.' })),
  ];
}
