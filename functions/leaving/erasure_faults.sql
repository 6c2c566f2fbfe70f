-- What is wrong with the certificates, and with erasures that do not end. For the check of a database.
create or replace function app_hidden.erasure_faults()
returns table (subject text, fault text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('certificate %s', e.number), 'its hash is not that of what it says'
  from app_hidden.erasures e
  where e.hash <> app_private.erasure_hash(e)
  union all
  select format('certificate %s', e.number), 'it does not follow on the one before it'
  from (
    select c.*, lag(c.hash) over (order by c.number) as before, lag(c.number, 1, 0::bigint) over (order by c.number) as last
    from app_hidden.erasures c
  ) as e
  where e.previous_hash is distinct from e.before or e.number <> e.last + 1
  union all
  select
    format('erasure %s', p.id),
    case when p.held_by is null then format('it has not ended since %s', (coalesce(p.erase_after, p.requested_at) at time zone 'UTC')::date)
      when p.step = 'grace' then 'its time of grace is over, and something keeps it: heldBy of accountErasures'
      else 'a legal hold, or the move of a workspace, keeps it from going on' end
  from app_hidden.pending_erasures p
  where coalesce(p.erase_after, p.requested_at) < now() - interval '1 day' or p.held_by is not null
  union all
  select format('erasure %s', r.erasure_id), 'the person is in the database again'
  from app_hidden.erasures_to_reapply() as r;
$$;
comment on function app_hidden.erasure_faults() is 'Certificates of erasures that were changed or taken out, erasures that do not end, and people who are back.';
grant execute on function app_hidden.erasure_faults() to colloquy_monitor, colloquy_worker;
