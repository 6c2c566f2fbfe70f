-- What text search sees of a chunk: its heading weighs more than its content, and its context less. Declared immutable although a text search
-- configuration could be altered: PostgreSQL's own ones do not change within a major version, and a generated column needs it.
create or replace function app_hidden.text_search_vector(language text, heading text, content text, context_near text, context_far text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  configuration regconfig := ('pg_catalog.' || language)::regconfig;
begin
  -- the parser drops whatever looks like a tag: <rug>, Map<Rug> and all of a JSX element could not be found
  return setweight(to_tsvector(configuration, translate(coalesce(heading, ''), '<>', '  ')), 'A')
    || setweight(to_tsvector(configuration, translate(content, '<>', '  ')), 'B')
    || setweight(to_tsvector(configuration, translate(coalesce(context_near, ''), '<>', '  ')), 'C')
    || setweight(to_tsvector(configuration, translate(coalesce(context_far, ''), '<>', '  ')), 'D');
end
$$;
comment on function app_hidden.text_search_vector(text, text, text, text, text) is
  'The tsvector of a chunk: heading with weight A, content with weight B, its near context with C, its far context with D.';
