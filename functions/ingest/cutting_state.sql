-- Whether a document still waits to be cut into passages, or why it never will be.
create or replace function app_private.cutting_state(workspace uuid, document uuid, out waits boolean, out code text, out error text)
language sql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  select d.chunked_hash is distinct from d.content_hash and f.id is null, f.code, f.error
  from app_public.documents d
  left join app_hidden.cutting_failures f
    on f.workspace_id = workspace and f.document_id = d.id and f.is_dead and f.content_hash = d.content_hash
  where d.workspace_id = workspace and d.id = document;
$$;
comment on function app_private.cutting_state(uuid, uuid) is 'Whether a document waits to be cut, and why it was given up; nothing when it is gone.';
-- Deliberately not granted: app_hidden.import_progress calls it.
