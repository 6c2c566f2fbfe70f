-- Tells the processes of the API that something changed: what kind of thing, and ids. Never what it says: every subscriber reads that
-- with its own rights. What is told twice in a transaction is sent once.
create or replace function app_private.tell(happening text)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select pg_notify('colloquy_live', happening);
$$;
comment on function app_private.tell(text) is 'Sends a kind and ids to who serves subscriptions.';
-- Deliberately not granted: the triggers of this folder call it.
