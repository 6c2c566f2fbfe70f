-- What one version finds: for each of its first passages whether it is one of those that should be found.
create or replace function app_private.evaluate_question(
  for_version uuid, other_version uuid, source app_public.evaluation_source, for_workspace uuid, for_user uuid, outside_conversation uuid,
  question extensions.halfvec, wanted text[], k integer, out recall real, out reciprocal_rank real
)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  found text[];
begin
  -- exact, so that models are compared and not indexes: without the cast to halfvec(n) the index does not fit
  execute $query$
    select array_agg(n.unit order by n.distance, n.chunk_id)
    from (
      select c.id as chunk_id, e.embedding operator(extensions.<=>) $1 as distance, app_private.evaluation_unit($2, c) as unit
      from app_public.embeddings e
      join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
      where e.version_id = $3 and e.workspace_id = $4
        and (c.owner_id = $5 or c.visibility = 'workspace') and ($6::uuid is null or c.conversation_id is distinct from $6)
        and exists (select from app_public.embeddings o where o.version_id = $7 and o.workspace_id = $4 and o.chunk_id = e.chunk_id)
      order by distance, c.id
      limit $8
    ) as n
  $query$
  into found
  using question, source, for_version, for_workspace, for_user, outside_conversation, other_version, k;
  select count(*) filter (where w = any (found))::real / count(*) into recall from unnest(wanted) as w;
  select coalesce(1.0 / min(f.place), 0) into reciprocal_rank
  from unnest(found) with ordinality as f (unit, place)
  where f.unit = any (wanted);
end
$$;
comment on function app_private.evaluate_question(uuid, uuid, app_public.evaluation_source, uuid, uuid, uuid, extensions.halfvec, text[], integer) is
  'Share of what should be found that is among the first k of what a user may read, and the reciprocal rank of the first of it.';
