import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

/** What a room may import besides itself. `lib` ships with everything and imports no room; nothing that ships imports `tools`. */
const MAY_IMPORT: Record<string, string[]> = {
  lib: [],
  reading: ['lib'],
  chunking: ['lib', 'reading'],
  models: ['lib', 'chunking'],
  import: ['lib', 'reading'],
  mail: ['lib'],
  webhooks: ['lib'],
  operations: ['lib', 'models'],
  jobs: ['lib', 'reading', 'chunking', 'models', 'mail', 'webhooks', 'operations'],
  mcp: ['lib'],
  api: ['lib', 'chunking', 'models', 'mcp'],
  scripts: ['lib', 'reading', 'chunking', 'models', 'import', 'mail', 'jobs', 'mcp', 'api', 'operations'],
  // the stored release is filled by the people and passages that the tests use
  tools: ['lib', 'reading', 'chunking', 'models', 'import', 'mail', 'jobs', 'api', 'operations', 'test'],
  // as others write one, who have the package alone
  examples: ['client'],
  // the loader of PostGraphile looks for its configuration here
  'graphile.config.ts': ['lib', 'api'],
};
/** A developer's command of a script may load tools when it is called. */
const MAY_LOAD_TOOLS = /^scripts\/migrate\b/;

interface Import {
  from: string;
  to: string;
  isDynamic: boolean;
}

const STATEMENT = /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s+'(\.[^']+)'|(?:^|\n)import\s+'(\.[^']+)'/g;
const DYNAMIC = /\bimport\(\s*'(\.[^']+)'/g;

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: projectFolder,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !/^(?:test|client|vitest)\b/.test(file));

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(projectFolder, from), 'utf8');
  const found = (pattern: RegExp, isDynamic: boolean) =>
    [...text.matchAll(pattern)].map((match) => ({
      from,
      to: normalize(join(dirname(from), match[1] ?? match[2] ?? '')),
      isDynamic,
    }));
  return [...found(STATEMENT, false), ...found(DYNAMIC, true)];
});

const roomOf = (file: string): string => file.split('/', 1)[0]!;

test('rooms import only what they may', () => {
  expect(imports.length).toBeGreaterThan(500);
  const wrong = imports.filter(({ from, to, isDynamic }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === other || MAY_IMPORT[room]?.includes(other)) return false;
    return !(other === 'tools' && isDynamic && MAY_LOAD_TOOLS.test(from));
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('no import leads back to where it began, types included', () => {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
