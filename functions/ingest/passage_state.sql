-- What an import waits for, of one source: its passages, those that have no vector of a version yet, and those that never get one.
create or replace function app_private.passage_state(
  version uuid, workspace uuid, of_document uuid, of_conversation uuid, of_event uuid,
  out passages integer, out without_vector integer, out refused integer, out reason text
)
language sql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  with chunk as (
    select c.id from app_public.chunks c where c.workspace_id = workspace and c.document_id = of_document
    union all
    select c.id from app_public.chunks c where c.workspace_id = workspace and c.conversation_id = of_conversation
    union all
    select c.id from app_public.chunks c where c.workspace_id = workspace and c.raw_event_id = of_event
  ),
  known as (
    select f.error, f.error is not null as is_refused, exists (
        select from app_public.embeddings e where e.version_id = version and e.workspace_id = workspace and e.chunk_id = c.id
      ) as is_done
    from chunk c
    left join app_hidden.embedding_failures f
      on f.version_id = version and f.workspace_id = workspace and f.chunk_id = c.id and f.is_dead
  )
  select count(*), count(*) filter (where not k.is_done and not k.is_refused), count(*) filter (where not k.is_done and k.is_refused),
    min(k.error) filter (where not k.is_done)
  from known k;
$$;
comment on function app_private.passage_state(uuid, uuid, uuid, uuid, uuid) is 'How many passages a source has, how many of them lack their vector, and how many were given up, with a reason.';
-- Deliberately not granted: app_hidden.import_progress calls it.
