-- What the worker calls to learn which files wait to be read. Only the worker may call it.
create or replace function app_hidden.find_unread_files(max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.workspace_id, f.id
  from app_public.files f
  where f.processing_status in ('pending', 'processing') and f.sha256 is not null
    and (f.processing_status = 'pending' or f.retry_at is null or f.retry_at <= clock_timestamp())
  order by f.id
  limit max_files;
$$;
comment on function app_hidden.find_unread_files(integer) is 'Files that nobody reads although somebody should: what lost jobs and killed workers left.';
grant execute on function app_hidden.find_unread_files(integer) to colloquy_worker;
