-- What text search sees of a chunk: its heading and its content in full, and at lower weight what stands beside it.
-- Immutable as app_hidden.text_lexemes is, since a generated column needs it.
create or replace function app_hidden.text_search_vector(language text, heading text, content text, context_near text, context_far text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  result tsvector := setweight(app_hidden.text_lexemes(language, content), 'B');
begin
  if heading is not null then
    result := setweight(app_hidden.text_lexemes(language, heading), 'A') || result;
  end if;
  if context_near is not null then
    result := result || setweight(app_hidden.text_lexemes(language, context_near), 'C');
  end if;
  if context_far is not null then
    result := result || setweight(app_hidden.text_lexemes(language, context_far), 'D');
  end if;
  return result;
end
$$;
comment on function app_hidden.text_search_vector(text, text, text, text, text) is
  'The tsvector of a chunk: heading with weight A, content with weight B, its near context with C, its far context with D.';
