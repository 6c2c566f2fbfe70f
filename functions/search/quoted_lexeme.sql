-- A lexeme as a tsquery is read back from text: what a caller typed must never become an operator.
create or replace function app_private.quoted_lexeme(lexeme text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select '''' || replace(replace(lexeme, chr(92), chr(92) || chr(92)), '''', '''''') || ''''
    -- pairs of characters are indexed: a single one is the beginning of some
    || case when char_length(lexeme) = 1 and lexeme ~ '[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7FF]' then ':*' else '' end;
$$;
comment on function app_private.quoted_lexeme(text) is 'A lexeme as a tsquery writes it.';
