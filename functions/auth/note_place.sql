-- Remembers where somebody signed in from, and says by mail when that place is new. The first place of an account is no news.
create or replace function app_private.note_place(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant integer := 100;
  here cidr := app_private.client_network();
  label text := app_private.client_label(nullif(current_setting('colloquy.user_agent', true), ''));
  is_first boolean := not exists (select from app_private.sign_in_places p where p.user_id = for_user);
  is_new boolean;
begin
  insert into app_private.sign_in_places as p (user_id, network, client)
  values (for_user, here, label)
  on conflict (user_id, network, client) do update set last_seen_at = now()
  returning old.user_id is null into is_new;
  if not is_new or is_first then
    return;
  end if;
  delete from app_private.sign_in_places p
  where p.user_id = for_user and (p.network, p.client) in (
    select e.network, e.client from app_private.sign_in_places e where e.user_id = for_user order by e.last_seen_at desc offset most
  );
  perform app_private.send_notice(for_user, 'sign_in');
end
$$;
comment on function app_private.note_place(uuid) is 'Remembers the network and the client of a sign-in, and tells the person of a new one.';
