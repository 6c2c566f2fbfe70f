-- After a change of the password only the place that changed it is known: the others may be those of somebody who had it. Where
-- there is a second factor, who only reads the mailbox has not proved enough for its place to be known: codes are guessed at there.
create or replace function app_private.forget_places(for_user uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  delete from app_private.sign_in_places p where p.user_id = for_user;
  insert into app_private.sign_in_places (user_id, network, client)
  select for_user, app_private.client_network(), app_private.client_label(nullif(current_setting('colloquy.user_agent', true), ''))
  where app_hidden.current_user_id() = for_user or not app_private.has_second_factor(for_user);
$$;
comment on function app_private.forget_places(uuid) is 'Forgets where an account signed in from, except for the place of this request.';
