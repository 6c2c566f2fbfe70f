-- Bytes of a person's files, each content once, in the order of their hashes.
create or replace function app_hidden.export_contents(of_person uuid, after bytea default null, max_rows integer default 1000)
returns table (sha256 bytea, storage_path text)
language plpgsql
stable
security definer
rows 1000
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_export(of_person);
  perform app_private.require_batch(max_rows);
  return query
  select distinct on (f.sha256) f.sha256, f.storage_path
  from app_public.files f
  where f.owner_id = of_person and f.storage_path is not null and f.sha256 > coalesce(export_contents.after, '')
  order by f.sha256
  limit max_rows;
end
$$;
comment on function app_hidden.export_contents(uuid, bytea, integer) is
  'Where the bytes of a person''s files are. Errors: CQ101 not signed in, CQ110 not with an API key, CQ200, CQ204 not the own account.';
grant execute on function app_hidden.export_contents(uuid, bytea, integer) to colloquy_user, colloquy_admin;
