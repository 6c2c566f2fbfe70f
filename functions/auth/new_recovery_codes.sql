-- Ten new codes; those from before end. They leave the database once, here.
create or replace function app_private.new_recovery_codes(for_user uuid)
returns text[]
language sql
set search_path = pg_catalog, extensions, pg_temp
as $$
  delete from app_private.recovery_codes c where c.user_id = for_user;
  with made as (
    select lower(regexp_replace(app_private.base32(gen_random_bytes(10)), '(.{4})(?=.)', '\1-', 'g')) as code from generate_series(1, 10)
  ), kept as (
    insert into app_private.recovery_codes (user_id, code_hash)
    select for_user, app_private.recovery_code_hash(for_user, m.code) from made m
  )
  select array_agg(m.code) from made m;
$$;
comment on function app_private.new_recovery_codes(uuid) is 'Replaces the recovery codes of an account, and returns the new ones.';
