-- Tells what happened to a thing where somebody may watch it, and costs the commit nothing where nobody does.
create or replace function app_private.tell_watched(id uuid, happening text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_private.is_watched(id) then
    perform app_private.tell(happening);
  end if;
end
$$;
comment on function app_private.tell_watched(uuid, text) is 'Sends a kind and ids to who serves subscriptions, when the thing is watched.';
-- Deliberately not granted: the triggers of this folder call it.
