-- What a command does with pg-boss's own functions, for the log of the installation. Only what there are commands for: a worker
-- could fill the log otherwise.
create or replace function app_hidden.note_operation(action text, details jsonb default '{}')
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if note_operation.action not in ('job.retried', 'job.dashboard') or pg_column_size(details) > 10000 then
    raise exception 'There is no such operation to take down.' using errcode = 'CQ200', hint = 'It is job.retried or job.dashboard.';
  end if;
  perform app_private.log_operation(note_operation.action, note_operation.details);
end
$$;
comment on function app_hidden.note_operation(text, jsonb) is 'Takes down in the audit log what a command did with jobs: job.retried, job.dashboard. Error: CQ200 another.';
grant execute on function app_hidden.note_operation(text, jsonb) to colloquy_worker;
