-- What was spent stays spent: budgets, bills and figures of a workspace do not change. Who spent it is taken out.
create or replace function app_private.erase_usage(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  changed bigint;
begin
  update app_public.usage_logs u
  set user_id = null, metadata = '{}'
  where u.id in (select s.id from app_public.usage_logs s where s.user_id = erasure.user_id limit max_rows);
  get diagnostics changed = row_count;
  return case when changed > 0 then jsonb_build_object('usage_logs', changed) end;
end
$$;
comment on function app_private.erase_usage(app_hidden.pending_erasures, integer) is 'Takes the person out of the log of usage, so many rows at a time.';
