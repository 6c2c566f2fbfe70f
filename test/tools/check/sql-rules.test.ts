import { describe, expect, it } from 'vitest';
import { lintSqlRules } from '../../../tools/check/sql-rules.ts';

function lint(text: string) {
  return lintSqlRules([{ path: 'functions/auth/x.sql', text }]).map(
    ({ line, message }) => `${line} ${message}`,
  );
}

const definer = `-- Security definer.
create or replace function app.f() returns int
language sql security definer
set search_path = pg_catalog, pg_temp
as $$ select 1 $$;
`;

describe('SQL rules', () => {
  it('accepts a security definer function with a comment', () => {
    expect(lint(definer)).toEqual([]);
    expect(lint('/* why */ create view app.v as select 1;')).toEqual([]);
  });

  it('wants a comment first', () => {
    const message = '1 The file does not begin with a comment.';
    expect(lint('create view app.v as select 1;')).toEqual([message]);
    expect(lint('\n-- late\n')).toEqual([message]);
    expect(lint('--\nselect 1;')).toEqual([message]);
    expect(lint('--!include auth/y.sql')).toEqual([message]);
    expect(lint('')).toEqual([message]);
  });

  it('refuses tabs', () => {
    expect(lint('-- a\nselect\t1;')).toEqual(['2 Tab character.']);
  });

  it('wants a pinned search_path in each security definer function of a file', () => {
    const bare = 'create function app.g() returns int language sql SECURITY  DEFINER as $$ select 1 $$;\n';
    const message = 'A `security definer` function without `set search_path`.';
    expect(lint(`-- a\n${bare}`)).toEqual([`2 ${message}`]);
    expect(lint(`${definer}\n${bare}`)).toEqual([`7 ${message}`]);
    expect(lint(`-- a\n${bare}\n${definer}`)).toEqual([`2 ${message}`]);
  });

  it('does not count what a comment says', () => {
    expect(lint('-- never security definer\ncreate function app.f() returns int return 1;')).toEqual([]);
    const commented = definer.replace('set search_path', '-- set search_path');
    expect(lint(commented)).toHaveLength(1);
  });
});
