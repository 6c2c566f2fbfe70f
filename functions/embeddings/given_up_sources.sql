-- What nobody waits for any more since it cannot be cut.
create or replace function app_private.given_up_sources(workspace uuid, out sources bigint, out documents bigint, out memory_items bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- what was given up is not waited for, unless it was edited since; messages that were given up are passed over
  select count(*), count(f.document_id), count(f.memory_item_id)
  from app_hidden.cutting_failures f
  where f.workspace_id = given_up_sources.workspace and f.is_dead and (
    f.conversation_id is not null
    or exists (select from app_public.documents d where d.id = f.document_id and d.content_hash = f.content_hash)
    or exists (select from app_public.memory_items m where m.id = f.memory_item_id and m.content_hash = f.content_hash and upper_inf(m.validity))
  );
$$;
comment on function app_private.given_up_sources(uuid) is 'Sources of a workspace whose cutting was given up and that were not edited since: all, the documents and the memories among them.';
-- Deliberately not granted: app_public.indexing_progress calls it.
