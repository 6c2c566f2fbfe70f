-- An id that belongs to nobody, in place of the person's: the same in every entry of one person.
create or replace function app_private.erased_id(salt bytea, person uuid)
returns uuid
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select encode(substr(sha256(salt || uuid_send(person)), 1, 16), 'hex')::uuid;
$$;
comment on function app_private.erased_id(bytea, uuid) is 'What stands for the id of an erased person in the audit log.';
