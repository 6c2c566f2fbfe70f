-- Whether the language that was recognised in a passage counts. What was declared to be simple is indexed as it is written,
-- whatever it looks like. Null: the passage has the language that was declared for its document or its workspace.
create or replace function app_private.recognized_language(declared app_public.text_search_language, recognized text)
returns app_public.text_search_language
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when declared <> 'simple' then recognized end;
$$;
comment on function app_private.recognized_language(app_public.text_search_language, text) is
  'The language that was recognised in a passage, where it goes before the declared one; null where it does not.';
