-- Puts chunks into the tiers by which search goes: hot and warm are always searched, cold on demand. One set-based
-- statement that writes only the rows whose tier changes; a vector is never touched.
create or replace function app_hidden.tier_chunks(max_chunks integer default 100000)
returns table (tier app_public.storage_tier, moved bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.tier_chunks')) then
    return;
  end if;
  return query
  with judged as (
    select
      c.workspace_id, c.id, c.tier,
      case
        -- the messages of a conversation that was packed away are asked for rarely, whatever their age
        when v.storage_tier = 'cold' then 'cold'
        when used.at > now() - interval '7 days' or heat.score >= 0.6 then 'hot'
        when used.at > now() - interval '30 days' or heat.score >= 0.3 then 'warm'
        else 'cold'
      end::app_public.storage_tier as wanted
    from app_public.chunks c
    left join app_public.conversations v on v.workspace_id = c.workspace_id and v.id = c.conversation_id
    cross join lateral (select greatest(uuid_extract_timestamp(c.id), c.last_accessed_at) as at) as used
    cross join lateral (select app_hidden.chunk_heat(used.at, c.access_count, c.importance_score, now()) as score) as heat
  ),
  moving as (
    select j.workspace_id, j.id, j.wanted from judged j where j.wanted <> j.tier limit max_chunks
  ),
  changed as (
    update app_public.chunks c
    set tier = m.wanted
    from moving m
    where c.workspace_id = m.workspace_id and c.id = m.id
    returning c.tier
  )
  select x.tier, count(*) from changed x group by x.tier order by x.tier;
end
$$;
comment on function app_hidden.tier_chunks(integer) is
  'Moves chunks between the tiers, at most so many, and returns how many went where. Run again, it goes on; nothing when another run is at work.';
grant execute on function app_hidden.tier_chunks(integer) to colloquy_worker;
