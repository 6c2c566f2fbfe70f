-- A function, and not a part of the query that asks: a search opened all months of events for it, although most find none.
create or replace function app_hidden.event_title(event_id uuid)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select e.source || ': ' || e.event_type from app_public.raw_events e where e.id = event_id;
$$;
comment on function app_hidden.event_title(uuid) is 'What an event is called where its text is found and nothing better is known; null for one that the caller cannot read.';
grant execute on function app_hidden.event_title(uuid) to colloquy_user, colloquy_admin;
