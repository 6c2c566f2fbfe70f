-- What keeps a month of a log from being dropped whole: the first tenant, as the index finds them, whose policy or hold lets not all of its rows
-- go yet. It asks effective_retention once per tenant that has a row there, which a loose index scan finds: a probe each, however many rows.
create or replace function app_private.partition_keeper(for_kind app_public.retention_kind, partition_name text, upper_bound uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  ends_at constant timestamptz := uuid_extract_timestamp(upper_bound);
  tenant uuid;
  policy app_public.effective_retention;
begin
  for tenant in
    execute format(
      'with recursive tenants (id) as (
         (select p.workspace_id from app_partitions.%1$I p where p.workspace_id is not null order by p.workspace_id limit 1)
         union all
         select (select p.workspace_id from app_partitions.%1$I p where p.workspace_id > t.id order by p.workspace_id limit 1)
         from tenants t where t.id is not null
       )
       select t.id from tenants t where t.id is not null
       union all
       (select p.workspace_id from app_partitions.%1$I p where p.workspace_id is null limit 1)',
      partition_name
    )
  loop
    policy := app_hidden.effective_retention(for_kind, tenant);
    -- a month goes whole, so a hold on one conversation or person keeps it, too
    if app_private.is_held(tenant, for_kind) then
      return format('A legal hold of workspace %s keeps it.', tenant);
    elsif policy.keep_days is null then
      return format('%s keeps it forever.', coalesce('Workspace ' || tenant, 'The installation'));
    elsif ends_at at time zone 'UTC' > now() at time zone 'UTC' - make_interval(days => policy.keep_days) then
      return format(
        '%s keeps it until %s.', coalesce('Workspace ' || tenant, 'The installation'),
        to_char((ends_at at time zone 'UTC') + make_interval(days => policy.keep_days), 'YYYY-MM-DD')
      );
    end if;
  end loop;
  return null;
end
$$;
comment on function app_private.partition_keeper(app_public.retention_kind, text, uuid) is
  'Which tenant keeps a month of a log, and why, in words; null when all of its rows have had their time.';
-- Deliberately not granted: app_private.partition_verdict calls it.
