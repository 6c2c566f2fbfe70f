import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countBytes } from '../../import/read-paths.ts';
import { addFiles, makeFolder, readAll } from './helpers.ts';

describe('a folder', () => {
  test('gives each kind of file its type, language and title', async () => {
    const folder = await makeFolder({
      'a.md': '---\ntags: [x]\n---\n\n```sh\n# not a title\n```\n\n## Real title ##\n',
      'b.ts': 'export const b = 1;\n',
      'c.txt': 'plain words\n',
      'd.html':
        '<html><head><title>Fish &amp; chips</title></head><body><nav>menu</nav><h2>Cod</h2><p>It is <b>good</b>.</p><script>alert(1)</script></body></html>',
      e: '#!/usr/bin/env python3\nprint(1)\n',
      'sub/Dockerfile': 'FROM scratch\n',
      'sub/page': '<!DOCTYPE html><h1>Bare</h1>',
      'setext.markdown': 'Under lined\n===========\n',
      'front.md': '---\ntitle: "From the front"\n---\n# Other\n',
    });
    const { documents, skipped } = await readAll(folder);
    expect(skipped).toEqual([]);
    expect(documents.map((d) => [d.source, d.title, d.contentType, d.language])).toEqual([
      ['file:notes/a.md', 'Real title', 'markdown', null],
      ['file:notes/b.ts', 'b.ts', 'code', 'typescript'],
      ['file:notes/c.txt', 'c.txt', 'text', null],
      ['file:notes/d.html', 'Fish & chips', 'html', null],
      ['file:notes/e', 'e', 'code', 'python'],
      ['file:notes/front.md', 'From the front', 'markdown', null],
      ['file:notes/setext.markdown', 'Under lined', 'markdown', null],
      ['file:notes/sub/Dockerfile', 'sub/Dockerfile', 'code', 'dockerfile'],
      ['file:notes/sub/page', 'Bare', 'html', null],
    ]);
    expect(documents[3]?.content).toBe('## Cod\n\nIt is good.');
    expect(documents[2]?.metadata).toMatchObject({ root: 'notes', path: 'c.txt', bytes: 12 });
    expect(documents[2]?.metadata.modified_at).toMatch(/^\d{4}-/);
  });

  test('reads the same again, and a single file as part of its folder', async () => {
    const folder = await makeFolder({ 'b/c.md': '# C', 'a.md': '# A', 'b.md': '# B' });
    const first = await readAll(folder);
    expect(await readAll(folder)).toEqual(first);
    expect((await readAll(join(folder, 'a.md'))).documents[0]?.source).toBe('file:notes/a.md');
  });

  test('removes the byte order mark, decodes UTF-16 and unifies line ends', async () => {
    const utf16be = Buffer.from('\ufeffWind\r\n', 'utf16le').swap16();
    const folder = await makeFolder({
      'a.txt': '\ufeffone\r\ntwo\rthree\n',
      'b.txt': Buffer.from('\ufeffZwölf\r\n', 'utf16le'),
      'c.txt': utf16be,
    });
    const { documents } = await readAll(folder);
    expect(documents.map((d) => d.content)).toEqual(['one\ntwo\nthree\n', 'Zwölf\n', 'Wind\n']);
  });

  test('reads what is not UTF-8 or has NUL in it, and says how', async () => {
    const folder = await makeFolder({
      'a.txt': Buffer.from('na\xefve caf\xe9', 'latin1'),
      'b.txt': `${'words '.repeat(20)}\0 more`,
      'c.txt': Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]),
      'd.txt': 'plain',
    });
    const { documents, reasons } = await readAll(folder);
    expect(reasons).toEqual([]);
    expect(documents.map(({ content, metadata }) => [content, metadata.encoding, metadata.warnings])).toEqual(
      [
        ['naïve café', 'windows-1252', [expect.stringContaining('not UTF-8')]],
        [`${'words '.repeat(20)} more`, undefined, ['1 NUL characters were removed']],
        ['\ufffdA', 'utf-16le', undefined],
        ['plain', undefined, undefined],
      ],
    );
  });

  test('reports bad files by reason and reads the rest', async () => {
    const folder = await makeFolder({
      'binary.dat': Uint8Array.from({ length: 400 }, (_, i) => (i * 7) % 256),
      'disguised.md': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      'paper.txt': '%PDF-1.7\nnothing here is binary\n',
      'empty.md': '',
      'blank.md': ' \n\n',
      'good.md': '# Good',
      'nothing.zip': '',
      'old.zip': 'PK',
    });
    await writeFile(join(folder, 'huge.md'), '');
    await truncate(join(folder, 'huge.md'), 200 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const { documents, reasons } = await readAll(folder);
    expect(process.memoryUsage().rss - before).toBeLessThan(190 * 1024 * 1024);
    expect(documents.map((d) => d.source)).toEqual(['file:notes/good.md']);
    expect(reasons).toEqual([
      'notes/binary.dat: binary',
      'notes/blank.md: empty',
      'notes/disguised.md: binary',
      'notes/empty.md: empty',
      'notes/huge.md: too_large',
      'notes/nothing.zip: empty',
      'notes/old.zip: broken_zip',
      'notes/paper.txt: binary',
    ]);
  });

  test('takes a limit', async () => {
    const folder = await makeFolder({ 'a.md': '# 12345', 'b.md': '# 123456' });
    const { documents, reasons } = await readAll(folder, { maxBytes: 7 });
    expect(documents).toHaveLength(1);
    expect(reasons).toEqual(['notes/b.md: too_large']);
  });

  test('does not follow symbolic links, into a loop or out of the folder', async () => {
    const folder = await makeFolder({ 'a/b.md': '# B' });
    await symlink('..', join(folder, 'a/loop'));
    await symlink('/etc/hostname', join(folder, 'outside.md'));
    await symlink('nowhere', join(folder, 'dangling'));
    const { documents, reasons } = await readAll(folder);
    expect(documents.map((d) => d.source)).toEqual(['file:notes/a/b.md']);
    expect(reasons).toEqual([
      'notes/a/loop: symlink',
      'notes/dangling: symlink',
      'notes/outside.md: symlink',
    ]);
  });

  test('does not open what is not a file', async () => {
    const folder = await makeFolder({ 'a.md': '# A' });
    execFileSync('mkfifo', [join(folder, 'pipe.md')]);
    execFileSync('mkfifo', [join(folder, '.gitignore')]);
    const { documents, reasons } = await readAll(folder);
    expect(documents).toHaveLength(1);
    expect(reasons).toEqual(['notes/.gitignore: unsupported', 'notes/pipe.md: unsupported']);
    expect((await readAll(join(folder, 'pipe.md'))).reasons[0]).toMatch(/unsupported$/);
  });

  test.skipIf(process.getuid?.() === 0)('reports what it may not read', async () => {
    const folder = await makeFolder({ 'secret.md': '# S', 'shut/x.md': '# X', 'z.md': '# Z' });
    await chmod(join(folder, 'secret.md'), 0);
    await chmod(join(folder, 'shut'), 0);
    const { documents, reasons } = await readAll(folder);
    await chmod(join(folder, 'shut'), 0o700);
    expect(documents.map((d) => d.source)).toEqual(['file:notes/z.md']);
    expect(reasons).toEqual(['notes/secret.md: unreadable', 'notes/shut/: unreadable']);
  });

  test('passes over hidden files, dependencies and generated files, but not .github', async () => {
    const folder = await makeFolder({
      '.env': 'SECRET=1',
      '.cache/x.md': '# X',
      '.github/CONTRIBUTING.md': '# How',
      'app.min.js': 'x()',
      'node_modules/p/README.md': '# P',
      'package-lock.json': '{}',
      'src/a.js.map': '{}',
    });
    const { documents, reasons } = await readAll(folder);
    expect(documents.map((d) => d.title)).toEqual(['How']);
    expect(reasons).toEqual([
      'notes/.cache/: hidden',
      'notes/.env: hidden',
      'notes/app.min.js: generated',
      'notes/node_modules/: ignored',
      'notes/package-lock.json: generated',
      'notes/src/a.js.map: generated',
    ]);
  });

  test('a path that does not exist is reported and the others are read', async () => {
    const folder = await makeFolder({ 'a.md': '# A' });
    const { documents, reasons } = await readAll([join(folder, 'nope'), folder]);
    expect(documents).toHaveLength(1);
    expect(reasons).toEqual([`${join(folder, 'nope')}: not_found`]);
  });

  test('reads a file once when paths overlap', async () => {
    const folder = await makeFolder({ 'a.md': '# A', 'b/c.md': '# C' });
    const { documents, skipped } = await readAll([folder, join(folder, 'a.md')]);
    expect(documents).toHaveLength(2);
    expect(skipped).toEqual([]);
  });

  test('refuses two folders of one name, which would overwrite each other', async () => {
    const one = await makeFolder({ 'a.md': '# A' });
    const two = await makeFolder({ 'a.md': '# B' });
    await expect(readAll([one, two])).rejects.toMatchObject({ code: 'CQ031' });
    await expect(readAll([one, two], { name: 'x' })).rejects.toMatchObject({ code: 'CQ031' });
    expect((await readAll(two, { name: 'other' })).documents[0]?.source).toBe('file:other/a.md');
  });

  test('accounts for every byte that was counted', async () => {
    const folder = await makeFolder({
      'a.md': '# A',
      'bad.txt': Buffer.from([0xc3, 0x28]),
      'conversations.json': '[{"title":"x","mapping":{"a":{}},"create_time":1},',
      empty: '',
      'yarn.lock': 'lock',
    });
    let bytes = 0;
    await readAll(folder, {
      onBytes: (n) => {
        bytes += n;
      },
    });
    expect(await countBytes([folder])).toEqual({ files: 5, bytes });
  });
});

describe('.gitignore', () => {
  test('is respected, nested and with exceptions', async () => {
    const folder = await makeFolder({
      '.gitignore': '*.log\nbuild/\n/top.md\n',
      'a.log': 'x',
      'build/out.md': '# out',
      'deep/.gitignore': '!keep.log\nlocal.md\n',
      'deep/keep.log': 'kept',
      'deep/local.md': '# local',
      'deep/top.md': '# not the top',
      'top.md': '# top',
    });
    const { documents, reasons } = await readAll(folder);
    expect(documents.map((d) => d.source)).toEqual(['file:notes/deep/keep.log', 'file:notes/deep/top.md']);
    expect(reasons.filter((r) => r.endsWith('ignored'))).toEqual([
      'notes/a.log: ignored',
      'notes/build/: ignored',
      'notes/deep/local.md: ignored',
      'notes/top.md: ignored',
    ]);
  });
});

describe('a git checkout', () => {
  const git = (folder: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();

  async function checkout(remote?: string) {
    const folder = await makeFolder(
      { '.gitignore': 'tmp/\n', 'README.md': '# Read', 'docs/ü b.md': '# B', 'tmp/x.md': '# X' },
      'repo',
    );
    git(folder, 'init', '-q', '-b', 'main');
    if (remote) git(folder, 'remote', 'add', 'origin', remote);
    git(folder, 'add', '-A');
    git(folder, 'commit', '-qm', 'one');
    await addFiles(folder, { 'mine.md': '# Mine', '.git/info/exclude': 'mine.md\n' });
    return folder;
  }

  test('is named by its remote without the token, and remembers the commit', async () => {
    const folder = await checkout('https://user:token@github.com/acme/tides.git');
    const { documents } = await readAll(folder);
    expect(documents.map((d) => d.source)).toEqual([
      'https://github.com/acme/tides/blob/HEAD/README.md',
      'https://github.com/acme/tides/blob/HEAD/docs/%C3%BC%20b.md',
    ]);
    expect(documents[0]?.metadata).toMatchObject({
      root: 'repo',
      path: 'README.md',
      git_url: 'https://github.com/acme/tides',
      git_commit: git(folder, 'rev-parse', 'HEAD'),
      git_branch: 'main',
    });
    expect(JSON.stringify(documents)).not.toContain('token');
  });

  test('a folder inside it is part of it, with the rules above it', async () => {
    const folder = await checkout('git@git.example.org:acme/tides.git');
    const { documents } = await readAll(join(folder, 'docs'));
    expect(documents.map((d) => d.source)).toEqual(['https://git.example.org/acme/tides/docs/%C3%BC%20b.md']);
  });

  test('an ignored folder that is named is read, but not as part of it', async () => {
    const folder = await checkout('https://github.com/acme/tides');
    const { documents } = await readAll(join(folder, 'tmp'));
    expect(documents.map((d) => d.source)).toEqual(['file:tmp/x.md']);
  });

  test('without a remote it is named by its top folder; packed refs and worktrees are understood', async () => {
    const folder = await checkout();
    git(folder, 'pack-refs', '--all');
    const tree = join(dirname(folder), 'tree');
    git(folder, 'worktree', 'add', '-q', '-b', 'side', tree);
    const head = git(folder, 'rev-parse', 'HEAD');
    expect((await readAll(folder)).documents[0]).toMatchObject({
      source: 'file:repo/README.md',
      metadata: { git_commit: head, git_branch: 'main' },
    });
    expect((await readAll(tree)).documents[0]).toMatchObject({
      source: 'file:tree/README.md',
      metadata: { git_commit: head, git_branch: 'side' },
    });
  });

  test('an odd .git does not stop it', async () => {
    const folder = await makeFolder({ 'a.md': '# A', '.git': 'gitdir: /nowhere\n' });
    expect((await readAll(folder)).documents).toHaveLength(1);
    const other = await makeFolder({ 'a.md': '# A' });
    await mkdir(join(other, '.git'));
    expect((await readAll(other)).documents).toHaveLength(1);
  });
});
