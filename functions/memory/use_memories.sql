-- recall() counts nothing: only what an answer really used stays recent. Security definer, as recall is.
create or replace function app_public.use_memories(ids uuid[])
returns setof app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if cardinality(ids) > 100 then
    raise exception 'At most 100 memories at a time, not %.', cardinality(ids) using errcode = 'CQ200', column = 'ids', hint = 'Call it again for the rest.';
  end if;
  return query
  with readable as (
    select m.id
    from app_public.memory_items m
    where m.workspace_id = app_hidden.current_workspace_id() and m.id = any (ids) and upper_inf(m.validity)
      and (m.owner_id = app_hidden.current_user_id() or m.visibility = 'workspace')
    order by m.id
    for no key update
  )
  update app_public.memory_items m
  set access_count = m.access_count + 1, last_accessed_at = clock_timestamp()
  from readable r
  where m.id = r.id
  returning m.*;
end
$$;
comment on function app_public.use_memories(uuid[]) is
  'Says which recalled memories an answer used, which keeps them recent. Returns them; what is not there or not readable is passed over. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too many.';
grant execute on function app_public.use_memories(uuid[]) to colloquy_user, colloquy_admin;
