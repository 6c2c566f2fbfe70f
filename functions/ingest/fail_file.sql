-- What the worker calls when a file cannot be read, with the number of its attempt (claim_file): who comes late changes nothing.
-- Only the worker may call it.
create or replace function app_hidden.fail_file(
  for_workspace uuid,
  for_file uuid,
  of_attempt integer,
  code text,
  reason text,
  is_final boolean default true,
  pause interval default '10 seconds',
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.files f
  set
    processing_status = case when ended then 'failed'::app_public.processing_status else 'processing' end,
    error = case when ended then left(coalesce(nullif(trim(reason), ''), 'unknown'), 2000) end,
    error_code = case when ended then code end,
    retry_at = case when not ended then clock_timestamp() + pause * power(4, f.attempts - 1) end,
    updated_at = clock_timestamp()
  from (select x.id, is_final or x.attempts >= max_attempts as ended from app_public.files x where x.workspace_id = for_workspace and x.id = for_file) as verdict
  where f.workspace_id = for_workspace and f.id = for_file and f.id = verdict.id and f.processing_status = 'processing' and f.attempts = of_attempt
  returning f.processing_status;
$$;
comment on function app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer) is
  'Says why an attempt to read a file failed. Unless that is final, or it was the last one, the file is tried again after a growing pause. Null when the attempt is not the last one any more.';
grant execute on function app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer) to colloquy_worker;
