-- A database that is prepared for the first time is no copy, and one from before there were identities cannot be told from one.
-- migrate runs it each time: where the database has an identity it changes nothing, and a copy stays what it is.
create or replace function app_private.adopt_first(environment text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_private.database_identity (system_identifier, database_oid, database_name, timeline, environment, adopted_as)
  select f.system_identifier, f.database_oid, f.database_name, f.timeline, nullif(adopt_first.environment, ''), 'first'
  from app_private.database_facts() f
  on conflict on constraint database_identity_pkey do nothing;
  return found;
end
$$;
comment on function app_private.adopt_first(text) is 'Adopts a database that has no identity yet. Returns whether it had none. For the owner, after each migration.';
-- Deliberately not granted: the owner's login calls it.
