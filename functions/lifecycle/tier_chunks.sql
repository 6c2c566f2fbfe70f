-- Puts chunks into the tiers by which search goes: hot and warm are always searched, cold on demand. One call is one step, which looks at a
-- bounded number of them, whatever there is: the caller ends the transaction and asks again until nothing is due. Tenants take turns, the one
-- that was looked at longest ago first, with a batch each; how far each has come is kept, so a run that was ended is gone on with.
create or replace function app_hidden.tier_chunks(max_chunks integer default null, since timestamptz default now() - interval '20 hours')
returns table (workspaces integer, looked integer, hot integer, warm integer, cold integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  max_rows constant integer := least(greatest(coalesce(max_chunks, app_hidden.setting('tier_rows')::integer), 1), 100000);
  pass record;
  step record;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.tier_chunks')) then
    return;
  end if;
  insert into app_hidden.tier_passes (workspace_id)
  select distinct n.workspace_id from app_hidden.chunk_counts n
  where n.chunk_count > 0 and not exists (select from app_hidden.tier_passes p where p.workspace_id = n.workspace_id)
  on conflict do nothing;

  workspaces := 0; looked := 0; hot := 0; warm := 0; cold := 0;
  for pass in
    select p.workspace_id, p.after_id
    from app_hidden.tier_passes p
    where p.ended_at is null or p.ended_at < since or p.after_id is not null
    order by p.looked_at nulls first, p.workspace_id
    limit 1000
    for update skip locked
  loop
    select t.* into step from app_private.tier_workspace(pass.workspace_id, pass.after_id, max_rows - looked) t;
    update app_hidden.tier_passes p
    set after_id = case when step.looked = max_rows - tier_chunks.looked then step.last_id end, looked_at = clock_timestamp(),
      ended_at = case when step.looked < max_rows - tier_chunks.looked then clock_timestamp() else p.ended_at end
    where p.workspace_id = pass.workspace_id;
    workspaces := workspaces + 1;
    looked := looked + step.looked;
    hot := hot + step.hot; warm := warm + step.warm; cold := cold + step.cold;
    exit when looked >= max_rows;
  end loop;
  if workspaces > 0 then
    return next;
  end if;
end
$$;
comment on function app_hidden.tier_chunks(integer, timestamptz) is
  'Looks at the next chunks, at most so many (tier_rows), of workspaces of which no pass has ended since, and returns how many went to each tier. Run again, it goes on; nothing when nothing is due, or another run is at work.';
grant execute on function app_hidden.tier_chunks(integer, timestamptz) to colloquy_worker;
