-- A claim is one short transaction that counts the attempt, so that a file which ends the process that reads it is counted too;
-- the attempt's number is what a worker shows afterwards: who was taken for dead and comes late changes nothing. Only the
-- worker may call it.
create or replace function app_hidden.claim_file(for_workspace uuid, for_file uuid, lease interval default '5 minutes', max_attempts integer default 5)
returns table (attempt integer, storage_path text, byte_size bigint, original_name text, extractor text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.files f
  set processing_status = 'failed', retry_at = null, error_code = 'CQ328', updated_at = clock_timestamp(),
    error = format('Reading the file was begun %s times and never ended. Split it, or save it anew: it may be damaged.', f.attempts)
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing'
    and coalesce(f.retry_at, '-infinity') <= clock_timestamp() and f.attempts >= max_attempts;
  return query
  update app_public.files f
  set processing_status = 'processing', attempts = f.attempts + 1, retry_at = clock_timestamp() + lease, updated_at = clock_timestamp()
  from app_public.file_type_configs c
  where f.workspace_id = for_workspace and f.id = for_file and f.sha256 is not null and c.mime_type = f.mime_type
    and (
      f.processing_status = 'pending'
      or f.processing_status = 'processing' and coalesce(f.retry_at, '-infinity') <= clock_timestamp()
    )
  returning f.attempts, f.storage_path, f.byte_size, f.original_name, c.extractor;
end
$$;
comment on function app_hidden.claim_file(uuid, uuid, interval, integer) is
  'Takes a file for reading, and counts the attempt. No row when it is gone, done, or in other hands; one that was begun too often fails here (CQ328).';
grant execute on function app_hidden.claim_file(uuid, uuid, interval, integer) to colloquy_worker;
