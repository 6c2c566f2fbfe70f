-- One batch of one tenant: the next passages by their key, each judged, and written only where its tier changes; a vector is never touched,
-- and no index has the tier. What somebody else has locked is left to the next pass.
create or replace function app_private.tier_workspace(
  for_workspace uuid, after_id uuid, max_rows integer, out looked integer, out last_id uuid, out hot integer, out warm integer, out cold integer
)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  with page as materialized (
    select c.id, c.tier, c.conversation_id, c.last_accessed_at, c.access_count, c.importance_score
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.id > coalesce(tier_workspace.after_id, '00000000-0000-0000-0000-000000000000')
    order by c.id
    limit max_rows
  ),
  judged as (
    select
      c.id, c.tier,
      case
        -- the messages of a conversation that was packed away are asked for rarely, whatever their age
        when v.storage_tier = 'cold' then 'cold'
        when used.at > now() - interval '7 days' or heat.score >= 0.6 then 'hot'
        when used.at > now() - interval '30 days' or heat.score >= 0.3 then 'warm'
        else 'cold'
      end::app_public.storage_tier as wanted
    from page c
    left join app_public.conversations v on v.workspace_id = for_workspace and v.id = c.conversation_id
    cross join lateral (select greatest(uuid_extract_timestamp(c.id), c.last_accessed_at) as at) as used
    cross join lateral (select app_hidden.chunk_heat(used.at, c.access_count, c.importance_score, now()) as score) as heat
  ),
  moving as materialized (
    select j.id, j.wanted
    from judged j
    join app_public.chunks c on c.workspace_id = for_workspace and c.id = j.id
    where j.wanted <> j.tier
    for no key update of c skip locked
  ),
  changed as (
    update app_public.chunks c
    set tier = m.wanted
    from moving m
    where c.workspace_id = for_workspace and c.id = m.id
    returning c.tier
  )
  select
    (select count(*) from page)::integer, (select p.id from page p order by p.id desc limit 1),
    count(*) filter (where x.tier = 'hot')::integer, count(*) filter (where x.tier = 'warm')::integer, count(*) filter (where x.tier = 'cold')::integer
  from changed x;
$$;
comment on function app_private.tier_workspace(uuid, uuid, integer) is
  'Judges the next passages of a workspace after a key: how many, the last key, and how many went to each tier.';
-- Deliberately not granted: app_hidden.tier_chunks calls it.
