import { describe, expect, it } from 'vitest';
import { includedTexts, lintDrift } from '../../../tools/check/drift.ts';
import type { SqlFiles } from '../../../tools/check/sql-files.ts';

const register = '-- Signs up.\ncreate function app.register() returns int return 1;\n';

function project(changes: Partial<SqlFiles> = {}): SqlFiles {
  return {
    committed: [
      {
        path: 'migrations/committed/000001-first.sql',
        text: `--! Previous: -\n--! Hash: sha1:0\n\n--! split: 1-current.sql\n--! Included auth/register.sql\n${register.trim()}\n--! EndIncluded auth/register.sql\n`,
      },
    ],
    current: [{ path: 'migrations/current/1-current.sql', text: '-- nothing yet\n' }],
    functions: [{ path: 'functions/auth/register.sql', text: register }],
    contents: { path: 'functions/_all.sql', text: '--!include auth/register.sql\n' },
    ...changes,
  };
}

describe('drift lint', () => {
  it('is silent when each function is what its last migration included', () => {
    expect(lintDrift(project())).toEqual([]);
  });

  it('names a function that was edited and not migrated, and the command', () => {
    const edited = project({
      functions: [{ path: 'functions/auth/register.sql', text: register.replace('1', '2') }],
    });
    expect(lintDrift(edited)).toEqual([
      {
        file: 'functions/auth/register.sql',
        message: 'Edited since migrations/committed/000001-first.sql included it.',
        hint: 'Add the line `--!include auth/register.sql` to a file in migrations/current/, then run `npm run migrate`.',
      },
    ]);
    const pending = { path: 'migrations/current/1-current.sql', text: '--!include auth/register.sql\n' };
    expect(lintDrift({ ...edited, current: [pending] })).toEqual([]);
  });

  it('does not take an ignored include line for a migration', () => {
    const files = project({
      committed: [],
      current: [{ path: 'migrations/current/1-current.sql', text: ' --!include auth/register.sql\n' }],
    });
    expect(lintDrift(files).map(({ message }) => message)).toEqual(['No migration includes this file.']);
  });

  it('compares with the last of several migrations', () => {
    const [first] = project().committed;
    if (!first) throw new Error('no migration');
    const second = {
      path: 'migrations/committed/000002.sql',
      text: first.text.replace('return 1', 'return 2'),
    };
    expect(lintDrift(project({ committed: [first, second] }))).toHaveLength(1);
    expect(lintDrift(project({ committed: [second, first] }))).toEqual([]);
  });

  it('follows includes through the table of contents', () => {
    const files = project({
      committed: [],
      current: [{ path: 'migrations/current/1-current.sql', text: '--!include _all.sql\n' }],
    });
    expect(lintDrift(files)).toEqual([]);
  });

  it('demands that the table of contents lists every file once', () => {
    const text = '-- order matters\n';
    expect(lintDrift(project({ contents: { path: 'functions/_all.sql', text } }))).toEqual([
      expect.objectContaining({
        file: 'functions/_all.sql',
        message: 'functions/auth/register.sql is not listed.',
      }),
    ]);
    expect(lintDrift(project({ contents: undefined }))).toHaveLength(1);
    const twice = '--!include auth/register.sql\n--!include auth/register.sql\n';
    expect(lintDrift(project({ contents: { path: 'functions/_all.sql', text: twice } }))).toEqual([
      expect.objectContaining({ line: 2, message: 'auth/register.sql is listed twice.' }),
    ]);
  });

  it('does not mind Windows line ends or space at the end', () => {
    const text = `${register.replaceAll('\n', '\r\n')}\r\n`;
    expect(lintDrift(project({ functions: [{ path: 'functions/auth/register.sql', text }] }))).toEqual([]);
  });

  it('reads what graphile-migrate writes, nested includes too', () => {
    const text =
      'a\n--! Included _all.sql\nx\n--! Included a/b.sql\ny\nz\n--! EndIncluded a/b.sql\n--! EndIncluded _all.sql\nb\n';
    expect(includedTexts(text)).toEqual(
      new Map([
        ['a/b.sql', 'y\nz'],
        ['_all.sql', 'x\n--!include a/b.sql'],
      ]),
    );
  });
});
