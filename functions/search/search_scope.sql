-- What a search may find and how much that is, put together once for all of its legs.
create or replace function app_private.search_scope(workspace uuid, caller uuid, kinds app_public.source_type[], filters app_public.search_filters default null)
returns app_private.search_scope
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  scope app_private.search_scope;
begin
  scope.workspace_id := workspace;
  scope.caller := caller;
  scope.kinds := kinds;
  -- "is not null" would mean that each of them is given
  if not (filters is null) then
    scope.filters := filters;
    scope.sources := app_private.search_sources(workspace, caller, filters);
  end if;
  select t.* into scope.available, scope.everything, scope.has_memories, scope.has_archived from app_private.chunk_totals(workspace, kinds) as t;
  return scope;
end
$$;
comment on function app_private.search_scope(uuid, uuid, app_public.source_type[], app_public.search_filters) is
  'The scope of a search: whose, in what, by which filters, and how many chunks there are.';
