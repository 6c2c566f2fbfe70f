-- Tells who may see a conversation in its list that it changed there: the workspace, or its owner alone. Never the workspace of a
-- private one: not even its id is known to others.
create or replace function app_private.tell_conversation(workspace uuid, owner uuid, visibility app_public.visibility, conversation uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if visibility = 'workspace' then
    perform app_private.tell_watched(workspace, concat_ws(' ', 'workspace', workspace, conversation));
  else
    perform app_private.tell_watched(owner, concat_ws(' ', 'member', owner, workspace, conversation));
  end if;
end
$$;
comment on function app_private.tell_conversation(uuid, uuid, app_public.visibility, uuid) is 'Tells subscribers to lists of conversations of one that changed.';
-- Deliberately not granted: the triggers of this folder call it.
