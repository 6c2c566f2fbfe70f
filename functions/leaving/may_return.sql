-- Asked when the password was right and the second factor is still to come: it takes nothing back, and must never tell who leaves to anybody
-- who has proved less.
create or replace function app_private.may_return(person uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (select from app_hidden.pending_erasures p where p.user_id = person and p.step = 'grace' and p.may_return);
$$;
comment on function app_private.may_return(uuid) is 'Whether somebody who leaves may still come back by signing in.';
-- Deliberately not granted: functions of signing in call it.
