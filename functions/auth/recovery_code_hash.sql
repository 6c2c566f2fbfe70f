-- A code is random enough (80 bits) for a fast hash. Capitals, blanks and hyphens do not matter: people type it from paper.
create or replace function app_private.recovery_code_hash(for_user uuid, code text)
returns bytea
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256(uuid_send(for_user) || convert_to(translate(upper(code), ' -', ''), 'UTF8'));
$$;
comment on function app_private.recovery_code_hash(uuid, text) is 'What is kept of a recovery code.';
