import { describe, expect, it } from 'vitest';
import { includedPaths, lintIncludes } from '../../../tools/check/includes.ts';

const known = new Set(['auth/register.sql', '_all.sql']);

function lint(text: string) {
  return lintIncludes([{ path: 'migrations/current/1-current.sql', text }], known);
}

describe('include lint', () => {
  it.each([
    '--!include auth/register.sql',
    '--! include auth/register.sql',
    '--!\tinclude\tauth/register.sql \t',
    '--!include auth/register.sql\r',
    '-- Include changed functions with\n--   --!include area/file.sql   (at the start of the line)',
    '-- this migration includes nothing',
    "select 'include';",
  ])('accepts %j', (text) => {
    expect(lint(text)).toEqual([]);
  });

  it.each([
    [' --!include auth/register.sql'],
    ['\t--!include auth/register.sql'],
    ['--!include auth/register.sql -- the sign-up'],
    ['--!include auth/register.sql;'],
    ['--!INCLUDE auth/register.sql'],
    ['--! Include auth/register.sql'],
    ['--!included auth/register.sql;'],
    ['--!include auth/register.SQL'],
    ['--!include auth/register'],
    ['--!include'],
    ['-- !include auth/register.sql'],
    ['select 1; --!include auth/register.sql'],
  ])('refuses %j, which graphile-migrate ignores', (line) => {
    expect(lint(`-- first\n${line}\n`)).toEqual([
      {
        file: 'migrations/current/1-current.sql',
        line: 2,
        message: `graphile-migrate ignores this include: ${JSON.stringify(line)}`,
        hint: expect.stringContaining('--!include area/file.sql'),
      },
    ]);
  });

  it('refuses a file that does not exist', () => {
    expect(lint('--!include auth/regster.sql')).toEqual([
      expect.objectContaining({
        line: 1,
        message: 'Included file does not exist: functions/auth/regster.sql',
      }),
    ]);
  });

  it('refuses two files on one line', () => {
    expect(lint('--!include auth/register.sql auth/register.sql')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('space') }),
    ]);
  });

  it('lists what is included, with lines', () => {
    expect(includedPaths('--!include a/b.sql\n --!include c.sql\n--! include d.sql\r\n')).toEqual([
      { path: 'a/b.sql', line: 1 },
      { path: 'd.sql', line: 3 },
    ]);
  });

  it('agrees with graphile-migrate on what is an include', async () => {
    const { compileIncludes } = (await import('graphile-migrate/dist/migration.js')) as {
      compileIncludes: (settings: object, text: string, seen: Set<string>) => Promise<string>;
    };
    const compile = (text: string) =>
      compileIncludes({ migrationsFolder: '/nowhere' }, text, new Set()).then(
        () => false, // unchanged: no include was seen
        () => true, // it looked for the file, or refused the line aloud
      );
    for (const line of [
      '--!include a.sql',
      '--! include a.sql',
      '--!\tinclude\ta.sql ',
      '--!include a.sql\r',
    ]) {
      expect(await compile(line), line).toBe(true);
    }
    for (const line of [' --!include a.sql', '--!include a.sql;', '--!INCLUDE a.sql', '-- !include a.sql']) {
      expect(await compile(line), line).toBe(false);
      expect(lint(line), line).toHaveLength(1);
    }
  });
});
