-- The newest jobs of the queue, for an administrator of the installation who watches them: what they are and how far, never what they
-- were sent or answered. Those of all workspaces stand beside each other, so it is for nobody else.
create or replace function app_hidden.installation_jobs(max_jobs integer default 100)
returns table (id uuid, queue text, state text, attempts integer, created_at timestamptz, started_at timestamptz, finished_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_administrator();
  return query
  select j.id, j.type, j.status, j.attempts, j.created_at, j.started_at, j.completed_at
  from app_public.processing_jobs(least(max_jobs, 1000)) as j
  where j.type !~ '^__';
end
$$;
comment on function app_hidden.installation_jobs(integer) is 'The newest jobs of the queue, without their payloads. Errors: CQ101, CQ121 for anyone who does not administer the installation.';
grant execute on function app_hidden.installation_jobs(integer) to colloquy_admin;
