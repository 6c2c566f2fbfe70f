-- The failures of all workspaces, for an operator, counted by reason: never which passages.
create or replace function app_hidden.dead_embeddings(for_workspace uuid default null, with_waiting boolean default false)
returns table (workspace_id uuid, version_name text, code text, error text, chunks bigint, failed_last_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.workspace_id, v.name, f.code, f.error, count(*), max(f.failed_at)
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id
  where (f.is_dead or with_waiting) and (for_workspace is null or f.workspace_id = for_workspace)
  group by 1, 2, 3, 4
  union all
  -- texts without chunks, as one each
  select f.workspace_id, null, f.code, f.error, count(*), max(f.failed_at)
  from app_hidden.cutting_failures f
  where (f.is_dead or with_waiting and f.code <> 'interrupted') and (for_workspace is null or f.workspace_id = for_workspace)
  group by 1, 2, 3, 4
  order by 5 desc, 1, 2, 3, 4
  limit 1000;
$$;
comment on function app_hidden.dead_embeddings(uuid, boolean) is 'How many chunks were given up, by workspace and reason, and without a version texts that could not be cut; also those that are tried again, if asked.';
grant execute on function app_hidden.dead_embeddings(uuid, boolean) to colloquy_worker;
