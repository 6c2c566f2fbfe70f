-- What each worker asks every few seconds, which also sets the queue going again after the clock went back. A failover by other programs than ours promotes a standby, whose timeline is then a new
-- one: where the operator said so (adopt_on_promotion), and the environment that it was adopted for is declared, it adopts itself.
-- Without a declared environment it never does: a restored copy has a new timeline, too.
create or replace function app_hidden.worker_orders(for_environment text default null, out paused text[], out quarantine text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known app_private.database_identity;
begin
  perform app_private.mend_clock();
  paused := array(select p.queue from app_hidden.paused_jobs p order by p.queue);
  quarantine := app_private.quarantine_reason(for_environment);
  if quarantine is null or app_hidden.setting('adopt_on_promotion') <> 'on' then
    return;
  end if;
  select i.* into known from app_private.database_identity i;
  if exists (
    select from app_private.database_facts() f
    where f.system_identifier = known.system_identifier and f.database_oid = known.database_oid and f.database_name = known.database_name
      and f.timeline > known.timeline and known.environment = for_environment
  ) then
    perform app_hidden.adopt_database(adopted_as => 'promotion');
    quarantine := null;
  end if;
end
$$;
comment on function app_hidden.worker_orders(text) is
  'Which queues are paused, and why the database is in quarantine for this environment. Adopts a promoted standby where adopt_on_promotion is on.';
grant execute on function app_hidden.worker_orders(text) to colloquy_worker;
