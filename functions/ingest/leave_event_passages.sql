-- What an event said before goes to another event that says the same, or stays for store_event_passages to compare. Readers see the one
-- or the other, never none.
create or replace function app_private.leave_event_passages(event app_public.raw_events)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  heir app_public.raw_events;
begin
  select t.* into heir
  from app_public.raw_events t
  where t.workspace_id = event.workspace_id and t.knowledge_hash = event.knowledge_hash and t.id <> event.id
  order by t.id
  limit 1
  -- not one that is just being deleted
  for key share skip locked;
  update app_public.chunks c
  set raw_event_id = heir.id, owner_id = heir.owner_id
  where heir.id is not null and c.workspace_id = event.workspace_id and c.raw_event_id = event.id;
end
$$;
comment on function app_private.leave_event_passages(app_public.raw_events) is 'Hands the passages of a locked event to another one that says what it said.';
-- Deliberately not granted: store_event_passages calls it.
