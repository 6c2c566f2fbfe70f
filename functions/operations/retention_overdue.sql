-- What is older than every policy of its kind lets it be, while no legal hold keeps it: only the oldest row of each table is looked at, by
-- its key. A kind that some workspace keeps forever has none.
create or replace function app_hidden.retention_overdue()
returns table (kind text, keep_days integer, oldest_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select x.kind::text, p.keep_days, x.oldest_at
  from (
    values
      ('raw_events'::app_public.retention_kind, (select uuid_extract_timestamp(e.id) from app_public.raw_events e order by e.id limit 1)),
      ('usage_logs', (select uuid_extract_timestamp(l.id) from app_public.usage_logs l order by l.id limit 1)),
      ('audit_logs', (select uuid_extract_timestamp(l.id) from app_public.audit_logs l order by l.id limit 1))
  ) as x (kind, oldest_at)
  cross join lateral (
    select case when bool_or(r.workspace_id is null) and bool_and(r.keep_days is not null) then max(r.keep_days) end as keep_days
    from app_public.retention_policies r
    where r.kind = x.kind
  ) as p
  where x.oldest_at < now() - make_interval(days => p.keep_days)
    and not exists (select from app_public.legal_holds h where h.released_at is null and (h.kind is null or h.kind = x.kind));
$$;
comment on function app_hidden.retention_overdue() is
  'Kinds of things of which one is older than the longest retention policy of that kind, where no legal hold is: how long they are kept, and how old the oldest is.';
grant execute on function app_hidden.retention_overdue() to colloquy_monitor;
