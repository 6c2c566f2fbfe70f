-- The name of something that may be named no more: the same for the same text of one person, so that entries that belong together still
-- do, and unlinkable when the salt is gone.
create or replace function app_private.erased_text(salt bytea, value text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select 'erased:' || left(encode(sha256(salt || convert_to(value, 'UTF8')), 'hex'), 32);
$$;
comment on function app_private.erased_text(bytea, text) is 'What stands for an erased text in the audit log.';
