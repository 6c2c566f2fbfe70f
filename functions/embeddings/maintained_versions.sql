-- The embedding versions that get vectors of new chunks: the active one, all that are building, and the one that was
-- retired last, so that going back is as immediate as going on. The price of the latter: every new text is embedded by two
-- models, and its rows and index are kept, until it is archived.
create or replace function app_hidden.maintained_versions()
returns setof app_public.embedding_versions
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  (select v from app_public.embedding_versions v where v.status = 'active')
  union all
  (select v from app_public.embedding_versions v where v.status = 'building' order by v.id)
  union all
  (select v from app_public.embedding_versions v where v.status = 'retired' order by v.retired_at desc, v.id desc limit 1);
$$;
comment on function app_hidden.maintained_versions() is 'The versions that new chunks get vectors of: active, building, and the one retired last.';
grant execute on function app_hidden.maintained_versions() to colloquy_worker;
