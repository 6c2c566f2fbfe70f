-- The roles of a Colloquy database. Run as an administrator (CREATEROLE) before the first migration; may be run again.
--
-- Nobody here is a superuser, and nobody has BYPASSRLS but the role that reads dumps. Passwords are not set here:
-- see docs/configuration.md.
do $roles$
declare
  wanted record;
begin
  for wanted in
    select *
    from (values
      -- owns every object and runs migrations; never serves a request
      ('colloquy_owner', 'login noinherit'),
      -- the API server logs in as this and can do nothing but become one of the three request roles
      ('colloquy_authenticator', 'login noinherit'),
      -- a request without a token
      ('colloquy_visitor', 'nologin'),
      -- a signed-in user, inside one workspace
      ('colloquy_user', 'nologin'),
      -- a signed-in administrator of the installation
      ('colloquy_admin', 'nologin'),
      -- background jobs; has only what the jobs need
      ('colloquy_worker', 'login'),
      -- dashboards and alerts: statistics, never content
      ('colloquy_monitor', 'login')
    ) as roles (name, options)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I %s', wanted.name, wanted.options);
      exception when duplicate_object or unique_violation then
        -- another database of this server was prepared in the same moment
        null;
      end;
    end if;
  end loop;
end
$roles$;

-- Only what is missing, so that a login with fewer rights can run this again after an administrator did.
do $grants$
declare
  wanted record;
begin
  for wanted in
    select *
    from (values
      ('colloquy_visitor', 'colloquy_authenticator'),
      ('colloquy_user', 'colloquy_authenticator'),
      ('colloquy_admin', 'colloquy_authenticator'),
      ('pg_monitor', 'colloquy_monitor')
    ) as grants (role_name, member_name)
    where not exists (
      select from pg_catalog.pg_auth_members m
      where m.roleid = grants.role_name::regrole and m.member = grants.member_name::regrole
    )
  loop
    execute format('grant %I to %I', wanted.role_name, wanted.member_name);
  end loop;
end
$grants$;

-- What the worker becomes while it rebuilds an index, vacuums or analyses: it may do that with every table and read none. The worker
-- does not have these rights otherwise. pg_maintain is given by whoever may give it: without it, those jobs say so and do nothing.
do $maintenance$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'colloquy_maintenance') then
    create role colloquy_maintenance nologin;
  end if;
  if not pg_catalog.pg_has_role('colloquy_worker', 'colloquy_maintenance', 'member') then
    grant colloquy_maintenance to colloquy_worker with inherit false, set true;
  end if;
exception when duplicate_object or unique_violation then
  -- another database of this server was prepared in the same moment
  null;
end
$maintenance$;

do $maintain$
begin
  if not pg_catalog.pg_has_role('colloquy_maintenance', 'pg_maintain', 'usage') then
    grant pg_maintain to colloquy_maintenance with inherit true, set false;
  end if;
exception
  when unique_violation then
    null;
  when insufficient_privilege then
    raise notice 'pg_maintain was not granted: as a superuser, grant pg_maintain to colloquy_maintenance.';
end
$maintain$;

-- The progress of an index that a worker builds: the server shows it to whoever may read all statistics.
do $statistics$
begin
  if not pg_catalog.pg_has_role('colloquy_owner', 'pg_read_all_stats', 'usage') then
    grant pg_read_all_stats to colloquy_owner with inherit true, set false;
  end if;
end
$statistics$;

-- The worker looks at the database daily, as colloquy_monitor: it becomes it for that, and does not have its rights otherwise.
do $looking$
begin
  if not pg_catalog.pg_has_role('colloquy_worker', 'colloquy_monitor', 'set') then
    grant colloquy_monitor to colloquy_worker with inherit false, set true;
  end if;
end
$looking$;

-- An administrator that is not a superuser must be able to hand objects to the owner and to act as each login role.
do $membership$
declare
  role_name text;
begin
  foreach role_name in array array['colloquy_owner', 'colloquy_authenticator', 'colloquy_worker', 'colloquy_monitor']
  loop
    if not pg_catalog.pg_has_role(current_user, role_name, 'set') then
      execute format('grant %I to current_user with inherit true, set true', role_name);
    end if;
  end loop;
end
$membership$;

-- Reads everything for a dump, and streams the log for a physical backup; writes nothing, and nobody becomes it. Row-level
-- security would dump a part in silence, hence BYPASSRLS, which only a superuser may give: without one, its dumps and
-- replicas are the business of whoever runs the server.
do $backup$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'colloquy_backup') then
    create role colloquy_backup login replication bypassrls;
  end if;
  if not pg_catalog.pg_has_role('colloquy_backup', 'pg_read_all_data', 'member') then
    grant pg_read_all_data to colloquy_backup;
  end if;
exception
  when duplicate_object or unique_violation then
    null;
  when insufficient_privilege then
    raise notice 'The role colloquy_backup was not made: only a superuser gives BYPASSRLS and REPLICATION.';
end
$backup$;
