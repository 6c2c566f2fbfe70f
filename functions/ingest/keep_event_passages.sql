-- Of what an event said before, its passages with the same text stay, with their vectors; the others go.
create or replace function app_private.keep_event_passages(event app_public.raw_events, said jsonb, details jsonb, weight real, happened timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.chunks c
  where c.workspace_id = event.workspace_id and c.raw_event_id = event.id and not exists (
    select from app_private.event_passages(event, said) as p where (p.chunk_index, p.content_hash) = (c.chunk_index, c.content_hash)
  );
  update app_public.chunks c
  set context_near = p.context_near, occurred_at = happened, metadata = details, importance_score = weight
  from app_private.event_passages(event, said) as p
  where c.workspace_id = event.workspace_id and c.raw_event_id = event.id and c.chunk_index = p.chunk_index
    and (c.context_near, c.occurred_at, c.metadata, c.importance_score) is distinct from (p.context_near, happened, details, weight);
end
$$;
comment on function app_private.keep_event_passages(app_public.raw_events, jsonb, jsonb, real, timestamptz) is
  'Removes the passages of a locked event that it says no longer, and brings the others up to date.';
-- Deliberately not granted: store_event_passages calls it.
