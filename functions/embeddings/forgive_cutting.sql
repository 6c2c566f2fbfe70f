-- An attempt that ended because the worker was told to end says nothing about the text (begin_cutting). Only the worker may call it.
create or replace function app_hidden.forgive_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, at_sequence_number integer default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.cutting_failures f
  set attempts = f.attempts - 1, next_attempt_at = clock_timestamp()
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
    and f.code = 'interrupted' and f.attempts > 1;
  if not found then
    delete from app_hidden.cutting_failures f
    where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
      and f.code = 'interrupted';
  end if;
end
$$;
comment on function app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer) is
  'Takes back the attempt that begin_cutting counted: the worker was told to end.';
grant execute on function app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer) to colloquy_worker;
