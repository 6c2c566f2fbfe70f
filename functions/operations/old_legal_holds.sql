-- Legal holds that have been in force for long, by workspace. Ids and times only: the reason is the tenant's word.
create or replace function app_hidden.old_legal_holds(older_than interval)
returns table (workspace_id uuid, holds bigint, oldest_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select h.workspace_id, count(*), min(h.created_at)
  from app_public.legal_holds h
  where h.released_at is null and h.created_at < now() - older_than
  group by h.workspace_id;
$$;
comment on function app_hidden.old_legal_holds(interval) is 'Per workspace: legal holds that were placed longer ago than that and are in force, how many, and when the oldest was placed.';
grant execute on function app_hidden.old_legal_holds(interval) to colloquy_monitor;
