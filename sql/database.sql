-- What an administrator prepares in one database before the owner's migrations: who may connect and create, and the
-- extensions, in a schema of their own. May be run again.
do $database$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create, temporary on database %I to colloquy_owner', current_database());
  execute format('grant connect on database %I to colloquy_authenticator, colloquy_worker, colloquy_monitor', current_database());
  if pg_catalog.to_regrole('colloquy_backup') is not null then
    execute format('grant connect on database %I to colloquy_backup', current_database());
  end if;
  -- A default of PostgreSQL lets everyone call every new function. Only the global form of this statement has an effect.
  alter default privileges for role colloquy_owner revoke execute on functions from public;
end
$database$;

revoke create on schema public from public;

create schema if not exists extensions;
grant usage on schema extensions to public;

create extension if not exists vector with schema extensions;
create extension if not exists citext with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gin with schema extensions;
create extension if not exists btree_gist with schema extensions;
