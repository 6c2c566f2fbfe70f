-- What the worker calls between two batches of back-fill: what somebody has just written comes first.
create or replace function app_hidden.new_work_waits()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- new ones only: what is tried again has had its turn
  return to_regclass('pgboss.job') is not null
    and exists (select from pgboss.job j where j.name in ('index-source', 'embed-chunks') and j.state = 'created' and j.start_after <= now());
end
$$;
comment on function app_hidden.new_work_waits() is 'Whether new texts wait to be indexed: back-fill lets them go first.';
grant execute on function app_hidden.new_work_waits() to colloquy_worker;
