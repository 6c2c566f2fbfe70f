-- What a question of an evaluation should find.
create or replace function app_private.evaluable_units(for_version uuid, baseline uuid, source app_public.evaluation_source, workspace uuid, reader uuid, relevant uuid[])
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- what only one of them has says nothing
  select array_agg(distinct app_private.evaluation_unit(source, c))
  from app_public.chunks c
  where c.workspace_id = workspace and c.id = any (relevant)
    and (c.owner_id = reader or c.visibility = 'workspace')
    and exists (select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
    and exists (select from app_public.embeddings e where e.version_id = baseline and e.workspace_id = c.workspace_id and e.chunk_id = c.id);
$$;
comment on function app_private.evaluable_units(uuid, uuid, app_public.evaluation_source, uuid, uuid, uuid[]) is
  'The units of the passages that should be found, that both versions have and the person may read; null when there are none.';
-- Deliberately not granted: app_hidden.evaluate_embedding_version calls it.
