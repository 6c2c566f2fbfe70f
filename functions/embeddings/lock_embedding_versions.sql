-- What makes, activates or archives a version takes this lock first: two of them at once would judge by what the other changes.
create or replace function app_private.lock_embedding_versions()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(hashtextextended('app_public.embedding_versions', 0));
$$;
comment on function app_private.lock_embedding_versions() is 'One at a time makes, switches or archives versions.';
