-- The one rule of quarantine. A process declares an environment, or none; the database has the one that it was adopted for. So
-- a copy of a whole server, which nothing of the server tells from its original, is found by what its processes declare, and
-- a process that is connected to the wrong database does nothing outside of it either.
create or replace function app_private.quarantine_reason(declared text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    app_private.copy_reason(),
    (
      select format(
        'It was adopted for %s, and this process declares %s.',
        coalesce('the environment ' || i.environment, 'no environment'), coalesce(nullif(declared, ''), 'none')
      )
      from app_private.database_identity i
      where i.environment is distinct from nullif(declared, '')
    )
  );
$$;
comment on function app_private.quarantine_reason(text) is
  'Why a process that declares this environment must send nothing and spend nothing here; null when it may.';
