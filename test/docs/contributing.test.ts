import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const isThere = (path: string): boolean => existsSync(join(projectFolder, path));
const rooms = globSync('*/README.md', { cwd: projectFolder }).filter(
  (path) => !path.startsWith('node_modules'),
);
const pages = ['README.md', 'CONTRIBUTING.md', ...rooms, ...globSync('docs/**/*.md', { cwd: projectFolder })];

/** What stands in backticks and looks like a path below one of the rooms. */
function namedPaths(text: string): string[] {
  const names = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name!);
  const folders =
    /^(api|chunking|docs|functions|import|jobs|lib|migrations|models|reading|scripts|sql|test|tools)\//;
  return names.filter((name) => folders.test(name) && !/[<>*…]|\.test\.ts$/.test(name));
}

describe('the way in', () => {
  it.each(pages)('%s links to what there is', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !isThere(join(dirname(page), link)))).toEqual([]);
  });

  it.each(['CONTRIBUTING.md', 'docs/glossary.md'])('%s names files and folders that there are', (page) => {
    const paths = namedPaths(read(page)).filter((path) => !path.includes('/x.'));
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  it('names every room with code, and commands that there are', () => {
    const text = read('CONTRIBUTING.md');
    const folders = globSync('*/', { cwd: projectFolder }).filter(
      (folder) => globSync(`${folder}/**/*.{ts,sql}`, { cwd: projectFolder }).length > 0,
    );
    const unknown = ['node_modules', 'data', 'coverage'];
    const missing = folders.filter((room) => !unknown.includes(room) && !text.includes(`\`${room}/\``));
    expect(missing).toEqual([]);

    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = [...text.matchAll(/npm run (?:--silent )?(\w+)/g)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(4);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('has its terms in order, each once', () => {
    const terms = [...read('docs/glossary.md').matchAll(/^\| ([^|]+?) \|/gm)]
      .map(([, term]) => term!)
      .filter((term) => term !== 'word' && !term.startsWith('---'));
    expect(terms).toEqual([...new Set(terms)].sort((a, b) => a.localeCompare(b, 'en')));
    expect(terms.length).toBeGreaterThan(25);
  });
});
