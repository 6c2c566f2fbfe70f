-- A worker that is told to end gives its file back, and the attempt does not count (claim_file). Only the worker may call it.
create or replace function app_hidden.release_file(for_workspace uuid, for_file uuid, of_attempt integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set processing_status = 'pending', attempts = f.attempts - 1, retry_at = null, updated_at = clock_timestamp()
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing' and f.attempts = of_attempt;
  return found;
end
$$;
comment on function app_hidden.release_file(uuid, uuid, integer) is 'Gives a claimed file back, as if it had not been taken: the worker ends.';
grant execute on function app_hidden.release_file(uuid, uuid, integer) to colloquy_worker;
