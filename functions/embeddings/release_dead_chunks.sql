-- Passages whose worker has ended are free again, and its end is counted as a failure of theirs.
create or replace function app_private.release_dead_chunks(for_version uuid, for_workspace uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  dead uuid[];
begin
  -- their worker has ended: it counts, unless its claim tells the same
  with gone as (
    update app_hidden.embedding_backlog b
    set taken_until = null
    where (b.workspace_id, b.chunk_id) in (
      select k.workspace_id, k.chunk_id
      from app_hidden.embedding_backlog k
      where k.workspace_id = for_workspace and k.taken_until <= clock_timestamp()
      for no key update skip locked
    )
    returning b.chunk_id
  )
  select coalesce(array_agg(g.chunk_id), '{}') into dead from gone g;
  if dead <> '{}' then
    perform app_hidden.count_embedding_failures(
      for_version, for_workspace, array_agg(d.id), array_agg('interrupted'::text), array_agg('The worker ended before it had an answer.'::text)
    )
    from unnest(dead) as d (id)
    where not exists (
      select from app_hidden.embedding_claims k
      where k.workspace_id = for_workspace and k.version_id = for_version and d.id = any (k.chunk_ids)
    )
    having count(*) > 0;
  end if;
end
$$;
comment on function app_private.release_dead_chunks(uuid, uuid) is 'Frees the passages of a workspace whose worker did not say that it lives, and counts that against them.';
-- Deliberately not granted: app_hidden.take_chunks calls it.
