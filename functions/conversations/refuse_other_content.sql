-- The refusal of a key that was used for something else.
create or replace function app_private.refuse_other_content(key_name text default 'idempotencyKey')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'This % was used with another content.', key_name using errcode = 'CQ810',
    hint = 'Nothing was written. Send what was sent before to get its result, or take another key for something else.';
end
$$;
comment on function app_private.refuse_other_content(text) is 'Raises CQ810.';
-- Deliberately not granted.
