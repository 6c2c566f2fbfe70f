-- Finds a conversation of the workspace that the caller may read, and locks its row. Its caller has asked for the right to do so.
-- A packed one is restored first, so that every writer finds rows.
-- One error for "does not exist" and "is somebody else's": the difference is nobody's business.
create or replace function app_private.hold_conversation(wanted_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.conversations;
begin
  select c.* into result
  from app_public.conversations c
  where c.id = wanted_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  for no key update;
  if result.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  if result.storage_tier <> 'hot' then
    result := app_private.unpack_conversation(result);
  end if;
  return result;
end
$$;
comment on function app_private.hold_conversation(uuid) is 'A conversation that the caller may read, locked against writers. Raises CQ204, and CQ260 when its archive is damaged.';
