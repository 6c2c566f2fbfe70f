-- How a person is known again who must not be named: an id is 74 random bits, so the hash cannot be guessed backwards.
create or replace function app_private.subject_hash(key bytea, person uuid)
returns bytea
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256(key || uuid_send(person));
$$;
comment on function app_private.subject_hash(bytea, uuid) is 'SHA-256 of the key of a certificate and the id of a person.';
