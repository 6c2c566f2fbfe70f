-- A job removes passages that nothing cites. The shared lock, held until the citation is committed, keeps it from taking one
-- that is just being cited; nobody who cites waits for anybody else who does.
create or replace function app_private.passages_lock(for_workspace uuid)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select hashtextextended('app_hidden.cited_passages ' || for_workspace, 0);
$$;
comment on function app_private.passages_lock(uuid) is 'Key of the advisory lock of who cites in a workspace (shared), and of who removes what is cited no more.';
