-- The API hands a vector to search together with the version that it was made for, and this beside it in the same statement:
-- both see the same moment, so a vector can never be compared with those of another model, even when the number of
-- dimensions is the same.
create or replace function app_hidden.require_query_version(version_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if version_id is not null
    and not exists (select from app_public.embedding_versions v where v.id = version_id and v.status = 'active')
  then
    raise exception 'The vector was made for another embedding version than the active one.' using errcode = 'CQ301', hint = 'Embed the query again.';
  end if;
  return true;
end
$$;
comment on function app_hidden.require_query_version(uuid) is 'True, or CQ301 when a version is not the active one. Null: nothing to check.';
grant execute on function app_hidden.require_query_version(uuid) to colloquy_user, colloquy_admin;
