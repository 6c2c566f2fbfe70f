-- A passage that was cited is held with what it is of, and with the conversations that cite it. What removes passages passes over a
-- workspace where that may be: which ones are held, keep_held_rows says.
create or replace function app_private.are_passages_held(for_workspace uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select app_private.is_held(for_workspace, 'documents') or app_private.is_held(for_workspace, 'memory_items') or app_private.is_held(for_workspace, 'raw_events');
$$;
comment on function app_private.are_passages_held(uuid) is 'Whether a legal hold may keep passages of a workspace that were cited.';
-- Deliberately not granted: app_hidden.delete_uncited_passages calls it.
