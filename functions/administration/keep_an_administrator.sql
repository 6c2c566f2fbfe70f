-- An installation that had an administrator keeps one who can sign in. The lock makes two who take each other's role away come
-- one after the other.
create or replace function app_private.keep_an_administrator(besides uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('colloquy.administrators', 0));
  if not exists (select from app_public.users u where u.role = 'admin' and u.is_active and u.id <> besides) then
    raise exception 'The last administrator of the installation cannot go.' using errcode = 'CQ160', hint = 'Make another account an administrator first.';
  end if;
end
$$;
comment on function app_private.keep_an_administrator(uuid) is 'Raises CQ160 when no other active account administers the installation.';
