import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Listing } from '../../import/listing.ts';
import { addFiles, makeFolder, readAll } from './helpers.ts';

const AUTHOR = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b.c',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b.c',
};
const NO_CONFIG = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

function git(folder: string, ...args: string[]): void {
  const options = ['-c', 'init.defaultBranch=main', '-c', 'protocol.file.allow=always'];
  execFileSync('git', [...options, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...AUTHOR, ...NO_CONFIG },
    stdio: 'pipe',
  });
}

async function repository(files: Record<string, string>, name: string, remote?: string): Promise<string> {
  const folder = await makeFolder(files, name);
  git(folder, 'init', '-q');
  if (remote) git(folder, 'remote', 'add', 'origin', remote);
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'first');
  return folder;
}

const sources = (list: { source: string }[]) => list.map(({ source }) => source).sort();

test('a submodule has its own address, also one without a remote, and its own rules', async () => {
  const library = await repository({ 'grouse.md': '# Grouse', '.gitignore': 'drafts/' }, 'library');
  const app = await repository({ 'README.md': '# App' }, 'app', 'https://user:t0ken@github.com/acme/app.git');
  for (const place of ['vendor/grouse', 'vendor/local']) git(app, 'submodule', 'add', '-q', library, place);
  git(join(app, 'vendor/grouse'), 'remote', 'set-url', 'origin', 'git@github.com:acme/grouse.git');
  await addFiles(app, { 'vendor/grouse/drafts/x.md': '# Draft' });
  const { documents, reasons } = await readAll(app);
  expect(sources(documents)).toEqual([
    'file:app/vendor/local/grouse.md',
    'https://github.com/acme/app/blob/HEAD/README.md',
    'https://github.com/acme/grouse/blob/HEAD/grouse.md',
  ]);
  expect(reasons).toContain('app/vendor/grouse/drafts/: ignored');
});

test('a linked worktree is another text than the checkout it belongs to', async () => {
  const app = await repository({ 'a.md': '# One' }, 'app', 'https://github.com/acme/app.git');
  const linked = join(app, '../linked');
  git(app, 'worktree', 'add', '-q', linked, '-b', 'feature/ü');
  expect(sources((await readAll([app, linked])).documents)).toEqual([
    'https://github.com/acme/app/blob/HEAD/a.md',
    'https://github.com/acme/app/blob/feature/%C3%BC/a.md',
  ]);
  git(app, 'remote', 'set-url', 'origin', 'https://git.example.org/acme/app.git');
  const listings: Listing[] = [];
  const { documents } = await readAll(linked, { onListed: (listing) => listings.push(listing) });
  expect(sources(documents)).toEqual(['https://git.example.org/acme/app/a.md?ref=feature%2F%C3%BC']);
  expect(listings).toMatchObject([
    { prefix: 'https://git.example.org/acme/app/', suffix: '?ref=feature%2F%C3%BC', problem: null },
  ]);
});

test('what git keeps is read, whatever its rules say, by every version of its index', async () => {
  const files = {
    '.gitignore': 'build/\n*.log\n',
    'build/deep/kept.md': '# Kept',
    'build/made.md': '# Made',
    'a.log': 'log',
  };
  const app = await makeFolder(files, 'app');
  git(app, 'init', '-q');
  git(app, 'add', '.gitignore');
  git(app, 'add', '-f', 'build/deep/kept.md', 'a.log');
  for (const version of ['2', '4']) {
    git(app, 'update-index', '--index-version', version);
    const { documents, reasons } = await readAll(app);
    expect(sources(documents)).toEqual(['file:app/a.log', 'file:app/build/deep/kept.md']);
    expect(reasons).toContain('app/build/made.md: ignored');
  }
  git(app, 'commit', '-qm', 'first');
  git(app, 'update-index', '--skip-worktree', 'a.log');
  const listings: Listing[] = [];
  await readAll(app, { onListed: (listing) => listings.push(listing) });
  expect(listings[0]?.problem).toBe('only a part of the repository is checked out');
});

test('what Git LFS keeps elsewhere is said to be that, and no document', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 12345\n`;
  const { documents, items, reasons } = await readAll(
    await makeFolder({ 'a.pdf': pointer, 'b.md': pointer, 'about.md': `A pointer begins so:\n\n${pointer}` }),
  );
  expect(sources(documents)).toEqual(['file:notes/about.md']);
  expect(items).toHaveLength(3);
  expect(reasons).toEqual(['notes/a.pdf: lfs_pointer', 'notes/b.md: lfs_pointer']);
});

test('names that are not UTF-8 are read, each by itself, and nothing stays behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'names-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const named = (name: string) => Buffer.from(`${folder}/${name}`, 'latin1');
  await mkdir(named('d\xe9'));
  const names = ['bad\xff.md', 'bad\xfe.md', 'd\xe9/caf\xe9.md'];
  for (const name of names) await writeFile(named(name), `# ${name.length}`);
  const links = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('colloquy-import-'));
  const before = await links();
  const { documents, skipped } = await readAll(folder, { name: 'notes' });
  expect(sources(documents)).toEqual([
    'file:notes/bad%FE.md',
    'file:notes/bad%FF.md',
    'file:notes/d%E9/caf%E9.md',
  ]);
  expect(documents.map(({ metadata }) => metadata.path)).toContain('d%E9/caf%E9.md');
  expect(skipped).toEqual([]);
  expect((await links()).filter((name) => !before.includes(name))).toEqual([]);
  // in a checkout their addresses lead to them
  git(folder, 'init', '-q');
  git(folder, 'remote', 'add', 'origin', 'https://github.com/acme/odd.git');
  await writeFile(join(folder, '100%25.md'), '# Of a hundred');
  expect(sources((await readAll(folder)).documents)).toEqual(
    ['100%2525.md', 'bad%FE.md', 'bad%FF.md', 'd%E9/caf%E9.md'].map(
      (path) => `https://github.com/acme/odd/blob/HEAD/${path}`,
    ),
  );
});
