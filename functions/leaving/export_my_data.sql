-- Says where the archive is fetched: bytes do not go through GraphQL. It refuses what the door would refuse.
create or replace function app_public.export_my_data()
returns app_public.data_export
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
begin
  perform app_private.require_export(me);
  perform app_private.require_recent_proof();
  return row(
    '/my-data', 'application/gzip',
    (select count(*) from app_public.conversations c where c.owner_id = me),
    (select count(*) from app_public.documents d where d.owner_id = me),
    (select count(*) from app_public.files f where f.owner_id = me and f.storage_path is not null),
    (select coalesce(sum(f.byte_size), 0) from app_public.files f where f.owner_id = me and f.storage_path is not null)
  )::app_public.data_export;
end
$$;
comment on function app_public.export_my_data() is
  'Where the archive with everything of the caller is fetched, with the token of this session: GET, at once, since the proof of who you are grows old. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first.';
grant execute on function app_public.export_my_data() to colloquy_user, colloquy_admin;
