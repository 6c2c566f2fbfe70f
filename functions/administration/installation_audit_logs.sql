-- What happened to accounts, settings and jobs of the whole installation, and when it was adopted, newest first. Of workspaces nothing: their log is their managers'.
create or replace function app_public.installation_audit_logs(since timestamptz default null)
returns setof app_public.audit_logs
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
rows 1000
as $$
begin
  perform app_private.require_administrator();
  return query
  select a.*
  from app_public.audit_logs a
  where a.workspace_id is null and a.id >= app_hidden.uuidv7_floor(coalesce(since, now() - interval '30 days'))
    and a.entity_type in ('user', 'account', 'setting', 'file_type', 'job', 'database')
  order by a.id desc
  limit 10000;
end
$$;
comment on function app_public.installation_audit_logs(timestamptz) is
  'What happened to accounts, settings, file types, jobs and the database of the installation since then (by itself: in 30 days), newest first, at most 10,000. For administrators. Errors: CQ101 not signed in, CQ121 not an administrator.';
grant execute on function app_public.installation_audit_logs(timestamptz) to colloquy_admin;
