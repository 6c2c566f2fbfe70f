-- What the server says of the database at this moment, to be compared with what it said when the database was adopted. A standby
-- has no log of its own to ask: there the timeline is that of its last checkpoint. Some managed services keep the cluster to
-- themselves: what they do not tell is null, and is not compared.
create or replace function app_private.database_facts(
  out system_identifier bigint, out database_oid oid, out database_name text, out timeline integer
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  select d.oid, d.datname::text into database_oid, database_name from pg_database d where d.datname = current_database();
  begin
    system_identifier := (select s.system_identifier from pg_control_system() s);
    timeline := case
      when pg_is_in_recovery() then (select c.timeline_id from pg_control_checkpoint() c)
      else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
    end;
  exception when insufficient_privilege or feature_not_supported or undefined_function or object_not_in_prerequisite_state then
    null;
  end;
end
$$;
comment on function app_private.database_facts() is
  'System identifier of the cluster, oid and name of the database, and the timeline that is written. Null is what the server does not tell.';
