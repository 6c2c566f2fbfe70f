-- Nobody changes the audit log, its owner included. A trigger for statements is asked for the table and not for its
-- partitions: so maintenance may still move rows from the default partition to their month, and retention delete what it has
-- ended (delete_due), or drop its month. No request role and no job can use that schema.
create or replace function app_hidden.refuse_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'Entries of % are added and never changed.', tg_table_name using errcode = 'CQ117', hint = 'Write a further entry instead.';
end
$$;
comment on function app_hidden.refuse_change() is 'Trigger: refuses every change. Raises CQ117.';

create or replace trigger audit_logs_00_append_only
before update or delete or truncate
on app_public.audit_logs for each statement execute function app_hidden.refuse_change();

-- A certificate that could be changed would prove nothing.
create or replace trigger erasures_00_append_only
before update or delete or truncate
on app_hidden.erasures for each statement execute function app_hidden.refuse_change();
