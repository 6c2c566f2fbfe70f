-- The first line of what reserves and settles usage: a member that may write, or whoever is believed about usage, without "write".
create or replace function app_private.require_meter()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => not app_private.can_meter());
end
$$;
comment on function app_private.require_meter() is 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ110 for an API key with neither "write" nor, of an owner or admin, "meter".';
