-- What changes a memory locks it first. Only its owner may: a memory of somebody else does not exist here.
create or replace function app_private.lock_memory(memory_id uuid)
returns app_public.memory_items
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.memory_items;
begin
  perform app_hidden.require_member(for_writing => true);
  perform pg_advisory_xact_lock(
    hashtextextended(format('app_public.remember %s %s', app_hidden.current_workspace_id(), app_hidden.current_user_id()), 0)
  );
  select m.* into result
  from app_public.memory_items m
  where m.id = memory_id and m.workspace_id = app_hidden.current_workspace_id() and m.owner_id = app_hidden.current_user_id()
  for update;
  if result.id is null then
    raise exception 'There is no such memory.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_private.lock_memory(uuid) is 'The caller''s memory, locked together with all others of the same owner. Raises CQ101, CQ109, CQ204.';
